import type { Database, Statement } from 'better-sqlite3';
import type { CustomerId, Language, Millis } from '../../values/index.ts';
import type { Note, Part, Tag } from './customer.ts';
import type { Identity } from './identity.ts';

interface CustomerCells {
  id: string;
  site: string;
  team: string | null;
  name: string | null;
  language: string | null;
  created_at: number;
  updated_at: number;
  merged_into: string | null;
  merged_at: number | null;
  merged_by: string | null;
  merged_why: string | null;
}

interface IdentityCells {
  kind: string;
  value: string;
  verified: number;
}

interface TagCells {
  tag: string;
  since: number;
  until: number | null;
  by: string;
}

/**
 * The statements of customers, identities, tags and notes, prepared once. Where a statement compares `= ?` and sorts, SQLite
 * plans it anew for every value that is bound, which takes longer than running it; with `= +?` it does not.
 */
export class CustomerRows {
  readonly #get: Statement<[string], CustomerCells>;
  readonly #identities: Statement<[string], IdentityCells>;
  readonly #tags: Statement<[string, number], TagCells>;
  readonly #byIdentity: Statement<[string, string], string>;
  readonly #mergedInto: Statement<[string], string | null>;
  readonly #mergedWith: Statement<[string], string>;
  readonly #create: Statement;
  readonly #addIdentity: Statement;
  readonly #verify: Statement;
  readonly #removeIdentity: Statement;
  readonly #merge: Statement;
  readonly #rename: Statement;
  readonly #relanguage: Statement;
  readonly #touch: Statement;
  readonly #tag: Statement;
  readonly #untag: Statement;
  readonly #notes: Statement<[string, number], Note>;
  readonly #note: Statement;
  readonly #remove: Statement;
  readonly #claim: Statement;
  readonly #claimants: Statement<[string, string], string>;
  readonly #claims: Statement<[string], Identity>;
  readonly #unclaim: Statement;

  constructor(db: Database) {
    this.#get = db.prepare('SELECT * FROM customers WHERE id = ?');
    this.#identities = db.prepare(
      'SELECT kind, value, verified FROM identities WHERE customer = +? ORDER BY since, kind, value',
    );
    this.#tags = db.prepare(
      'SELECT tag, since, until, by FROM tags WHERE customer = +? AND (until IS NULL OR until > ?) ORDER BY tag',
    );
    this.#byIdentity = db
      .prepare<[string, string], string>('SELECT customer FROM identities WHERE kind = ? AND value = ?')
      .pluck();
    this.#mergedInto = db.prepare<[string], string | null>('SELECT merged_into FROM customers WHERE id = ?').pluck();
    this.#mergedWith = db
      .prepare<[string], string>('SELECT id FROM customers WHERE merged_into = +? ORDER BY id')
      .pluck();
    this.#create = db.prepare(
      'INSERT INTO customers (id, site, team, name, language, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#addIdentity = db.prepare(
      'INSERT INTO identities (kind, value, customer, since, verified) VALUES (?, ?, ?, ?, ?)',
    );
    this.#verify = db.prepare('UPDATE identities SET verified = 1 WHERE kind = ? AND value = ?');
    this.#removeIdentity = db.prepare('DELETE FROM identities WHERE kind = ? AND value = ? AND customer = ?');
    this.#merge = db.prepare(
      'UPDATE customers SET merged_into = ?, merged_at = ?, merged_by = ?, merged_why = ? WHERE id = ?',
    );
    this.#rename = db.prepare('UPDATE customers SET name = ? WHERE id = ?');
    this.#relanguage = db.prepare('UPDATE customers SET language = ? WHERE id = ?');
    this.#touch = db.prepare('UPDATE customers SET updated_at = ? WHERE id = ?');
    this.#tag = db.prepare(
      `INSERT INTO tags (customer, tag, since, until, by) VALUES (?, ?, ?, ?, ?) ON CONFLICT (customer, tag)
       DO UPDATE SET since = excluded.since, until = excluded.until, by = excluded.by`,
    );
    this.#untag = db.prepare('DELETE FROM tags WHERE customer = ? AND tag = ?');
    this.#notes = db.prepare('SELECT id, at, by, text FROM notes WHERE customer = ? ORDER BY at DESC, id DESC LIMIT ?');
    this.#note = db.prepare('INSERT INTO notes (id, customer, at, by, text) VALUES (?, ?, ?, ?, ?)');
    this.#remove = db.prepare('DELETE FROM customers WHERE id = ?');
    this.#claim = db.prepare(
      'INSERT INTO identity_claims (kind, value, customer, since) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    );
    this.#claimants = db
      .prepare<[string, string], string>('SELECT customer FROM identity_claims WHERE kind = ? AND value = ? LIMIT 20')
      .pluck();
    this.#claims = db.prepare(
      'SELECT kind, value FROM identity_claims WHERE customer = +? ORDER BY since, kind, value',
    );
    this.#unclaim = db.prepare('DELETE FROM identity_claims WHERE kind = ? AND value = ? AND customer = ?');
  }

  /** One row with what hangs on it; not those merged into it. */
  get(id: CustomerId, now: Millis): Part | undefined {
    const cells = this.#get.get(id);
    if (cells === undefined) return undefined;
    const { merged_into: into, merged_at: at, merged_by: by, merged_why: why } = cells;
    return {
      id,
      site: cells.site,
      team: cells.team ?? undefined,
      name: cells.name ?? undefined,
      language: (cells.language ?? undefined) as Language | undefined,
      createdAt: cells.created_at,
      updatedAt: cells.updated_at,
      merged: into === null ? undefined : { into, at: at ?? 0, by: by ?? '', why: why ?? '' },
      identities: this.#identities
        .all(id)
        .map(({ kind, value, verified }) => (verified === 1 ? { kind, value, verified: true } : { kind, value })),
      claims: this.#claims.all(id),
      tags: this.#tags.all(id, now).map(({ until, ...tag }) => ({ ...tag, until: until ?? undefined })),
    };
  }

  byIdentity({ kind, value }: Identity): CustomerId | undefined {
    return this.#byIdentity.get(kind, value);
  }

  /** Undefined: no such customer; null: she stands by herself. */
  mergedInto(id: CustomerId): CustomerId | null | undefined {
    return this.#mergedInto.get(id);
  }

  /** Those merged into it directly. */
  mergedWith(id: CustomerId): CustomerId[] {
    return this.#mergedWith.all(id);
  }

  claimants({ kind, value }: Identity): CustomerId[] {
    return this.#claimants.all(kind, value);
  }

  create({ id, site, team, name, language, createdAt, identities, claims }: Part): void {
    this.#create.run(id, site, team ?? null, name ?? null, language ?? null, createdAt, createdAt);
    for (const { kind, value, verified } of identities)
      this.#addIdentity.run(kind, value, id, createdAt, verified ? 1 : 0);
    for (const { kind, value } of claims) this.#claim.run(kind, value, id, createdAt);
  }

  change(id: CustomerId, { name, language }: { name?: string | null; language?: Language | null }, now: Millis): void {
    if (name !== undefined) this.#rename.run(name, id);
    if (language !== undefined) this.#relanguage.run(language, id);
    this.#touch.run(now, id);
  }

  addIdentity(id: CustomerId, { kind, value, verified }: Identity, now: Millis): void {
    this.#addIdentity.run(kind, value, id, now, verified ? 1 : 0);
    this.#unclaim.run(kind, value, id);
    this.#touch.run(now, id);
  }

  verify({ kind, value }: Identity): void {
    this.#verify.run(kind, value);
  }

  claim(id: CustomerId, { kind, value }: Identity, now: Millis): void {
    this.#claim.run(kind, value, id, now);
  }

  removeIdentity(id: CustomerId, { kind, value }: Identity, now: Millis): void {
    this.#removeIdentity.run(kind, value, id);
    this.#unclaim.run(kind, value, id);
    this.#touch.run(now, id);
  }

  /** @param into null: she stands by herself again */
  merge(id: CustomerId, into: CustomerId | null, at: Millis, by: string, why: string): void {
    if (into === null) this.#merge.run(null, null, null, null, id);
    else this.#merge.run(into, at, by, why, id);
  }

  tag(id: CustomerId, { tag, since, until, by }: Tag, now: Millis): void {
    this.#tag.run(id, tag, since, until ?? null, by);
    this.#touch.run(now, id);
  }

  untag(id: CustomerId, tag: string, now: Millis): void {
    this.#untag.run(id, tag);
    this.#touch.run(now, id);
  }

  notes(id: CustomerId, limit: number): Note[] {
    return this.#notes.all(id, limit);
  }

  note(id: CustomerId, { id: note, at, by, text }: Note): void {
    this.#note.run(note, id, at, by, text);
  }

  /** Identities, claims, tags and notes go with it (ON DELETE CASCADE). */
  remove(id: CustomerId): void {
    this.#remove.run(id);
  }
}
