// The record as cells of its tables, and back.
import type { AgentPart, InteractionRecord, RecordingRecord } from './interaction-record.ts';

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

export const columnNames: readonly string[] = columns.map(([column]) => column);

export type Cell = string | number | null;
export type Cells = Record<string, Cell>;

/** Of the table `interactions`, in the order of `columnNames`. */
export function cellsOf(record: InteractionRecord): Cell[] {
  return columns.map(([, field, json]) => {
    if (field === 'recordings') return JSON.stringify(record.recordings.map(({ id }) => id));
    const value = record[field];
    if (value === undefined) return null;
    return json ? JSON.stringify(value) : (value as Cell);
  });
}

/** Of `interaction_agents`. @param part from 1 */
export function partCells({ id, startedAt }: InteractionRecord, part: number, of: AgentPart): Cell[] {
  const { agent, queue, offeredAt, outcome, answeredAt, endedAt, talkMs, holdMs, wrapUpMs } = of;
  const times = [offeredAt ?? null, outcome ?? null, answeredAt ?? null, endedAt ?? null];
  return [id, part, agent, queue ?? null, ...times, talkMs, holdMs, wrapUpMs, startedAt];
}

/** Of `recordings`. */
export function recordingCells({ id, site, team }: InteractionRecord, recording: RecordingRecord): Cell[] {
  const { agent, startedAt, endedAt, ms, bytes, sha256 } = recording;
  const rest = [endedAt ?? null, ms ?? null, bytes ?? null, sha256 ?? null];
  return [recording.id, id, site, team ?? null, agent ?? null, startedAt, ...rest];
}

/** A row of `interactions` with its parts and recordings. */
export function recordOf(cells: Cells, agents: AgentPart[], recordings: RecordingRecord[]): InteractionRecord {
  const record: Record<string, unknown> = {};
  for (const [column, field, json] of columns as readonly (readonly [string, string, 'json'?])[]) {
    const cell = cells[column];
    if (cell === null || cell === undefined) continue;
    record[field] = json ? JSON.parse(cell as string) : cell;
  }
  return { ...(record as unknown as InteractionRecord), agents, recordings };
}

/** A row of `interaction_agents`. */
export function partOf(cells: Cells): AgentPart {
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
  }) as unknown as AgentPart;
}

/** A row of `recordings`. */
export function recordingOf(cells: Cells): RecordingRecord {
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

/** A copy of a record under way, as it is read where it is written. */
export function asRead(record: InteractionRecord): InteractionRecord {
  const cells = cellsOf(record);
  const named = Object.fromEntries(columnNames.map((name, at) => [name, cells[at] ?? null]));
  const agents = record.agents.map(({ offer: _offer, ...part }) => dropEmpty(part) as unknown as AgentPart);
  const recordings = record.recordings
    .map((recording) => dropEmpty({ ...recording }) as unknown as RecordingRecord)
    .sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
  return recordOf(named, agents, recordings);
}

function dropEmpty(cells: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(cells).filter(([, value]) => value !== null && value !== undefined));
}
