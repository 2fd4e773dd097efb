// Flows on the whole product: overflow of a queue, and files that change while calls are in them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Floor, sdpOf } from './floor.ts';
import { has } from './sipp.ts';
import { until } from './until.ts';

let floor: Floor;

describe.skipIf(!has('sipp'))('flows (needs sipp)', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    floor = await Floor.open();
  });
  afterEach(() => floor.tidy());
  afterAll(() => floor?.close());

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
