// The report tables: figures are added up in memory and added to their rows; what is open is kept beside them.
import type { Database, Statement } from 'better-sqlite3';
import type { AgentId, Channel, Millis, OfferId, QueueId } from '../../values/index.ts';
import { type AgentFigure, agentFigures, type QueueFigure, queueFigures } from './figures.ts';
import type { AgentState, ContactState, QueueState, ReportFold, Sink, WorkState } from './fold.ts';

interface Row {
  key: (string | number)[];
  amounts: Map<string, number>;
  longest: number;
}

/** Gathers what the fold adds until it is written. */
export class Gathered implements Sink {
  readonly queues = new Map<string, Row>();
  readonly agents = new Map<string, Row>();
  readonly reasons = new Map<string, Row>();

  queue(slot: Millis, team: string, queue: QueueId, channel: Channel, figure: QueueFigure, amount: number): void {
    add(this.#ofQueue(slot, team, queue, channel), figure, amount);
  }

  longest(slot: Millis, team: string, queue: QueueId, channel: Channel, ms: number): void {
    const row = this.#ofQueue(slot, team, queue, channel);
    row.longest = Math.max(row.longest, ms);
  }

  agent(slot: Millis, team: string, agent: AgentId, figure: AgentFigure, amount: number): void {
    const name = `${slot}\0${team}\0${agent}`;
    add(this.agents.get(name) ?? newRow(this.agents, name, [slot, team, agent]), figure, amount);
  }

  reason(slot: Millis, team: string, agent: AgentId, reason: string, ms: number): void {
    const name = `${slot}\0${team}\0${agent}\0${reason}`;
    add(this.reasons.get(name) ?? newRow(this.reasons, name, [slot, team, agent, reason]), 'ms', ms);
  }

  #ofQueue(slot: Millis, team: string, queue: QueueId, channel: Channel): Row {
    const name = `${slot}\0${team}\0${queue}\0${channel}`;
    return this.queues.get(name) ?? newRow(this.queues, name, [slot, team, queue, channel]);
  }

  get empty(): boolean {
    return this.queues.size + this.agents.size + this.reasons.size === 0;
  }
}

function newRow(rows: Map<string, Row>, name: string, key: (string | number)[]): Row {
  const row = { key, amounts: new Map(), longest: 0 };
  rows.set(name, row);
  return row;
}

function add(row: Row, figure: string, amount: number): void {
  row.amounts.set(figure, (row.amounts.get(figure) ?? 0) + amount);
}

/** Columns are quoted: `full` is a word of SQL. */
function upsert(
  database: Database,
  table: string,
  keys: string[],
  figures: readonly string[],
  most: string[],
): Statement {
  const columns = [...keys, ...figures, ...most];
  const sums = figures.map((name) => `"${name}" = "${name}" + excluded."${name}"`);
  const largest = most.map((name) => `"${name}" = max("${name}", excluded."${name}")`);
  return database.prepare(
    `INSERT INTO ${table} (${columns.map((name) => `"${name}"`).join(', ')})
     VALUES (${columns.map(() => '?').join(', ')})
     ON CONFLICT DO UPDATE SET ${[...sums, ...largest].join(', ')}`,
  );
}

export class ReportRows {
  readonly #database: Database;
  readonly #queues: Statement;
  readonly #agents: Statement;
  readonly #reasons: Statement;
  readonly #putState: Statement;
  readonly #dropState: Statement;

  constructor(database: Database) {
    this.#database = database;
    const queueKeys = ['start', 'team', 'queue', 'channel'];
    this.#queues = upsert(database, 'report_queues', queueKeys, queueFigures, ['longest_wait_ms']);
    this.#agents = upsert(database, 'report_agents', ['start', 'team', 'agent'], agentFigures, []);
    this.#reasons = upsert(database, 'report_reasons', ['start', 'team', 'agent', 'reason'], ['ms'], []);
    this.#putState = database.prepare(
      'INSERT INTO report_state (name, state) VALUES (?, ?) ON CONFLICT DO UPDATE SET state = excluded.state',
    );
    this.#dropState = database.prepare('DELETE FROM report_state WHERE name IN (SELECT value FROM json_each(?))');
  }

  /** @param state JSON by name; undefined: no longer open */
  write({ queues, agents, reasons }: Gathered, state: ReadonlyMap<string, string | undefined>): void {
    for (const { key, amounts, longest } of queues.values())
      this.#queues.run(...key, ...of(amounts, queueFigures), longest);
    for (const { key, amounts } of agents.values()) this.#agents.run(...key, ...of(amounts, agentFigures));
    for (const { key, amounts } of reasons.values()) this.#reasons.run(...key, amounts.get('ms') ?? 0);
    const closed: string[] = [];
    for (const [name, json] of state) {
      if (json === undefined) closed.push(name);
      else this.#putState.run(name, json);
    }
    // Of contacts there are hundreds: one statement for all of them.
    if (closed.length > 0) this.#dropState.run(JSON.stringify(closed));
  }

  clear(): void {
    const tables = ['report_queues', 'report_agents', 'report_reasons', 'report_state'];
    for (const table of tables) this.#database.exec(`DELETE FROM ${table}`);
  }
}

function of(amounts: Map<string, number>, figures: readonly string[]): number[] {
  return figures.map((figure) => Math.round(amounts.get(figure) ?? 0));
}

/** Fills a fold with what is kept as open. @param only names that begin so, such as `agent ` */
export function readState(database: Database, fold: ReportFold, only = ''): void {
  const rows = database
    .prepare<[string, string], { name: string; state: string }>(
      'SELECT name, state FROM report_state WHERE substr(name, 1, length(?)) = ?',
    )
    .all(only, only);
  for (const { name, state } of rows) {
    const [kind = '', id = ''] = name.split(/ (.*)/s);
    if (kind === 'agent') fold.agents.set(id, readAgent(state));
    else if (kind === 'contact') fold.contacts.set(id, JSON.parse(state) as ContactState);
    else fold.queues.set(id, JSON.parse(state) as QueueState);
  }
}

function readAgent(state: string): AgentState {
  const agent = JSON.parse(state) as Omit<AgentState, 'works'> & { works: Record<OfferId, WorkState> };
  return { ...agent, works: new Map(Object.entries(agent.works)) };
}

function writeAgent(agent: AgentState): string {
  return JSON.stringify({ ...agent, works: Object.fromEntries(agent.works) });
}

/** What is open under those names, as JSON. */
export function stateOf(fold: ReportFold, names: Iterable<string>): Map<string, string | undefined> {
  const found = new Map<string, string | undefined>();
  for (const name of names) {
    const [kind = '', id = ''] = name.split(/ (.*)/s);
    const agent = kind === 'agent' ? fold.agents.get(id) : undefined;
    const open = kind === 'contact' ? fold.contacts.get(id) : kind === 'queue' ? fold.queues.get(id) : undefined;
    found.set(name, agent ? writeAgent(agent) : open && JSON.stringify(open));
  }
  return found;
}
