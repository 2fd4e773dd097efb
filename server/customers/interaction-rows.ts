// The record's tables: written by the projector, read by timeline and API.
import type { Database, Statement } from 'better-sqlite3';
import type { InteractionRecord, RecordingRecord } from './interaction-record.ts';

/** Column, field, and whether the field is JSON. */
const columns = [
  ['id', 'id'],
  ['site', 'site'],
  ['team', 'team'],
  ['channel', 'channel'],
  ['direction', 'direction'],
  ['call_id', 'callId'],
  ['customer', 'customer'],
  ['identified_by', 'identifiedBy'],
  ['from_e164', 'from'],
  ['from_dialled', 'fromDialled'],
  ['from_name', 'fromName'],
  ['to_e164', 'to'],
  ['to_dialled', 'toDialled'],
  ['trunk', 'trunk'],
  ['did', 'did'],
  ['language', 'language'],
  ['flow', 'flow'],
  ['flow_version', 'flowVersion'],
  ['path', 'path', 'json'],
  ['queue', 'queue'],
  ['agent', 'agent'],
  ['started_at', 'startedAt'],
  ['queued_at', 'queuedAt'],
  ['answered_at', 'answeredAt'],
  ['ended_at', 'endedAt'],
  ['wait_ms', 'waitMs'],
  ['talk_ms', 'talkMs'],
  ['hold_ms', 'holdMs'],
  ['wrap_up_ms', 'wrapUpMs'],
  ['outcome', 'outcome'],
  ['ended_where', 'endedWhere'],
  ['ended_by', 'endedBy'],
  ['cause', 'cause'],
  ['sip_status', 'sipStatus'],
  ['transfers', 'transfers', 'json'],
  ['parties', 'parties', 'json'],
  ['disposition', 'disposition'],
  ['note', 'note'],
  ['quality', 'quality', 'json'],
  ['recordings', 'recordings', 'json'],
  ['last_seq', 'lastSeq'],
  ['thread', 'thread'],
] as const satisfies readonly (readonly [string, keyof InteractionRecord, 'json'?])[];

/**
 * Columns that stand in indexes. They change once or twice in a call, and its record is written four times: writing them
 * with the same value all the same would take every index entry out and put it in again.
 */
const indexed: readonly string[] = ['id', 'direction', 'customer', 'from_e164', 'to_e164', 'queue', 'started_at'];

/** Where the values of the update stand among the columns: those that may change, then those that must not have. */
const places = columns.map(([column], at) => ({ column, at }));
const updating: readonly number[] = [
  ...places.filter(({ column }) => !indexed.includes(column)).map(({ at }) => at),
  ...indexed.map((name) => places.findIndex(({ column }) => column === name)),
];

export type Cells = Record<string, string | number | null>;

export class InteractionRows {
  readonly #db: Database;
  readonly #put: Statement;
  readonly #update: Statement;
  readonly #putPart: Statement;
  readonly #dropParts: Statement<[string, number]>;
  readonly #putRecording: Statement;
  readonly #get: Statement<[string], Cells>;
  readonly #parts: Statement<[string], Cells>;
  readonly #recordings: Statement<[string], Cells>;
  readonly #recording: Statement<[string], Cells>;

  constructor(db: Database) {
    this.#db = db;
    const names = columns.map(([column]) => column);
    this.#put = db.prepare(
      `INSERT INTO interactions (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
       ON CONFLICT (id) DO UPDATE SET ${names
         .slice(1)
         .map((column) => `${column} = excluded.${column}`)
         .join(', ')}`,
    );
    this.#update = db.prepare(
      `UPDATE interactions SET ${names
        .filter((column) => !indexed.includes(column))
        .map((column) => `${column} = ?`)
        .join(', ')} WHERE ${indexed.map((column) => `${column} IS ?`).join(' AND ')}`,
    );
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

  put(record: InteractionRecord): void {
    const cells = columns.map(([, field, json]) => {
      if (field === 'recordings') return JSON.stringify(record.recordings.map(({ id }) => id));
      const value = record[field];
      if (value === undefined) return null;
      return json ? JSON.stringify(value) : value;
    });
    if (this.#update.run(...updating.map((at) => cells[at])).changes === 0) this.#put.run(...cells);
    const { id, site, team, startedAt } = record;
    for (const [at, part] of record.agents.entries()) {
      const { agent, queue, offeredAt, outcome, answeredAt, endedAt, talkMs, holdMs, wrapUpMs } = part;
      const times = [offeredAt ?? null, outcome ?? null, answeredAt ?? null, endedAt ?? null];
      this.#putPart.run(id, at + 1, agent, queue ?? null, ...times, talkMs, holdMs, wrapUpMs, startedAt);
    }
    this.#dropParts.run(id, record.agents.length);
    for (const recording of record.recordings) {
      const { agent, endedAt, ms, bytes, sha256 } = recording;
      const rest = [endedAt, ms, bytes, sha256].map((value) => value ?? null);
      this.#putRecording.run(recording.id, id, site, team ?? null, agent ?? null, recording.startedAt, ...rest);
    }
  }

  get(id: string): InteractionRecord | undefined {
    const cells = this.#get.get(id);
    return cells === undefined ? undefined : this.read(cells);
  }

  /** A row of `interactions` as a record, with its parts and recordings. */
  read(cells: Cells): InteractionRecord {
    const record: Record<string, unknown> = {};
    for (const [column, field, json] of columns as readonly (readonly [string, string, 'json'?])[]) {
      const cell = cells[column];
      if (cell === null || cell === undefined) continue;
      record[field] = json ? JSON.parse(cell as string) : cell;
    }
    const id = cells.id as string;
    const agents = this.#parts.all(id).map(partOf);
    const recordings = this.#recordings.all(id).map(recordingOf);
    return { ...(record as unknown as InteractionRecord), agents, recordings };
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

function partOf(cells: Cells): InteractionRecord['agents'][number] {
  return dropEmpty({
    agent: cells.agent,
    queue: cells.queue,
    offeredAt: cells.offered_at,
    outcome: cells.outcome,
    answeredAt: cells.answered_at,
    endedAt: cells.ended_at,
    talkMs: cells.talk_ms,
    holdMs: cells.hold_ms,
    wrapUpMs: cells.wrap_up_ms,
  }) as unknown as InteractionRecord['agents'][number];
}

function recordingOf(cells: Cells): RecordingRecord {
  return dropEmpty({
    id: cells.id,
    agent: cells.agent,
    startedAt: cells.started_at,
    endedAt: cells.ended_at,
    ms: cells.ms,
    bytes: cells.bytes,
    sha256: cells.sha256,
  }) as unknown as RecordingRecord;
}

function dropEmpty(cells: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(cells).filter(([, value]) => value !== null && value !== undefined));
}
