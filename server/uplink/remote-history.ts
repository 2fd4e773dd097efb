// What the other sites know of a customer, from the cloud: a local copy, so that a screen-pop never waits for a line.
import type { Database, Statement } from 'better-sqlite3';
import type { ChangesAnswer, ProfileChange, RemoteInteraction } from '../../uplink/index.ts';
import type { Channel } from '../../values/index.ts';
import type { Elsewhere } from '../customers/index.ts';
import { hashed } from '../egress/index.ts';

type Change = ChangesAnswer['changes'][number];

export interface RemoteProfile {
  name?: string | undefined;
  language?: string | undefined;
  /** Those that hold. */
  tags: string[];
}

/** As screen-pops show them. */
export function elsewhereOf(history: RemoteHistory, now: () => number): Elsewhere {
  return {
    earlier: (identities, limit) =>
      history.interactions(identities, limit).map(({ interaction, channel, startedAt, ...one }) => ({
        interaction,
        channel: channel as Channel,
        at: startedAt,
        queue: one.queue,
        agent: one.agent,
        disposition: one.disposition,
        talkMs: one.talkMs,
        site: one.site,
      })),
    profile: (identities) => history.profile(identities, now()),
  };
}

/** As an identity of a customer is kept. */
export interface KnownIdentity {
  kind: string;
  value: string;
}

export class RemoteHistory {
  readonly #key: Buffer;
  readonly #database: Database;
  readonly #statements = new Map<string, Statement<(string | number)[], Record<string, string>>>();
  readonly #interactions: Statement<[string, number], { data: string }>;

  constructor(database: Database, key: Buffer) {
    this.#key = key;
    this.#database = database;
    this.#interactions = database.prepare<[string, number], { data: string }>(
      `SELECT r.data FROM remote_interaction_identities i JOIN remote_interactions r USING (site, interaction)
       WHERE i.hash = ? ORDER BY i.started_at DESC LIMIT ?`,
    );
  }

  /** For a transaction of the journal. */
  apply(change: Change): void {
    if (change.kind === 'profile') this.#profile(change);
    else if (change.kind === 'interaction') this.#interaction(change);
    else for (const hash of change.identities) this.#erase(hash);
  }

  /** Interactions at other sites, newest first. */
  interactions(identities: readonly KnownIdentity[], limit: number): RemoteInteraction[] {
    const found = new Map<string, RemoteInteraction>();
    for (const hash of this.#hashes(identities)) {
      for (const { data } of this.#interactions.all(hash, limit)) {
        const one = JSON.parse(data) as RemoteInteraction;
        found.set(`${one.site} ${one.interaction}`, one);
      }
    }
    return [...found.values()].sort((a, b) => b.startedAt - a.startedAt).slice(0, limit);
  }

  /** What the cloud says of her; the newest where two profiles match. */
  profile(identities: readonly KnownIdentity[], now: number): RemoteProfile | undefined {
    const rows = this.#hashes(identities).flatMap((hash) =>
      this.#database
        .prepare<[string], { data: string; seq: number }>(
          'SELECT p.data, p.seq FROM remote_identities i JOIN remote_profiles p USING (profile) WHERE i.hash = ?',
        )
        .all(hash),
    );
    const newest = rows.sort((a, b) => b.seq - a.seq)[0];
    if (!newest) return undefined;
    const { name, language, tags } = JSON.parse(newest.data) as ProfileChange;
    const holds = tags.filter(({ removed, until }) => removed === undefined && (until === undefined || until > now));
    return {
      name: name?.value ?? undefined,
      language: language?.value ?? undefined,
      tags: holds.map(({ tag }) => tag),
    };
  }

  #hashes(identities: readonly KnownIdentity[]): string[] {
    return [...new Set(identities.map(({ kind, value }) => hashed(this.#key, kind, value)))];
  }

  #profile(change: ProfileChange): void {
    const { profile, seq, identities } = change;
    this.#run('DELETE FROM remote_identities WHERE profile = ?', profile);
    for (const hash of identities) {
      // Whoever had it before became this one.
      for (const before of this.#holders(hash)) this.#forgetProfile(before);
      this.#run('INSERT INTO remote_identities VALUES (?, ?)', hash, profile);
    }
    this.#run(
      'INSERT INTO remote_profiles VALUES (?, ?, ?) ON CONFLICT (profile) DO UPDATE SET seq = excluded.seq, data = excluded.data',
      profile,
      seq,
      JSON.stringify(change),
    );
  }

  #interaction(change: RemoteInteraction): void {
    const { site, was, interaction, startedAt, identities } = change;
    for (const before of [site, was ?? site]) this.#forgetInteraction(before, interaction);
    if (identities.length === 0) return;
    this.#run(
      'INSERT INTO remote_interactions VALUES (?, ?, ?, ?)',
      site,
      interaction,
      startedAt,
      JSON.stringify(change),
    );
    for (const hash of identities)
      this.#run(
        'INSERT OR IGNORE INTO remote_interaction_identities VALUES (?, ?, ?, ?)',
        hash,
        startedAt,
        site,
        interaction,
      );
  }

  #erase(hash: string): void {
    const contacts = this.#database
      .prepare<[string], { site: string; interaction: string }>(
        'SELECT site, interaction FROM remote_interaction_identities WHERE hash = ?',
      )
      .all(hash);
    for (const { site, interaction } of contacts) this.#forgetInteraction(site, interaction);
    for (const profile of this.#holders(hash)) this.#forgetProfile(profile);
  }

  #forgetInteraction(site: string, interaction: string): void {
    for (const table of ['remote_interactions', 'remote_interaction_identities'])
      this.#run(`DELETE FROM ${table} WHERE site = ? AND interaction = ?`, site, interaction);
  }

  #holders(hash: string): string[] {
    return this.#prepared('SELECT profile FROM remote_identities WHERE hash = ?')
      .all(hash)
      .map(({ profile = '' }) => profile);
  }

  #forgetProfile(profile: string): void {
    this.#run('DELETE FROM remote_identities WHERE profile = ?', profile);
    this.#run('DELETE FROM remote_profiles WHERE profile = ?', profile);
  }

  /** Made once: with every change made anew it costs more than what it does. */
  #prepared(sql: string): Statement<(string | number)[], Record<string, string>> {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#database.prepare<(string | number)[], Record<string, string>>(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #run(sql: string, ...values: (string | number)[]): void {
    this.#prepared(sql).run(...values);
  }
}
