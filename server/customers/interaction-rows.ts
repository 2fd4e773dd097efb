// The record's tables: written by the projector, read by timeline and API.
import type { Database, Statement } from 'better-sqlite3';
import {
  type Cell,
  type Cells,
  cellsOf,
  columnNames,
  partCells,
  partOf,
  recordingCells,
  recordingOf,
  recordOf,
} from './interaction-cells.ts';
import type { InteractionRecord, RecordingRecord } from './interaction-record.ts';

/**
 * Columns that stand in indexes. They change once or twice in a call: writing them with the same value all the same would
 * take every index entry out and put it in again.
 */
const indexed: readonly string[] = ['direction', 'customer', 'from_e164', 'to_e164', 'queue', 'started_at'];

const places = columnNames.map((column, at) => ({ column, at })).slice(1);
const indexedAt = places.filter(({ column }) => indexed.includes(column)).map(({ at }) => at);
const otherAt = places.filter(({ column }) => !indexed.includes(column)).map(({ at }) => at);

/** What the tables hold of a record since it was written last, so that the next time only what changed is written. */
export interface Stored {
  indexed: Cell[];
  parts: Cell[][];
  recordings: Cell[][];
}

export class InteractionRows {
  readonly #db: Database;
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #updateIndexed: Statement;
  readonly #putPart: Statement;
  readonly #dropParts: Statement<[string, number]>;
  readonly #putRecording: Statement;
  readonly #get: Statement<[string], Cells>;
  readonly #parts: Statement<[string], Cells>;
  readonly #recordings: Statement<[string], Cells>;
  readonly #recording: Statement<[string], Cells>;

  constructor(db: Database) {
    this.#db = db;
    const marks = columnNames.map(() => '?').join(', ');
    const setting = (at: readonly number[]) => at.map((one) => `${columnNames[one]} = ?`).join(', ');
    this.#insert = db.prepare(
      `INSERT INTO interactions (${columnNames.join(', ')}) VALUES (${marks}) ON CONFLICT (id) DO NOTHING`,
    );
    this.#update = db.prepare(`UPDATE interactions SET ${setting(otherAt)} WHERE id = ?`);
    this.#updateIndexed = db.prepare(`UPDATE interactions SET ${setting(indexedAt)} WHERE id = ?`);
    this.#putPart = db.prepare(
      `INSERT OR REPLACE INTO interaction_agents (interaction, part, agent, queue, offered_at, outcome, answered_at,
         ended_at, talk_ms, hold_ms, wrap_up_ms, started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#dropParts = db.prepare('DELETE FROM interaction_agents WHERE interaction = ? AND part > ?');
    this.#putRecording = db.prepare(
      `INSERT OR REPLACE INTO recordings (id, interaction, site, team, agent, started_at, ended_at, ms, bytes, sha256)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#get = db.prepare('SELECT * FROM interactions WHERE id = ?');
    this.#parts = db.prepare('SELECT * FROM interaction_agents WHERE interaction = ? ORDER BY part');
    this.#recordings = db.prepare('SELECT * FROM recordings WHERE interaction = ? ORDER BY started_at, id');
    this.#recording = db.prepare('SELECT * FROM recordings WHERE id = ?');
  }

  /**
   * Writes a record with its parts and recordings.
   * @param stored what the last `put` of it answered, once that was committed; absent: nothing is known of its rows
   */
  put(record: InteractionRecord, stored?: Stored): Stored {
    const cells = cellsOf(record);
    const now: Stored = {
      indexed: indexedAt.map((at) => cells[at] ?? null),
      parts: record.agents.map((part, at) => partCells(record, at + 1, part)),
      recordings: record.recordings.map((recording) => recordingCells(record, recording)),
    };
    const fresh = stored === undefined && this.#insert.run(cells).changes > 0;
    if (!fresh) {
      const others = otherAt.map((at) => cells[at]);
      // Its row was taken away meanwhile.
      if (this.#update.run(...others, record.id).changes === 0) return this.put(record);
      if (!same(stored?.indexed, now.indexed)) this.#updateIndexed.run(...now.indexed, record.id);
      if (stored === undefined || stored.parts.length > now.parts.length)
        this.#dropParts.run(record.id, now.parts.length);
    }
    for (const [at, part] of now.parts.entries()) if (!same(stored?.parts[at], part)) this.#putPart.run(part);
    for (const [at, recording] of now.recordings.entries())
      if (!same(stored?.recordings[at], recording)) this.#putRecording.run(recording);
    return now;
  }

  get(id: string): InteractionRecord | undefined {
    const cells = this.#get.get(id);
    return cells === undefined ? undefined : this.read(cells);
  }

  /** A row of `interactions` as a record, with its parts and recordings. */
  read(cells: Cells): InteractionRecord {
    const id = cells.id as string;
    return recordOf(cells, this.#parts.all(id).map(partOf), this.#recordings.all(id).map(recordingOf));
  }

  recording(
    id: string,
  ): (RecordingRecord & { interaction: string; site: string; team?: string | undefined }) | undefined {
    const cells = this.#recording.get(id);
    if (cells === undefined) return undefined;
    const place = { interaction: cells.interaction as string, site: cells.site as string };
    return { ...recordingOf(cells), ...place, team: (cells.team ?? undefined) as string | undefined };
  }

  remove(interactions: readonly string[]): void {
    if (interactions.length === 0) return;
    const all = JSON.stringify(interactions);
    for (const [table, column] of [
      ['interactions', 'id'],
      ['interaction_agents', 'interaction'],
      ['recordings', 'interaction'],
    ])
      this.#db.prepare(`DELETE FROM ${table} WHERE ${column} IN (SELECT value FROM json_each(?))`).run(all);
  }

  clear(): void {
    this.#db.exec('DELETE FROM interactions; DELETE FROM interaction_agents; DELETE FROM recordings');
  }
}

function same(before: readonly Cell[] | undefined, now: readonly Cell[]): boolean {
  return before?.every((cell, at) => cell === now[at]) ?? false;
}
