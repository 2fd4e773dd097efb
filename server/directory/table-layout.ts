// How a record's fields lie in their table's columns.
export type As = 'text' | 'integer' | 'boolean' | 'json';

export interface Layout {
  table: string;
  /** The first column is the key. */
  columns: readonly (readonly [column: string, field: string, as: As])[];
}

type Cell = string | number | Buffer | null;

export function toCell(value: unknown, as: As): Cell {
  if (value === undefined || value === null) return null;
  if (as === 'json') return JSON.stringify(value);
  if (as === 'boolean') return value ? 1 : 0;
  return value as string | number;
}

export function fromCells(cells: Record<string, unknown>, layout: Layout): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const [column, field, as] of layout.columns) {
    const cell = cells[column];
    if (cell === null || cell === undefined) continue;
    if (as === 'json') record[field] = JSON.parse(cell as string);
    else record[field] = as === 'boolean' ? cell === 1 : cell;
  }
  return record;
}

/** Upsert by key, columns in order of the layout. */
export function putSql({ table, columns }: Layout): string {
  const names = columns.map(([column]) => column);
  const updates = names.slice(1).map((column) => `${column} = excluded.${column}`);
  return `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
    ON CONFLICT (${names[0]}) DO UPDATE SET ${updates.join(', ')}`;
}

const scope = [
  ['site', 'site', 'text'],
  ['team', 'team', 'text'],
] as const;

export const layouts = {
  skill: { table: 'skills', columns: [['name', 'name', 'text'], ...scope] },
  hours: {
    table: 'hours',
    columns: [
      ['name', 'name', 'text'],
      ...scope,
      ['label', 'label', 'json'],
      ['note', 'note', 'text'],
      ['time_zone', 'timeZone', 'text'],
      ['open', 'open', 'json'],
      ['closed_on', 'closedOn', 'json'],
      ['open_on', 'openOn', 'json'],
    ],
  },
  queue: {
    table: 'queues',
    columns: [
      ['id', 'id', 'text'],
      ...scope,
      ['name', 'name', 'json'],
      ['strategy', 'strategy', 'text'],
      ['priority', 'priority', 'integer'],
      ['skills', 'skills', 'json'],
      ['ring_ms', 'ringMs', 'integer'],
      ['max_wait_ms', 'maxWaitMs', 'integer'],
      ['wrap_up_ms', 'wrapUpMs', 'integer'],
      ['rings', 'rings', 'json'],
      ['service_level_ms', 'serviceLevelMs', 'integer'],
      ['dispositions', 'dispositions', 'json'],
      ['disposition_required', 'dispositionRequired', 'boolean'],
      ['record', 'record', 'boolean'],
      ['music', 'music', 'text'],
      ['announce_every_ms', 'announceEveryMs', 'integer'],
      ['when_empty', 'whenEmpty', 'text'],
      ['tell_monitored', 'tellMonitored', 'boolean'],
      ['pop_url', 'popUrl', 'text'],
      ['pop_by_itself', 'popByItself', 'boolean'],
      ['hours', 'hours', 'text'],
      ['at_close', 'atClose', 'text'],
      ['max_length', 'maxLength', 'integer'],
      ['exclusion_ms', 'exclusionMs', 'integer'],
      ['language_skill', 'languageSkill', 'boolean'],
      ['language_skill_ms', 'languageSkillMs', 'integer'],
      ['disposition_missing', 'dispositionMissing', 'text'],
      ['wrap_up_limit_ms', 'wrapUpLimitMs', 'integer'],
      ['thresholds', 'thresholds', 'json'],
      ['first_answer_ms', 'firstAnswerMs', 'json'],
    ],
  },
  agent: {
    table: 'agents',
    columns: [
      ['id', 'id', 'text'],
      ...scope,
      ['name', 'name', 'text'],
      ['roles', 'roles', 'json'],
      ['language', 'language', 'text'],
      ['phone', 'phone', 'json'],
      ['auto_answer', 'autoAnswer', 'boolean'],
      ['skills', 'skills', 'json'],
      ['queues', 'queues', 'json'],
      ['capacity', 'capacity', 'json'],
      ['announce_number', 'announceNumber', 'boolean'],
      ['dial_classes', 'dialClasses', 'json'],
      ['disabled', 'disabled', 'boolean'],
    ],
  },
  did: {
    table: 'dids',
    columns: [['number', 'number', 'text'], ...scope, ['flow', 'flow', 'text'], ['language', 'language', 'text']],
  },
  channel: {
    table: 'channels',
    columns: [
      ['id', 'id', 'text'],
      ...scope,
      ['name', 'name', 'json'],
      ['kind', 'kind', 'text'],
      ['channel', 'channel', 'text'],
      ['target', 'to', 'json'],
      ['language', 'language', 'text'],
      ['priority', 'priority', 'integer'],
      ['skills', 'skills', 'json'],
      ['first_answer_ms', 'firstAnswerMs', 'integer'],
      ['idle_ms', 'idleMs', 'integer'],
      ['return_ms', 'returnMs', 'integer'],
      ['approval', 'approval', 'boolean'],
      ['joining', 'joining', 'text'],
      ['warn_ms', 'warnMs', 'integer'],
      ['late_raise', 'lateRaise', 'integer'],
      ['most_per_minute', 'mostPerMinute', 'integer'],
      ['disabled', 'disabled', 'boolean'],
    ],
  },
  trunk: {
    table: 'trunks',
    columns: [
      ['name', 'name', 'text'],
      ...scope,
      ['sources', 'sources', 'json'],
      ['uri', 'uri', 'text'],
      ['inbound_auth', 'inboundAuth', 'json'],
      ['outbound_user', 'outboundUser', 'text'],
      ['outbound_sealed', 'outboundSealed', 'text'],
      ['country', 'country', 'text'],
      ['max_calls', 'maxCalls', 'integer'],
    ],
  },
  'sip-user': {
    table: 'sip_users',
    columns: [
      ['user', 'user', 'text'],
      ...scope,
      ['realm', 'realm', 'text'],
      ['md5', 'md5', 'text'],
      ['sha256', 'sha256', 'text'],
      ['agent', 'agent', 'text'],
    ],
  },
  'dial-rule': {
    table: 'dial_rules',
    columns: [
      ['prefix', 'prefix', 'text'],
      ['trunk', 'trunk', 'text'],
      ['strip', 'strip', 'integer'],
      ['prepend', 'prepend', 'text'],
      ['allow', 'allow', 'boolean'],
      ['class', 'class', 'text'],
    ],
  },
} as const satisfies Record<string, Layout>;
