// The cloud's process is killed while SIPp calls come, and started again under the calls that follow: whether the calls noticed,
// whether the cloud has every event that may leave, once and in order, and how fast it caught up.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import pg from 'pg';
import { type EgressPlan, outgoing } from '../../../server/egress/index.ts';
import { databaseFile, eventsAfter } from '../../../server/journal/index.ts';
import { newSiteKey } from '../../../uplink/index.ts';
import { Postgres } from '../../engines/postgres.ts';
import { runStep } from '../load.ts';
import { startSwitchroom } from '../peers/switchroom.ts';
import { round } from '../report.ts';

const talkMs = 2_000;
/** Calls before the cut and after it, s. */
const aroundS = 5;

export interface CutFigures {
  /** Calls that SIPp made; contacts that the site has of them, and the cloud. */
  calls: number;
  contacts: number;
  inCloud: number;
  cutS: number;
  okShare: number;
  /** The same before the cut, during it, and after it, while it catches up. */
  okShares: number[];
  /** Events of the site that may leave. */
  events: number;
  /** Of them, not in the cloud; in the cloud twice, or though they may not leave; batches that do not follow the one before. */
  lacking: number;
  doubled: number;
  disordered: number;
  behindAtMost: number;
  caughtUpMs: number;
  /** The time of the cut over that of catching up. */
  catchUpFactor: number;
}

interface Status {
  state: string;
  behind: number;
}

export async function measureCut({ rate, seconds }: { rate: number; seconds: number }): Promise<CutFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'switchroom-cut-'));
  const postgres = await Postgres.start();
  const key = newSiteKey();
  const keyFile = join(folder, 'uplink.key');
  writeFileSync(keyFile, key.privateKey, { mode: 0o600 });
  let cloud: ChildProcess | undefined;
  let peer: Awaited<ReturnType<typeof startSwitchroom>> | undefined;
  try {
    let url: string;
    ({ cloud, url } = await startCloud(postgres.url, key.publicKey));
    const env = { SWITCHROOM_SITE: 'bench', SWITCHROOM_UPLINK_URL: url, SWITCHROOM_UPLINK_KEY_FILE: keyFile };
    peer = await startSwitchroom({ capacity: 1_000, record: false, firstAgentPort: 5601, env });
    const { product } = peer;
    const status = async () => (await product.must<{ uplink: Status }>('GET', '/uplink')).uplink;
    const caughtUp = async () => {
      for (;;) {
        const { state, behind } = await status();
        if (state === 'idle' && behind === 0) return;
        await pause(20);
      }
    };
    const steps = [await runStep(peer, { rate, seconds: aroundS, talkMs })];
    await caughtUp();

    await killed(cloud);
    const cutAt = performance.now();
    steps.push(await runStep(peer, { rate, seconds, talkMs }));
    const { behind: behindAtMost } = await status();
    const cutS = (performance.now() - cutAt) / 1_000;
    ({ cloud } = await startCloud(postgres.url, '', new URL(url).port));
    const backAt = await sendingAgain(status, behindAtMost);
    await caughtUp();
    const caughtUpMs = performance.now() - backAt;
    steps.push(await runStep(peer, { rate, seconds: aroundS, talkMs }));
    await caughtUp();

    const { wanted, contacts } = leaving(join(product.settings.data, databaseFile));
    const received = await inCloud(postgres.url);
    const calls = steps.reduce((sum, { created }) => sum + created, 0);
    return {
      calls,
      contacts,
      inCloud: received.contacts,
      cutS: round(cutS),
      okShares: steps.map(({ okShare }) => round(okShare, 4)),
      okShare: steps.reduce((sum, { okShare, created }) => sum + okShare * created, 0) / calls,
      events: wanted.length,
      ...differences(wanted, received),
      behindAtMost,
      caughtUpMs: round(caughtUpMs),
      catchUpFactor: round((cutS * 1_000) / caughtUpMs, 1),
    };
  } finally {
    await peer?.close();
    if (cloud) await killed(cloud);
    await postgres.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startCloud(
  database: string,
  publicKey: string,
  port = '0',
): Promise<{ cloud: ChildProcess; url: string }> {
  const cloud = fork(join(import.meta.dirname, 'cloud-process.ts'), [database, publicKey, port]);
  const [url] = (await once(cloud, 'message')) as [string];
  return { cloud, url };
}

async function killed(cloud: ChildProcess): Promise<void> {
  if (cloud.exitCode !== null || cloud.signalCode !== null) return;
  const gone = once(cloud, 'exit');
  cloud.kill('SIGKILL');
  await gone;
}

/** When the first batch was taken: before, the site waits for its next try. */
async function sendingAgain(status: () => Promise<Status>, behind: number): Promise<number> {
  for (;;) {
    const before = performance.now();
    const now = await status();
    if (now.state !== 'lost' || now.behind < behind) return before;
    await pause(5);
  }
}

/** Numbers of the site's events that its policy lets leave, and how many contacts it has. */
function leaving(file: string): { wanted: number[]; contacts: number } {
  const database = new Database(file, { readonly: true });
  try {
    // The one in use, as the site logged it.
    const row = database.prepare<[], { id: string; plan: string }>('SELECT id, plan FROM egress_policies').get();
    const plan = { id: row?.id ?? '', events: JSON.parse(row?.plan ?? '{}') as EgressPlan['events'] };
    const key = Buffer.alloc(32);
    const wanted: number[] = [];
    const contacts = new Set<string>();
    let after = 0;
    for (;;) {
      const events = eventsAfter(database, after, 2_000);
      if (events.length === 0) return { wanted, contacts: contacts.size };
      for (const event of events) {
        if (outgoing(event, plan, key)) wanted.push(event.seq);
        if (event.type === 'interaction.started') contacts.add(event.interaction ?? '');
      }
      after = events.at(-1)?.seq ?? after;
    }
  } finally {
    database.close();
  }
}

interface Received {
  seqs: number[];
  /** In the order in which they were taken. */
  batches: { after: number; upto: number }[];
  contacts: number;
}

async function inCloud(url: string): Promise<Received> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const events = await client.query<{ seq: number }>('SELECT seq::int FROM events');
    const batches = await client.query<{ after: number; upto: number }>(
      'SELECT after::int, upto::int FROM batches ORDER BY at, upto',
    );
    const contacts = await client.query<{ count: number }>('SELECT count(*)::int AS count FROM interactions');
    return {
      seqs: events.rows.map(({ seq }) => seq),
      batches: batches.rows,
      contacts: contacts.rows[0]?.count ?? 0,
    };
  } finally {
    await client.end();
  }
}

/** What the site happened to write after the last look is not counted. */
function differences(
  wanted: readonly number[],
  { seqs, batches }: Received,
): Pick<CutFigures, 'lacking' | 'doubled' | 'disordered'> {
  const last = batches.at(-1)?.upto ?? 0;
  const found = new Set(seqs);
  const may = new Set(wanted);
  return {
    lacking: wanted.filter((seq) => seq <= last && !found.has(seq)).length,
    doubled: seqs.length - found.size + seqs.filter((seq) => !may.has(seq)).length,
    disordered: batches.filter(({ after }, at) => after !== (batches[at - 1]?.upto ?? 0)).length,
  };
}
