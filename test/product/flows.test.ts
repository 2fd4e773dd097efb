// Flows on the whole product: overflow of a queue, and files that change while calls are in them.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Floor, sdpOf } from './floor.ts';
import { has } from './sipp.ts';
import { toneWav } from './tone-wav.ts';
import { until } from './until.ts';

let floor: Floor;

/** A speech engine as the product finds it, by PATH under its name: it notes what it is asked, and speaks a tone. */
class FakeEspeak {
  readonly #folder = mkdtempSync(join(tmpdir(), 'switchroom-espeak-'));
  readonly #path = process.env.PATH;
  static readonly hz = 700;

  constructor() {
    writeFileSync(join(this.#folder, 'voice.wav'), toneWav(FakeEspeak.hz, 22_050, 2_000));
    const program = join(this.#folder, 'espeak-ng');
    writeFileSync(
      program,
      `#!/bin/sh
if [ "$1" = --version ]; then echo 'eSpeak NG text-to-speech: 1.99'; exit; fi
printf '%s\\t%s\\t%s\\n' "$PPID" "$$" "$(cat)" >> '${this.#folder}/asked'
cat '${this.#folder}/voice.wav'
`,
    );
    chmodSync(program, 0o755);
    process.env.PATH = `${this.#folder}${delimiter}${this.#path}`;
  }

  /** Every text so far, with the process that asked and the one that spoke. */
  get asked(): { by: number; process: number; text: string }[] {
    const lines = readFileSync(join(this.#folder, 'asked'), 'utf8').trim().split('\n');
    return lines.map((line) => {
      const [by, spoke, text = ''] = line.split('\t');
      return { by: Number(by), process: Number(spoke), text };
    });
  }

  close(): void {
    process.env.PATH = this.#path;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

describe.skipIf(!has('sipp'))('flows (needs sipp)', { timeout: 60_000 }, () => {
  let espeak: FakeEspeak;
  beforeAll(async () => {
    espeak = new FakeEspeak();
    floor = await Floor.open();
  });
  afterEach(() => floor.tidy());
  afterAll(async () => {
    await floor?.close();
    espeak.close();
  });

  test('a text without a recording is spoken when its flow is loaded, by a process of its own, and kept as 8 kHz WAV; a recording wins', async () => {
    const { data, flows } = floor.product.settings;
    mkdirSync(join(flows, 'prompts', 'en', 'own'), { recursive: true });
    writeFileSync(join(flows, 'prompts', 'en', 'own', 'recorded.wav'), toneWav(1_100, 8_000, 4_000));
    const line = await floor.line({}, () => ({
      start: 'spoken',
      nodes: {
        spoken: { type: 'say', prompt: { file: 'own/nowhere', en: 'This nobody has recorded.' }, next: 'recorded' },
        recorded: { type: 'say', prompt: { file: 'own/recorded', en: 'This somebody has recorded.' }, next: 'bye' },
        bye: { type: 'hangup' },
      },
    }));
    // The flow is in use, and nobody has called yet.
    const spoken = espeak.asked.filter(({ text }) => text === 'This nobody has recorded.');
    expect(spoken).toMatchObject([{ by: floor.product.pids.server }]);
    expect(spoken[0]?.process).not.toBe(floor.product.pids.server);
    expect(espeak.asked.map(({ text }) => text)).not.toContain('This somebody has recorded.');
    const kept = readdirSync(join(data, 'prompts', 'speech')).map((file) =>
      readFileSync(join(data, 'prompts', 'speech', file)),
    );
    expect(kept.length).toBeGreaterThan(0);
    for (const wav of kept) {
      expect(wav.toString('latin1', 0, 4) + wav.toString('latin1', 8, 16)).toBe('RIFFWAVEfmt ');
      // PCM, one channel, 8,000 samples a second of 16 bits.
      expect([wav.readUInt16LE(20), wav.readUInt16LE(22), wav.readUInt32LE(24), wav.readUInt16LE(34)]).toEqual([
        1, 1, 8_000, 16,
      ]);
    }

    const asked = espeak.asked.length;
    const caller = await floor.caller(line.number);
    await caller.rtp.hears([FakeEspeak.hz], [1_100]);
    await caller.rtp.hears([1_100], [FakeEspeak.hz]);
    await caller.sipp.tell('HANGUP');
    await caller.sipp.done();
    expect(espeak.asked).toHaveLength(asked);
    await floor.nothingLeft();
  });

  test('no agent for too long: the overflow exit, here to another queue', async () => {
    const second = await floor.line();
    const line = await floor.line({}, (queue) => ({
      start: 'wait',
      nodes: {
        wait: { type: 'queue', queue, maxWaitSeconds: 1, overflow: 'elsewhere' },
        elsewhere: { type: 'queue', queue: second.queue, maxWaitSeconds: 300, overflow: 'bye' },
        bye: { type: 'hangup' },
      },
    }));
    const caller = await floor.caller(line.number);
    const seat = await floor.seat([second.queue]);
    await floor.answers(seat, caller.interaction);
    await floor.hearEachOther(caller.rtp, seat.rtp);
    await caller.sipp.tell('HANGUP');
    await Promise.all([caller.sipp.done(), seat.sipp.done()]);
    const left = floor.events.of('interaction.queue-left', caller.interaction);
    expect(left).toMatchObject([{ queue: line.queue, data: { why: 'overflow' } }]);
    expect(left[0]?.data.waitMs).toBeGreaterThanOrEqual(1_000);
    const record = await floor.record(caller.interaction);
    expect(record).toMatchObject({ outcome: 'answered', queue: second.queue, agent: seat.agent });
    expect(record.waitMs).toBeGreaterThanOrEqual(1_000);
    await floor.nothingLeft();
  });

  test('who waits presses a key, hangs up, and is called back with the place that she had', async () => {
    const confirm = { file: 'bank/welcome', en: 'Press star again, and we will call you back.' };
    const far = await floor.phone('far');
    await floor.ask('PUT', '/trunks/carrier', { uri: `sip:127.0.0.1:${far.sipp.port}`, country: 'CN' });
    await floor.ask('PUT', '/dial-rules/021', { trunk: 'carrier' });
    const callback = { key: '*', confirm, number: '02112345678', afterSeconds: 1, next: 'noted' };
    const line = await floor.line({}, (queue) => ({
      start: 'wait',
      nodes: {
        wait: { type: 'queue', queue, overflow: 'bye', callback },
        noted: { type: 'say', prompt: { file: 'bank/goodbye', en: 'Goodbye.' }, next: 'bye' },
        bye: { type: 'hangup' },
      },
    }));
    const caller = await floor.caller(line.number);
    const { interaction } = caller;
    await floor.phase(interaction, 'queued');
    const queued = await floor.events.fact('interaction.queued', { interaction });
    // Another key is nothing; another key at the question leaves her where she was; the second time she means it.
    caller.rtp.key('5*1**');
    const scheduled = await floor.events.fact('callback.scheduled', { interaction });
    expect(scheduled.data).toMatchObject({ by: `flow:line-${line.queue}`, number: '02112345678' });
    await caller.sipp.done();
    expect(floor.events.of('interaction.queue-left', interaction)).toMatchObject([{ data: { why: 'callback' } }]);
    // She got what she wanted: that is no caller lost.
    expect(await floor.record(interaction)).toMatchObject({ outcome: 'contained', endedBy: 'flow' });

    const due = await floor.events.fact('callback.due', ({ data }) => data.callback === scheduled.data.callback);
    expect(due.at).toBeGreaterThanOrEqual(Number(scheduled.data.from));
    const seat = await floor.seat([line.queue]);
    const ring = await floor.rings(seat);
    seat.rtp.connect(sdpOf(ring));
    await seat.sipp.tell('ANSWER', {}, ring.callId);
    const { callId } = await floor.answers(far, due.interaction ?? '');
    await floor.hearEachOther(far.rtp, seat.rtp);
    // In the queue it is as old as her own waiting.
    const { at, data } = await floor.events.fact('routing.offer-made', { interaction: due.interaction });
    expect(Math.abs(at - Number(data.waitedMs) - queued.at)).toBeLessThan(500);
    await far.sipp.tell('HANGUP', {}, callId);
    await Promise.all([far.sipp.done(), seat.sipp.done()]);
    const done = await floor.ask('GET', `/callbacks/${scheduled.data.callback}`);
    expect(done).toMatchObject({ state: 'done', origin: interaction, queue: line.queue });
    await floor.nothingLeft();
  });

  test('nobody has signed in: the exit `empty`, where the queue says so', async () => {
    const line = await floor.line({ whenEmpty: 'exit' }, (queue) => ({
      start: 'wait',
      nodes: { wait: { type: 'queue', queue, overflow: 'bye', empty: 'bye' }, bye: { type: 'hangup' } },
    }));
    const caller = await floor.caller(line.number);
    await caller.sipp.done();
    expect(await floor.record(caller.interaction)).toMatchObject({ outcome: 'abandoned', endedBy: 'flow' });
    await floor.nothingLeft();
  });

  test('a flow is saved while callers are in it: they finish on their version, new ones get the new', async () => {
    const one = await floor.line();
    const two = await floor.line();
    const menu = (queue: string) => ({
      start: 'ask',
      nodes: {
        ask: {
          type: 'menu',
          prompt: { file: 'bank/welcome', en: 'Welcome to Switchroom Bank.' },
          choices: { '1': { next: 'wait', label: 'Agent' } },
          waitSeconds: 50,
          timeout: 'bye',
          invalid: 'bye',
        },
        wait: { type: 'queue', queue, maxWaitSeconds: 300, overflow: 'bye' },
        bye: { type: 'hangup' },
      },
    });
    const line = await floor.line({}, () => menu(one.queue));
    const flow = `line-${line.queue}`;
    const asked = async (interaction: string) =>
      until(async () => (await floor.call(interaction))?.node === 'ask', 'the caller is asked');
    const before = await floor.caller(line.number);
    await asked(before.interaction);
    const newer = await floor.saveFlow(flow, menu(two.queue));
    const after = await floor.caller(line.number);
    await asked(after.interaction);
    before.rtp.key('1');
    after.rtp.key('1');
    expect((await floor.phase(before.interaction, 'queued')).queue).toBe(one.queue);
    expect((await floor.phase(after.interaction, 'queued')).queue).toBe(two.queue);

    // The same with an editor on the file; one that does not hold changes nothing.
    const file = join(floor.product.settings.flows, `${flow}.json`);
    const text = { flow, languages: ['en'], error: 'bye', ...menu(one.queue) };
    const state = async () => {
      const { flows } = await floor.ask<{ flows: { flow: string; state: string; version?: string }[] }>(
        'GET',
        '/flows',
      );
      return flows.find((given) => given.flow === flow);
    };
    writeFileSync(file, '{ "flow": ');
    await until(async () => (await state())?.state === 'kept', 'the broken file is noticed');
    const meanwhile = await floor.caller(line.number);
    await asked(meanwhile.interaction);
    writeFileSync(file, JSON.stringify(text));
    let now: unknown;
    await until(
      async () => {
        now = await state();
        return ![undefined, newer].includes((await state())?.version);
      },
      () => `the file is in use: ${JSON.stringify(now)}`,
    );
    meanwhile.rtp.key('1');
    expect((await floor.phase(meanwhile.interaction, 'queued')).queue).toBe(two.queue);

    for (const { sipp } of [before, after, meanwhile]) {
      await sipp.tell('HANGUP');
      await sipp.done();
    }
    const versions = [];
    for (const { interaction } of [before, after, meanwhile])
      versions.push((await floor.record(interaction)).flowVersion);
    expect(versions[0]).not.toBe(versions[1]);
    expect(versions[2]).toBe(newer);
    await floor.nothingLeft();
  });
});
