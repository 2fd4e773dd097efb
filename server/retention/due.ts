// What a rule takes away at a moment: ended contacts that are old enough, in the rule's queues, under no hold, not done yet.
import type { Database } from 'better-sqlite3';
import type { Kind, Rule } from './policy.ts';

const dayMs = 86_400_000;

/** The rows of messages stay, empty, where what was said is gone; what goes with the person goes with them. */
const hasWords = `EXISTS (SELECT 1 FROM messages WHERE interaction = i.id)
      AND NOT EXISTS (SELECT 1 FROM removals WHERE kind IN ('messages', 'personal') AND id = i.id)`;

/** What is still there of a kind, for one interaction `i`; and the id that is taken away. */
const still: Record<Kind, { id: string; join: string; there: string }> = {
  recordings: {
    id: 'r.id',
    join: 'JOIN recordings r ON r.interaction = i.id',
    there: `r.ended_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM removals WHERE kind = 'recordings' AND id = r.id)`,
  },
  messages: {
    id: 'i.id',
    join: '',
    there: `${hasWords}
      AND NOT EXISTS (SELECT 1 FROM conversations WHERE interaction = i.id AND open = 1)`,
  },
  personal: {
    id: 'i.id',
    join: '',
    there: `NOT EXISTS (SELECT 1 FROM removals WHERE kind = 'personal' AND id = i.id)`,
  },
  interactions: {
    id: 'i.id',
    join: '',
    // The record is what a recording is found by: it goes last.
    there: `NOT EXISTS (SELECT 1 FROM recordings r WHERE r.interaction = i.id
      AND NOT EXISTS (SELECT 1 FROM removals WHERE kind = 'recordings' AND id = r.id))
      AND NOT (${hasWords})`,
  },
};

export interface DueOptions {
  rule: Rule;
  rules: readonly Rule[];
  /** Every id of customers under hold, merged ones included. */
  heldCustomers: readonly string[];
  now: number;
  limit: number;
  /** Only what comes after; for counting without taking away. */
  after?: string;
}

/** Ids of recordings or interactions, in order of their ids. */
export function due(database: Database, options: DueOptions): string[] {
  const { rule, rules, heldCustomers, now, limit, after = '' } = options;
  const { id, join, there } = still[rule.kind];
  const others = rules.filter(({ kind }) => kind === rule.kind).flatMap(({ queues = [] }) => queues);
  const place = rule.queues
    ? 'i.queue IN (SELECT value FROM json_each(:queues))'
    : '(i.queue IS NULL OR i.queue NOT IN (SELECT value FROM json_each(:queues)))';
  return database
    .prepare<object, string>(
      `SELECT ${id} FROM interactions i ${join}
         WHERE i.ended_at < :before AND ${id} > :after AND ${place} AND ${there}
           AND NOT EXISTS (SELECT 1 FROM holds h WHERE (h.kind = 'interaction' AND h.subject = i.id)
             OR (h.kind = 'queue' AND EXISTS (SELECT 1 FROM journal j
               WHERE j.interaction = i.id AND j.queue = h.subject)))
           AND (i.customer IS NULL OR i.customer NOT IN (SELECT value FROM json_each(:held)))
         ORDER BY ${id} LIMIT :limit`,
    )
    .pluck()
    .all({
      before: now - rule.days * dayMs,
      after,
      queues: JSON.stringify(rule.queues ?? others),
      held: JSON.stringify(heldCustomers),
      limit,
    });
}
