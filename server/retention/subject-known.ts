// Whether there is, or ever was, what a hold is about: a hold on a mistyped id would protect nothing, and nobody would notice.
import type { Database } from 'better-sqlite3';
import { readJob } from '../journal/index.ts';
import type { Hold } from './holds.ts';

/** Records, and what stays of them where they are gone: events, figures. */
const traces: Record<Hold['kind'], string> = {
  customer: `SELECT 1 FROM customers WHERE id = :subject
    UNION ALL SELECT 1 FROM journal WHERE subject = :subject AND customer = :subject`,
  interaction: 'SELECT 1 FROM journal WHERE interaction = :subject',
  queue: `SELECT 1 FROM queues WHERE id = :subject
    UNION ALL SELECT 1 FROM interactions WHERE queue = :subject
    UNION ALL SELECT 1 FROM report_queues WHERE queue = :subject`,
};

export const subjectKnown = readJob(
  import.meta.url,
  'subjectKnown',
  (database: Database, { kind, subject }: Pick<Hold, 'kind' | 'subject'>): boolean =>
    database.prepare<{ subject: string }>(`${traces[kind]} LIMIT 1`).get({ subject }) !== undefined,
);
