// Identify and timeline among many customers: the real code on a file that is built once for each number of them.
import { pino } from 'pino';
import { openCustomers, readInteractions } from '../../../server/customers/index.ts';
import { openDatabase, openJournal } from '../../../server/journal/index.ts';
import { systemClock } from '../../../values/index.ts';
import { round } from '../report.ts';
import { accountOf, buildCustomers, gigabytesOf, idOf, openidOf, phoneOf, regulars } from './customers-built.ts';

const logger = pino({ level: 'silent' });

export interface CustomerFigures {
  customers: number;
  identities: number;
  interactions: number;
  gigabytes: number;
  /** Undefined: it was there. */
  builtInSeconds: number | undefined;
  /** Finding or making the customer of a contact, and the first 50 entries of her timeline, ms. */
  both: { p50: number; p99: number; most: number };
  identify: { p50: number; p99: number; most: number };
  timeline: { p50: number; p99: number; most: number };
  /** Of customers with 5,000 interactions, ms. */
  regulars: { p50: number; p99: number; most: number };
}

/** @param operations contacts that come in, one after the other */
export async function measureCustomers(customers: number, operations: number): Promise<CustomerFigures> {
  const { folder, seconds } = await buildCustomers(customers);
  const opened = openDatabase({ directory: folder, logger });
  const { database } = opened;
  const journal = openJournal({ database, site: 'bench', logger, clock: systemClock });
  const interactions = readInteractions(database);
  const known = openCustomers({ database, journal, interactions, clock: systemClock, logger });
  const times = { both: [] as number[], identify: [] as number[], timeline: [] as number[], regulars: [] as number[] };
  // A fixed sequence: every run asks for the same customers, all over the table.
  let seed = 12_345;
  const chance = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const run = Date.now();
  for (let number = 0; number < operations; number++) {
    const who = chance(customers);
    const kind = number % 20;
    const identities =
      kind === 0
        ? // New to us: a row, an event, a commit.
          [{ kind: 'webchat', value: `visitor ${run} ${number}` }]
        : kind === 1
          ? // A visitor who logs in: merged with the customer of the account.
            [
              { kind: 'webchat', value: `login ${run} ${number}` },
              { kind: 'account', value: accountOf(who - (who % 3)), verified: true },
            ]
          : kind < 8
            ? [{ kind: 'wechat', value: openidOf(who - (who % 2)) }]
            : [{ kind: 'phone', value: phoneOf(who) }];
    const began = performance.now();
    const { customer } = known.identify(identities, 'bench');
    const between = performance.now();
    known.timeline(customer.id, { limit: 50 });
    const ended = performance.now();
    times.identify.push(between - began);
    times.timeline.push(ended - between);
    times.both.push(ended - began);
    // Commits happen between contacts, as they do between turns of the server.
    if (number % 10 === 9) await new Promise((resolve) => setImmediate(resolve));
  }
  for (let number = 0; number < 500; number++) {
    const began = performance.now();
    known.timeline(idOf(number % regulars), { limit: 50 });
    times.regulars.push(performance.now() - began);
  }
  await journal.append([]);
  const count = (table: string) => database.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0;
  const sizes = { identities: count('identities'), interactions: count('interactions') };
  await journal.close();
  await opened.close();
  return {
    customers,
    ...sizes,
    gigabytes: gigabytesOf(folder),
    builtInSeconds: seconds,
    both: spread(times.both),
    identify: spread(times.identify),
    timeline: spread(times.timeline),
    regulars: spread(times.regulars),
  };
}

function spread(times: number[]): { p50: number; p99: number; most: number } {
  const sorted = [...times].sort((a, b) => a - b);
  const place = (share: number) =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0, 3);
  return { p50: place(0.5), p99: place(0.99), most: place(1) };
}
