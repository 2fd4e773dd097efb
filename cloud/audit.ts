// The cloud's audit log: what was done to tenants, their sites and tokens, by whom. Each row is written in the transaction
// of the deed itself, and its hash covers the row before: one that was changed or taken out later is found. Who could write
// the whole table anew is caught by the last hash, noted elsewhere.
import { hash } from 'node:crypto';
import { userInfo } from 'node:os';
import type { Millis } from '../values/index.ts';
import type { Client, Store } from './store.ts';

export interface Deed {
  type:
    | 'tenant.added'
    | 'site.added'
    | 'site.disabled'
    | 'site.enabled'
    | 'site.settled'
    | 'token.created'
    | 'token.revoked';
  tenant: string;
  /** What more there is to say; never a secret. */
  data: Record<string, unknown>;
}

/** Who did it, and when. */
export interface Doer {
  /** A user of the cloud's machine (`operator`), or `site <name>`. */
  by: string;
  at: Millis;
}

export interface AuditRow extends Doer {
  seq: number;
  type: Deed['type'];
  tenant: string;
  data: Record<string, unknown>;
}

export interface AuditReport {
  rows: number;
  /** Of the last row; undefined where there is none. */
  hash: string | undefined;
  /** The first row that does not follow from the one before; undefined: all do. */
  broken: number | undefined;
}

type StoredRow = Omit<AuditRow, 'data'> & { data: string; hash: string };

const chunk = 1_000;

/** The user who gives the command; behind sudo the one who called it. */
export function operator(): string {
  const { SUDO_USER: caller } = process.env;
  const name = userName();
  return caller === undefined || caller === name ? name : `${caller} as ${name}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // In a container a user may have a number only.
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}

/** Notes a deed, in the transaction that does it. */
export async function note(client: Client, { by, at }: Doer, { type, tenant, data }: Deed): Promise<void> {
  // One after the other: each row needs the hash of the one before.
  await client.query('LOCK TABLE audit IN EXCLUSIVE MODE');
  const { rows } = await client.query<{ seq: number; hash: string }>(
    'SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1',
  );
  const row = { seq: (rows[0]?.seq ?? 0) + 1, at, by, type, tenant, data: JSON.stringify(data) };
  await client.query('INSERT INTO audit (seq, at, by, type, tenant, data, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)', [
    ...[row.seq, row.at, row.by, row.type, row.tenant, row.data],
    rowHash(rows[0]?.hash ?? '', row),
  ]);
}

/** Newest first. @param tenant undefined: all */
export async function auditOf(store: Store, tenant: string | undefined, limit: number): Promise<AuditRow[]> {
  const { rows } = await store.pool.query<StoredRow>(
    'SELECT * FROM audit WHERE $1::text IS NULL OR tenant = $1 ORDER BY seq DESC LIMIT $2',
    [tenant ?? null, limit],
  );
  return rows.map(({ seq, at, by, type, tenant: of, data }) => ({
    ...{ seq, at, by, type, tenant: of },
    data: JSON.parse(data) as Record<string, unknown>,
  }));
}

/** Walks the whole chain. */
export async function verifyAudit(store: Store): Promise<AuditReport> {
  let last = { seq: 0, hash: '' };
  for (;;) {
    const { rows } = await store.pool.query<StoredRow>('SELECT * FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2', [
      last.seq,
      chunk,
    ]);
    for (const row of rows) {
      if (row.seq !== last.seq + 1 || row.hash !== rowHash(last.hash, row))
        return { rows: last.seq, hash: last.hash || undefined, broken: last.seq + 1 };
      last = row;
    }
    if (rows.length < chunk) return { rows: last.seq, hash: last.hash || undefined, broken: undefined };
  }
}

/** JSON text is unambiguous: no two rows share one input. */
function rowHash(previous: string, { seq, at, by, type, tenant, data }: Omit<StoredRow, 'hash'>): string {
  return hash('sha256', JSON.stringify([previous, seq, at, by, type, tenant, data]), 'base64');
}
