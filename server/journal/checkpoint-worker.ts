// Runs in a worker thread: a passive checkpoint every second, one that also cuts the WAL file down once it has grown.
import { parentPort, workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import type { CheckpointReport } from './checkpointer.ts';

const { file, everyMs } = workerData as { file: string; everyMs: number };
/** 64 MB of 4 KB pages: beyond that the file is cut, which waits for readers (up to the busy timeout). */
const cutAtPages = 16_384;

const database = new Sqlite(file, { timeout: 200 });
database.pragma('synchronous = NORMAL');
let failing = false;

function report(message: CheckpointReport): void {
  parentPort?.postMessage(message);
}

const timer = setInterval(() => {
  try {
    const [passive] = database.pragma('wal_checkpoint(PASSIVE)') as { log: number }[];
    if ((passive?.log ?? 0) > cutAtPages) database.pragma('wal_checkpoint(TRUNCATE)');
    if (failing) report({ pages: passive?.log ?? 0 });
    failing = false;
  } catch (error) {
    // Once per spell of trouble: a full disk would otherwise fill the log every second.
    if (!failing) report({ failed: error instanceof Error ? error.message : String(error) });
    failing = true;
  }
}, everyMs);

parentPort?.on('message', () => {
  clearInterval(timer);
  database.close();
  parentPort?.close();
});
