// All writes of one turn of the event loop are one transaction: one wait for the disk for all who came meanwhile. Where nobody was
// promised anything yet there is no wait at all: such writes are safe from a crash of the program at once, and from a power cut
// with the next ones that are waited for.
import type { Database } from 'better-sqlite3';

/** What became of a work besides its result. */
export interface CommitOptions<Result> {
  /** Called at once when it is committed, in the order of the calls; must not throw. */
  after?: ((result: Result) => void) | undefined;
  /** A power cut may undo it: it is done again then, from what was committed before, and does no harm twice. */
  repeatable?: boolean | undefined;
}

interface Waiting {
  repeatable: boolean;
  run(): void;
  taken(): void;
  failed(error: unknown): void;
}

export class GroupCommit {
  readonly #database: Database;
  /** Whether a commit waits for the disk, as the database is set just now. */
  #waits = true;
  #waiting: Waiting[] = [];
  #planned = false;
  #closed = false;
  readonly #mayWait: boolean;
  readonly #all: (group: readonly Waiting[]) => { failed: Map<Waiting, unknown> };

  constructor(database: Database) {
    this.#database = database;
    // 2: FULL.
    this.#mayWait = database.pragma('synchronous', { simple: true }) === 2;
    const one = database.transaction((waiting: Waiting) => waiting.run());
    this.#all = database.transaction((group: readonly Waiting[]) => {
      const failures = new Map<Waiting, unknown>();
      for (const waiting of group) {
        try {
          // A savepoint: what fails leaves nothing behind, and the others stay.
          one(waiting);
        } catch (error) {
          if (!database.inTransaction) throw error;
          failures.set(waiting, error);
        }
      }
      return { failed: failures };
    }).immediate;
  }

  /**
   * Runs in order of the calls.
   * @returns what `work` returned, once it is on the disk @throws what `work` threw, or what the disk says
   */
  run<Result>(work: () => Result, { after, repeatable = false }: CommitOptions<Result> = {}): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new Error('the database is closed');
      let result: Result;
      this.#waiting.push({
        repeatable,
        run: () => {
          result = work();
        },
        taken: () => {
          after?.(result);
          resolve(result);
        },
        failed: reject,
      });
      if (this.#planned) return;
      this.#planned = true;
      setImmediate(() => this.#commit());
    });
  }

  /** Commits what waits, and closes the database. */
  close(): void {
    this.#commit();
    this.#closed = true;
    this.#database.close();
  }

  /** In WAL mode a commit that waits makes all earlier ones safe as well. A chat log, which never waits, stays as it is. */
  #waitFor(disk: boolean): void {
    if (disk === this.#waits || !this.#mayWait) return;
    this.#database.pragma(`synchronous = ${disk ? 'FULL' : 'NORMAL'}`);
    this.#waits = disk;
  }

  #commit(): void {
    this.#planned = false;
    const group = this.#waiting;
    if (group.length === 0) return;
    this.#waiting = [];
    try {
      this.#waitFor(group.some(({ repeatable }) => !repeatable));
      const { failed } = this.#all(group);
      for (const one of group) {
        if (failed.has(one)) one.failed(failed.get(one));
        else one.taken();
      }
    } catch (error) {
      for (const one of group) one.failed(error);
    }
  }
}
