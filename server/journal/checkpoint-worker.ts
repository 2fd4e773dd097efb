// Runs in a worker thread: a passive checkpoint every second. Under steady writing it never catches up wholly, so that the
// WAL grows; once it is large, one that keeps the writer out for its last few pages lets the file begin anew.
import { parentPort, workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import type { CheckpointReport } from './checkpointer.ts';

const { file, everyMs } = workerData as { file: string; everyMs: number };
/** 128 MB of 4 KB pages. */
const restartAtPages = 32_768;

const database = new Sqlite(file, { timeout: 200 });
database.pragma('synchronous = NORMAL');
let failing = false;

function report(message: CheckpointReport): void {
  parentPort?.postMessage(message);
}

const timer = setInterval(() => {
  try {
    const [passive] = database.pragma('wal_checkpoint(PASSIVE)') as { log: number }[];
    if ((passive?.log ?? 0) > restartAtPages) database.pragma('wal_checkpoint(RESTART)');
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
