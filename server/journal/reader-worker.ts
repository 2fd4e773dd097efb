// Runs in a worker thread: reads for lists, reports and exports, on a connection that cannot write.
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import type { ReadJob, ReadStream } from './read-job.ts';
import type { ReaderReply, ReaderRequest } from './reader-protocol.ts';

const { file } = workerData as { file: string };
/** Calls go first: on Linux this lowers this thread alone. */
const niceness = 10;
if (process.platform === 'linux') setPriority(0, niceness);

const database = new Sqlite(file, { readonly: true, timeout: 2_000 });
database.pragma('query_only = ON');
database.pragma('cache_size = -32768');
database.pragma('temp_store = MEMORY');
const streams = new Map<number, Iterator<string>>();

function reply(message: ReaderReply): void {
  parentPort?.postMessage(message);
}

async function find(module: string, name: string): Promise<unknown> {
  const loaded = (await import(module)) as Record<string, unknown>;
  const job = loaded[name];
  if (job === undefined) throw new Error(`${module} does not export ${name}`);
  return job;
}

function next(id: number): void {
  const result = streams.get(id)?.next();
  if (result?.done !== false) streams.delete(id);
  reply({ id, piece: result?.done === false ? result.value : undefined });
}

async function serve(request: Exclude<ReaderRequest, { do: 'stop' }>): Promise<void> {
  const { id } = request;
  switch (request.do) {
    case 'run': {
      const job = (await find(request.module, request.name)) as ReadJob<unknown, unknown>;
      reply({ id, answer: job.run(database, request.args) });
      return;
    }
    case 'begin': {
      const stream = (await find(request.module, request.name)) as ReadStream<unknown>;
      streams.set(id, stream.pieces(database, request.args)[Symbol.iterator]());
      next(id);
      return;
    }
    case 'more':
      next(id);
      return;
    case 'end':
      streams.get(id)?.return?.();
      streams.delete(id);
      return;
  }
}

parentPort?.on('message', (request: ReaderRequest) => {
  if (request.do === 'stop') {
    database.close();
    parentPort?.close();
    return;
  }
  serve(request).catch((error: unknown) => {
    streams.delete(request.id);
    reply({ id: request.id, failed: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  });
});
