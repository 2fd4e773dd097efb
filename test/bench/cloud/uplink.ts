// The journal on its way to the cloud: how fast it catches up, how late a fact is there while it keeps up, what a call weighs on
// the line. The cloud is a process of its own on a real PostgreSQL; beside it, in the same database, PostgreSQL's bare insert of the
// same rows, which nothing that keeps them can outrun.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { pino } from 'pino';
import { uplinkSchema } from '../../../config/index.ts';
import {
  customerChanged,
  customerCreated,
  customerTagged,
  interactionAnswered,
  interactionEnded,
  interactionIdentified,
  interactionOfferEnded,
  interactionOffered,
  interactionQuality,
  interactionQueued,
  interactionStarted,
  interactionStep,
  interactionTalkEnded,
  interactionWrappedUp,
} from '../../../server/customers/index.ts';
import {
  databaseFile,
  newEvent,
  openDatabase,
  openJournal,
  openReader,
  type SiteJournal,
} from '../../../server/journal/index.ts';
import { openCloudLine, readPlan, Uplink } from '../../../server/uplink/index.ts';
import { newSiteKey } from '../../../uplink/index.ts';
import { systemClock } from '../../../values/index.ts';
import { Postgres } from '../../engines/postgres.ts';
import { cpuSeconds } from '../meter.ts';
import { percentile, round } from '../report.ts';

/** A busy site: what catching up is measured against. */
export const callsPerSecond = 10;
const logger = pino({ level: 'silent' });
const loopTickMs = 1;

export interface UplinkFigures {
  calls: number;
  events: number;
  eventsPerSecond: number;
  /** Against the rate at which a busy site makes them. */
  catchUpFactor: number;
  /** Of PostgreSQL's bare insert of the same rows. */
  bareInsertPerSecond: number;
  wireBytesPerCall: number;
  /** From the commit at the site until the cloud has it, ms, at `callsPerSecond`. */
  lag: { p50: number; p99: number };
  /** CPU of the cloud, µs per event; of the site's process, reading and sending. */
  cloudCpuUs: number;
  siteCpuUs: number;
  /** Delay of the site's event loop, on which calls are decided, while it catches up; ms. */
  loopDelay: { p50: number; p99: number; longest: number };
}

export async function measureUplink(calls: number, liveSeconds: number): Promise<UplinkFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'switchroom-bench-cloud-'));
  const postgres = await Postgres.start();
  const key = newSiteKey();
  const keyFile = join(folder, 'uplink.key');
  writeFileSync(keyFile, key.privateKey, { mode: 0o600 });
  const cloud = fork(join(import.meta.dirname, 'cloud-process.ts'), [postgres.url, key.publicKey]);
  const data = openDatabase({ directory: folder, logger });
  const { database } = data;
  const journal = openJournal({ database, site: 'bench', logger, clock: systemClock });
  const reader = openReader(join(folder, databaseFile), logger);
  let uplink: Uplink | undefined;
  try {
    const [url] = (await once(cloud, 'message')) as [string];
    for (let made = 0; made < calls; made += 100) await callsInto(journal, Math.min(100, calls - made), made);
    const settings = uplinkSchema.parse({ url, keyFile });
    uplink = new Uplink({
      line: openCloudLine(settings, 'bench', systemClock),
      plan: readPlan(undefined),
      key: Buffer.alloc(32, 7),
      journal,
      database,
      reader,
      clock: systemClock,
      logger,
      folder,
      alarm: settings.alarm,
    });
    const events = journal.last;
    const [cloudBefore, siteBefore] = [cpuSeconds(cloud.pid ?? 0), cpuSeconds(process.pid)];
    const delay = monitorEventLoopDelay({ resolution: loopTickMs });
    delay.enable();
    const began = performance.now();
    uplink.start();
    while (uplink.status().cursor < events) await pause(10);
    const seconds = (performance.now() - began) / 1_000;
    delay.disable();
    // The meter's own timer is in it.
    const late = (ns: number) => round(Math.max(0, ns / 1e6 - loopTickMs));
    const loopDelay = { p50: late(delay.percentile(50)), p99: late(delay.percentile(99)), longest: late(delay.max) };
    const cloudCpuUs = ((cpuSeconds(cloud.pid ?? 0) - cloudBefore) * 1e6) / events;
    const siteCpuUs = ((cpuSeconds(process.pid) - siteBefore) * 1e6) / events;
    const { wireBytes } = uplink.status();
    const lag = await live(journal, uplink, liveSeconds, calls);
    const eventsPerSecond = events / seconds;
    return {
      calls,
      events,
      eventsPerSecond: round(eventsPerSecond),
      catchUpFactor: round(eventsPerSecond / (callsPerSecond * (events / calls)), 1),
      bareInsertPerSecond: await bareInsert(postgres.url),
      wireBytesPerCall: round(wireBytes / calls),
      lag,
      cloudCpuUs: round(cloudCpuUs),
      siteCpuUs: round(siteCpuUs),
      loopDelay,
    };
  } finally {
    await uplink?.stop();
    await reader.close();
    await journal.close();
    await data.close();
    await ended(cloud);
    await postgres.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As many events as a queued, answered call of one menu makes. */
function callEvents(number: number, at: number) {
  const scope = { interaction: `int_bench${String(number).padStart(9, '0')}`, queue: 'service' };
  const agent = `10${String(number % 50).padStart(2, '0')}`;
  const offer = `off_${number}`;
  const from = `+86138${String(10_000_000 + (number % 1_000_000))}`;
  const customer = `cus_${number - (number % 3)}`;
  const quality = { codec: 'PCMU', received: 6_000, lost: 0, jitterMs: 0.4, mos: 4.4 };
  return [
    newEvent(
      interactionStarted,
      at,
      { channel: 'voice', direction: 'in', from, did: '95500', trunk: 'carrier' },
      scope,
    ),
    // Every third call is of somebody new; some of them get a tag or say their name.
    ...(number % 3 === 0
      ? [newEvent(customerCreated, at, { by: 'call', kind: 'phone', value: from, verified: false }, { customer })]
      : []),
    newEvent(interactionIdentified, at, { by: 'number' }, { ...scope, customer }),
    ...(number % 10 === 0 ? [newEvent(customerTagged, at, { by: agent, tag: 'vip' }, { customer })] : []),
    ...(number % 7 === 0 ? [newEvent(customerChanged, at, { by: agent, name: `Li ${number}` }, { customer })] : []),
    newEvent(interactionStep, at, { node: 'main', type: 'menu', label: 'account' }, scope),
    newEvent(interactionStep, at, { node: 'account', type: 'collect', value: '87654321' }, scope),
    newEvent(interactionQueued, at, { priority: 0 }, scope),
    newEvent(interactionOffered, at, { offer, deadline: at + 15_000 }, { ...scope, agent }),
    newEvent(interactionOfferEnded, at, { offer, outcome: 'accepted' }, { ...scope, agent }),
    newEvent(interactionAnswered, at, { offer, waitMs: 900 }, { ...scope, agent }),
    newEvent(interactionTalkEnded, at, { why: 'customer' }, { ...scope, agent }),
    newEvent(interactionEnded, at, { where: 'talk', by: 'customer' }, scope),
    newEvent(interactionQuality, at, { leg: 'leg_a', party: 'customer', ...quality }, scope),
    newEvent(interactionQuality, at, { leg: 'leg_b', party: 'agent', ...quality }, scope),
    newEvent(interactionWrappedUp, at, { ms: 4_000, how: 'done' }, { ...scope, agent }),
  ];
}

async function callsInto(journal: SiteJournal, count: number, first: number): Promise<number> {
  const events = Array.from({ length: count }, (_, i) => callEvents(first + i, Date.now())).flat();
  return (await journal.append(events)).seq ?? 0;
}

/** Calls at the rate of a busy site; when each is in the cloud. */
async function live(
  journal: SiteJournal,
  uplink: Uplink,
  seconds: number,
  first: number,
): Promise<UplinkFigures['lag']> {
  const lags: number[] = [];
  const waiting: { seq: number; at: number }[] = [];
  const look = setInterval(() => {
    const { cursor } = uplink.status();
    while (waiting[0] && waiting[0].seq <= cursor) lags.push(performance.now() - (waiting.shift()?.at ?? 0));
  }, 2);
  for (let call = 0; call < seconds * callsPerSecond; call++) {
    const seq = await callsInto(journal, 1, first + call);
    waiting.push({ seq, at: performance.now() });
    await pause(1_000 / callsPerSecond);
  }
  while (waiting.length > 0) await pause(10);
  clearInterval(look);
  return { p50: round(percentile(lags, 0.5) ?? Number.NaN), p99: round(percentile(lags, 0.99) ?? Number.NaN) };
}

/** The rows that are there, into a table like theirs, by one statement of 2,000 rows after the other. */
async function bareInsert(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<object>('SELECT * FROM events ORDER BY seq LIMIT 100000');
  await client.query('CREATE TABLE bare (LIKE events INCLUDING ALL)');
  const began = performance.now();
  for (let at = 0; at < rows.length; at += 2_000) {
    const some = JSON.stringify(rows.slice(at, at + 2_000));
    await client.query('INSERT INTO bare SELECT * FROM jsonb_populate_recordset(NULL::bare, $1::jsonb)', [some]);
  }
  const seconds = (performance.now() - began) / 1_000;
  await client.end();
  return round(rows.length / seconds);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
