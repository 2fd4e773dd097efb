// Routing on the real journal: what it writes passes the schemas, survives, and can be decided again.
import { pino } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { openDatabase, openJournal, type SiteJournal } from '../../../server/journal/index.ts';
import type { Directory } from '../../../server/ports/index.ts';
import { Routing, replay, routingDecided } from '../../../server/routing/index.ts';
import { systemClock } from '../../../values/index.ts';
import { FakeContact, FakeDirectory } from './fakes.ts';

const logger = pino({ level: 'silent' });
const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function open(): { journal: SiteJournal; directory: FakeDirectory; start: () => Routing } {
  const opened = openDatabase({ directory: ':memory:', logger });
  const journal = openJournal({ database: opened.database, site: 'test', logger, clock: systemClock, checked: true });
  closing.push(
    () => opened.close(),
    () => journal.close(),
  );
  const directory = new FakeDirectory();
  directory.queue({ id: 'service', wrapUpMs: 0, skills: [{ skill: 'english', least: 2 }] });
  directory.agent({ id: '1001', skills: { english: 3 }, capacity: { voice: 1, chat: 2 } });
  directory.agent({ id: '1002', skills: { english: 1 } });
  const start = () => {
    const options = { directory: directory as unknown as Directory, journal, clock: systemClock, logger };
    const routing = new Routing(options);
    closing.push(() => routing.close());
    routing.start();
    routing.attached();
    return routing;
  };
  return { journal, directory, start };
}

/** A few contacts come and go; returns when all is journaled. */
async function work(routing: Routing, log: string[], round: number): Promise<void> {
  routing.signIn('1001');
  routing.ready('1001');
  for (let i = 0; i < 5; i++) {
    const id = `int_${round}_${i}`;
    const contact = new FakeContact(id, log, i % 2 ? 'chat' : 'voice');
    routing.enqueue(contact, { queue: 'service' }, () => {});
    await vi.waitFor(() => expect(log).toContain(`ring ${id} 1001`), { interval: 1 });
    contact.phone('accepted');
    await vi.waitFor(() => expect(routing.agent('1001')?.contacts[0]?.state).toBe('connected'), { interval: 1 });
    routing.finished(id, '1001', 'customer');
  }
  routing.leave('int_unknown', 'abandoned');
  routing.notReady('1001', 'break');
  routing.signOut('1001');
}

test('a restart on the real journal, with and without a snapshot, and a replay that agrees', async () => {
  const { journal, start } = open();
  const log: string[] = [];
  const first = start();
  await work(first, log, 1);
  await journal.append([]);
  const second = start(); // folds from the beginning
  expect(second.agents()).toEqual(first.agents());
  expect(second.queues()).toEqual(first.queues());
  await work(second, log, 2);
  await second.close();
  await journal.append([]);
  const third = start(); // folds from the snapshot
  expect(third.queues()[0]?.today).toMatchObject({ offered: 10, answered: 10, serviceLevel: 1 });
  const { commands, disagreements } = replay(journal);
  expect(disagreements).toEqual([]);
  expect(commands).toBe(journal.read(0, { limit: 100_000, filter: { types: [routingDecided.name] } }).length);
  expect(commands).toBeGreaterThan(40);
});

test('a replay names the command that would be decided otherwise, and goes on from what was', async () => {
  const { journal, start } = open();
  const routing = start();
  await work(routing, [], 1);
  await journal.append([]);
  // As if the router of then had preferred the other agent, for one contact.
  const read = journal.read.bind(journal);
  let changed = 0;
  vi.spyOn(journal, 'read').mockImplementation((...asked) => {
    const events = read(...asked);
    for (const event of events) {
      const made = (event.data.events as { type: string; why?: { candidates: number } }[]).find(
        ({ type }) => type === 'offer-made',
      );
      if (event.interaction === 'int_1_2' && made?.why) {
        changed = event.seq;
        made.why.candidates = 7;
      }
    }
    return events;
  });
  const { disagreements } = replay(journal);
  expect(disagreements.map(({ seq, command }) => [seq, command.type])).toEqual([[changed, 'enqueue']]);
});

test('what is told of contacts and agents carries the team of the queue, else of the agent', async () => {
  const { journal, directory, start } = open();
  directory.queue({ id: 'loans', wrapUpMs: 0, team: 'blue' });
  directory.agent({ id: '2001', queues: ['loans'], team: 'green' });
  const log: string[] = [];
  const routing = start();
  routing.signIn('2001');
  routing.ready('2001');
  const contact = new FakeContact('int_team', log, 'voice');
  routing.enqueue(contact, { queue: 'loans' }, () => {});
  await vi.waitFor(() => expect(log).toContain('ring int_team 2001'), { interval: 1 });
  contact.phone('accepted');
  await vi.waitFor(() => expect(routing.agent('2001')?.contacts[0]?.state).toBe('connected'), { interval: 1 });
  const facts = journal.read(0, { filter: { types: ['interaction.*', 'agent.*', 'routing.offer-made'] } });
  const teams = new Set(facts.map(({ type, team }) => `${type} ${team}`));
  expect(teams).toEqual(
    new Set([
      'agent.presence-changed green',
      'interaction.queued blue',
      'interaction.offered blue',
      'routing.offer-made blue',
      'interaction.offer-ended blue',
    ]),
  );
});
