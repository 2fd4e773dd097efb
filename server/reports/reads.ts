// The reports themselves, for the reading worker: slots gathered to intervals of the site's wall clock.
import type { Database } from 'better-sqlite3';
import type { Millis } from '../../values/index.ts';
import { readJob } from '../journal/index.ts';
import { type AgentFigure, agentFigures, queueFigures } from './figures.ts';
import { ReportFold } from './fold.ts';
import { type IntervalLength, slotOf, ZoneClock } from './intervals.ts';
import {
  type AgentCounts,
  type AgentKeyFigures,
  agentKeyFigures,
  type QueueCounts,
  type QueueKeyFigures,
  queueKeyFigures,
} from './key-figures.ts';
import { readState } from './report-rows.ts';
import type { ServiceLevelVariant } from './service-level.ts';

export interface ReportArgs {
  /** Whole slots: from the one in which `from` lies, to before the one in which `until` lies. */
  from: Millis;
  until: Millis;
  interval: IntervalLength;
  timeZone: string;
  /** Of this team. */
  team?: string | undefined;
  /** Of this team, or of none. */
  servedTeam?: string | undefined;
}

export interface QueueReportArgs extends ReportArgs {
  queues?: string[] | undefined;
  channel?: string | undefined;
  variant: ServiceLevelVariant;
  /** One line for all queues of an interval together. */
  together: boolean;
}

export interface AgentReportArgs extends ReportArgs {
  agents?: string[] | undefined;
  /** One line for all agents of an interval together. */
  together?: boolean | undefined;
  now: Millis;
}

export interface Interval {
  start: Millis;
  /** The wall clock of the site: `2026-03-29T02:30+02:00`. */
  local: string;
}

export type QueueReportRow = Interval & { queue?: string } & QueueKeyFigures;
export type AgentReportRow = Interval & { agent?: string } & AgentKeyFigures;

type Cells = Record<string, number | string>;

const queueColumns = [...queueFigures, 'longest_wait_ms'] as const;

/** Contacts by interval and queue. */
export const queueReport = readJob(
  import.meta.url,
  'queueReport',
  (database, args: QueueReportArgs): QueueReportRow[] => {
    const { queues, channel, variant, together, interval, from } = args;
    const { where, values } = scopeSql(args, 'queue', queues);
    const sums = queueFigures.map((name) => `sum("${name}") AS "${name}"`).join(', ');
    // One after the other: of years and many queues there are millions.
    const rows = database
      .prepare<unknown[], Cells>(
        `SELECT start, queue, ${sums}, max(longest_wait_ms) AS longest_wait_ms FROM report_queues
       WHERE ${where}${channel === undefined ? '' : ' AND channel = ?'} GROUP BY start, queue`,
      )
      .iterate(...values, ...(channel === undefined ? [] : [channel]));
    const clock = new ZoneClock(args.timeZone);
    const lines = new Map<string, { start: Millis; queue: string; counts: QueueCounts }>();
    for (const row of rows) {
      const start = clock.startOf(row.start as number, interval, from);
      const queue = together ? '' : (row.queue as string);
      const key = `${start} ${queue}`;
      let line = lines.get(key);
      if (!line) {
        line = { start, queue, counts: zero(queueColumns) };
        lines.set(key, line);
      }
      for (const name of queueFigures) line.counts[name] += row[name] as number;
      line.counts.longest_wait_ms = Math.max(line.counts.longest_wait_ms, row.longest_wait_ms as number);
    }
    return [...lines.values()].sort(inOrder(({ queue }) => queue)).map(({ start, queue, counts }) => ({
      start,
      local: clock.label(start),
      ...(together ? {} : { queue }),
      ...queueKeyFigures(counts, variant),
    }));
  },
);

/** Agents by interval; what they are at now is counted up to now. */
export const agentReport = readJob(
  import.meta.url,
  'agentReport',
  (database, args: AgentReportArgs): AgentReportRow[] => {
    const { agents, interval, from, together } = args;
    const { where, values } = scopeSql(args, 'agent', agents);
    const clock = new ZoneClock(args.timeZone);
    const lines = new Map<
      string,
      { start: Millis; agent: string; counts: AgentCounts; reasons: Map<string, number> }
    >();
    const lineOf = (slot: Millis, of: string) => {
      const agent = together ? '' : of;
      const start = clock.startOf(slot, interval, from);
      const key = `${start} ${agent}`;
      let line = lines.get(key);
      if (!line) {
        line = { start, agent, counts: zero(agentFigures), reasons: new Map() };
        lines.set(key, line);
      }
      return line;
    };
    const sums = agentFigures.map((name) => `sum("${name}") AS "${name}"`).join(', ');
    const counted = database
      .prepare<unknown[], Cells>(`SELECT start, agent, ${sums} FROM report_agents WHERE ${where} GROUP BY start, agent`)
      .iterate(...values);
    for (const row of counted) {
      const { counts } = lineOf(row.start as number, row.agent as string);
      for (const name of agentFigures) counts[name] += row[name] as number;
    }
    const reasons = database
      .prepare<unknown[], Cells>(
        `SELECT start, agent, reason, sum(ms) AS ms FROM report_reasons WHERE ${where} GROUP BY start, agent, reason`,
      )
      .iterate(...values);
    const addReason = (slot: Millis, agent: string, reason: string, ms: number) => {
      const line = lineOf(slot, agent);
      line.reasons.set(reason, (line.reasons.get(reason) ?? 0) + ms);
    };
    for (const row of reasons)
      addReason(row.start as number, row.agent as string, row.reason as string, row.ms as number);
    addOpen(database, args, {
      agent: (slot, agent, figure, amount) => {
        lineOf(slot, agent).counts[figure] += amount;
      },
      reason: addReason,
    });
    return [...lines.values()].sort(inOrder(({ agent }) => agent)).map(({ start, agent, counts, reasons: by }) => ({
      start,
      local: clock.label(start),
      ...(together ? {} : { agent }),
      ...agentKeyFigures(counts, by),
    }));
  },
);

/** What agents are at since the last event of theirs is in no row yet. */
function addOpen(
  database: Database,
  args: AgentReportArgs,
  give: {
    agent(slot: Millis, agent: string, figure: AgentFigure, amount: number): void;
    reason(slot: Millis, agent: string, reason: string, ms: number): void;
  },
): void {
  const wanted = (slot: Millis, team: string, agent: string) =>
    slot >= slotOf(args.from) &&
    slot < slotOf(args.until) &&
    (args.agents === undefined || args.agents.includes(agent)) &&
    (args.team === undefined || team === args.team) &&
    (args.servedTeam === undefined || team === '' || team === args.servedTeam);
  const fold = new ReportFold({
    queue: () => {},
    longest: () => {},
    agent: (slot, team, agent, figure, amount) => {
      if (wanted(slot, team, agent)) give.agent(slot, agent, figure, amount);
    },
    reason: (slot, team, agent, reason, ms) => {
      if (wanted(slot, team, agent)) give.reason(slot, agent, reason, ms);
    },
  });
  readState(database, fold, 'agent ');
  for (const agent of fold.agents.keys()) fold.accrue(agent, args.now);
}

function scopeSql(
  { from, until, team, servedTeam }: ReportArgs,
  name: 'queue' | 'agent',
  wanted: string[] | undefined,
): { where: string; values: (string | number)[] } {
  const parts = ['start >= ?', 'start < ?'];
  const values: (string | number)[] = [slotOf(from), slotOf(until)];
  if (wanted !== undefined) {
    parts.push(`${name} IN (${wanted.map(() => '?').join(', ')})`);
    values.push(...wanted);
  }
  if (team !== undefined) {
    parts.push('team = ?');
    values.push(team);
  }
  if (servedTeam !== undefined) {
    parts.push("team IN ('', ?)");
    values.push(servedTeam);
  }
  return { where: parts.join(' AND '), values };
}

function zero<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}

function inOrder<Line extends { start: Millis }>(name: (line: Line) => string): (a: Line, b: Line) => number {
  return (a, b) => a.start - b.start || (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0);
}
