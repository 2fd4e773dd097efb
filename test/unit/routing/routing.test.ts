import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AgentLive, QueueLive } from '../../../server/ports/index.ts';
import { FakeContact, Room } from './fakes.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-02T02:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('an offer', () => {
  test('pops before it rings, and rings on the acknowledgement', async () => {
    const room = new Room();
    await room.ready('1001');
    room.call('int_a');
    await room.pass(0);
    expect(room.log).toEqual(['pop int_a 1001']);
    await room.pass(4);
    expect(room.log).toEqual(['pop int_a 1001']);
    await room.pass(1);
    expect(room.log).toEqual(['pop int_a 1001', 'ring int_a 1001']);
  });

  test('rings after 150 ms where no panel acknowledges, at once where there is none', async () => {
    const room = new Room();
    room.screens.acknowledgeMs = undefined;
    await room.ready('1001', '1002');
    room.call('int_a');
    await room.pass(149);
    expect(room.log).toEqual(['pop int_a 1001']);
    await room.pass(1);
    expect(room.log.at(-1)).toBe('ring int_a 1001');
    room.screens.absent = true;
    const unseen = vi.spyOn(room.call('int_b'), 'pop');
    await room.pass(0);
    expect(room.log.slice(-2)).toEqual(['pop int_b 1002', 'ring int_b 1002']);
    // Putting it together takes reads.
    expect(unseen).not.toHaveBeenCalled();
  });

  test('a screen that fails keeps nobody waiting', async () => {
    const room = new Room();
    await room.ready('1001', '1002');
    for (const [interaction, agent] of [
      ['int_a', '1001'],
      ['int_b', '1002'],
    ] as const) {
      const failed = () => {
        throw new Error('the disk is gone');
      };
      if (interaction === 'int_a') room.call(interaction).pop = failed;
      else {
        room.screens.pop = failed;
        room.call(interaction);
      }
      await room.pass(0);
      expect(room.log.at(-1)).toBe(`ring ${interaction} ${agent}`);
    }
  });

  test('what it takes to put the pop together is not taken from the panel’s 150 ms', async () => {
    const room = new Room();
    room.screens.acknowledgeMs = undefined;
    await room.ready('1001');
    const contact = room.call('int_a');
    const content = contact.pop();
    // Reading what is known of the customer stands still for 100 ms.
    contact.pop = () => {
      vi.advanceTimersByTime(100);
      return content;
    };
    await room.pass(149);
    expect(room.log).toEqual(['pop int_a 1001']);
    await room.pass(1);
    expect(room.log).toEqual(['pop int_a 1001', 'ring int_a 1001']);
  });

  test('is not needed for a written contact that she takes; her screen shows it all the same', async () => {
    const room = new Room();
    await room.ready('1001');
    const chat = new FakeContact('int_w', room.log, 'chat');
    expect(room.routing.take(chat, '1001', { queue: 'service' })).toBe(true);
    expect(room.log).toEqual(['took int_w 1001']);
    const call = new FakeContact('int_v', room.log);
    room.routing.take(call, '1001', { queue: 'service' });
    expect(room.log).toEqual(['took int_w 1001']);
  });

  test('is not needed for a call that goes over to her from a colleague; her screen shows it all the same', async () => {
    const room = new Room();
    await room.ready('1001');
    await room.ready('1002');
    const call = new FakeContact('int_v', room.log);
    room.routing.take(call, '1001', { queue: 'service' });
    expect(room.log).toEqual([]);
    room.routing.take(call, '1002', { queue: 'service' });
    expect(room.log).toEqual(['took int_v 1002']);
    // After a restart she has what she has.
    room.routing.take(call, '1002', { queue: 'service' });
    expect(room.log).toEqual(['took int_v 1002']);
  });

  test('is journaled before anything happens', async () => {
    const room = new Room();
    await room.ready('1001');
    room.journal.held = [];
    room.call('int_a');
    await room.pass(1_000);
    expect(room.log).toEqual([]);
    room.journal.release();
    await room.pass(0);
    expect(room.log).toEqual(['pop int_a 1001']);
    expect(room.journal.of('interaction.offered')).toMatchObject([{ interaction: 'int_a', agent: '1001' }]);
  });

  test('is made although the disk is full', async () => {
    const room = new Room();
    await room.ready('1001');
    room.journal.full = true;
    const contact = room.call('int_a');
    await room.pass(5);
    contact.phone('accepted');
    await room.pass(0);
    expect(room.agent('1001').contacts).toEqual(['int_a connected']);
  });

  test('missed: stops ringing, RONA, the caller goes to the next agent and keeps the place', async () => {
    const room = new Room();
    await room.ready('1001', '1002');
    room.call('int_a');
    await room.pass(20_000);
    await room.pass(10);
    expect(room.log).toEqual([
      'pop int_a 1001',
      'ring int_a 1001',
      'stop int_a 1001 missed',
      'missed int_a 1001',
      'pop int_a 1002',
      'ring int_a 1002',
    ]);
    expect(room.agent('1001')).toMatchObject({ presence: 'not-ready', reason: 'rona' });
    expect(room.journal.of('interaction.offer-ended')[0]?.data).toMatchObject({ outcome: 'missed' });
  });

  test('declined by the panel or the phone, unreachable: not ready with the reason, on to the next', async () => {
    const room = new Room();
    room.directory.agent({ id: '1003' });
    await room.ready('1001', '1002', '1003');
    const contact = room.call('int_a');
    await room.pass(10);
    const offer = room.routing.agent('1001')!.contacts[0]!.offer!;
    expect(() => room.routing.decline('1002', offer)).toThrow(/Offer .* agent 1002/);
    room.routing.decline('1001', offer);
    await room.pass(10);
    expect(room.agent('1001')).toMatchObject({ presence: 'not-ready', reason: 'declined', contacts: [] });
    contact.phone('unreachable');
    await room.pass(10);
    expect(room.agent('1002')).toMatchObject({ presence: 'not-ready', reason: 'phone-unreachable' });
    expect(room.log.at(-1)).toBe('ring int_a 1003');
  });

  test('abandoned while ringing: ringing stops, the agent is free, the record says so', async () => {
    const room = new Room();
    await room.ready('1001');
    const contact = room.call('int_a');
    await room.pass(10);
    room.routing.leave('int_a', 'abandoned');
    await room.pass(0);
    expect(room.log.slice(-2)).toEqual(['stop int_a 1001 withdrawn', 'withdrawn int_a 1001']);
    expect(room.agent('1001')).toMatchObject({ presence: 'ready', contacts: [] });
    expect(contact.exits).toEqual([]);
    expect(room.journal.of('interaction.queue-left')).toMatchObject([{ data: { why: 'abandoned', waitMs: 10 } }]);
  });

  test('abandoned during the pop: the phone never rings', async () => {
    const room = new Room();
    await room.ready('1001');
    room.call('int_a');
    await room.pass(2);
    room.routing.leave('int_a', 'abandoned');
    await room.pass(1_000);
    expect(room.log).toEqual(['pop int_a 1001', 'withdrawn int_a 1001']);
  });

  test('two agents for one contact: who answers at the deadline has it, nobody else rings', async () => {
    const room = new Room();
    await room.ready('1001', '1002');
    const contact = room.call('int_a');
    contact.obedient = false;
    await room.pass(20_000); // told to stop, but she has lifted
    expect(room.log.at(-1)).toBe('stop int_a 1001 missed');
    contact.phone('accepted');
    await room.pass(10);
    expect(room.agent('1001')).toMatchObject({ presence: 'ready', contacts: ['int_a connected'] });
    expect(room.log.filter((line) => line.startsWith('ring'))).toEqual(['ring int_a 1001']);
  });

  test('answered even after it was given up: she keeps the contact, the second ringing stops', async () => {
    const room = new Room();
    await room.ready('1001', '1002');
    const contact = room.call('int_a');
    contact.obedient = false;
    await room.pass(23_010); // the confirmation never came
    expect(room.log.at(-1)).toBe('ring int_a 1002');
    contact.obedient = true;
    contact.phone('accepted', '1001');
    await room.pass(0);
    expect(room.agent('1001').contacts).toEqual(['int_a connected']);
    expect(room.agent('1002').contacts).toEqual([]);
    expect(room.log).toContain('stop int_a 1002 withdrawn');
  });

  test('several contacts ring in parallel where capacity permits', async () => {
    const room = new Room();
    room.directory.agent({ id: '1001', capacity: { voice: 1, chat: 2 } });
    await room.ready('1001');
    room.call('int_a', {}, 'chat');
    room.call('int_b', {}, 'chat');
    room.call('int_c');
    await room.pass(10);
    expect(room.log.filter((line) => line.startsWith('ring'))).toEqual([
      'ring int_a 1001',
      'ring int_b 1001',
      'ring int_c 1001',
    ]);
  });
});

describe('queues', () => {
  test('give a contact back once, with why', async () => {
    const room = new Room();
    const contact = room.call('int_a', { maxWaitMs: 30_000 });
    await room.pass(29_999);
    expect(contact.exits).toEqual([]);
    await room.pass(1);
    expect(contact.exits).toEqual(['overflow']);
    room.directory.queue({ id: 'service', whenEmpty: 'exit' });
    const other = room.call('int_b');
    await room.pass(0);
    expect(other.exits).toEqual(['empty']);
  });

  test('keep their hours, in the time zone of the site, and say so', async () => {
    const room = new Room();
    // Monday 10:00 in Shanghai.
    const office = { open: [{ days: ['mon', 'tue'] as ('mon' | 'tue')[], from: '09:00', to: '10:30' }] };
    room.directory.opens('office', office);
    room.directory.queue({ id: 'service', hours: 'office', atClose: 'exit', maxWaitMs: 7_200_000 });
    const early = room.call('int_a');
    await room.pass(30 * 60_000 - 1);
    expect(early.exits).toEqual([]);
    await room.pass(1);
    expect(early.exits).toEqual(['closed']);
    const late = room.call('int_b');
    await room.pass(0);
    expect(late.exits).toEqual(['closed']);
    expect(room.journal.of('queue.hours-changed').at(-1)?.data).toEqual({ open: false });
    await room.pass(22.5 * 3_600_000 + 1);
    const next = room.call('int_c');
    await room.pass(0);
    expect(next.exits).toEqual([]);
    // A holiday is known at once.
    room.directory.opens('office', { ...office, closedOn: ['2026-03-03'] });
    await room.pass(0);
    expect(next.exits).toEqual(['closed']);
  });

  test('take no more than they are long', async () => {
    const room = new Room();
    room.directory.queue({ id: 'service', maxLength: 2 });
    const contacts = ['int_a', 'int_b', 'int_c'].map((id) => room.call(id));
    await room.pass(0);
    expect(contacts.map(({ exits }) => exits)).toEqual([[], [], ['full']]);
    expect(room.journal.of('interaction.queue-left')).toMatchObject([{ interaction: 'int_c', data: { why: 'full' } }]);
  });

  test('ask for the language of the contact, and give in after a while', async () => {
    const room = new Room();
    room.directory.skills.rows.set('zh', { id: 'zh', name: 'zh', site: 'test' });
    room.directory.queue({ id: 'service', languageSkill: true, languageSkillMs: 30_000, ringMs: 120_000 });
    room.directory.agent({ id: '1001', skills: {} });
    await room.ready('1001');
    room.call('int_en', { language: 'en' });
    await room.pass(0);
    // Nobody is configured to speak English, so it is not asked for.
    expect(room.log.at(-1)).toContain('int_en 1001');
    room.directory.agent({ id: '1002', skills: { zh: 3 } });
    room.call('int_zh', { language: 'zh' });
    await room.ready('1002');
    await room.pass(0);
    expect(room.log.at(-1)).toContain('int_zh 1002');
    room.call('int_late', { language: 'zh' });
    room.directory.agent({ id: '1003', skills: {} });
    await room.ready('1003');
    await room.pass(15_000);
    expect(room.log.join()).not.toContain('int_late');
    await room.pass(15_500);
    expect(room.log.join()).toContain('int_late');
  });

  test('removed at run time: those waiting are given back, those talking go on', async () => {
    const room = new Room();
    await room.ready('1001');
    const talking = room.call('int_a');
    await room.pass(10);
    talking.phone('accepted');
    const waiting = room.call('int_b');
    await room.pass(0);
    room.directory.queues.rows.delete('service');
    room.directory.emit('changed', 'queues', ['service']);
    await room.pass(0);
    expect(waiting.exits).toEqual(['removed']);
    expect(talking.exits).toEqual([]);
    expect(room.agent('1001').contacts).toEqual(['int_a connected']);
  });

  test('place and unknown names', async () => {
    const room = new Room();
    room.call('int_a');
    room.call('int_b');
    expect(room.routing.place('int_b')).toEqual({ position: 2, expectedWaitMs: undefined });
    expect(room.routing.place('int_x')).toBeUndefined();
    expect(() => room.call('int_c', { queue: 'nowhere' })).toThrow('There is no queue nowhere.');
    expect(() => room.call('int_c', { only: '1009' })).toThrow('There is no agent 1009.');
  });

  test("add the queue's own priority and demands to a contact's", async () => {
    const room = new Room();
    room.directory.queue({ id: 'cards', skills: [{ skill: 'cards', least: 3 }], priority: 4 });
    room.directory.agent({ id: '1001', queues: ['cards'], skills: { cards: 2, english: 5 } });
    room.directory.agent({ id: '1002', queues: ['cards'], skills: { cards: 3, english: 5 } });
    await room.ready('1001', '1002');
    room.call('int_a', { queue: 'cards', skills: [{ skill: 'english', least: 5 }] });
    await room.pass(0);
    expect(room.log).toEqual(['pop int_a 1002']);
    expect(room.journal.of('interaction.queued')[0]?.data).toMatchObject({ priority: 4 });
  });

  test('a supervisor does not move a contact where it would not wait: it stays where it is, and she is told', async () => {
    const room = new Room();
    room.directory.opens('never', { open: [{ days: ['sun'], from: '00:00', to: '00:01' }] });
    room.directory.queue({ id: 'closed', hours: 'never' });
    room.directory.queue({ id: 'full', maxLength: 1 });
    room.directory.queue({ id: 'empty', whenEmpty: 'exit' });
    room.directory.queue({ id: 'open' });
    const contact = room.call('int_a');
    room.call('int_b', { queue: 'full' });
    await room.pass(60_000);
    const refused = (to: Parameters<typeof room.routing.move>[1]) => {
      try {
        room.routing.move('int_a', to);
        return undefined;
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(refused({ queue: 'closed' })).toBe('queue-closed');
    expect(refused({ queue: 'full' })).toBe('queue-full');
    expect(refused({ queue: 'empty' })).toBe('queue-unstaffed');
    expect(refused({ queue: 'none' })).toBe('queue-unknown');
    expect(refused({ agent: '1001' })).toBe('agent-away');
    expect(refused({ agent: '7' })).toBe('agent-unknown');
    await room.pass(1_000);
    expect(contact.exits).toEqual([]);
    expect(room.routing.queues().find(({ queue }) => queue === 'service')?.waiting).toBe(1);
    const changed: string[] = [];
    contact.queueChanged = (queue) => changed.push(queue);
    expect(refused({ queue: 'open' })).toBeUndefined();
    expect(changed).toEqual(['open']);
    expect(room.routing.queues().find(({ queue }) => queue === 'open')?.waiting).toBe(1);
  });

  test('after closing time a call can still be given to a colleague', async () => {
    const room = new Room();
    await room.ready('1001');
    room.directory.opens('never', { open: [{ days: ['sun'], from: '00:00', to: '00:01' }] });
    room.directory.queue({ id: 'service', hours: 'never', maxLength: 0 });
    await room.pass(1_000);
    expect(room.routing.refuses('voice', { queue: 'service' })).toBe('closed');
    expect(room.routing.refuses('voice', { queue: 'service', only: '1001' })).toBeUndefined();
    expect(room.routing.refuses('voice', { queue: 'service', only: '1002' })).toBe('empty');
    const contact = room.call('int_a', { only: '1001' });
    await room.pass(1_000);
    expect(contact.exits).toEqual([]);
    expect(room.agent('1001').contacts).toEqual(['int_a offered']);
  });

  test('a supervisor moves a waiting contact to an agent, not one that is talked with', async () => {
    const room = new Room();
    room.directory.agent({ id: '1002', queues: [] });
    await room.ready('1002');
    const contact = room.call('int_a');
    room.routing.move('int_a', { agent: '1002' });
    await room.pass(10);
    expect(room.log.at(-1)).toBe('ring int_a 1002');
    contact.phone('accepted');
    await room.pass(0);
    expect(() => room.routing.move('int_a', { queue: 'service' })).toThrow(/with an agent already/);
  });

  test('transfer to a queue: her part ends in wrap-up, the caller waits again with her age', async () => {
    const room = new Room();
    await room.ready('1001');
    const contact = room.call('int_a');
    const since = Date.now();
    await room.pass(10);
    contact.phone('accepted');
    await room.pass(5_000);
    room.routing.finished('int_a', '1001', 'transferred');
    const again = room.call('int_a', { since });
    await room.pass(0);
    expect(room.agent('1001').contacts).toEqual(['int_a wrap-up']);
    expect(room.routing.place('int_a')?.position).toBe(1);
    await room.pass(10_000);
    expect(room.log.slice(-1)).toEqual(['pop int_a 1001']);
    expect(again.exits).toEqual([]);
  });
});

describe('agents', () => {
  test('presence, its errors, and the phone', async () => {
    const room = new Room();
    expect(() => room.routing.ready('1001')).toThrow('Agent 1001 is not signed in.');
    expect(() => room.routing.signIn('1009')).toThrow('There is no agent 1009.');
    await room.ready('1001');
    room.routing.phoneReachable('1001', false);
    expect(room.agent('1001')).toMatchObject({ presence: 'not-ready', reason: 'phone-unreachable' });
    expect(() => room.routing.ready('1001')).toThrow(/phone of agent 1001 cannot be reached/);
    room.routing.phoneReachable('1001', true);
    room.routing.ready('1001');
    room.routing.notReady('1001', 'panel-lost');
    expect(room.agent('1001')).toMatchObject({ presence: 'not-ready', reason: 'panel-lost' });
    room.routing.signOut('1001');
    expect(room.agent('1001').presence).toBe('offline');
    await room.pass(0);
    expect(room.journal.of('agent.presence-changed').map(({ data }) => data.to)).toEqual([
      'not-ready',
      'ready',
      'not-ready',
      'ready',
      'not-ready',
      'leaving',
      'offline',
    ]);
  });

  test('own calls make her busy; wrap-up is extended and ended', async () => {
    const room = new Room();
    await room.ready('1001');
    room.routing.occupied('1001', 'voice', 1);
    const contact = room.call('int_a');
    await room.pass(1_000);
    expect(room.log).toEqual([]);
    room.routing.occupied('1001', 'voice', 0);
    await room.pass(10);
    contact.phone('accepted');
    await room.pass(3_000);
    room.routing.finished('int_a', '1001', 'customer');
    expect(room.agent('1001').contacts).toEqual(['int_a wrap-up']);
    room.routing.extendWrapUp('1001', 'int_a', 20_000);
    await room.pass(29_000);
    expect(room.agent('1001').contacts).toEqual(['int_a wrap-up']);
    expect(room.routing.agent('1001')?.contacts[0]?.disposed).toBeUndefined();
    room.routing.disposed('1001', 'int_a');
    expect(room.routing.agent('1001')?.contacts[0]?.disposed).toBe(true);
    room.routing.wrapUpDone('1001', 'int_a');
    await room.pass(0);
    expect(room.agent('1001').contacts).toEqual([]);
    expect(() => room.routing.wrapUpDone('1001', 'int_a')).toThrow(/no wrap-up/);
    expect(room.journal.of('interaction.wrapped-up')).toMatchObject([{ data: { ms: 29_000, how: 'done' } }]);
  });

  test('live state comes as it changes; figures of the day follow the definitions', async () => {
    const room = new Room();
    const agents: (AgentLive | undefined)[] = [];
    const queues: QueueLive[] = [];
    room.routing.on('agent', ({ agent }) => agents.push(room.routing.agent(agent)));
    room.routing.on('queue', (live) => queues.push(live));
    await room.ready('1001');
    const answered = room.call('int_a');
    await room.pass(10);
    answered.phone('accepted');
    room.call('int_b');
    await room.pass(30_000);
    room.routing.leave('int_b', 'abandoned');
    room.routing.finished('int_a', '1001', 'customer');
    await room.pass(10_000);
    expect(agents.at(-1)).toMatchObject({ agent: '1001', presence: 'ready', contacts: [] });
    await room.pass(250);
    expect(queues.at(-1)).toMatchObject({
      queue: 'service',
      waiting: 0,
      agents: 1,
      free: 1,
      today: {
        offered: 2,
        answered: 1,
        abandoned: 1,
        overflowed: 0,
        serviceLevel: 0.5,
        averageAnswerMs: 10,
        averageHandleMs: 40_000,
      },
    });
    vi.setSystemTime(new Date('2026-03-02T16:00:00Z')); // midnight in Shanghai
    expect(room.routing.queues()[0]?.today).toMatchObject({ offered: 0, serviceLevel: undefined });
  });

  test('explain says why this agent', async () => {
    const room = new Room();
    await room.ready('1001', '1002');
    room.call('int_a');
    await room.pass(20_010);
    expect(room.routing.explain('int_a').map(({ sentence }) => sentence)).toEqual([
      'Entered queue service with priority 0.',
      'Offered to agent 1001 after 0.0 s: of 2 free agents she was idle longest.',
      'Agent 1001: missed.',
      'Offered to agent 1002 after 20.0 s: of 1 free agents she was idle longest.',
    ]);
  });
});

test('a contact that comes anew and is given back in the same turn finds its new way back', async () => {
  const room = new Room();
  await room.ready('1001');
  const contact = room.call('int_a');
  await room.pass(10);
  contact.phone('accepted');
  await room.pass(10);
  // A blind transfer to an agent who is not there.
  room.routing.finished('int_a', '1001', 'transferred');
  room.routing.enqueue(contact, { queue: 'service', only: '1002' }, (exit) => contact.exits.push(exit));
  await room.pass(10);
  expect(contact.exits).toEqual(['empty']);
  expect(room.agent('1001').contacts).toEqual(['int_a wrap-up']);
});
