// Checkpoints copy the WAL into the database file and wait for the disk: on the main thread that would be a pause of all
// calls. So a worker with a connection of its own does them; should it fail, SQLite's automatic ones take over.
import { Worker } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import type { Logger } from 'pino';

export interface Checkpointer {
  /** Ends the worker; the last connection that closes makes the last checkpoint. */
  stop(): Promise<void>;
}

export type CheckpointReport = { pages: number } | { failed: string };

export function startCheckpointer(database: Database, logger: Logger): Checkpointer {
  let stopping = false;
  const worker = new Worker(new URL('./checkpoint-worker.ts', import.meta.url), {
    workerData: { file: database.name, everyMs: 1_000 },
  });
  worker.unref();
  database.pragma('wal_autocheckpoint = 0');
  const fallBack = (error: unknown): void => {
    if (stopping) return;
    logger.error({ err: error }, 'checkpoint worker failed; checkpoints run on the main thread from now on');
    if (database.open) database.pragma('wal_autocheckpoint = 1000');
  };
  worker.on('message', (report: CheckpointReport) => {
    if ('failed' in report) logger.warn({ reason: report.failed }, 'checkpoint failed; will be tried again');
  });
  worker.on('error', fallBack);
  const ended = new Promise<void>((resolve) => {
    worker.on('exit', (code) => {
      if (code !== 0) fallBack(new Error(`checkpoint worker ended with code ${code}`));
      resolve();
    });
  });
  return {
    async stop() {
      stopping = true;
      worker.ref();
      worker.postMessage('stop');
      await ended;
    },
  };
}
