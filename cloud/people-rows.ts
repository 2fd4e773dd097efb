// Profiles in PostgreSQL: read and written whole, many at once.
import { keyOf, newProfile, type Profile, type Tag } from './profile.ts';
import type { Client } from './store.ts';

interface ProfileRow {
  profile: string;
  created_at: number;
  name: string | null;
  name_at: number | null;
  name_site: string | null;
  language: string | null;
  language_at: number | null;
  language_site: string | null;
}

export class PeopleRows {
  readonly #client: Client;
  readonly #tenant: string;

  constructor(client: Client, tenant: string) {
    this.#client = client;
    this.#tenant = tenant;
  }

  /** Profiles of these customers of a site, and those that hold one of these hashes. */
  async find(site: string, customers: readonly string[], hashes: readonly string[]): Promise<Profile[]> {
    const rows = await this.#ask<ProfileRow>(
      `SELECT profile, created_at, name, name_at, name_site, language, language_at, language_site
       FROM profiles WHERE tenant = $1 AND profile IN (
         SELECT profile FROM profile_customers WHERE tenant = $1 AND site = $2 AND customer = ANY($3)
         UNION SELECT profile FROM profile_identities WHERE tenant = $1 AND hash = ANY($4))`,
      [site, customers, hashes],
    );
    if (rows.length === 0) return [];
    const found = new Map(rows.map((row) => [row.profile, profileOf(row)]));
    const ids = [[...found.keys()]];
    const tags = await this.#ask<Tag & { profile: string }>(
      'SELECT profile, tag, since, until, removed, at, site FROM profile_tags WHERE tenant = $1 AND profile = ANY($2)',
      ids,
    );
    for (const { profile, ...tag } of tags) found.get(profile)?.tags.set(tag.tag, tag);
    const known = await this.#ask<{ profile: string; site: string; customer: string; hashes: string[] }>(
      `SELECT c.profile, c.site, c.customer, array_remove(array_agg(i.hash), NULL) AS hashes
       FROM profile_customers c LEFT JOIN customer_identities i USING (tenant, site, customer)
       WHERE c.tenant = $1 AND c.profile = ANY($2) GROUP BY c.profile, c.site, c.customer`,
      ids,
    );
    for (const { profile, site: of, customer, hashes: hers } of known)
      found.get(profile)?.customers.set(keyOf(of, customer), { site: of, customer, hashes: new Set(hers) });
    return [...found.values()];
  }

  /** @param gone profiles that are no more */
  async put(profiles: readonly Profile[], gone: readonly string[]): Promise<void> {
    if (profiles.length === 0 && gone.length === 0) return;
    const ids = [[...profiles.map(({ id }) => id), ...gone]];
    await this.#ask(
      `DELETE FROM customer_identities i USING profile_customers c WHERE i.tenant = $1 AND c.tenant = $1
         AND c.profile = ANY($2) AND i.site = c.site AND i.customer = c.customer`,
      ids,
    );
    for (const table of ['profile_customers', 'profile_identities', 'profile_tags'])
      await this.#ask(`DELETE FROM ${table} WHERE tenant = $1 AND profile = ANY($2)`, ids);
    await this.#ask('DELETE FROM profiles WHERE tenant = $1 AND profile = ANY($2)', [gone]);
    if (profiles.length === 0) return;
    const known = profiles.flatMap(({ id, customers }) =>
      [...customers.values()].map(({ site, customer, hashes }) => ({
        profile: id,
        site,
        customer,
        hashes: [...hashes],
      })),
    );
    await this.#ask(
      `INSERT INTO profiles (tenant, profile, created_at, name, name_at, name_site, language, language_at, language_site)
       SELECT $1, * FROM jsonb_to_recordset($2::jsonb) AS p (profile text, created_at bigint, name text, name_at bigint,
         name_site text, language text, language_at bigint, language_site text)
       ON CONFLICT (tenant, profile) DO UPDATE SET name = excluded.name, name_at = excluded.name_at,
         name_site = excluded.name_site, language = excluded.language, language_at = excluded.language_at,
         language_site = excluded.language_site`,
      [JSON.stringify(profiles.map(rowOf))],
    );
    const all = [JSON.stringify(known)];
    await this.#ask(
      `INSERT INTO profile_customers (tenant, site, customer, profile)
       SELECT $1, site, customer, profile FROM jsonb_to_recordset($2::jsonb) AS k (site text, customer text, profile text)`,
      all,
    );
    const each =
      'FROM jsonb_to_recordset($2::jsonb) AS k (site text, customer text, profile text, hashes text[]), unnest(hashes) hash';
    await this.#ask(
      `INSERT INTO customer_identities (tenant, site, customer, hash) SELECT $1, site, customer, hash ${each}`,
      all,
    );
    await this.#ask(
      `INSERT INTO profile_identities (tenant, hash, profile) SELECT DISTINCT $1, hash, profile ${each}`,
      all,
    );
    const tags = profiles.flatMap(({ id, tags }) => [...tags.values()].map((tag) => ({ profile: id, ...tag })));
    if (tags.length === 0) return;
    await this.#ask(
      `INSERT INTO profile_tags (tenant, profile, tag, since, until, removed, at, site)
       SELECT $1, * FROM jsonb_to_recordset($2::jsonb) AS t (profile text, tag text, since bigint, until bigint,
         removed bigint, at bigint, site text)`,
      [JSON.stringify(tags)],
    );
  }

  async identitiesOf(site: string, customers: readonly string[]): Promise<Map<string, string[]>> {
    if (customers.length === 0) return new Map();
    const rows = await this.#ask<{ customer: string; hashes: string[] }>(
      `SELECT c.customer, array_agg(i.hash) AS hashes FROM profile_customers c JOIN profile_identities i USING (tenant, profile)
       WHERE c.tenant = $1 AND c.site = $2 AND c.customer = ANY($3) GROUP BY c.customer`,
      [site, customers],
    );
    return new Map(rows.map(({ customer, hashes }) => [customer, hashes]));
  }

  async #ask<Row extends object>(sql: string, values: readonly unknown[]): Promise<Row[]> {
    const { rows } = await this.#client.query<Row>(sql, [this.#tenant, ...values]);
    return rows;
  }
}

function profileOf(row: ProfileRow): Profile {
  const { profile, created_at, name, name_at, name_site, language, language_at, language_site } = row;
  return {
    ...newProfile(profile, created_at),
    name: name_at === null ? undefined : { value: name, at: name_at, site: name_site ?? '' },
    language: language_at === null ? undefined : { value: language, at: language_at, site: language_site ?? '' },
  };
}

function rowOf({ id, createdAt, name, language }: Profile): ProfileRow {
  return {
    profile: id,
    created_at: createdAt,
    name: name?.value ?? null,
    name_at: name?.at ?? null,
    name_site: name?.site ?? null,
    language: language?.value ?? null,
    language_at: language?.at ?? null,
    language_site: language?.site ?? null,
  };
}
