import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type AcdEvent,
  agentConfig,
  type Command,
  decide,
  emptyState,
  nextWakeup,
  queueConfig,
} from '../../../server/acd/index.ts';
import { interactionHeld, interactionResumed, interactionTransferred } from '../../../server/customers/index.ts';
import { queueSchema } from '../../../server/directory/index.ts';
import { newEvent } from '../../../server/journal/index.ts';
import { agentReport, queueReport, ReportProjector, ZoneClock } from '../../../server/reports/index.ts';
import { routingDecided } from '../../../server/routing/events.ts';
import { QueueDay } from '../../../server/routing/queue-day.ts';
import { logger, openSite, type TestSite } from '../directory/site.ts';

const tables = {
  report_queues: 'start, team, queue, channel',
  report_agents: 'start, team, agent',
  report_reasons: 'start, team, agent, reason',
  report_state: 'name',
};

let site: TestSite;
let projector: ReportProjector;
let now: number;
let state = emptyState();

beforeEach(async () => {
  site = openSite();
  state = emptyState();
  now = Date.parse('2026-03-02T00:55:00Z');
  projector = new ReportProjector(site.journal, site.opened.database, logger);
  await projector.start();
});
afterEach(async () => {
  await projector.stop();
  await site.close();
});

/** Decides and journals, as routing does. */
function give(command: Command): AcdEvent[] {
  const events = decide(state, command, now);
  if (events.length > 0 && events[0]?.type !== 'refused') {
    void site.journal.append([newEvent(routingDecided, now, { router: 2, configuration: 1, command, events })]);
  }
  return events;
}

function pass(ms: number): void {
  const end = now + ms;
  for (let at = nextWakeup(state); at !== undefined && at <= end; at = nextWakeup(state)) {
    now = Math.max(now, at);
    give({ type: 'tick' });
  }
  now = end;
}

function dump(): Record<string, unknown[]> {
  const found: Record<string, unknown[]> = {};
  for (const [table, order] of Object.entries(tables)) {
    found[table] = site.opened.database.prepare(`SELECT * FROM ${table} ORDER BY ${order}`).all();
  }
  return found;
}

/** All that is committed, in the tables. */
async function settled(): Promise<void> {
  await site.journal.append([]);
  await projector.settled();
}

const offerOf = (contact: string) => state.contacts.get(contact)!.work!.id;
const minute = 60_000;
const asked = { timeZone: 'Asia/Shanghai', interval: 'total' as const };

describe('reports', () => {
  it('count what was answered straight out of the queue apart: nobody gave up, and nothing failed', async () => {
    give({ type: 'set-queue', queue: queueConfig({ id: 'service' }) });
    const from = now;
    give({ type: 'enqueue', contact: 'int_post', channel: 'social', queue: 'service' });
    pass(5_000);
    give({ type: 'leave', contact: 'int_post', reason: 'answered' });
    await settled();
    const args = { ...asked, from, until: now + 15 * minute, variant: 'b' as const, together: false };
    const [row] = queueReport.run(site.opened.database, args);
    expect(row).toMatchObject({ offered: 1, answered: 0, abandoned: 0, left: { answered: 1, failed: 0 } });
  });

  it('of a morning worked out by hand', async () => {
    await site.directory.queues.put(
      queueSchema.parse({ site: 'hq', team: 'red', id: 'service', serviceLevelMs: 10_000 }),
      'admin',
    );
    give({ type: 'set-queue', queue: queueConfig({ id: 'service', wrapUpMs: 30_000, offerMs: 20_000 }) });
    give({ type: 'set-agent', agent: agentConfig({ id: '1001', queues: ['service'] }) });
    const from = now;
    give({ type: 'sign-in', agent: '1001' }); // 0:55
    pass(2 * minute);
    give({ type: 'ready', agent: '1001' }); // 0:57
    pass(1 * minute);
    const call = (contact: string) => give({ type: 'enqueue', contact, channel: 'voice', queue: 'service' });
    call('int_a'); // 0:58, rings
    pass(5_000);
    const work = offerOf('int_a');
    give({ type: 'outcome', offer: work, outcome: 'accepted' });
    pass(30_000);
    const scope = { interaction: 'int_a', agent: '1001', queue: 'service' };
    void site.journal.append([newEvent(interactionHeld, now, {}, scope)]);
    pass(60_000);
    void site.journal.append([newEvent(interactionResumed, now, {}, scope)]);
    call('int_b'); // nobody is free
    pass(25_000); // 1:00:00
    call('int_c');
    pass(8_000);
    give({ type: 'leave', contact: 'int_c', reason: 'abandoned' });
    void site.journal.append([newEvent(interactionTransferred, now, { kind: 'queue', to: 'vip' }, scope)]);
    give({ type: 'leave', contact: 'int_a', reason: 'transferred' }); // talk 30 + 33 s, hold 60 s
    pass(10_000);
    give({ type: 'wrap-up-done', agent: '1001', work }); // int_b rings
    pass(20_000); // missed: rona
    give({ type: 'outcome', offer: offerOf('int_b'), outcome: 'missed' });
    pass(5 * minute);
    give({ type: 'leave', contact: 'int_b', reason: 'abandoned' });
    pass(10 * minute);
    await settled();
    const until = now;

    const args = { ...asked, from, until: until + 15 * minute, variant: 'b' as const, together: false };
    const [queue, ...more] = queueReport.run(site.opened.database, args);
    expect(more).toEqual([]);
    expect(queue).toMatchObject({
      queue: 'service',
      local: '2026-03-02T08:55+08:00',
      offered: 3,
      answered: 1,
      answeredInTime: 1,
      abandoned: 2,
      abandonedInTime: 1,
      offers: 2,
      notTaken: { missed: 1, declined: 0, unreachable: 0 },
      handled: 1,
      transferred: 1,
      serviceLevel: 1 / 3,
      serviceLevels: { a: 1, b: 1 / 3, c: 2 / 3, d: 1 / 2 },
      abandonRate: 2 / 3,
      averageAnswerMs: 5_000,
      talkMs: 63_000,
      holdMs: 60_000,
      wrapUpMs: 10_000,
      averageHandleMs: 133_000,
      transferRate: 1,
    });
    expect(queueReport.run(site.opened.database, { ...args, team: 'blue' })).toEqual([]);
    expect(queueReport.run(site.opened.database, { ...args, servedTeam: 'red' })).toHaveLength(1);
    expect(
      queueReport.run(site.opened.database, { ...args, interval: '15' }).map(({ local, offered }) => [local, offered]),
    ).toEqual([
      ['2026-03-02T08:45+08:00', 2],
      ['2026-03-02T09:00+08:00', 1],
    ]);

    const mine = { ...asked, from, until: until + 15 * minute, now: until };
    const [agent] = agentReport.run(site.opened.database, mine);
    expect(agent).toMatchObject({
      agent: '1001',
      signedInMs: until - from,
      ringMs: 25_000,
      talkMs: 63_000,
      holdMs: 60_000,
      wrapUpMs: 10_000,
      availableMs: 60_000,
      occupancy: 133 / 193,
      offers: 2,
      answered: 1,
      missed: 1,
      handled: 1,
      averageHandleMs: 133_000,
      missedRate: 0.5,
    });
    // Not ready by the offer that she missed, up to now, though nothing happened since.
    const rona = until - from - 2 * minute - 60_000 - 25_000 - 133_000;
    expect(agent?.reasons.map(({ reason, ms }) => [reason, ms])).toEqual([
      ['rona', rona],
      ['signed-in', 2 * minute],
    ]);
    const quarters = agentReport.run(site.opened.database, { ...mine, interval: '15' });
    expect(quarters.map(({ signedInMs }) => signedInMs)).toEqual(
      [5 * minute, 15 * minute, until - Date.parse('2026-03-02T01:15:00Z')].filter((ms) => ms > 0),
    );
    expect(agentReport.run(site.opened.database, { ...mine, agents: ['1002'] })).toEqual([]);
    give({ type: 'set-agent', agent: agentConfig({ id: '1002', queues: ['service'] }) });
    give({ type: 'sign-in', agent: '1002' });
    pass(minute);
    await settled();
    const both = agentReport.run(site.opened.database, { ...mine, until: now + 15 * minute, now, interval: '15' });
    const together = agentReport.run(site.opened.database, {
      ...mine,
      until: now + 15 * minute,
      now,
      interval: '15',
      together: true,
    });
    expect(together.every((row) => row.agent === undefined)).toBe(true);
    for (const { start, talkMs, notReadyMs, signedInMs } of together) {
      const sum = (of: (row: (typeof both)[number]) => number) =>
        both.filter((row) => row.start === start).reduce((total, row) => total + of(row), 0);
      expect([talkMs, notReadyMs, signedInMs]).toEqual([
        sum((row) => row.talkMs),
        sum((row) => row.notReadyMs),
        sum((row) => row.signedInMs),
      ]);
    }
    expect(together.length).toBeLessThan(both.length);
  });

  const step = fc.record({
    do: fc.constantFrom(
      'call',
      'call',
      'accept',
      'accept',
      'miss',
      'leave',
      'leave',
      'flow',
      'ready',
      'break',
      'out',
      'done',
      'move',
      'hold',
      'occupy',
      'settle',
      'restart',
      'wait',
      'wait',
    ),
    pick: fc.nat(30),
    ms: fc.constantFrom(1, 700, 20_000, 200_000, 1_800_000),
  });

  it('are the same when rebuilt from the journal, count what the day counts, and no moment of an agent twice', async () => {
    await fc.assert(
      fc
        .asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
          const day = new QueueDay('UTC', () => 20_000);
          const begin = now;
          const follow = (events: AcdEvent[]) => {
            for (const event of events) day.count(event);
          };
          const agents = ['1001', '1002'];
          for (const id of ['service', 'vip'])
            give({ type: 'set-queue', queue: queueConfig({ id, wrapUpMs: 5_000, exclusionMs: 1_000 }) });
          for (const id of agents) {
            give({
              type: 'set-agent',
              agent: agentConfig({
                id,
                queues: ['service', 'vip'],
                capacity: { total: 2, channels: { voice: 1, chat: 1 } },
              }),
            });
            give({ type: 'sign-in', agent: id });
            give({ type: 'ready', agent: id });
          }
          for (const [serial, { do: what, pick, ms }] of steps.entries()) {
            const agent = agents[pick % 2]!;
            const contacts = [...state.contacts.values()];
            const contact = contacts[pick % Math.max(1, contacts.length)];
            const works = [...state.agents.values()].flatMap(({ work }) => [...work.values()]);
            const work = works[pick % Math.max(1, works.length)];
            const queue = pick % 3 ? 'service' : 'vip';
            if (what === 'call')
              follow(give({ type: 'enqueue', contact: `int_${serial}`, channel: pick % 2 ? 'voice' : 'chat', queue }));
            else if (what === 'ready') follow(give({ type: 'ready', agent }));
            else if (what === 'break') follow(give({ type: 'not-ready', agent, reason: 'break' }));
            else if (what === 'out') follow(give({ type: pick % 5 ? 'sign-in' : 'sign-out', agent }));
            else if (what === 'occupy') follow(give({ type: 'occupy', agent, channel: 'voice', count: pick % 2 }));
            else if (what === 'wait') {
              const end = now + ms;
              for (let at = nextWakeup(state); at !== undefined && at <= end; at = nextWakeup(state)) {
                now = Math.max(now, at);
                follow(give({ type: 'tick' }));
              }
              now = end;
            } else if (what === 'settle') await settled();
            else if (what === 'restart') {
              await projector.stop();
              projector = new ReportProjector(site.journal, site.opened.database, logger);
              await projector.start();
            } else if (what === 'done' && work?.state === 'wrap-up') {
              const hers = [...state.agents.values()].find((one) => one.work.has(work.id))!;
              follow(give({ type: 'wrap-up-done', agent: hers.config.id, work: work.id }));
            } else if ((what === 'accept' || what === 'miss') && work?.state === 'offered') {
              follow(give({ type: 'outcome', offer: work.id, outcome: what === 'accept' ? 'accepted' : 'missed' }));
            } else if (contact && what === 'leave')
              follow(give({ type: 'leave', contact: contact.id, reason: 'abandoned' }));
            else if (contact && what === 'flow') follow(give({ type: 'leave', contact: contact.id, reason: 'flow' }));
            else if (contact && what === 'move')
              follow(give({ type: 'move', contact: contact.id, queue, keepAge: true }));
            else if (contact?.state === 'connected' && what === 'hold') {
              const type = pick % 2 ? interactionHeld : interactionResumed;
              void site.journal.append([
                newEvent(type, now, {}, { interaction: contact.id, agent: contact.work!.agent }),
              ]);
            }
          }
          await settled();
          const written = dump();
          await projector.rebuild();
          expect(dump()).toEqual(written);

          const span = { ...asked, from: begin, until: now + 15 * minute };
          const rows = queueReport.run(site.opened.database, { ...span, variant: 'b', together: false });
          // Only what lies in one day can be compared with the day's counters.
          if (new Date(begin).getUTCDate() === new Date(now).getUTCDate()) {
            for (const row of rows) {
              const counts = day.counts(row.queue!);
              const { offered, answered, answeredInTime, abandoned, handled } = row;
              expect({ offered, answered, answeredInTime, abandoned, handled }).toEqual({
                offered: counts.offered,
                answered: counts.answered,
                answeredInTime: counts.answeredInTime,
                abandoned: counts.abandoned,
                handled: counts.handled,
              });
            }
          }
          for (const row of agentReport.run(site.opened.database, { ...span, interval: '15', now })) {
            expect(row.signedInMs).toBeLessThanOrEqual(15 * minute);
            const reasons = row.reasons.reduce((sum, { ms }) => sum + ms, 0);
            expect(reasons).toBe(row.notReadyMs);
          }
        })
        .beforeEach(async () => {
          await projector.stop();
          await site.close();
          site = openSite();
          state = emptyState();
          now = Date.parse('2026-03-02T00:55:00Z');
          projector = new ReportProjector(site.journal, site.opened.database, logger);
          await projector.start();
        }),
      { numRuns: 40 },
    );
  }, 60_000);
});

describe('intervals', () => {
  it('are those of the wall clock, on days of 23 and 25 hours and in zones of half hours', () => {
    const berlin = new ZoneClock('Europe/Berlin');
    const spring = Date.parse('2026-03-29T00:45:00Z');
    expect(berlin.label(berlin.startOf(spring, '60', 0))).toBe('2026-03-29T01:00+01:00');
    expect(berlin.label(berlin.startOf(spring + 15 * minute, '60', 0))).toBe('2026-03-29T03:00+02:00');
    expect(berlin.startOfDay(Date.parse('2026-03-29T20:00:00Z'))).toBe(Date.parse('2026-03-28T23:00:00Z'));
    // The hour that comes twice is two intervals.
    const autumn = ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'].map(Date.parse);
    expect(autumn.map((at) => berlin.label(berlin.startOf(at, '60', 0)))).toEqual([
      '2026-10-25T02:00+02:00',
      '2026-10-25T02:00+01:00',
    ]);
    expect(berlin.startOfDate('2026-10-26') - berlin.startOfDate('2026-10-25')).toBe(25 * 60 * minute);
    const kolkata = new ZoneClock('Asia/Kolkata');
    expect(kolkata.label(kolkata.startOf(Date.parse('2026-03-02T00:45:00Z'), '60', 0))).toBe('2026-03-02T06:00+05:30');
    // A midnight that is skipped: the day begins at one o'clock.
    const beirut = new ZoneClock('Asia/Beirut');
    expect(beirut.label(beirut.startOfDate('2026-03-29'))).toBe('2026-03-29T01:00+03:00');
  });
});
