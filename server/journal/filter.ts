import type { EventFilter, JournalEvent } from './types.ts';

/** Whether an event passes a filter; every member that is given must fit. */
export function matches(event: JournalEvent, filter: EventFilter): boolean {
  return (
    (filter.interaction === undefined || event.interaction === filter.interaction) &&
    (filter.agent === undefined || event.agent === filter.agent) &&
    (filter.queue === undefined || event.queue === filter.queue) &&
    (filter.site === undefined || event.site === filter.site) &&
    (filter.team === undefined || event.team === filter.team) &&
    (filter.types === undefined || filter.types.some((wanted) => matchesType(event.type, wanted)))
  );
}

function matchesType(type: string, wanted: string): boolean {
  return wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
}

/** The filter as SQL over the journal's columns. */
export function filterSql(filter: EventFilter): { where: string; values: string[] } {
  const parts: string[] = [];
  const values: string[] = [];
  for (const column of ['interaction', 'agent', 'queue', 'site', 'team'] as const) {
    const wanted = filter[column];
    if (wanted === undefined) continue;
    parts.push(`${column} = ?`);
    values.push(wanted);
  }
  if (filter.types !== undefined) {
    const types = filter.types.map((wanted) => {
      if (!wanted.endsWith('*')) {
        values.push(wanted);
        return 'type = ?';
      }
      const prefix = wanted.slice(0, -1);
      values.push(prefix, prefix);
      return 'substr(type, 1, length(?)) = ?';
    });
    parts.push(types.length === 0 ? '0' : `(${types.join(' OR ')})`);
  }
  return { where: parts.map((part) => ` AND ${part}`).join(''), values };
}
