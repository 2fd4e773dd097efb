// What a newcomer gets: the demo answers, greets, asks, queues, pops, rings, talks, records and wraps up.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readTestWav, share, usualShare } from '../contract/media/listening.ts';
import { type Caller, Floor, type Interaction } from './floor.ts';
import { Panel } from './panel.ts';
import { has } from './sipp.ts';
import { until } from './until.ts';

let floor: Floor;
const panels: Panel[] = [];

describe.skipIf(!has('sipp'))('the demo (needs sipp)', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    floor = await Floor.open();
  });
  afterEach(async () => {
    for (const panel of panels.splice(0)) panel.close();
    await floor.tidy();
  });
  afterAll(() => floor?.close());

  test("SIPp's own caller is answered on 95500", async () => {
    const sipp = await floor.sipp({ scenario: '-sn uac', target: floor.product.sip, args: ['-s', '95500'] });
    await sipp.done();
    const record = await floor.record(await floor.interactionOf(sipp.callId));
    expect(record).toMatchObject({ trunk: 'local', flow: 'bank', endedWhere: 'ivr', endedBy: 'customer' });
    await floor.nothingLeft();
  });

  test('the greeting is speech', async () => {
    const caller = await floor.caller('95500');
    // Two seconds of it: some of it loud, some of it pauses between words, none of it a tone.
    await until(() => caller.rtp.heard.length >= 100, '100 packets came');
    const samples = caller.rtp.samples(60_000);
    const frames = Array.from({ length: Math.floor(samples.length / 160) }, (_, i) =>
      samples.slice(i * 160, i * 160 + 160),
    );
    const loudness = frames.map((frame) => Math.sqrt(frame.reduce((sum, one) => sum + one * one, 0) / frame.length));
    expect(loudness.filter((one) => one > 500).length).toBeGreaterThan(frames.length * 0.2);
    const spread = Math.max(...loudness) / (Math.min(...loudness) + 1);
    expect(spread).toBeGreaterThan(5);
    for (let hz = 100; hz < 4000; hz += 50) expect(share(samples, hz), `${hz} Hz`).toBeLessThan(0.5);
    await caller.sipp.tell('HANGUP');
    await caller.sipp.done();
    await floor.nothingLeft();
  });

  test('a whole call: menu and account by RFC 4733, an MD5 phone, pop before the ring, talk, recording, wrap-up', async () => {
    const { password, sip } = floor.product.login('1001');
    const phone = await floor.registered('1001', sip?.secret ?? '', 'MD5');
    const panel = await openPanel('1001', password);
    let shown = Number.NaN;
    panel.ontold = ({ event, with: told, at }) => {
      if (event !== 'pop') return;
      shown = at;
      void panel.do('pop-shown', { offer: told.offer.id });
    };
    await panel.do('ready');

    const caller = await floor.caller('95500', { from: '013811112222' });
    await atNode(caller, 'main');
    caller.rtp.key('1');
    await atNode(caller, 'account');
    caller.rtp.key('12345678#');
    const invite = await floor.rings(phone);
    const pop = await panel.event('pop');
    expect(pop.with.content).toMatchObject({
      interaction: caller.interaction,
      queue: 'service',
      from: '+8613811112222',
      variables: { account: '12345678' },
      customer: { tags: [] },
    });
    expect(pop.with.content.path).toContainEqual(
      expect.objectContaining({ node: 'main', value: '1', label: 'Account' }),
    );
    // The INVITE leaves on the acknowledgement, and after 150 ms at the latest.
    expect(invite.at).toBeGreaterThanOrEqual(Math.min(shown, pop.with.offer.at + 150));
    await floor.agentIs('1001', 'ready');
    expect((await floor.live('1001')).contacts).toMatchObject([{ interaction: caller.interaction, state: 'offered' }]);

    await floor.answers(phone, caller.interaction);
    const talkedFrom = Date.now();
    await floor.hearEachOther(caller.rtp, phone.rtp);
    await until(() => caller.rtp.heard.length > 0 && phone.rtp.recent(1_100).length >= 50, 'a second of talk');
    const talked = Date.now() - talkedFrom;
    await caller.sipp.tell('HANGUP');
    await Promise.all([caller.sipp.done(), phone.sipp.done()]);

    const { interaction } = caller;
    await panel.event('agent', ({ live }) => live.contacts[0]?.state === 'wrap-up');
    await panel.do('disposition', { interaction, disposition: 'solved' });
    await panel.do('note', { interaction, note: 'asked for her balance' });
    await panel.do('wrap-up-done', { interaction });
    await floor.free('1001');
    await floor.agentIs('1001', 'ready');

    const record = await complete(interaction, (one) => one.wrapUpMs > 0 && one.disposition !== undefined);
    expect(record).toMatchObject({
      outcome: 'answered',
      endedWhere: 'talk',
      endedBy: 'customer',
      queue: 'service',
      agent: '1001',
      from: '+8613811112222',
      flow: 'bank',
      disposition: 'solved',
      note: 'asked for her balance',
      agents: [{ agent: '1001', outcome: 'accepted' }],
    });
    expect(record.path.map(({ node }) => node)).toEqual(expect.arrayContaining(['main', 'account']));
    expect(record.waitMs).toBeGreaterThan(0);
    // It began before the tones and ended after them.
    expect(record.talkMs).toBeGreaterThanOrEqual(talked);
    expect(record.talkMs).toBeLessThan((record.endedAt ?? 0) - record.startedAt);
    for (const { codec, lost, received, mos } of record.quality) {
      expect({ codec, lost }).toEqual({ codec: 'PCMU', lost: 0 });
      expect(received).toBeGreaterThan(20);
      expect(mos).toBeGreaterThan(4);
    }
    await recordedInStereo(record, 500, 900);
    await floor.nothingLeft();
  });

  test('a whole call by SIP INFO; a SHA-256 phone; the agent hangs up', async () => {
    const { password, sip } = floor.product.login('1002');
    const phone = await floor.registered('1002', sip?.secret ?? '', 'SHA-256');
    const panel = await openPanel('1002', password);
    await panel.do('ready');
    const caller = await floor.caller('95500', { from: '013811113333' });
    await atNode(caller, 'main');
    await caller.sipp.tell('DIGIT', { 'X-Digit': '0' });
    const invite = await floor.rings(phone);
    const pop = await panel.event('pop');
    // Nobody acknowledged the pop: the phone waits 150 ms for that.
    expect(invite.at).toBeGreaterThanOrEqual(pop.with.offer.at + 149);
    await floor.answers(phone, caller.interaction);
    await floor.hearEachOther(caller.rtp, phone.rtp, [700, 1100]);
    await phone.sipp.tell('HANGUP', {}, invite.callId);
    await Promise.all([caller.sipp.done(), phone.sipp.done()]);
    const record = await complete(caller.interaction, () => true);
    expect(record).toMatchObject({ outcome: 'answered', endedWhere: 'talk', endedBy: 'agent', agent: '1002' });
    expect(record.path).toContainEqual(expect.objectContaining({ node: 'main', value: '0' }));
    await panel.do('wrap-up-done', { interaction: caller.interaction });
    await floor.free('1002');
    await floor.nothingLeft();
  });

  test('a customer who is tagged vip and speaks Chinese comes to the queue vip so; her next pop shows the call before', async () => {
    const customer = await floor.ask<{ id: string }>('POST', '/customers', {
      name: 'Li Na',
      language: 'zh',
      identities: [{ kind: 'phone', value: '013811114444' }],
    });
    await floor.ask('PUT', `/customers/${customer.id}/tags/vip`, {});
    const { password, sip } = floor.product.login('1001');
    const phone = await floor.registered('1001', sip?.secret ?? '', 'SHA-256', 2);
    const panel = await openPanel('1001', password);
    await panel.do('ready');

    const calls = async () => {
      const caller = await floor.caller('95500', { from: '013811114444' });
      await atNode(caller, 'main');
      await caller.sipp.tell('DIGIT', { 'X-Digit': '0' });
      const pop = await panel.event('pop', ({ content }) => content.interaction === caller.interaction);
      return { ...caller, content: pop.with.content };
    };
    const first = await calls();
    expect(first.content).toMatchObject({
      queue: 'vip',
      language: 'zh',
      customer: { id: customer.id, name: 'Li Na', tags: ['vip'] },
      earlier: [],
    });
    await floor.answers(phone, first.interaction);
    await first.sipp.tell('HANGUP');
    await first.sipp.done();
    await panel.event('agent', ({ live }) => live.contacts[0]?.state === 'wrap-up');
    await panel.do('disposition', { interaction: first.interaction, disposition: 'solved' });
    await panel.do('wrap-up-done', { interaction: first.interaction });
    await floor.free('1001');
    await complete(first.interaction, ({ disposition }) => disposition !== undefined);

    const second = await calls();
    await floor.rings(phone, 2);
    expect(second.content.earlier).toMatchObject([
      { interaction: first.interaction, channel: 'voice', queue: 'vip', agent: '1001', disposition: 'solved' },
    ]);
    await second.sipp.tell('HANGUP');
    await Promise.all([second.sipp.done(), phone.sipp.done()]);
    await floor.free('1001');
    await floor.nothingLeft();
  });
});

async function openPanel(agent: string, password: string): Promise<Panel> {
  const panel = await Panel.open(floor.product, agent, password);
  panels.push(panel);
  return panel;
}

/** The caller is at that node of the flow, and it listens. */
async function atNode({ interaction }: Caller, node: string): Promise<void> {
  await until(async () => (await floor.call(interaction))?.node === node, `the caller is at ${node}`);
}

/** The record with all that comes in after the end. */
async function complete(interaction: string, also: (record: Interaction) => boolean): Promise<Interaction> {
  let record = await floor.record(interaction);
  await until(
    async () => {
      record = await floor.record(interaction);
      const { quality, recordings } = record;
      return quality.length === 2 && recordings.every(({ ms }) => ms !== undefined) && also(record);
    },
    () => `the record is complete: ${JSON.stringify(record)}`,
  );
  return record;
}

/** Fetched in two byte ranges: a valid stereo WAV, the customer left and the agent right. */
async function recordedInStereo(record: Interaction, left: number, right: number): Promise<void> {
  expect(record.recordings).toHaveLength(1);
  const [recording] = record.recordings;
  const { token } = await floor.ask<{ token: string }>('POST', '/tokens', { name: 'listener', roles: ['supervisor'] });
  const url = `${floor.product.web}/api/v1/recordings/${recording?.id}/audio`;
  const part = async (range: string) => {
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}`, range } });
    expect(answer.status).toBe(206);
    return { bytes: Buffer.from(await answer.arrayBuffer()), of: answer.headers.get('content-range') };
  };
  const head = await part('bytes=0-999');
  const rest = await part('bytes=1000-');
  const file = Buffer.concat([head.bytes, rest.bytes]);
  expect(head.of).toBe(`bytes 0-999/${file.length}`);
  const [one, two] = [readTestWav(file, 0), readTestWav(file, 1)];
  expect(one).toMatchObject({ channels: 2, rate: 8000 });
  // The last half second: both spoke then.
  const end = one.samples.length - 800;
  for (const [samples, mine, other] of [
    [one.samples, left, right],
    [two.samples, right, left],
  ] as const) {
    const tail = samples.slice(end - 4000, end);
    expect(usualShare(tail, mine), `${mine} Hz`).toBeGreaterThan(0.8);
    expect(share(tail, other), `no ${other} Hz`).toBeLessThan(0.02);
  }
}
