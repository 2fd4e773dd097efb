// Lives that chance finds too seldom, written down.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { interactionStarted } from '../../../../server/customers/index.ts';
import { newEvent } from '../../../../server/journal/index.ts';
import { sdp } from './fake-edge.ts';
import { tidyUp } from './steps.ts';
import { StrictQueueing } from './strict-queueing.ts';
import { World } from './world.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** 1003 has a phone that the panel can make to answer, and that rings until then. */
function byHand(world: World): void {
  world.site.agent({ id: '1003', autoAnswer: false, phone: { kind: 'panel', answers: 'by-hand' } });
}

/** Phones that ring now. */
function rung(world: World) {
  return world.server.sip.ringing.filter(({ final, cancelled }) => final === undefined && !cancelled);
}

/** A caller who talks with 1001. */
async function talk() {
  const world = new World();
  const queueing = new StrictQueueing();
  await world.serve(() => queueing);
  const pass = () => vi.advanceTimersByTimeAsync(100);
  const { sip } = world.server;
  world.dialDid();
  await pass();
  const info = { 'content-type': 'application/dtmf-relay' };
  sip.request(sip.incoming.at(-1)?.dialogId ?? '', 'INFO', info, 'Signal=1\r\nDuration=160\r\n');
  await pass();
  queueing.offer(0, '1001');
  await pass();
  for (const phone of sip.ringing) phone.respond(200, sdp);
  await pass();
  const [call] = world.server.calls.list();
  if (call?.agent === undefined) throw new Error('nobody talks');
  const end = async () => {
    await tidyUp(world);
    world.kill();
    const occupied = [...queueing.occupation].filter(([, count]) => count !== 0);
    return [...world.remains(), ...queueing.broken, ...queueing.contacts.keys(), ...occupied.flat()];
  };
  const answerAll = async () => {
    for (const phone of world.server.sip.ringing) if (phone.final === undefined) phone.respond(200, sdp);
    await vi.advanceTimersByTimeAsync(60);
  };
  return {
    world,
    queueing,
    calls: world.server.calls,
    agent: call.agent,
    interaction: call.interaction,
    answerAll,
    end,
  };
}

test.each(['offered', 'unknown'] as const)(
  'after a restart who talks has her caller, though routing holds it as %s',
  async (as) => {
    const { world, queueing, agent, interaction } = await talk();
    world.kill();
    queueing.dead = true;
    const contact = queueing.contacts.get(interaction);
    if (!contact) throw new Error('a contact of the queue');
    const again = new StrictQueueing();
    if (as === 'offered') again.contacts.set(interaction, { ...contact, state: 'offered', stale: true });
    await world.serve(() => again);
    expect(world.server.calls.get(interaction)).toMatchObject({ phase: 'talking', agent });
    expect(again.contacts.get(interaction)).toMatchObject({ state: 'connected', agent });
    await tidyUp(world);
    world.kill();
    expect([...world.remains(), ...again.broken, ...again.contacts.keys()]).toEqual([]);
  },
);

test.each(['there', 'gone'] as const)(
  'after a restart who is asked for in a queue is busy, her contact being %s',
  async (is) => {
    const { world, queueing, calls, agent, interaction, answerAll } = await talk();
    await calls.consult(agent, interaction, { queue: 'service' });
    queueing.offer(0, '1003');
    await vi.advanceTimersByTimeAsync(10);
    await answerAll();
    const [consultation] = [...calls.consultations()];
    world.kill();
    queueing.dead = true;
    const again = new StrictQueueing();
    for (const [id, contact] of queueing.contacts) {
      if (is === 'there' || id === interaction) again.contacts.set(id, { ...contact, stale: true });
    }
    await world.serve(() => again);
    expect(world.server.calls.get(interaction)?.parties).toMatchObject([{ agent: '1003', state: 'private' }]);
    expect(again.contacts.get(consultation?.interaction ?? '')).toMatchObject({ state: 'connected', agent: '1003' });
    await tidyUp(world);
    world.kill();
    const occupied = [...again.occupation].filter(([, count]) => count !== 0);
    expect([...world.remains(), ...again.broken, ...again.contacts.keys(), ...occupied]).toEqual([]);
  },
);

/** 1001 has dialled a number, and talks with it. */
async function ownCall() {
  const world = new World();
  const queueing = new StrictQueueing();
  await world.serve(() => queueing);
  const pass = () => vi.advanceTimersByTimeAsync(100);
  const answerAll = async () => {
    for (const phone of world.server.sip.ringing) if (phone.final === undefined) phone.respond(200, sdp);
    await pass();
  };
  world.dialFromPhone('1001', 'number');
  await pass();
  await answerAll();
  const [call] = world.server.calls.list();
  if (call?.phase !== 'talking') throw new Error('nobody talks');
  const end = async () => {
    await tidyUp(world);
    world.kill();
    return [...world.remains(), ...queueing.broken, ...queueing.contacts.keys()];
  };
  return { world, queueing, calls: world.server.calls, interaction: call.interaction, pass, answerAll, end };
}

test('a call of her own is not given to whom it would not reach: she is told, and talks on', async () => {
  const { world, queueing, calls, interaction, end } = await ownCall();
  for (const [refusal, to, code] of [
    ['empty', { agent: '1002' }, 'agent-away'],
    ['closed', { queue: 'service' }, 'queue-closed'],
    ['full', { queue: 'service' }, 'queue-full'],
    ['empty', { queue: 'service' }, 'queue-unstaffed'],
    // She serves no queue.
    [undefined, { agent: '9001' }, 'agent-unreached'],
  ] as const) {
    queueing.refusal = refusal;
    await expect(calls.transfer('1001', interaction, to)).rejects.toMatchObject({ code });
  }
  expect(calls.get(interaction)).toMatchObject({ phase: 'talking', agent: '1001' });
  expect(world.journal.of('interaction.transferred')).toEqual([]);
  expect(await end()).toEqual([]);
});

test.each(['agent', 'number'] as const)(
  'a call of her own that no %s takes comes back to who gave it away',
  async (to) => {
    const { queueing, calls, interaction, world, pass, answerAll, end } = await ownCall();
    await calls.transfer('1001', interaction, to === 'agent' ? { agent: '1002' } : { number: '02187654321' });
    await pass();
    if (to === 'agent') {
      expect(queueing.contacts.get(interaction)?.request).toMatchObject({ only: '1002' });
      queueing.exit(0, 'overflow');
    } else world.server.sip.ringing.at(-1)?.respond(486);
    await pass();
    expect(queueing.contacts.get(interaction)?.request).toMatchObject({ only: '1001' });
    queueing.offer(0, '1001');
    await pass();
    await answerAll();
    expect(calls.get(interaction)).toMatchObject({ phase: 'talking', agent: '1001' });
    expect(await end()).toEqual([]);
  },
);

test('what comes back and finds her gone ends: it does not go round', async () => {
  const { queueing, calls, interaction, world, pass, end } = await ownCall();
  await calls.transfer('1001', interaction, { agent: '1002' });
  await pass();
  queueing.exit(0, 'overflow');
  await pass();
  queueing.exit(0, 'overflow');
  await pass();
  expect(calls.list()).toEqual([]);
  expect(world.journal.of('interaction.ended')[0]?.data).toMatchObject({ cause: 'queue-overflow' });
  expect(await end()).toEqual([]);
});

test.each(['talking', 'held'] as const)(
  'two panels send her caller, %s, into a flow: one does, the other is told',
  async (phase) => {
    const { world, calls, agent, interaction, end } = await talk();
    if (phase === 'held') {
      await calls.hold(agent, interaction);
      await vi.advanceTimersByTimeAsync(10);
    }
    const said: string[] = [];
    for (let panel = 0; panel < 2; panel++) {
      calls.detour(agent, interaction, 'pin').then(
        ({ result }) => said.push(result ?? ''),
        (error: { code: string }) => said.push(error.code),
      );
    }
    await vi.advanceTimersByTimeAsync(100);
    expect(said).toEqual(['call-wrong-phase']);
    expect(calls.get(interaction)).toMatchObject({ phase: 'detour', flow: 'pin' });
    expect(world.journal.of('interaction.flow-entered').filter(({ data }) => data.why === 'detour')).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(said).toEqual(['call-wrong-phase', 'ok']);
    expect(calls.get(interaction)).toMatchObject({ phase: 'talking', agent });
    expect(await end()).toEqual([]);
  },
);

test("who is moved to another queue while she waits is that queue's from then on, over a restart too", async () => {
  const world = new World();
  const queueing = new StrictQueueing();
  await world.serve(() => queueing);
  world.site.queue({ id: 'vip', record: true });
  const pass = () => vi.advanceTimersByTimeAsync(100);
  world.dialFromPhone('1003', 'queue');
  await pass();
  const [call] = world.server.calls.list();
  const contact = queueing.contacts.get(call?.interaction ?? '');
  if (!call || !contact) throw new Error('nobody waits');
  contact.target.queueChanged?.('vip');
  contact.request = { ...contact.request, queue: 'vip' };
  expect(world.server.calls.get(call.interaction)).toMatchObject({ phase: 'queued', queue: 'vip' });
  await pass();
  world.kill();
  queueing.dead = true;
  const again = new StrictQueueing();
  again.contacts.set(call.interaction, { ...contact, stale: true });
  await world.serve(() => again);
  expect(world.server.calls.get(call.interaction)).toMatchObject({ phase: 'queued', queue: 'vip' });
  again.offer(0, '1001');
  await pass();
  for (const phone of world.server.sip.ringing) if (phone.final === undefined) phone.respond(200, sdp);
  await pass();
  expect(world.server.calls.get(call.interaction)).toMatchObject({ phase: 'talking', queue: 'vip', recording: 'on' });
  await tidyUp(world);
  world.kill();
  expect([...world.remains(), ...again.broken]).toEqual([]);
});

test('a callback that waits for an agent is no call that a restart has ended', async () => {
  const world = new World();
  const started = { channel: 'voice' as const, direction: 'out' as const, language: 'en' as const };
  const begin = (interaction: string) => newEvent(interactionStarted, Date.now(), started, { interaction });
  await world.journal.append([begin('int_waits'), begin('int_lost')]);
  world.callbacks = { schedule: async () => ({}), has: (interaction) => interaction === 'int_waits' };
  await world.serve(() => new StrictQueueing());
  await vi.advanceTimersByTimeAsync(10);
  expect(world.journal.of('interaction.ended').map(({ interaction }) => interaction)).toEqual(['int_lost']);
  world.kill();
});

test('who is left in a flow by her agent goes on there after a restart, and into no queue again', async () => {
  const { world, queueing, calls, agent, interaction } = await talk();
  void calls.detour(agent, interaction, 'pin');
  await vi.advanceTimersByTimeAsync(10);
  const [hers] = [...world.server.sip.dialogs.values()].filter(({ role }) => role === 'uac');
  world.server.sip.bye(hers?.id ?? '');
  await vi.advanceTimersByTimeAsync(10);
  expect(calls.get(interaction)).toMatchObject({ phase: 'detour', agent: undefined });
  world.kill();
  queueing.dead = true;
  const again = new StrictQueueing();
  await world.serve(() => again);
  expect(world.server.calls.get(interaction)).toMatchObject({ phase: 'detour', flow: 'pin' });
  await vi.advanceTimersByTimeAsync(100);
  const { sip } = world.server;
  const [caller] = [...sip.dialogs.values()];
  const info = { 'content-type': 'application/dtmf-relay' };
  sip.request(caller?.id ?? '', 'INFO', info, 'Signal=1\r\nDuration=160\r\n');
  await vi.advanceTimersByTimeAsync(100);
  expect(world.server.calls.list()).toEqual([]);
  expect(again.contacts.size).toBe(0);
  expect(world.journal.of('interaction.ended')).toMatchObject([{ data: { where: 'detour', by: 'flow' } }]);
  await tidyUp(world);
  world.kill();
  expect([...world.remains(), ...again.broken]).toEqual([]);
});

test('whoever was asked is not lost where the customer is in a flow of the agent’s', async () => {
  const { calls, agent, interaction, answerAll, end } = await talk();
  await calls.consult(agent, interaction, { agent: '1003' });
  await vi.advanceTimersByTimeAsync(10);
  await answerAll();
  await calls.swap(agent, interaction);
  await vi.advanceTimersByTimeAsync(10);
  void calls.detour(agent, interaction, 'pin');
  await vi.advanceTimersByTimeAsync(10);
  expect(calls.get(interaction)?.phase).toBe('detour');
  await expect(calls.complete(agent, interaction)).rejects.toMatchObject({ code: 'call-wrong-phase' });
  expect(calls.get(interaction)?.parties).toMatchObject([{ agent: '1003', state: 'aside' }]);
  expect(await end()).toEqual([]);
});

test('who joins two calls by her phone leaves nobody behind whom she asked by her panel', async () => {
  const { world, calls, agent, interaction, answerAll, end } = await talk();
  const { sip } = world.server;
  await calls.consult(agent, interaction, { agent: '1003' });
  await vi.advanceTimersByTimeAsync(10);
  await answerAll();
  const hers = [...sip.dialogs.values()].find(({ role }) => role === 'uac');
  world.dialFromPhone(agent, 'colleague');
  await vi.advanceTimersByTimeAsync(100);
  await answerAll();
  await vi.advanceTimersByTimeAsync(100);
  const own = [...sip.dialogs.values()].findLast(({ role }) => role === 'uas');
  const replaces = `${own?.callId};to-tag=t-${own?.callId};from-tag=f-${own?.callId}`;
  sip.request(hers?.id ?? '', 'REFER', { 'refer-to': `<sip:x@y?Replaces=${encodeURIComponent(replaces)}>` });
  await vi.advanceTimersByTimeAsync(60);
  expect(calls.list()).toMatchObject([{ interaction, phase: 'talking', agent: '1002', parties: undefined }]);
  // The caller and who talks with her now.
  expect(sip.dialogs.size).toBe(2);
  expect(await end()).toEqual([]);
});

test('who retrieves a parked call by panel and phone at once is busy with it', async () => {
  const { world, queueing, calls, agent, interaction, end } = await talk();
  // Not the queue's: what she has beside it is counted by calls.
  await calls.park(agent, interaction);
  queueing.take = () => false;
  const slot = calls.get(interaction)?.park?.slot ?? '';
  await calls.unpark('1003', slot);
  await vi.advanceTimersByTimeAsync(10);
  world.edge.lagging = true;
  rung(world)[0]?.respond(200, sdp);
  await vi.advanceTimersByTimeAsync(10);
  world.dialFromPhone('1003', 'slot', undefined, slot);
  world.edge.step();
  await vi.advanceTimersByTimeAsync(10);
  expect(calls.get(interaction)).toMatchObject({ phase: 'talking', agent: '1003' });
  world.edge.lagging = false;
  world.edge.drain();
  await vi.advanceTimersByTimeAsync(100);
  expect(world.server.sip.dialogs.size).toBe(2);
  expect(queueing.occupation.get('1003')).toBe(1);
  expect(await end()).toEqual([]);
});

test('who dials a queue herself is busy with that, and free when she hangs up', async () => {
  const { world, queueing, end } = await talk();
  world.dialFromPhone('1003', 'queue');
  await vi.advanceTimersByTimeAsync(100);
  expect(queueing.occupation.get('1003')).toBe(1);
  const own = [...world.server.sip.dialogs.values()].findLast(({ role }) => role === 'uas');
  world.server.sip.bye(own?.id ?? '');
  await vi.advanceTimersByTimeAsync(100);
  expect(queueing.occupation.get('1003')).toBe(0);
  expect(await end()).toEqual([]);
});

test('a callback that is cancelled when its agent answers calls nobody', async () => {
  const { world, calls, interaction, answerAll, end } = await talk();
  const offer = { id: 'off_1', interaction: 'int_back', agent: '1003', queue: 'service', at: 0, deadline: 0 };
  const request = { number: '02112345678', queue: 'service', language: 'en' as const, wanted: () => false };
  const outcome = calls.dialBack(offer, request, new AbortController().signal);
  await vi.advanceTimersByTimeAsync(10);
  expect(rung(world)).toHaveLength(1);
  await answerAll();
  expect(await outcome).toBe('withdrawn');
  expect(rung(world)).toEqual([]);
  expect(calls.list()).toMatchObject([{ interaction }]);
  expect(await end()).toEqual([]);
});

test('a parked call of a team is at its slot for that team only', async () => {
  const { world, calls, agent, interaction, end } = await talk();
  const slot = await calls.park(agent, interaction);
  const by = world.site.agents.get(agent);
  const other = world.site.agents.get('1003');
  if (!by || !other) throw new Error('agents of the world');
  by.team = 'red';
  other.team = 'blue';
  await expect(calls.unpark('1003', slot)).rejects.toMatchObject({ code: 'park-slot-empty' });
  other.team = 'red';
  expect(await calls.unpark('1003', slot)).toBe(interaction);
  by.team = undefined;
  other.team = undefined;
  expect(await end()).toEqual([]);
});

test('a phone that rings for a parked call stops when the caller hangs up, or another has retrieved her', async () => {
  const { world, calls, agent, interaction, end } = await talk();
  const slot = await calls.park(agent, interaction);
  await vi.advanceTimersByTimeAsync(10);
  await calls.unpark('1003', slot);
  await calls.unpark('1002', slot);
  await vi.advanceTimersByTimeAsync(10);
  // The second of them has two phones.
  expect(rung(world)).toHaveLength(3);
  rung(world)[0]?.respond(200, sdp);
  await vi.advanceTimersByTimeAsync(60);
  expect(calls.get(interaction)).toMatchObject({ phase: 'talking', agent: '1003' });
  expect(rung(world)).toEqual([]);
  expect(await end()).toEqual([]);
});

test('a panel answers what is asked of its queue: the phone that rings by hand is made to answer', async () => {
  const { world, queueing, calls, agent, interaction, answerAll, end } = await talk();
  byHand(world);
  await calls.consult(agent, interaction, { queue: 'service' });
  queueing.offer(0, '1003');
  await vi.advanceTimersByTimeAsync(10);
  const [phone] = rung(world);
  const offer = queueing.lastOffer?.id ?? '';
  const notHers = expect(calls.answer('1002', offer)).rejects.toMatchObject({ code: 'phone-cannot-auto-answer' });
  await Promise.all([notHers, vi.advanceTimersByTimeAsync(600)]);
  expect(phone?.cancelled).toBe(false);
  await Promise.all([calls.answer('1003', offer), vi.advanceTimersByTimeAsync(600)]);
  expect(phone?.cancelled).toBe(true);
  expect(rung(world)).toHaveLength(1);
  await answerAll();
  expect(calls.get(interaction)?.parties).toMatchObject([{ agent: '1003', state: 'private' }]);
  expect(await end()).toEqual([]);
});

test.each(['a caller', 'a consultation'])('who answers %s before the phone rings has it rung so', async (what) => {
  const { world, queueing, calls, agent, interaction, answerAll, end } = await talk();
  byHand(world);
  if (what === 'a caller') await calls.transfer(agent, interaction, { queue: 'service' });
  else await calls.consult(agent, interaction, { queue: 'service' });
  await vi.advanceTimersByTimeAsync(10);
  const before = world.server.sip.ringing.length;
  const answered = calls.answer('1003', 'off_early');
  queueing.offer(0, '1003', 'off_early');
  await Promise.all([answered, vi.advanceTimersByTimeAsync(600)]);
  expect(world.server.sip.ringing.slice(before).map(({ cancelled }) => cancelled)).toEqual([false]);
  await answerAll();
  const view = calls.get(interaction);
  expect(view?.parties?.[0]?.agent ?? view?.agent).toBe('1003');
  expect(await end()).toEqual([]);
});
