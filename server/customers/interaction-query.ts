// A filter of interactions as SQL, led by the index that leaves the fewest rows to look at: this runs beside calls.
import type { AgentId, CustomerId, Millis, QueueId } from '../../values/index.ts';

export interface InteractionFilter {
  site?: string | undefined;
  team?: string | undefined;
  /** Of this team, or of none. */
  servedTeam?: string | undefined;
  /** Started at or after, and before. */
  since?: Millis | undefined;
  until?: Millis | undefined;
  channel?: string | undefined;
  direction?: string | undefined;
  outcome?: string | undefined;
  queue?: QueueId | undefined;
  /** Had a part in it, or was offered it. */
  agent?: AgentId | undefined;
  /** Of `agent`, without what she only declined or missed. */
  tookPart?: boolean | undefined;
  /** One, or all parts of a person. */
  customer?: CustomerId | readonly CustomerId[] | undefined;
  did?: string | undefined;
  trunk?: string | undefined;
  disposition?: string | undefined;
  /** The customer's number (who called, or who was called by us): E.164, or as received where it was not understood. */
  number?: string | undefined;
}

const equal = [
  'site',
  'team',
  'channel',
  'direction',
  'outcome',
  'queue',
  'did',
  'trunk',
  'disposition',
] as const satisfies readonly (keyof InteractionFilter)[];

/** @param after place in the order (newest first), as `cursorOf` made it */
export function interactionQuery(
  filter: InteractionFilter,
  after: string | undefined,
): { sql: string; values: (string | number)[] } {
  const parts: string[] = [];
  const values: (string | number)[] = [];
  const add = (part: string, ...given: (string | number)[]): void => {
    parts.push(part);
    values.push(...given);
  };
  let from = 'interactions AS i';
  let order = ['i.started_at', 'i.id'];
  if (filter.agent !== undefined) {
    // Her parts lie in the wanted order in an index of their own; of several in one contact, the first stands for it.
    from = 'interaction_agents AS a CROSS JOIN interactions AS i ON i.id = a.interaction';
    order = ['a.started_at', 'a.interaction'];
    const counts = (part: string): string =>
      filter.tookPart
        ? `(${part}.answered_at IS NOT NULL OR ${part}.outcome = 'accepted'
            OR (${part}.outcome IS NULL AND i.ended_at IS NULL))`
        : 'TRUE';
    add(`a.agent = ? AND ${counts('a')}`, filter.agent);
    add(`NOT EXISTS (SELECT 1 FROM interaction_agents AS b
      WHERE b.interaction = a.interaction AND b.agent = a.agent AND b.part < a.part AND ${counts('b')})`);
  } else if (filter.number !== undefined) {
    // One number has few contacts: found by two indexes and sorted. The plus keeps SQLite from walking through time.
    order = ['+i.started_at', '+i.id'];
  }
  if (filter.number !== undefined) {
    add("(i.from_e164 = ? OR (i.direction = 'out' AND i.to_e164 = ?))", filter.number, filter.number);
  }
  for (const field of equal) if (filter[field] !== undefined) add(`i.${field} = ?`, filter[field]);
  if (filter.customer !== undefined) {
    const ids = typeof filter.customer === 'string' ? [filter.customer] : filter.customer;
    add(`i.customer IN (${ids.map(() => '?').join(', ')})`, ...ids);
  }
  if (filter.servedTeam !== undefined) add('(i.team IS NULL OR i.team = ?)', filter.servedTeam);
  if (filter.since !== undefined) add(`${order[0]} >= ?`, filter.since);
  if (filter.until !== undefined) add(`${order[0]} < ?`, filter.until);
  const [, at, id] = /^(\d{1,16})\.([\w-]+)$/.exec(after ?? '') ?? [];
  if (at !== undefined && id !== undefined) add(`(${order.join(', ')}) < (?, ?)`, Number(at), id);
  const where = parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`;
  return {
    sql: `SELECT i.* FROM ${from} ${where} ORDER BY ${order.map((column) => `${column} DESC`).join(', ')} LIMIT ?`,
    values,
  };
}

export function cursorOf(interaction: { startedAt: Millis; id: string }): string {
  return `${interaction.startedAt}.${interaction.id}`;
}
