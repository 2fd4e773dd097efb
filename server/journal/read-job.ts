// What may run on a reading connection: a function of the database and plain data, named by its module, so that a worker
// thread finds it by itself.
import type { Database } from 'better-sqlite3';

/** Answers at once. `Args` and `Answer` are plain data (structured clone). */
export interface ReadJob<Args, Answer> {
  readonly module: string;
  readonly name: string;
  run(database: Database, args: Args): Answer;
}

/** Answers piece by piece; nothing of the database may be held open between two pieces. */
export interface ReadStream<Args> {
  readonly module: string;
  readonly name: string;
  pieces(database: Database, args: Args): Iterable<string>;
}

/**
 * Defines a read that runs off the main thread.
 * @param module `import.meta.url` of the file
 * @param name under which that file exports what is made here
 */
export function readJob<Args, Answer>(
  module: string,
  name: string,
  run: (database: Database, args: Args) => Answer,
): ReadJob<Args, Answer> {
  return { module, name, run };
}

/** As `readJob`, for what is too long to be held in memory. */
export function readStream<Args>(
  module: string,
  name: string,
  pieces: (database: Database, args: Args) => Iterable<string>,
): ReadStream<Args> {
  return { module, name, pieces };
}
