// Figures across the sites of a tenant, straight from the interactions.
import type { Millis } from '../values/index.ts';
import type { Store } from './store.ts';

/** Each site's by itself, or all sites of the tenant together: queues that have one name are one. */
export type Of = 'site' | 'all';

export interface QueueFigures {
  /** null: of all sites. */
  site: string | null;
  queue: string | null;
  channel: string;
  /** Contacts that entered the queue. */
  offered: number;
  answered: number;
  abandoned: number;
  /** Answered within `withinMs`, of those offered (variant b of docs/reports.md: abandoned ones count). */
  inTime: number;
  averageWaitMs: number | null;
  averageTalkMs: number | null;
}

export interface Span {
  from: Millis;
  to: Millis;
}

const site: Readonly<Record<Of, string>> = { site: 'site', all: 'NULL::text AS site' };

export async function queueFigures(
  store: Store,
  tenant: string,
  { from, to }: Span,
  withinMs: Millis,
  of: Of = 'site',
): Promise<QueueFigures[]> {
  const { rows } = await store.pool.query<QueueFigures>(
    `SELECT ${site[of]}, queue, channel, count(*)::int AS offered,
       count(answered_at)::int AS answered,
       count(*) FILTER (WHERE abandoned)::int AS abandoned,
       count(*) FILTER (WHERE answered_at IS NOT NULL AND wait_ms <= $4)::int AS "inTime",
       round(avg(wait_ms) FILTER (WHERE answered_at IS NOT NULL))::bigint AS "averageWaitMs",
       round(avg(talk_ms) FILTER (WHERE answered_at IS NOT NULL))::bigint AS "averageTalkMs"
     FROM interactions
     WHERE tenant = $1 AND started_at >= $2 AND started_at < $3 AND queued_at IS NOT NULL
     GROUP BY 1, queue, channel ORDER BY 1, queue, channel`,
    [tenant, from, to, withinMs],
  );
  return rows;
}

export interface DayFigures {
  /** UTC day, `2026-11-22`. */
  day: string;
  /** null: of all sites. */
  site: string | null;
  contacts: number;
  answered: number;
}

export async function dayFigures(
  store: Store,
  tenant: string,
  { from, to }: Span,
  of: Of = 'site',
): Promise<DayFigures[]> {
  const { rows } = await store.pool.query<DayFigures>(
    `SELECT to_char(to_timestamp(started_at / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, ${site[of]},
       count(*)::int AS contacts, count(answered_at)::int AS answered
     FROM interactions WHERE tenant = $1 AND started_at >= $2 AND started_at < $3
     GROUP BY 1, 2 ORDER BY 1, 2`,
    [tenant, from, to],
  );
  return rows;
}

/** The timeline of a person across sites, newest first. @param hash of one of her identities */
export async function timelineOf(store: Store, tenant: string, hash: string, limit: number): Promise<object[]> {
  const { rows } = await store.pool.query<object>(
    `WITH her AS (SELECT array_agg(o.hash) AS hashes FROM profile_identities i JOIN profile_identities o USING (tenant, profile)
       WHERE i.tenant = $1 AND i.hash = $2)
     SELECT site, interaction, channel, direction, started_at AS "startedAt", ended_at AS "endedAt", queue, agent, disposition
     FROM interactions, her WHERE tenant = $1 AND identities && coalesce(her.hashes, ARRAY[$2])
     ORDER BY started_at DESC LIMIT $3`,
    [tenant, hash, limit],
  );
  return rows;
}
