import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { routingDecided } from '../../../server/routing/index.ts';
import { FakeContact, FakeJournal, Room } from './fakes.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-02T02:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

/** One talks, one rings, one waits; then the process dies. */
async function busyRoom(): Promise<Room> {
  const room = new Room();
  await room.ready('1001', '1002');
  const talking = room.call('int_talks');
  await room.pass(10);
  talking.phone('accepted');
  await room.pass(0);
  room.call('int_rings');
  await room.pass(10);
  room.call('int_waits');
  await room.pass(1_000);
  return room;
}

/** The old process is gone: its timers act no more. A new one takes up what the journal holds. */
function restart(room: Room): void {
  die(room);
  room.start();
}

function die(room: Room): void {
  const now = Date.now();
  vi.clearAllTimers(); // sets the clock back
  vi.setSystemTime(now);
  room.directory.removeAllListeners();
  room.log.length = 0;
}

function attach(room: Room, interaction: string) {
  const contact = new FakeContact(interaction, room.log);
  return { contact, found: room.routing.attach(contact, (exit) => contact.exits.push(exit)) };
}

describe('after a restart', () => {
  test('what was attached goes on with its age, what was not is lost, nothing is decided again', async () => {
    const room = await busyRoom();
    const decided = room.journal.of(routingDecided.name).length;
    restart(room);
    expect(room.journal.of(routingDecided.name)).toHaveLength(decided);
    expect(attach(room, 'int_talks').found).toEqual({ state: 'connected', agent: '1001' });
    expect(attach(room, 'int_waits').found).toEqual({ state: 'waiting', queue: 'service' });
    expect(attach(room, 'int_other').found).toEqual({ state: 'unknown' });
    room.routing.attached(); // int_rings did not come back: 1002 is free for who waited
    await room.pass(10);
    expect(room.agent('1001').contacts).toEqual(['int_talks connected']);
    expect(room.log.filter((line) => line.startsWith('ring'))).toEqual(['ring int_waits 1002']);
    expect(room.journal.of('interaction.queue-left')).toMatchObject([
      { interaction: 'int_rings', data: { why: 'failed' } },
    ]);
    expect(room.routing.explain('int_waits').at(-1)?.sentence).toContain('after 1.0 s');
  });

  test('what was ringing is offered anew, to the same agent too: it was not her fault', async () => {
    const room = await busyRoom();
    restart(room);
    attach(room, 'int_talks');
    attach(room, 'int_waits');
    attach(room, 'int_rings');
    await room.pass(10);
    expect(room.log.filter((line) => line.startsWith('ring'))).toEqual(['ring int_rings 1002']);
    expect(room.agent('1002').presence).toBe('ready');
  });

  test.each([18_000, 30_000])(
    'an offer that ran out while no server was there, %i ms, nobody has missed',
    async (ms) => {
      const room = await busyRoom();
      die(room);
      vi.setSystemTime(Date.now() + ms);
      room.start();
      await room.pass(3_500);
      attach(room, 'int_talks');
      attach(room, 'int_waits');
      attach(room, 'int_rings');
      await room.pass(10);
      expect(room.agent('1002')).toMatchObject({ presence: 'ready', contacts: ['int_rings offered'] });
      expect(room.log.filter((line) => line.startsWith('ring'))).toEqual(['ring int_rings 1002']);
    },
  );

  test('nobody says that attaching is done: contacts without a call are lost after five seconds', async () => {
    const room = await busyRoom();
    restart(room);
    attach(room, 'int_talks');
    await room.pass(4_999);
    expect(room.routing.queues()[0]?.waiting).toBe(1);
    await room.pass(1);
    expect(room.routing.queues()[0]?.waiting).toBe(0);
    expect(room.agent('1001').contacts).toEqual(['int_talks connected']);
  });

  test('an agent who becomes free meanwhile is offered a contact only once its call is attached', async () => {
    const room = await busyRoom();
    restart(room);
    attach(room, 'int_talks');
    room.routing.finished('int_talks', '1001', 'customer');
    room.routing.wrapUpDone('1001', 'int_talks');
    await room.pass(10);
    expect(room.log).toEqual([]);
    attach(room, 'int_waits');
    await room.pass(10);
    expect(room.log).toEqual(['pop int_waits 1001', 'ring int_waits 1001']);
  });

  test('own calls that did not outlive the restart keep nobody busy', async () => {
    const room = new Room();
    await room.ready('1001', '1002');
    room.routing.occupied('1001', 'voice', 1);
    room.routing.occupied('1002', 'voice', 1);
    await room.pass(0);
    restart(room);
    room.routing.occupied('1002', 'voice', 1); // this one was adopted
    room.routing.attached();
    expect(room.routing.agents().map(({ occupied }) => occupied)).toEqual([{}, { voice: 1 }]);
    room.call('int_a');
    await room.pass(10);
    expect(room.log.at(-1)).toBe('ring int_a 1001');
  });

  test('the same from a snapshot, with the figures of the day', async () => {
    const room = await busyRoom();
    const before = { agents: room.routing.agents(), queues: room.routing.queues() };
    await room.routing.close();
    await room.pass(0);
    expect(room.journal.cursor('routing')).toBe(room.journal.last - 1);
    restart(room);
    expect({ agents: room.routing.agents(), queues: room.routing.queues() }).toEqual(before);
    expect(room.routing.queues()[0]?.today).toMatchObject({ offered: 3, answered: 1 });
  });

  test('a record that cannot be folded: begins anew and says so, calls are not ended', async () => {
    const room = await busyRoom();
    const journal = new FakeJournal();
    // The beginning of the record is missing.
    journal.events.push(...room.journal.events.slice(3).map((event, i) => ({ ...event, seq: i + 1 })));
    room.journal = journal;
    restart(room);
    await room.pass(0);
    expect(journal.of('routing.rebuilt')).toHaveLength(1);
    await room.ready('1001');
    room.call('int_new');
    await room.pass(10);
    expect(room.log.at(-1)).toBe('ring int_new 1001');
    restart(room);
    expect(room.journal.of('routing.rebuilt')).toHaveLength(1);
  });

  test('changes of the configuration made meanwhile are taken up', async () => {
    const room = await busyRoom();
    die(room);
    room.directory.agent({ id: '1003' });
    room.directory.agents.rows.delete('1002');
    room.start();
    expect(room.routing.agents().map(({ agent }) => agent)).toEqual(['1001', '1002', '1003']);
    room.routing.attached();
    await room.pass(0);
    expect(room.routing.agents().map(({ agent }) => agent)).toEqual(['1001', '1003']);
  });
});
