// Who may: tenants, their sites with their public keys, and the tokens of who reads.

import type { KeyObject } from 'node:crypto';
import { hash, randomBytes } from 'node:crypto';
import { publicKeyOf } from '../uplink/index.ts';
import type { Millis } from '../values/index.ts';
import { type Deed, note, operator } from './audit.ts';
import { failed } from './errors.ts';
import type { Client, Store } from './store.ts';

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
  readonly #by: string;
  /** Keys of sites, for a while: every request needs one. */
  readonly #keys = new Map<string, { key: KeyObject | undefined; until: Millis }>();

  /** @param by who changes something, for the audit log */
  constructor(store: Store, by = operator()) {
    this.#store = store;
    this.#by = by;
  }

  /** @throws tenant-taken */
  async add(tenant: string, name: string, now: Millis): Promise<void> {
    const taken = () => failed['tenant-taken']({ tenant });
    await this.#do({ type: 'tenant.added', tenant, data: { name } }, now, (client) =>
      insert(client, 'INSERT INTO tenants VALUES ($1, $2, $3)', [tenant, name, now], taken),
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
    const sql = 'INSERT INTO sites (tenant, site, public_key, created_at) VALUES ($1, $2, $3, $4)';
    const taken = (rule?: string) => (rule === keyRule ? failed['cloud-key-taken']() : failed['site-taken']({ site }));
    await this.#do({ type: 'site.added', tenant, data: { site, publicKey } }, now, (client) =>
      insert(client, sql, [tenant, site, publicKey, now], taken),
    );
    this.#keys.clear();
  }

  /** Lets a site in, or keeps it out: running programs know it after 10 s. @throws cloud-site-unknown */
  async disableSite(tenant: string, site: string, disabled: boolean, now: Millis): Promise<void> {
    const type = disabled ? 'site.disabled' : 'site.enabled';
    await this.#do({ type, tenant, data: { site } }, now, async (client) => {
      const { rowCount } = await client.query(
        'UPDATE sites SET disabled = $3 WHERE tenant = $1 AND site = $2 AND settled_from IS NULL',
        [tenant, site, disabled],
      );
      if (rowCount === 0) throw failed['cloud-site-unknown']({ site });
    });
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
    await this.#do({ type: 'token.created', tenant, data: { name, endsAt } }, now, (client) =>
      client.query('INSERT INTO tokens VALUES ($1, $2, $3, $4, $5)', [
        hash('sha256', token, 'hex'),
        tenant,
        name,
        now,
        endsAt ?? null,
      ]),
    );
    return token;
  }

  /** Every token of that name. @throws cloud-token-unknown */
  async revokeToken(tenant: string, name: string, now: Millis): Promise<void> {
    await this.#do({ type: 'token.revoked', tenant, data: { name } }, now, async (client) => {
      const { rowCount } = await client.query('DELETE FROM tokens WHERE tenant = $1 AND name = $2', [tenant, name]);
      if (rowCount === 0) throw failed['cloud-token-unknown']({ name });
    });
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

  /** Does something and notes it, or neither. */
  #do(deed: Deed, at: Millis, work: (client: Client) => Promise<unknown>): Promise<void> {
    return this.#store.inTransaction(async (client) => {
      await work(client);
      await note(client, { by: this.#by, at }, deed);
    });
  }
}

async function insert(client: Client, sql: string, values: unknown[], taken: (rule?: string) => Error): Promise<void> {
  try {
    await client.query(sql, values);
  } catch (error) {
    const { code, constraint } = error as { code?: string; constraint?: string };
    throw code === duplicate ? taken(constraint) : error;
  }
}
