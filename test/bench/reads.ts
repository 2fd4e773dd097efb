// What an export of 100,000 interactions does to the event loop on which calls are decided: its delay with and without
// the export, on the reading worker and, for comparison, on the main thread itself.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pino } from 'pino';
import { interactionCsv } from '../../server/api/interaction-csv.ts';
import {
  type InteractionRecord,
  InteractionRows,
  interactionStarted,
  listInteractions,
} from '../../server/customers/index.ts';
import { newEvent, openDatabase, openJournal } from '../../server/journal/index.ts';
import { systemClock } from '../../values/index.ts';
import { benchOptions, finish, goal } from './report.ts';

const options = benchOptions();
const rows = options.quick ? 20_000 : 100_000;
/** Interactions that begin per second beside the export, each an event of the journal. */
const perSecond = 100;

const folder = mkdtempSync(path.join(tmpdir(), 'bench-reads-'));
const logger = pino({ level: 'silent' });
const data = openDatabase({ directory: folder, logger });
const journal = openJournal({ database: data.database, site: 'bench', logger, clock: systemClock });

function record(number: number): InteractionRecord {
  const at = 1_700_000_000_000 + number * 900;
  const id = `int_${String(number).padStart(8, '0')}`;
  return {
    id,
    site: 'bench',
    channel: 'voice',
    direction: 'in',
    from: `+86138${String(number).padStart(8, '0')}`,
    did: '95500',
    flow: 'bank',
    queue: `queue${number % 10}`,
    agent: `${1_000 + (number % 200)}`,
    path: [{ at, node: 'menu', type: 'menu', label: 'Cards', value: '2' }],
    agents: [
      { agent: `${1_000 + (number % 200)}`, offeredAt: at, answeredAt: at, talkMs: 90_000, holdMs: 0, wrapUpMs: 9_000 },
    ],
    startedAt: at,
    waitMs: 8_000,
    talkMs: 90_000,
    holdMs: 0,
    wrapUpMs: 9_000,
    outcome: 'answered',
    parties: [],
    transfers: [],
    quality: [],
    recordings: [],
    lastSeq: number,
  };
}

async function fill(): Promise<void> {
  const table = new InteractionRows(data.database);
  for (let number = 0; number < rows; ) {
    data.database.transaction(() => {
      for (const end = Math.min(rows, number + 2_000); number < end; number++) table.put(record(number));
    })();
    await nextTurn();
  }
}

interface Delay {
  p50: number;
  p99: number;
  most: number;
  tookMs: number;
  bytes: number;
}

/** Delay of the loop, ms, while interactions begin and, where given, an export runs. */
async function delay(pieces: AsyncIterable<string> | undefined, leastMs: number): Promise<Delay> {
  let number = 0;
  const beat = setInterval(() => {
    const scope = { interaction: `int_live${++number}` };
    void journal.append([newEvent(interactionStarted, Date.now(), { channel: 'voice', direction: 'in' }, scope)]);
  }, 1_000 / perSecond);
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  const began = performance.now();
  let bytes = 0;
  if (pieces) for await (const piece of pieces) bytes += piece.length;
  const took = performance.now() - began;
  const rest = leastMs - took;
  if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
  histogram.disable();
  clearInterval(beat);
  // The timer itself waits 1 ms.
  const ms = (ns: number) => Math.max(0, ns / 1e6 - 1);
  return {
    p50: ms(histogram.percentile(50)),
    p99: ms(histogram.percentile(99)),
    most: ms(histogram.max),
    tookMs: took,
    bytes,
  };
}

/** The same on the main thread, which turns to others after each page. */
async function* here(): AsyncIterable<string> {
  for (const piece of interactionCsv.pieces(data.database, {})) {
    yield piece;
    await nextTurn();
  }
}

try {
  await fill();
  await data.reader.ask(listInteractions, { filter: {}, limit: 1 });
  const idle = await delay(undefined, 5_000);
  const worker = await delay(data.reader.stream(interactionCsv, {}), 0);
  const main = await delay(here(), 0);
  const shown = (each: Delay) =>
    Object.fromEntries(Object.entries(each).map(([key, value]) => [key, Math.round(value * 100) / 100]));
  finish(
    'reads',
    [goal('p99 of the loop delay with an export, over that without', worker.p99 - idle.p99, '≤', 5, 'ms')],
    { rows, perSecond, withoutExport: shown(idle), onWorker: shown(worker), onMainThread: shown(main) },
    options,
  );
} finally {
  await journal.close();
  await data.close();
  rmSync(folder, { recursive: true });
}
