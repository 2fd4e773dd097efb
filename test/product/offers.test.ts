// Offers that come to nothing, and who is served when: missed, declined, unreachable, busy; order and priority.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Caller, Floor } from './floor.ts';
import { has } from './sipp.ts';
import { until } from './until.ts';

let floor: Floor;

describe.skipIf(!has('sipp'))('offers (needs sipp)', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    floor = await Floor.open();
  });
  afterEach(() => floor.tidy());
  afterAll(() => floor?.close());

  test('missed: she goes not ready (RONA), the caller keeps the place and is the next to be served', async () => {
    const line = await floor.line({ ringMs: 1_000 });
    const first = await floor.seat([line.queue]);
    const early = await floor.caller(line.number);
    const late = await floor.caller(line.number);
    await floor.phase(late.interaction, 'queued');
    await floor.rings(first);
    await floor.agentIs(first.agent, 'not-ready', 'rona');
    // CANCEL, 487, ACK.
    await first.sipp.done();
    await floor.phase(early.interaction, 'queued');
    const second = await floor.seat([line.queue]);
    await floor.answers(second, early.interaction);
    await floor.hearEachOther(early.rtp, second.rtp);
    expect((await floor.call(late.interaction))?.phase).toBe('queued');
    await hangUp([early, late]);
    await second.sipp.done();
    const record = await floor.record(early.interaction);
    expect(record.agents).toMatchObject([
      { agent: first.agent, outcome: 'missed' },
      { agent: second.agent, outcome: 'accepted' },
    ]);
    // One wait, from the first entry on.
    expect(floor.events.of('interaction.queued', early.interaction)).toHaveLength(1);
    expect(record.waitMs).toBeGreaterThanOrEqual(1_000);
    await floor.nothingLeft();
  });

  test.for([
    ['BUSY', 486],
    ['DECLINE', 603],
  ] as const)('declined with %s (%i): the next agent rings', async ([told, status]) => {
    const line = await floor.line();
    const first = await floor.seat([line.queue]);
    const caller = await floor.caller(line.number);
    const invite = await floor.rings(first);
    await first.sipp.tell(told, {}, invite.callId);
    await first.sipp.done();
    const rang = await floor.events.fact('call.rang', { interaction: caller.interaction });
    expect(rang.data).toMatchObject({ status });
    const second = await floor.seat([line.queue]);
    await floor.answers(second, caller.interaction);
    await hangUp([caller]);
    await second.sipp.done();
    expect((await floor.record(caller.interaction)).agents).toMatchObject([
      { agent: first.agent, outcome: 'declined' },
      { agent: second.agent, outcome: 'accepted' },
    ]);
    await floor.free(first.agent);
    await floor.nothingLeft();
  });

  test('answered by the API: a phone that answers by itself is rung anew and told to; one that does not is left to ring', async () => {
    const line = await floor.line();
    const seat = await floor.seat([line.queue], {}, 2);
    const caller = await floor.caller(line.number);
    expect((await floor.rings(seat)).text).not.toMatch(/^(Answer-Mode|Call-Info|Alert-Info):/im);
    const offerOf = async (agent: string) => {
      const { contacts } = await floor.live(agent);
      return contacts.find(({ interaction }) => interaction === caller.interaction)?.offer;
    };
    await floor.ask('POST', `/agents/${seat.agent}/answer`, { offer: await offerOf(seat.agent) });
    await seat.sipp.message('CANCEL');
    const { text } = await floor.answers(seat, caller.interaction, 2);
    expect(text).toMatch(/^Answer-Mode: Auto$/m);
    expect(text).toMatch(/^Call-Info: .*answer-after=0$/m);
    expect(text).toMatch(/^Alert-Info: .*info=alert-autoanswer/m);
    await floor.hearEachOther(caller.rtp, seat.rtp);
    const other = await floor.line();
    const byHand = await floor.seat([other.queue], { autoAnswer: false });
    await floor.ask('POST', `/agents/${seat.agent}/contacts/${caller.interaction}/transfer`, { queue: other.queue });
    await floor.rings(byHand);
    const refused = await floor.product.ask('POST', `/agents/${byHand.agent}/answer`, {
      offer: await offerOf(byHand.agent),
    });
    expect(refused).toMatchObject({ status: 409, body: { code: 'phone-cannot-auto-answer' } });
    await floor.answers(byHand, caller.interaction);
    await hangUp([caller]);
    await Promise.all([seat.sipp.done(), byHand.sipp.done()]);
    expect((await floor.record(caller.interaction)).agents).toMatchObject([
      { agent: seat.agent, outcome: 'accepted' },
      { agent: byHand.agent, outcome: 'accepted' },
    ]);
    await floor.nothingLeft();
  });

  test('a phone that is not registered: its agent cannot get ready', async () => {
    const line = await floor.line();
    const agent = await floor.agent([line.queue], { registered: true });
    await floor.ask('POST', `/agents/${agent}/sign-in`);
    const answer = await floor.product.ask('POST', `/agents/${agent}/ready`);
    expect(answer).toMatchObject({ status: 409, body: { code: 'agent-phone-unreachable' } });
    const phone = await floor.registered(agent, `secret-${agent}`, 'MD5');
    await until(
      async () => (await floor.product.ask('POST', `/agents/${agent}/ready`)).status === 200,
      'she can get ready when it has registered',
    );
    const caller = await floor.caller(line.number);
    await floor.answers(phone, caller.interaction);
    await hangUp([caller]);
    await phone.sipp.done();
    await floor.nothingLeft();
  });

  test('an agent who talks is not offered the next caller, and gets him when she is free', async () => {
    const line = await floor.line();
    const seat = await floor.seat([line.queue], {}, 2);
    const first = await floor.caller(line.number);
    await floor.answers(seat, first.interaction);
    const second = await floor.caller(line.number);
    await floor.phase(second.interaction, 'queued');
    await hangUp([first]);
    await floor.answers(seat, second.interaction, 2);
    const freed = await floor.events.fact('interaction.talk-ended', { interaction: first.interaction });
    const offered = await floor.events.fact('interaction.offered', { interaction: second.interaction });
    expect(offered.seq).toBeGreaterThan(freed.seq);
    await hangUp([second]);
    await seat.sipp.done();
    await floor.nothingLeft();
  });

  test('several callers: the higher priority first, then in the order of their coming', async () => {
    const line = await floor.line();
    const urgent = await floor.line({}, () => ({
      start: 'wait',
      nodes: {
        wait: { type: 'queue', queue: line.queue, priority: 80, maxWaitSeconds: 300, overflow: 'bye' },
        bye: { type: 'hangup' },
      },
    }));
    const callers: Caller[] = [];
    for (const number of [line.number, line.number, urgent.number, line.number]) {
      const caller = await floor.caller(number);
      await floor.phase(caller.interaction, 'queued');
      callers.push(caller);
    }
    const seat = await floor.seat([line.queue], {}, 4);
    const served: number[] = [];
    for (let nth = 1; nth <= callers.length; nth++) {
      const invite = await floor.rings(seat, nth);
      const interaction = /^X-Switchroom-Interaction: *(\S+)/im.exec(invite.text)?.[1] ?? '';
      const which = callers.findIndex((caller) => caller.interaction === interaction);
      served.push(which);
      await floor.answers(seat, interaction, nth);
      await hangUp([callers[which] as Caller]);
    }
    expect(served).toEqual([2, 0, 1, 3]);
    await seat.sipp.done();
    await floor.nothingLeft();
  });

  test('a phone that says nothing at all is unreachable within 3 s, and the next agent rings', async () => {
    const silent = createSocket('udp4');
    silent.bind(0, '127.0.0.1');
    await once(silent, 'listening');
    const line = await floor.line();
    const nobody = await floor.agent([line.queue], { port: silent.address().port });
    const caller = await floor.caller(line.number);
    await floor.agentIs(nobody, 'not-ready', 'phone-unreachable');
    const [offered, ended] = await Promise.all([
      floor.events.fact('interaction.offered', { interaction: caller.interaction }),
      floor.events.fact('interaction.offer-ended', { interaction: caller.interaction }),
    ]);
    expect(ended.data).toMatchObject({ outcome: 'unreachable' });
    console.log(`a silent phone: given up after ${ended.at - offered.at} ms`);
    // 150 ms for the pop, 3 s for the phone, and what a loaded machine adds.
    expect(ended.at - offered.at).toBeLessThan(4_500);
    const next = await floor.seat([line.queue]);
    await floor.answers(next, caller.interaction);
    await hangUp([caller]);
    await next.sipp.done();
    silent.close();
    // The INVITE that nobody ever answered is kept until its Timer B, 32 s: nothing to wait for here.
    expect(await floor.calls()).toEqual([]);
  });
});

async function hangUp(callers: Caller[]): Promise<void> {
  for (const { sipp } of callers) await sipp.tell('HANGUP');
  await Promise.all(callers.map(({ sipp }) => sipp.done()));
}
