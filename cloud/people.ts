// Persons across the sites of a tenant: profiles that meet where two sites know the same hash. Of each field the newest word
// counts, whatever site it comes from; at the same millisecond the site whose name sorts last.

import type { OutgoingEvent, ProfileChange } from '../uplink/index.ts';
import { newId } from '../values/index.ts';
import { identityOf } from './contact.ts';
import type { Client } from './store.ts';

export const customerEvents = new Set([
  'customer.created',
  'customer.changed',
  'customer.identity-added',
  'customer.identity-removed',
  'customer.tagged',
  'customer.untagged',
]);

interface Fields {
  name: string | null;
  name_at: number | null;
  name_site: string | null;
  language: string | null;
  language_at: number | null;
  language_site: string | null;
}

interface Tag {
  tag: string;
  since: number;
  until: number | null;
  removed: number | null;
  at: number;
  site: string;
}

export class People {
  readonly #client: Client;
  readonly #tenant: string;
  readonly #site: string;
  /** Profiles that changed in this batch. */
  readonly touched = new Set<string>();

  constructor(client: Client, tenant: string, site: string) {
    this.#client = client;
    this.#tenant = tenant;
    this.#site = site;
  }

  async take(event: OutgoingEvent): Promise<void> {
    const { type, customer, data, at } = event;
    if (customer === undefined) return;
    let profile = await this.#profileOf(customer, at);
    if (type === 'customer.created' || type === 'customer.identity-added') {
      const hash = identityOf(data, 'value');
      if (hash !== undefined) profile = await this.#identity(profile, hash);
    }
    if (type === 'customer.identity-removed') {
      const hash = identityOf(data, 'value');
      await this.#run(
        'DELETE FROM profile_identities WHERE tenant = $1 AND hash = $2 AND profile = $3',
        hash ?? '',
        profile,
      );
    }
    if (type === 'customer.created' || type === 'customer.changed') {
      for (const field of ['name', 'language'] as const)
        if (Object.hasOwn(data, field)) await this.#field(profile, field, data[field], at);
    }
    if (type === 'customer.tagged' || type === 'customer.untagged') await this.#tag(profile, event);
    this.touched.add(profile);
  }

  /**
   * A site erased these customers: what it said of them goes, and the whole profile where no other site knows her.
   * @returns the hashes by which the other sites forget what they were told
   */
  async erase(customers: readonly string[]): Promise<string[]> {
    const { rows } = await this.#client.query<{ profile: string }>(
      'DELETE FROM profile_customers WHERE tenant = $1 AND site = $2 AND customer = ANY($3) RETURNING profile',
      [this.#tenant, this.#site, customers],
    );
    const hashes: string[] = [];
    for (const { profile } of rows) {
      const values = [this.#tenant, profile];
      const known = await this.#client.query<{ hash: string }>(
        'SELECT hash FROM profile_identities WHERE tenant = $1 AND profile = $2',
        values,
      );
      hashes.push(...known.rows.map(({ hash }) => hash));
      const others = await this.#client.query(
        'SELECT 1 FROM profile_customers WHERE tenant = $1 AND profile = $2',
        values,
      );
      if (others.rows.length > 0) {
        await this.#run(
          'DELETE FROM profile_tags WHERE tenant = $1 AND profile = $2 AND site = $3',
          profile,
          this.#site,
        );
        for (const field of ['name', 'language'])
          await this.#run(
            `UPDATE profiles SET ${field} = NULL, ${field}_at = NULL, ${field}_site = NULL
             WHERE tenant = $1 AND profile = $2 AND ${field}_site = $3`,
            profile,
            this.#site,
          );
        this.touched.add(profile);
        continue;
      }
      for (const table of ['profile_tags', 'profile_identities', 'profiles'])
        await this.#run(`DELETE FROM ${table} WHERE tenant = $1 AND profile = $2`, profile);
      this.touched.delete(profile);
    }
    return hashes;
  }

  /** Hashes by which a customer of this site is known anywhere. */
  async identitiesOf(customers: readonly string[]): Promise<Map<string, string[]>> {
    if (customers.length === 0) return new Map();
    const { rows } = await this.#client.query<{ customer: string; hashes: string[] }>(
      `SELECT c.customer, array_agg(i.hash) AS hashes FROM profile_customers c JOIN profile_identities i USING (tenant, profile)
       WHERE c.tenant = $1 AND c.site = $2 AND c.customer = ANY($3) GROUP BY c.customer`,
      [this.#tenant, this.#site, customers],
    );
    return new Map(rows.map(({ customer, hashes }) => [customer, hashes]));
  }

  async changeOf(profile: string): Promise<Omit<ProfileChange, 'seq'> | undefined> {
    const values = [this.#tenant, profile];
    const { rows } = await this.#client.query<Fields>(
      'SELECT * FROM profiles WHERE tenant = $1 AND profile = $2',
      values,
    );
    const [row] = rows;
    if (!row) return undefined;
    const known = await this.#client.query<{ hash: string }>(
      'SELECT hash FROM profile_identities WHERE tenant = $1 AND profile = $2 LIMIT 100',
      values,
    );
    const tags = await this.#client.query<Tag>(
      'SELECT tag, since, until, removed, at, site FROM profile_tags WHERE tenant = $1 AND profile = $2 LIMIT 500',
      values,
    );
    const name = row.name_at === null ? undefined : { value: row.name, at: row.name_at, site: row.name_site ?? '' };
    const language =
      row.language_at === null
        ? undefined
        : { value: row.language, at: row.language_at, site: row.language_site ?? '' };
    return {
      kind: 'profile',
      profile,
      identities: known.rows.map(({ hash }) => hash),
      ...(name ? { name } : {}),
      ...(language ? { language } : {}),
      tags: tags.rows.map(({ until, removed, ...tag }) => ({
        ...tag,
        ...(until === null ? {} : { until }),
        ...(removed === null ? {} : { removed }),
      })),
    };
  }

  async #profileOf(customer: string, at: number): Promise<string> {
    const { rows } = await this.#client.query<{ profile: string }>(
      'SELECT profile FROM profile_customers WHERE tenant = $1 AND site = $2 AND customer = $3',
      [this.#tenant, this.#site, customer],
    );
    if (rows[0]) return rows[0].profile;
    const profile = newId('pro', at);
    await this.#run('INSERT INTO profiles (tenant, profile, created_at) VALUES ($1, $2, $3)', profile, at);
    await this.#run(
      'INSERT INTO profile_customers (tenant, site, customer, profile) VALUES ($1, $2, $3, $4)',
      this.#site,
      customer,
      profile,
    );
    return profile;
  }

  /** @returns the profile that holds it now: where another one had it, both become one, the older. */
  async #identity(profile: string, hash: string): Promise<string> {
    const { rows } = await this.#client.query<{ profile: string }>(
      `INSERT INTO profile_identities (tenant, hash, profile) VALUES ($1, $2, $3)
       ON CONFLICT (tenant, hash) DO UPDATE SET hash = excluded.hash RETURNING profile`,
      [this.#tenant, hash, profile],
    );
    const holder = rows[0]?.profile ?? profile;
    if (holder === profile) return profile;
    const [older, younger] = holder < profile ? [holder, profile] : [profile, holder];
    await this.#join(older, younger);
    return older;
  }

  async #join(older: string, younger: string): Promise<void> {
    for (const table of ['profile_identities', 'profile_customers'])
      await this.#run(`UPDATE ${table} SET profile = $2 WHERE tenant = $1 AND profile = $3`, older, younger);
    await this.#run(
      `INSERT INTO profile_tags SELECT tenant, $2, tag, since, until, removed, at, site FROM profile_tags
       WHERE tenant = $1 AND profile = $3
       ON CONFLICT (tenant, profile, tag) DO UPDATE SET since = excluded.since, until = excluded.until,
         removed = excluded.removed, at = excluded.at, site = excluded.site
       WHERE (excluded.at, excluded.site) > (profile_tags.at, profile_tags.site)`,
      older,
      younger,
    );
    for (const field of ['name', 'language'])
      await this.#run(
        `UPDATE profiles o SET ${field} = y.${field}, ${field}_at = y.${field}_at, ${field}_site = y.${field}_site
         FROM profiles y WHERE o.tenant = $1 AND y.tenant = $1 AND o.profile = $2 AND y.profile = $3
           AND y.${field}_at IS NOT NULL
           AND (o.${field}_at IS NULL OR (y.${field}_at, y.${field}_site) > (o.${field}_at, o.${field}_site))`,
        older,
        younger,
      );
    await this.#run('DELETE FROM profile_tags WHERE tenant = $1 AND profile = $2', younger);
    await this.#run('DELETE FROM profiles WHERE tenant = $1 AND profile = $2', younger);
    this.touched.delete(younger);
  }

  async #field(profile: string, field: 'name' | 'language', value: unknown, at: number): Promise<void> {
    const text = typeof value === 'string' ? value.slice(0, 400) : null;
    await this.#run(
      `UPDATE profiles SET ${field} = $3, ${field}_at = $4, ${field}_site = $5 WHERE tenant = $1 AND profile = $2
         AND (${field}_at IS NULL OR (${field}_at, ${field}_site) <= ($4, $5))`,
      profile,
      text,
      at,
      this.#site,
    );
  }

  async #tag(profile: string, { type, at, data }: OutgoingEvent): Promise<void> {
    const removed = type === 'customer.untagged' ? at : null;
    const until = typeof data.until === 'number' ? data.until : null;
    await this.#run(
      `INSERT INTO profile_tags (tenant, profile, tag, since, until, removed, at, site) VALUES ($1, $2, $3, $4, $5, $6, $4, $7)
       ON CONFLICT (tenant, profile, tag) DO UPDATE SET since = excluded.since, until = excluded.until,
         removed = excluded.removed, at = excluded.at, site = excluded.site
       WHERE (excluded.at, excluded.site) >= (profile_tags.at, profile_tags.site)`,
      profile,
      String(data.tag).slice(0, 200),
      at,
      until,
      removed,
      this.#site,
    );
  }

  async #run(sql: string, ...values: (string | number | null)[]): Promise<void> {
    await this.#client.query(sql, [this.#tenant, ...values]);
  }
}
