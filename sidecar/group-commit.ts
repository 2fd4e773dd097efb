// All writes of one turn of the event loop are one transaction: one wait for the disk for all who came meanwhile.
import type { Database } from 'better-sqlite3';

interface Waiting {
  run(): void;
  taken(): void;
  failed(error: unknown): void;
}

export class GroupCommit {
  readonly #database: Database;
  #waiting: Waiting[] = [];
  #planned = false;
  #closed = false;
  readonly #all: (group: readonly Waiting[]) => { failed: Map<Waiting, unknown> };

  constructor(database: Database) {
    this.#database = database;
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
   * @param after is called at once when it is on the disk, in the order of the calls too; must not throw
   * @returns what `work` returned, once it is on the disk @throws what `work` threw, or what the disk says
   */
  run<Result>(work: () => Result, after?: (result: Result) => void): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new Error('the database is closed');
      let result: Result;
      this.#waiting.push({
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

  #commit(): void {
    this.#planned = false;
    const group = this.#waiting;
    if (group.length === 0) return;
    this.#waiting = [];
    try {
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
