// Who may: tenants, their sites with their public keys, and the tokens of who reads.

import type { KeyObject } from 'node:crypto';
import { hash, randomBytes } from 'node:crypto';
import { publicKeyOf } from '../uplink/index.ts';
import type { Millis } from '../values/index.ts';
import { failed } from './errors.ts';
import type { Store } from './store.ts';

export interface SiteRow {
  site: string;
  cursor: number;
  heard_at: number | null;
  event_at: number | null;
  disabled: boolean;
  /** Since when it waits for a decision: it was restored from an older backup. */
  halted_at: number | null;
  /** The last event that site and cloud have alike, where the site has found that out. */
  halted_after: number | null;
  /** Of a history that was set aside: of which site. */
  settled_from: string | null;
}

/** PostgreSQL's word for a key that is there already. */
const duplicate = '23505';
const keyRule = 'sites_by_key';

export class Tenants {
  readonly #store: Store;
  /** Keys of sites, for a while: every request needs one. */
  readonly #keys = new Map<string, { key: KeyObject | undefined; until: Millis }>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** @throws tenant-taken */
  async add(tenant: string, name: string, now: Millis): Promise<void> {
    await this.#insert('INSERT INTO tenants VALUES ($1, $2, $3)', [tenant, name, now], () =>
      failed['tenant-taken']({ tenant }),
    );
  }

  async list(): Promise<{ tenant: string; name: string }[]> {
    const { rows } = await this.#store.pool.query<{ tenant: string; name: string }>(
      'SELECT * FROM tenants ORDER BY tenant',
    );
    return rows;
  }

  /** @param publicKey as `switchroom uplink key` printed it @throws site-key-invalid, site-taken, tenant-unknown */
  async addSite(tenant: string, site: string, publicKey: string, now: Millis): Promise<void> {
    try {
      publicKeyOf(publicKey);
    } catch (error) {
      throw failed['site-key-invalid']({ reason: 'is no Ed25519 key in base64' }, { cause: error });
    }
    await this.#must(tenant);
    await this.#insert(
      'INSERT INTO sites (tenant, site, public_key, created_at) VALUES ($1, $2, $3, $4)',
      [tenant, site, publicKey, now],
      (rule) => (rule === keyRule ? failed['cloud-key-taken']() : failed['site-taken']({ site })),
    );
    this.#keys.clear();
  }

  /** Lets a site in, or keeps it out: running programs know it after 10 s. @throws cloud-site-unknown */
  async disableSite(tenant: string, site: string, disabled: boolean): Promise<void> {
    const { rowCount } = await this.#store.pool.query(
      'UPDATE sites SET disabled = $3 WHERE tenant = $1 AND site = $2 AND settled_from IS NULL',
      [tenant, site, disabled],
    );
    if (rowCount === 0) throw failed['cloud-site-unknown']({ site });
    this.#keys.clear();
  }

  async sites(tenant: string): Promise<SiteRow[]> {
    const { rows } = await this.#store.pool.query<SiteRow>(
      `SELECT site, cursor, heard_at, event_at, disabled, halted_at, halted_after, settled_from FROM sites WHERE tenant = $1 ORDER BY site`,
      [tenant],
    );
    return rows;
  }

  async siteKey(tenant: string, site: string, now: Millis): Promise<KeyObject | undefined> {
    const name = `${tenant} ${site}`;
    const known = this.#keys.get(name);
    if (known && known.until > now) return known.key;
    const { rows } = await this.#store.pool.query<{ public_key: string }>(
      'SELECT public_key FROM sites WHERE tenant = $1 AND site = $2 AND NOT disabled AND settled_from IS NULL',
      [tenant, site],
    );
    const key = rows[0] && publicKeyOf(rows[0].public_key);
    // Names come from outside: their number is bounded.
    if (this.#keys.size > 10_000) this.#keys.clear();
    this.#keys.set(name, { key, until: now + 10_000 });
    return key;
  }

  /** @returns the token, shown once @throws tenant-unknown */
  async createToken(tenant: string, name: string, now: Millis, endsAt?: Millis): Promise<string> {
    await this.#must(tenant);
    const token = `swc_${randomBytes(24).toString('base64url')}`;
    await this.#store.pool.query('INSERT INTO tokens VALUES ($1, $2, $3, $4, $5)', [
      hash('sha256', token, 'hex'),
      tenant,
      name,
      now,
      endsAt ?? null,
    ]);
    return token;
  }

  /** Every token of that name. @throws cloud-token-unknown */
  async revokeToken(tenant: string, name: string): Promise<void> {
    const { rowCount } = await this.#store.pool.query('DELETE FROM tokens WHERE tenant = $1 AND name = $2', [
      tenant,
      name,
    ]);
    if (rowCount === 0) throw failed['cloud-token-unknown']({ name });
  }

  /** Whether it is a token of that tenant. */
  async knows(tenant: string, token: string, now: Millis): Promise<boolean> {
    const { rows } = await this.#store.pool.query(
      'SELECT 1 FROM tokens WHERE digest = $1 AND tenant = $2 AND (ends_at IS NULL OR ends_at > $3)',
      [hash('sha256', token, 'hex'), tenant, now],
    );
    return rows.length > 0;
  }

  async #must(tenant: string): Promise<void> {
    const { rows } = await this.#store.pool.query('SELECT 1 FROM tenants WHERE tenant = $1', [tenant]);
    if (rows.length === 0) throw failed['tenant-unknown']({ tenant });
  }

  async #insert(sql: string, values: unknown[], taken: (rule?: string) => Error): Promise<void> {
    try {
      await this.#store.pool.query(sql, values);
    } catch (error) {
      const { code, constraint } = error as { code?: string; constraint?: string };
      throw code === duplicate ? taken(constraint) : error;
    }
  }
}
