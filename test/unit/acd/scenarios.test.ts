import { describe, expect, test } from 'vitest';
import { type AcdEvent, agentConfig, placeOf, queueConfig, restore, snapshot } from '../../../server/acd/index.ts';
import { Floor, of } from './floor.ts';

const service = { id: 'service', wrapUpMs: 10_000, offerMs: 20_000 };
const two = [{ id: '1001' }, { id: '1002' }];

describe('who gets the contact', () => {
  test('longest-idle: who has had nothing to do for longest, whatever offers she lost', () => {
    const floor = new Floor([{ ...service, wrapUpMs: 0 }], two);
    floor.ready('1001', '1002');
    floor.call('int_a');
    expect(floor.holder('int_a')).toBe('1001');
    floor.hangUp('int_a'); // the caller gave up while it rang: she was never at work
    floor.call('int_b');
    expect(floor.holder('int_b')).toBe('1001');
    floor.accept('int_b');
    floor.pass(1_000);
    floor.hangUp('int_b');
    floor.call('int_c');
    expect(floor.holder('int_c')).toBe('1002');
  });

  test('most-skilled: the sum of what is asked for decides, idle time only between equals', () => {
    const floor = new Floor(
      [{ ...service, strategy: 'most-skilled' }],
      [
        { id: '1001', skills: { english: 3, cards: 3 } },
        { id: '1002', skills: { english: 4, cards: 5 } },
        { id: '1003', skills: { english: 5, cards: 1 } },
      ],
    );
    floor.ready('1001', '1002', '1003');
    const skills = [
      { skill: 'english', least: 2 },
      { skill: 'cards', least: 1 },
    ];
    floor.call('int_a', { skills });
    expect(floor.holder('int_a')).toBe('1002');
    floor.call('int_b', { skills });
    expect(floor.holder('int_b')).toBe('1001');
  });

  test('least-occupied: fewest contacts at work', () => {
    const capacity = { total: 3, channels: { chat: 3 } };
    const floor = new Floor(
      [{ ...service, strategy: 'least-occupied' }],
      [
        { id: '1001', capacity },
        { id: '1002', capacity },
      ],
    );
    floor.ready('1001', '1002');
    for (const id of ['int_a', 'int_b', 'int_c', 'int_d']) floor.call(id, { channel: 'chat' });
    const holders = ['int_a', 'int_b', 'int_c', 'int_d'].map((id) => floor.holder(id));
    expect(holders.filter((id) => id === '1001')).toHaveLength(2);
    expect(holders.filter((id) => id === '1002')).toHaveLength(2);
  });

  test('round-robin: in turn, although the first is idle longest each time', () => {
    const floor = new Floor([{ ...service, strategy: 'round-robin' }], [...two, { id: '1003' }]);
    floor.ready('1001', '1002', '1003');
    const order = ['int_a', 'int_b', 'int_c', 'int_d'].map((id) => {
      floor.call(id);
      const holder = floor.holder(id);
      floor.hangUp(id);
      return holder;
    });
    expect(order).toEqual(['1001', '1002', '1003', '1001']);
  });

  test('a skill below the asked proficiency waits, until the ring relaxes it', () => {
    const floor = new Floor(
      [{ ...service, rings: [{ afterMs: 15_000, relaxBy: 2 }] }],
      [{ id: '1001', skills: { english: 2 } }],
    );
    floor.ready('1001');
    floor.call('int_a', { skills: [{ skill: 'english', least: 4 }] });
    expect(floor.holder('int_a')).toBeUndefined();
    floor.pass(14_999);
    expect(floor.holder('int_a')).toBeUndefined();
    const events = floor.pass(1);
    expect(floor.holder('int_a')).toBe('1001');
    expect(of(events, 'offer-made')[0]?.why).toMatchObject({ rule: 'longest-idle', ring: 1, waitedMs: 15_000 });
  });

  test('a ring may bring in the agents of another queue', () => {
    const floor = new Floor(
      [service, { id: 'vip', rings: [{ afterMs: 5_000, also: ['service'] }] }],
      [{ id: '1001', queues: ['service'] }],
    );
    floor.ready('1001');
    floor.call('int_a', { queue: 'vip' });
    expect(floor.holder('int_a')).toBeUndefined();
    floor.pass(5_000);
    expect(floor.holder('int_a')).toBe('1001');
  });

  test('a preferred agent is waited for, then anybody will do', () => {
    const floor = new Floor([service], two);
    floor.ready('1001', '1002');
    floor.do({ type: 'occupy', agent: '1002', channel: 'voice', count: 1 });
    floor.call('int_a', { agent: { id: '1002', forMs: 10_000 } });
    expect(floor.holder('int_a')).toBeUndefined();
    floor.pass(10_000);
    expect(floor.holder('int_a')).toBe('1001');
  });

  test('a preferred agent who is signed out is not waited for', () => {
    const floor = new Floor([service], two);
    floor.ready('1001');
    floor.call('int_a', { agent: { id: '1002', forMs: 10_000 } });
    expect(floor.holder('int_a')).toBe('1001');
  });

  test('a contact for one agent only reaches her across queues and skills, and overflows when she misses it', () => {
    const floor = new Floor([service, { id: 'vip' }], [{ id: '1001' }, { id: '1002', queues: ['vip'] }]);
    floor.ready('1001', '1002');
    floor.call('int_a', { agent: { id: '1002' }, skills: [{ skill: 'klingon', least: 5 }] });
    expect(floor.holder('int_a')).toBe('1002');
    floor.pass(20_000);
    const events = floor.do({ type: 'outcome', offer: floor.offer('int_a')!.offer, outcome: 'missed' });
    expect(of(events, 'contact-overflowed')[0]).toMatchObject({ contact: 'int_a', reason: 'agent-unavailable' });
  });
});

describe('order of contacts', () => {
  test('priority counts as waiting time, so that nobody starves', () => {
    const floor = new Floor([{ ...service, agingMs: 10_000, wrapUpMs: 0 }], [{ id: '1001' }]);
    floor.call('int_old');
    floor.pass(5_000);
    floor.call('int_vip', { priority: 1 });
    floor.pass(20_000);
    floor.call('int_late-vip', { priority: 1 });
    floor.ready('1001');
    const order: (string | undefined)[] = [];
    for (let i = 0; i < 3; i++) {
      const held = [...floor.state.contacts.values()].find(({ state }) => state === 'offered')!.id;
      order.push(held);
      floor.accept(held);
      floor.hangUp(held);
    }
    // The early VIP overtakes; the one that came 25 s later is worth only 10 s.
    expect(order).toEqual(['int_vip', 'int_old', 'int_late-vip']);
  });

  test('under an endless stream of higher priority an ordinary contact is still served in time', () => {
    const floor = new Floor([{ ...service, agingMs: 60_000, wrapUpMs: 0 }], [{ id: '1001' }]);
    floor.call('int_poor');
    const arrived = floor.now;
    floor.ready('1001');
    floor.accept('int_poor');
    floor.call('int_plain');
    let served: number | undefined;
    for (let i = 0; i < 100 && served === undefined; i++) {
      floor.call(`int_rich${i}`, { priority: 5 });
      floor.pass(10_000);
      const [busy] = [...floor.state.contacts.values()].filter(({ state }) => state === 'connected');
      floor.hangUp(busy!.id);
      const next = [...floor.state.contacts.values()].find(({ state }) => state === 'offered')!;
      floor.accept(next.id);
      if (next.id === 'int_plain') served = floor.now;
    }
    expect(served).toBeDefined();
    expect(served! - arrived).toBeLessThanOrEqual(5 * 60_000 + 20_000);
    expect(served! - arrived).toBeGreaterThan(4 * 60_000);
  });

  test('a priority changed while waiting takes effect', () => {
    const floor = new Floor([service], [{ id: '1001' }]);
    floor.call('int_a');
    floor.pass(1_000);
    floor.call('int_b');
    floor.do({ type: 'change', contact: 'int_b', priority: 9 });
    expect(placeOf(floor.state, floor.state.contacts.get('int_b')!)?.position).toBe(1);
    floor.ready('1001');
    expect(floor.holder('int_b')).toBe('1001');
  });

  test('a callback keeps its place by its age; a move keeps or loses it', () => {
    const floor = new Floor([service, { id: 'vip' }], [{ id: '1001', queues: ['service', 'vip'] }]);
    floor.call('int_a');
    floor.pass(1_000);
    floor.call('int_back', { since: floor.now - 600_000 });
    expect(placeOf(floor.state, floor.state.contacts.get('int_back')!)?.position).toBe(1);
    floor.do({ type: 'move', contact: 'int_back', queue: 'vip', keepAge: false });
    floor.pass(1);
    floor.ready('1001');
    expect(floor.holder('int_a')).toBe('1001');
  });
});

describe('offers', () => {
  test('RONA: not ready with reason, the caller keeps the place and goes to the next agent', () => {
    const floor = new Floor([service], two);
    floor.ready('1001', '1002');
    floor.call('int_a');
    floor.pass(1_000);
    floor.call('int_b');
    floor.do({ type: 'outcome', offer: floor.offer('int_b')!.offer, outcome: 'accepted' });
    floor.call('int_c');
    const events = floor.pass(19_000);
    expect(of(events, 'offer-withdrawing')).toMatchObject([{ contact: 'int_a', agent: '1001', outcome: 'missed' }]);
    expect(floor.holder('int_a')).toBe('1001'); // ringing has not stopped yet
    floor.do({ type: 'outcome', offer: floor.offer('int_a')!.offer, outcome: 'missed' });
    expect(floor.presence('1001')).toBe('not-ready (rona)');
    expect(placeOf(floor.state, floor.state.contacts.get('int_a')!)?.position).toBe(1);
    floor.hangUp('int_b');
    floor.pass(10_000);
    expect(floor.holder('int_a')).toBe('1002');
  });

  test('who has just missed a contact is offered no other before that is settled', () => {
    const capacity = { total: 2, channels: { voice: 1, chat: 1 } };
    const floor = new Floor([service], [{ id: '1001', capacity }]);
    floor.ready('1001');
    floor.call('int_a');
    floor.pass(20_000); // ringing is being stopped; RONA follows
    floor.call('int_b', { channel: 'chat' });
    expect(floor.holder('int_b')).toBeUndefined();
    floor.accept('int_a'); // she was there after all
    expect(floor.holder('int_b')).toBe('1001');
  });

  test('a phone that never confirms is given up after three seconds', () => {
    const floor = new Floor([service], two);
    floor.ready('1001', '1002');
    floor.call('int_a');
    floor.pass(22_999);
    expect(floor.holder('int_a')).toBe('1001');
    floor.pass(1);
    expect(floor.holder('int_a')).toBe('1002');
  });

  test('answered at the moment of the deadline: she has it, nobody else is offered it, no RONA', () => {
    const floor = new Floor([service], two);
    floor.ready('1001', '1002');
    floor.call('int_a');
    floor.pass(20_000);
    const events = floor.accept('int_a');
    expect(of(events, 'offer-accepted')).toHaveLength(1);
    expect(of(floor.log, 'offer-made')).toHaveLength(1);
    expect(floor.presence('1001')).toBe('ready');
  });

  test('who missed a contact is not offered it again for a while, even when ready again', () => {
    const floor = new Floor([{ ...service, exclusionMs: 60_000 }], [{ id: '1001' }]);
    floor.ready('1001');
    floor.call('int_a');
    floor.do({ type: 'outcome', offer: floor.offer('int_a')!.offer, outcome: 'missed' });
    floor.do({ type: 'ready', agent: '1001' });
    expect(floor.holder('int_a')).toBeUndefined();
    floor.call('int_b');
    expect(floor.holder('int_b')).toBe('1001');
    floor.hangUp('int_b');
    floor.pass(60_000);
    expect(floor.holder('int_a')).toBe('1001');
  });

  test('who gave a contact away is not offered it straight back: only where nobody else took it meanwhile', () => {
    const queue = { ...service, exclusionMs: 60_000, wrapUpMs: 0 };
    const floor = new Floor([queue], two);
    floor.ready('1001');
    floor.call('int_a');
    floor.accept('int_a');
    floor.do({ type: 'move', contact: 'int_a', queue: 'service', keepAge: false, not: '1001' });
    // She is free and idle, and it waits all the same.
    expect(floor.holder('int_a')).toBeUndefined();
    floor.pass(59_999);
    expect(floor.holder('int_a')).toBeUndefined();
    floor.pass(1);
    expect(floor.holder('int_a')).toBe('1001');
    floor.accept('int_a');
    floor.do({ type: 'move', contact: 'int_a', queue: 'service', keepAge: false, not: '1001' });
    floor.ready('1002');
    expect(floor.holder('int_a')).toBe('1002');
  });

  test('who is meant by name gets it, also where she gave it away, and an unknown giver changes nothing', () => {
    const floor = new Floor([service], [{ id: '1001' }]);
    floor.ready('1001');
    floor.call('int_a', { agent: { id: '1001' }, not: '1001' });
    expect(floor.holder('int_a')).toBe('1001');
    floor.hangUp('int_a');
    floor.call('int_b', { not: '4711' });
    expect(floor.holder('int_b')).toBe('1001');
  });

  test('one ring that got nowhere does not make a phone unreachable that answers others meanwhile', () => {
    const capacity = { total: 3, channels: { voice: 3 } };
    const floor = new Floor([service], [{ id: '1001', capacity }]);
    floor.ready('1001');
    floor.call('int_a');
    floor.call('int_b');
    floor.call('int_c');
    floor.pass(1_000);
    floor.accept('int_b');
    floor.do({ type: 'outcome', offer: floor.offer('int_a')!.offer, outcome: 'unreachable' });
    expect(floor.presence('1001')).toBe('ready');
    // Nothing else that rings there is torn away.
    expect(floor.offer('int_c')).toBeDefined();
    floor.accept('int_c');
    floor.pass(1_000);
    floor.call('int_d');
    floor.do({ type: 'outcome', offer: floor.offer('int_d')!.offer, outcome: 'unreachable' });
    expect(floor.presence('1001')).toBe('not-ready (phone-unreachable)');
  });

  test('decline and unreachable make not ready with their reasons; decline only where configured', () => {
    const floor = new Floor([{ ...service, declinedReason: undefined }], [{ id: '1001' }]);
    floor.do({ type: 'set-queue', queue: { ...queueConfig(service), declinedReason: undefined } });
    floor.ready('1001');
    floor.call('int_a');
    floor.do({ type: 'outcome', offer: floor.offer('int_a')!.offer, outcome: 'declined' });
    expect(floor.presence('1001')).toBe('ready');
    floor.call('int_b');
    floor.do({ type: 'outcome', offer: floor.offer('int_b')!.offer, outcome: 'unreachable' });
    expect(floor.presence('1001')).toBe('not-ready (phone-unreachable)');
  });

  test('becoming not ready withdraws what rings and keeps what is connected', () => {
    const floor = new Floor(
      [service],
      [{ id: '1001', capacity: { total: 2, channels: { voice: 1, chat: 1 } } }, { id: '1002' }],
    );
    floor.ready('1001');
    floor.call('int_a');
    floor.accept('int_a');
    floor.call('int_b', { channel: 'chat' });
    expect(floor.holder('int_b')).toBe('1001');
    const events = floor.do({ type: 'not-ready', agent: '1001', reason: 'panel-lost' });
    expect(of(events, 'offer-withdrawing')).toMatchObject([{ contact: 'int_b', outcome: 'withdrawn' }]);
    floor.do({ type: 'outcome', offer: floor.offer('int_b')!.offer, outcome: 'withdrawn' });
    expect(floor.state.contacts.get('int_b')?.state).toBe('waiting');
    expect(floor.state.contacts.get('int_a')?.state).toBe('connected');
  });

  test('the caller gives up while it rings: the agent is free at once', () => {
    const floor = new Floor([service], [{ id: '1001' }]);
    floor.ready('1001');
    floor.call('int_a');
    floor.call('int_b');
    const events = floor.hangUp('int_a');
    expect(of(events, 'offer-ended')).toMatchObject([{ outcome: 'withdrawn' }]);
    expect(floor.holder('int_b')).toBe('1001');
  });
});

describe('agents', () => {
  test('wrap-up holds her, ends by time or by hand, and can be extended up to a limit', () => {
    const floor = new Floor([{ ...service, wrapUpMaxMs: 14_000 }], [{ id: '1001' }]);
    floor.ready('1001');
    floor.call('int_a');
    const work = floor.offer('int_a')!.offer;
    floor.accept('int_a');
    floor.hangUp('int_a');
    floor.call('int_b');
    expect(floor.holder('int_b')).toBeUndefined();
    const extended = floor.do({ type: 'extend-wrap-up', agent: '1001', work, byMs: 60_000 });
    expect(of(extended, 'wrap-up-extended')[0]?.until).toBe(floor.now + 14_000);
    const refused = floor.do({ type: 'extend-wrap-up', agent: '1001', work, byMs: 1_000 });
    expect(refused).toMatchObject([{ type: 'refused', reason: 'wrap-up-limit' }]);
    floor.pass(13_999);
    expect(floor.holder('int_b')).toBeUndefined();
    floor.pass(1);
    expect(floor.holder('int_b')).toBe('1001');
  });

  test('wrap-up without the disposition that is required', () => {
    const talked = (disposition: 'extend' | 'not-ready' | 'record') => {
      const floor = new Floor([{ ...service, wrapUpMaxMs: 60_000, disposition }], [{ id: '1001' }]);
      floor.ready('1001');
      floor.call('int_a');
      const work = floor.offer('int_a')!.offer;
      floor.accept('int_a');
      floor.hangUp('int_a');
      return { floor, work };
    };
    const given = talked('not-ready');
    given.floor.do({ type: 'disposed', agent: '1001', work: given.work });
    expect(of(given.floor.pass(10_000), 'wrap-up-ended')).toMatchObject([{ by: 'time', wrapUpMs: 10_000 }]);
    expect(of(given.floor.log, 'wrap-up-ended')[0]).not.toHaveProperty('missing');
    expect(given.floor.presence('1001')).toBe('ready');

    const missing = talked('not-ready').floor;
    expect(of(missing.pass(10_000), 'wrap-up-ended')).toMatchObject([{ missing: true }]);
    expect(missing.state.agents.get('1001')).toMatchObject({ presence: 'not-ready', reason: 'disposition-missing' });

    const recorded = talked('record').floor;
    expect(of(recorded.pass(10_000), 'wrap-up-ended')).toMatchObject([{ missing: true }]);
    expect(recorded.presence('1001')).toBe('ready');
  });

  test('a wrap-up that waits for its disposition ends soon after it, at its limit without it', () => {
    const config = { ...service, wrapUpMaxMs: 60_000, disposition: 'extend' as const };
    const floor = new Floor([config], [{ id: '1001' }]);
    floor.ready('1001');
    floor.call('int_a');
    const work = floor.offer('int_a')!.offer;
    floor.accept('int_a');
    floor.hangUp('int_a');
    expect(floor.pass(10_000)).toMatchObject([{ type: 'wrap-up-extended', overdue: true, until: floor.now + 50_000 }]);
    floor.pass(20_000);
    expect(floor.do({ type: 'disposed', agent: '1001', work })).toMatchObject([
      { type: 'disposition-given', contact: 'int_a' },
      { type: 'wrap-up-extended', until: floor.now + 2_000 },
    ]);
    expect(floor.pass(2_000)).toMatchObject([{ type: 'wrap-up-ended', wrapUpMs: 32_000 }]);
    expect(floor.presence('1001')).toBe('ready');

    floor.call('int_b');
    floor.accept('int_b');
    floor.hangUp('int_b');
    expect(of(floor.pass(60_000), 'wrap-up-ended')).toMatchObject([{ missing: true, wrapUpMs: 60_000 }]);
    expect(floor.presence('1001')).toBe('not-ready (disposition-missing)');

    // Whoever signed out is not kept.
    floor.ready('1001');
    floor.call('int_c');
    floor.accept('int_c');
    floor.hangUp('int_c');
    floor.do({ type: 'sign-out', agent: '1001' });
    floor.pass(10_000);
    expect(floor.presence('1001')).toBe('offline');
  });

  test('her own calls make her busy', () => {
    const floor = new Floor([service], [{ id: '1001' }]);
    floor.ready('1001');
    floor.do({ type: 'occupy', agent: '1001', channel: 'voice', count: 1 });
    floor.call('int_a');
    expect(floor.holder('int_a')).toBeUndefined();
    floor.do({ type: 'occupy', agent: '1001', channel: 'voice', count: 0 });
    expect(floor.holder('int_a')).toBe('1001');
  });

  test('which channel may come on top of which', () => {
    const capacity = { total: 3, channels: { voice: 1, chat: 2 }, interrupts: { chat: [] } };
    const floor = new Floor([service], [{ id: '1001', capacity }]);
    floor.ready('1001');
    floor.call('int_chat', { channel: 'chat' });
    floor.call('int_voice');
    expect(floor.holder('int_voice')).toBe('1001'); // a call may join a chat
    floor.call('int_chat2', { channel: 'chat' });
    expect(floor.holder('int_chat2')).toBeUndefined(); // a chat may not join a call
  });

  test('sign-out finishes what is at work first', () => {
    const floor = new Floor([service], [{ id: '1001' }]);
    floor.ready('1001');
    floor.call('int_a');
    floor.accept('int_a');
    floor.do({ type: 'sign-out', agent: '1001' });
    expect(floor.presence('1001')).toBe('leaving');
    floor.call('int_b');
    floor.hangUp('int_a');
    expect(floor.presence('1001')).toBe('leaving');
    floor.pass(10_000);
    expect(floor.presence('1001')).toBe('offline');
    expect(floor.holder('int_b')).toBeUndefined();
  });

  test('an agent removed while talking finishes, then is gone', () => {
    const floor = new Floor([{ ...service, wrapUpMs: 0 }], [{ id: '1001' }]);
    floor.ready('1001');
    floor.call('int_a');
    floor.accept('int_a');
    floor.do({ type: 'remove-agent', agent: '1001' });
    expect(floor.state.agents.has('1001')).toBe(true);
    floor.hangUp('int_a');
    expect(floor.state.agents.has('1001')).toBe(false);
  });

  test('reality wins: a contact adopted by one agent is taken from the other', () => {
    const floor = new Floor([service], two);
    floor.ready('1001', '1002');
    floor.call('int_a');
    expect(floor.holder('int_a')).toBe('1001');
    const events = floor.do({ type: 'adopt', contact: 'int_a', agent: '1002', work: 'off_real' });
    expect(of(events, 'offer-withdrawing')).toMatchObject([{ agent: '1001' }]);
    expect(floor.holder('int_a')).toBe('1002');
    expect(floor.state.contacts.get('int_a')?.state).toBe('connected');
    // Who has it already is not given it a second time.
    expect(floor.do({ type: 'adopt', contact: 'int_a', agent: '1002', work: 'off_real2' })).toEqual([]);
  });

  test('a contact that she took by herself begins with her, and ends with its wrap-up', () => {
    const floor = new Floor([service], two);
    floor.ready('1001');
    floor.do({ type: 'take', contact: 'int_out', channel: 'voice', queue: 'service', agent: '1001', work: 'off_1' });
    expect(floor.holder('int_out')).toBe('1001');
    // Handed to a colleague: the first wraps up, the second has it.
    floor.do({ type: 'take', contact: 'int_out', channel: 'voice', queue: 'service', agent: '1002', work: 'off_2' });
    expect(floor.holder('int_out')).toBe('1002');
    expect([...(floor.state.agents.get('1001')?.work.values() ?? [])].map(({ state }) => state)).toEqual(['wrap-up']);
    floor.hangUp('int_out');
    expect(floor.state.contacts.size).toBe(0);
    const refused = floor.do({
      type: 'take',
      contact: 'int_x',
      channel: 'voice',
      queue: 'nowhere',
      agent: '1001',
      work: 'off_3',
    });
    expect(refused).toMatchObject([{ type: 'refused', reason: 'queue-unknown' }]);
  });
});

describe('queues', () => {
  const reasonOf = (events: AcdEvent[]) => of(events, 'contact-overflowed').map(({ reason }) => reason);

  test('overflow: too long, too many, closed, nobody signed in, removed', () => {
    const floor = new Floor([{ ...service, maxWaitMs: 60_000, maxLength: 2 }], [{ id: '1001' }]);
    floor.call('int_a');
    floor.call('int_b');
    expect(reasonOf(floor.call('int_c'))).toEqual(['queue-full']);
    expect(reasonOf(floor.pass(60_000))).toEqual(['max-wait', 'max-wait']);
    floor.call('int_d');
    expect(reasonOf(floor.do({ type: 'remove-queue', queue: 'service' }))).toEqual(['queue-removed']);
  });

  test('nobody signed in: at once or after a time, and not while somebody of a ring is there', () => {
    const floor = new Floor([{ ...service, unstaffed: 'overflow', unstaffedAfterMs: 5_000 }], [{ id: '1001' }]);
    floor.pass(4_000);
    floor.call('int_a');
    expect(reasonOf(floor.pass(1_000))).toEqual(['no-agents']);
    expect(reasonOf(floor.call('int_b'))).toEqual(['no-agents']);
    expect(of(floor.do({ type: 'sign-in', agent: '1001' }), 'queue-staffed')).toHaveLength(1);
    floor.call('int_c');
    expect(reasonOf(floor.pass(60_000))).toEqual([]);
    expect(of(floor.do({ type: 'sign-out', agent: '1001' }), 'queue-unstaffed')).toHaveLength(1);
    expect(reasonOf(floor.pass(5_000))).toEqual(['no-agents']);
  });

  test('opening hours', () => {
    const start = 1_000_000_000_000;
    const hours = [{ opens: start + 10_000, closes: start + 20_000 }];
    const floor = new Floor([{ ...service, hours, atClose: 'overflow' }], [{ id: '1001' }]);
    expect(reasonOf(floor.call('int_a'))).toEqual(['closed']);
    expect(of(floor.pass(10_000), 'queue-opened')).toHaveLength(1);
    floor.call('int_b');
    expect(reasonOf(floor.pass(10_000))).toEqual(['closed']);
  });

  test('a removed queue takes back what rings and leaves what is talked', () => {
    const floor = new Floor([service], two);
    floor.ready('1001', '1002');
    floor.call('int_a');
    floor.accept('int_a');
    floor.call('int_b');
    const offer = floor.offer('int_b')!.offer;
    floor.do({ type: 'remove-queue', queue: 'service' });
    expect(reasonOf(floor.do({ type: 'outcome', offer, outcome: 'withdrawn' }))).toEqual(['queue-removed']);
    expect(floor.state.contacts.get('int_a')?.state).toBe('connected');
    const events = floor.hangUp('int_a');
    expect(of(events, 'work-ended')).toHaveLength(1);
  });

  test('skills changed at run time count from then on', () => {
    const floor = new Floor([service], [{ id: '1001', skills: {} }]);
    floor.ready('1001');
    floor.call('int_a', { skills: [{ skill: 'english', least: 3 }] });
    expect(floor.holder('int_a')).toBeUndefined();
    floor.do({ type: 'set-agent', agent: agentConfig({ id: '1001', queues: ['service'], skills: { english: 4 } }) });
    expect(floor.holder('int_a')).toBe('1001');
  });

  test('place and expected wait follow from the rate of answers', () => {
    const floor = new Floor([{ ...service, wrapUpMs: 0 }], [{ id: '1001' }]);
    floor.ready('1001');
    for (let i = 0; i < 9; i++) floor.call(`int_${i}`);
    for (let i = 0; i < 6; i++) {
      floor.accept(`int_${i}`);
      floor.pass(30_000);
      floor.hangUp(`int_${i}`);
    }
    // int_6 rings; two wait behind it; one is answered every 30 s.
    const last = placeOf(floor.state, floor.state.contacts.get('int_8')!);
    expect(last).toEqual({ position: 2, expectedWaitMs: 60_000 });
  });

  test('what cannot be done is refused with a reason and changes nothing', () => {
    const floor = new Floor([service], [{ id: '1001' }]);
    expect(floor.call('int_a', { queue: 'nowhere' })).toMatchObject([{ type: 'refused', reason: 'queue-unknown' }]);
    expect(floor.do({ type: 'ready', agent: '1001' })).toMatchObject([
      { type: 'refused', reason: 'presence-impossible' },
    ]);
    expect(floor.do({ type: 'ready', agent: '1009' })).toMatchObject([{ type: 'refused', reason: 'agent-unknown' }]);
    floor.call('int_b');
    expect(floor.call('int_b')).toMatchObject([{ type: 'refused', reason: 'contact-known' }]);
    expect(floor.do({ type: 'outcome', offer: 'off_x', outcome: 'missed' })).toMatchObject([
      { type: 'refused', reason: 'offer-unknown' },
    ]);
  });
});

describe('the clock is set back by an hour', () => {
  const hour = 3_600_000;

  /** One talks, one rings, two wait; a minute later the clock is wrong by an hour. */
  function floorSetBack(): Floor {
    const floor = new Floor([{ ...service, offerMs: 80_000, maxWaitMs: 300_000 }], two);
    floor.ready('1001', '1002');
    floor.call('int_talks');
    floor.accept('int_talks');
    floor.call('int_rings');
    floor.call('int_waits');
    floor.pass(10_000);
    floor.call('int_later');
    floor.pass(50_000);
    floor.do({ type: 'change', contact: 'int_later', priority: 0 });
    floor.now -= hour;
    expect(of(floor.do({ type: 'tick' }), 'clock-set-back')).toHaveLength(1);
    return floor;
  }

  test('offers, waits and wrap-ups end when they would have', () => {
    const floor = floorSetBack();
    expect(of(floor.pass(19_000), 'offer-withdrawing')).toEqual([]);
    expect(of(floor.pass(1_000), 'offer-withdrawing')).toHaveLength(1);
    const [ended] = of(floor.hangUp('int_talks'), 'work-ended');
    expect(ended?.connectedMs).toBe(80_000);
    expect(floor.holder('int_talks')).toBeUndefined();
    expect(of(floor.pass(10_000), 'wrap-up-ended')).toMatchObject([{ agent: '1001', wrapUpMs: 10_000 }]);
  });

  test('who waits has waited as long as before, and is served in the same order', () => {
    const floor = floorSetBack();
    floor.hangUp('int_talks');
    const offers = of(floor.pass(10_000), 'offer-made');
    expect(offers).toMatchObject([{ contact: 'int_waits', agent: '1001', why: { waitedMs: 70_000 } }]);
    floor.do({ type: 'not-ready', agent: '1001', reason: 'break' });
    floor.do({ type: 'not-ready', agent: '1002', reason: 'break' });
    const left = of(floor.pass(300_000), 'contact-overflowed');
    expect(left.map(({ contact, waitedMs }) => [contact, waitedMs])).toEqual([
      ['int_rings', 300_000],
      ['int_waits', 300_000],
      ['int_later', 300_000],
    ]);
  });

  test('a correction of less than a second changes nothing', () => {
    const floor = floorSetBack();
    floor.now -= 900;
    expect(floor.do({ type: 'tick' })).toEqual([]);
  });

  test('a state from a snapshot knows that it is from later', () => {
    const floor = floorSetBack();
    const kept = snapshot(floor.state, floor.now);
    expect(restore(kept).latest).toBe(floor.state.latest);
    expect(restore({ ...kept, latest: undefined }).latest).toBe(kept.at);
  });

  test('opening hours are the calendar’s', () => {
    const start = 1_000_000_000_000;
    const hours = [{ opens: start + hour, closes: start + 2 * hour }];
    const floor = new Floor([{ ...service, hours, atClose: 'overflow' }], [{ id: '1001' }]);
    floor.pass(hour + 60_000);
    expect(floor.state.queues.get('service')?.open).toBe(true);
    floor.now -= hour;
    expect(of(floor.do({ type: 'tick' }), 'queue-closed')).toHaveLength(1);
    expect(of(floor.pass(hour), 'queue-opened')).toHaveLength(1);
  });
});
