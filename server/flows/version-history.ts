// Every version of a flow or a moment that was in use, to compare with and to go back to.
import { hash } from 'node:crypto';
import type { Database, Statement } from 'better-sqlite3';
import type { Clock, Millis } from '../../values/index.ts';
import type { Journal } from '../journal/index.ts';

/** Table `<kind>_versions`, with the name in the column `<kind>`. */
export type VersionedKind = 'flow' | 'moment';

export interface TextVersion {
  version: string;
  at: Millis;
  by?: string | undefined;
}

export class VersionHistory {
  readonly #kind: VersionedKind;
  readonly #journal: Pick<Journal, 'append'>;
  readonly #clock: Clock;
  readonly #list: Statement;
  readonly #text: Statement;
  /** Versions that are in the table. */
  readonly #known = new Set<string>();
  /** Who saved a version that is not in use yet. */
  readonly #savedBy = new Map<string, string>();

  constructor(database: Database, journal: Pick<Journal, 'append'>, clock: Clock, kind: VersionedKind = 'flow') {
    this.#kind = kind;
    this.#journal = journal;
    this.#clock = clock;
    this.#list = database.prepare(
      `SELECT version, at, by FROM ${kind}_versions WHERE ${kind} = ? ORDER BY at DESC, rowid DESC`,
    );
    this.#text = database.prepare(`SELECT text FROM ${kind}_versions WHERE ${kind} = ? AND version = ?`).pluck();
    const known = database.prepare<[], { name: string; version: string }>(
      `SELECT ${kind} AS name, version FROM ${kind}_versions`,
    );
    for (const { name, version } of known.all()) this.#known.add(`${name} ${version}`);
  }

  /** Somebody is about to save this version. */
  saves(version: string, by: string): void {
    this.#savedBy.set(version, by);
  }

  /** A version is in use; kept where it is new. */
  async keep(name: string, version: string, text: string): Promise<void> {
    const key = `${name} ${version}`;
    if (this.#known.has(key)) return;
    this.#known.add(key);
    const by = this.#savedBy.get(version) ?? null;
    this.#savedBy.delete(version);
    const at = this.#clock.now();
    await this.#journal.append([], (database) => {
      database
        .prepare(
          `INSERT OR IGNORE INTO ${this.#kind}_versions (${this.#kind}, version, at, by, text) VALUES (?, ?, ?, ?, ?)`,
        )
        .run(name, version, at, by, text);
    });
  }

  /** Newest first. */
  list(name: string): TextVersion[] {
    const rows = this.#list.all(name) as { version: string; at: number; by: string | null }[];
    return rows.map(({ version, at, by }) => ({ version, at, ...(by === null ? {} : { by }) }));
  }

  /** Text of the version that was in use last. @param now of the file: where that itself was in use, it was the last one */
  lastText(name: string, now?: string): string | undefined {
    const same = now === undefined ? undefined : this.text(name, hash('sha256', now));
    const [newest] = this.list(name);
    return same ?? (newest && this.text(name, newest.version));
  }

  text(name: string, version: string): string | undefined {
    return this.#text.get(name, version) as string | undefined;
  }
}
