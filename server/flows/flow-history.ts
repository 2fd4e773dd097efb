// Every version of a flow that was in use, to compare with and to go back to.
import type { Database, Statement } from 'better-sqlite3';
import type { Clock, Millis } from '../../values/index.ts';
import type { Journal } from '../journal/index.ts';

export interface FlowVersion {
  version: string;
  at: Millis;
  by?: string | undefined;
}

export class FlowHistory {
  readonly #journal: Pick<Journal, 'append'>;
  readonly #clock: Clock;
  readonly #list: Statement;
  readonly #text: Statement;
  /** Versions that are in the table. */
  readonly #known = new Set<string>();
  /** Who saved a version that is not in use yet. */
  readonly #savedBy = new Map<string, string>();

  constructor(database: Database, journal: Pick<Journal, 'append'>, clock: Clock) {
    this.#journal = journal;
    this.#clock = clock;
    this.#list = database.prepare(
      'SELECT version, at, by FROM flow_versions WHERE flow = ? ORDER BY at DESC, rowid DESC',
    );
    this.#text = database.prepare('SELECT text FROM flow_versions WHERE flow = ? AND version = ?').pluck();
    for (const { flow, version } of database.prepare('SELECT flow, version FROM flow_versions').all() as {
      flow: string;
      version: string;
    }[]) {
      this.#known.add(`${flow} ${version}`);
    }
  }

  /** Somebody is about to save this version. */
  saves(version: string, by: string): void {
    this.#savedBy.set(version, by);
  }

  /** A version is in use; kept where it is new. */
  async keep(flow: string, version: string, text: string): Promise<void> {
    const key = `${flow} ${version}`;
    if (this.#known.has(key)) return;
    this.#known.add(key);
    const by = this.#savedBy.get(version) ?? null;
    this.#savedBy.delete(version);
    const at = this.#clock.now();
    await this.#journal.append([], (database) => {
      database
        .prepare('INSERT OR IGNORE INTO flow_versions (flow, version, at, by, text) VALUES (?, ?, ?, ?, ?)')
        .run(flow, version, at, by, text);
    });
  }

  /** Newest first. */
  list(flow: string): FlowVersion[] {
    const rows = this.#list.all(flow) as { version: string; at: number; by: string | null }[];
    return rows.map(({ version, at, by }) => ({ version, at, ...(by === null ? {} : { by }) }));
  }

  text(flow: string, version: string): string | undefined {
    return this.#text.get(flow, version) as string | undefined;
  }
}
