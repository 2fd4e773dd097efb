import type { Database, Statement } from 'better-sqlite3';
import type { CustomerId, Language, Millis } from '../../values/index.ts';
import type { Customer, Identity, Note, Tag } from './customers.ts';

interface CustomerCells {
  id: string;
  site: string;
  team: string | null;
  name: string | null;
  language: string | null;
  created_at: number;
  updated_at: number;
}

interface TagCells {
  tag: string;
  since: number;
  until: number | null;
  by: string;
}

/** The statements of customers, identities, tags and notes, prepared once. */
export class CustomerRows {
  readonly #get: Statement<[string], CustomerCells>;
  readonly #identities: Statement<[string], Identity>;
  readonly #tags: Statement<[string, number], TagCells>;
  readonly #byIdentity: Statement<[string, string], string>;
  readonly #search: Statement<[object], string>;
  readonly #create: Statement;
  readonly #addIdentity: Statement;
  readonly #removeIdentity: Statement;
  readonly #rename: Statement;
  readonly #relanguage: Statement;
  readonly #touch: Statement;
  readonly #tag: Statement;
  readonly #untag: Statement;
  readonly #notes: Statement<[string, number], Note>;
  readonly #note: Statement;
  readonly #remove: Statement;

  constructor(db: Database) {
    this.#get = db.prepare('SELECT * FROM customers WHERE id = ?');
    this.#identities = db.prepare('SELECT kind, value FROM identities WHERE customer = ? ORDER BY since, kind, value');
    this.#tags = db.prepare(
      'SELECT tag, since, until, by FROM tags WHERE customer = ? AND (until IS NULL OR until > ?) ORDER BY tag',
    );
    this.#byIdentity = db
      .prepare<[string, string], string>('SELECT customer FROM identities WHERE kind = ? AND value = ?')
      .pluck();
    this.#search = db
      .prepare<[object], string>(
        `SELECT id FROM customers WHERE (@team IS NULL OR team = @team) AND (instr(lower(name), lower(@text)) > 0
           OR id IN (SELECT customer FROM identities WHERE substr(value, 1, length(@text)) = @text))
         ORDER BY id DESC LIMIT @limit`,
      )
      .pluck();
    this.#create = db.prepare(
      'INSERT INTO customers (id, site, team, name, language, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#addIdentity = db.prepare('INSERT INTO identities (kind, value, customer, since) VALUES (?, ?, ?, ?)');
    this.#removeIdentity = db.prepare('DELETE FROM identities WHERE kind = ? AND value = ? AND customer = ?');
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
  }

  get(id: CustomerId, now: Millis): Customer | undefined {
    const cells = this.#get.get(id);
    if (cells === undefined) return undefined;
    return {
      id,
      site: cells.site,
      team: cells.team ?? undefined,
      name: cells.name ?? undefined,
      language: (cells.language ?? undefined) as Language | undefined,
      createdAt: cells.created_at,
      updatedAt: cells.updated_at,
      identities: this.#identities.all(id),
      tags: this.#tags.all(id, now).map(({ until, ...tag }) => ({ ...tag, until: until ?? undefined })),
    };
  }

  byIdentity({ kind, value }: Identity): CustomerId | undefined {
    return this.#byIdentity.get(kind, value);
  }

  search(text: string, limit: number, team: string | undefined): CustomerId[] {
    return this.#search.all({ text, limit, team: team ?? null });
  }

  create({ id, site, team, name, language, createdAt, identities }: Customer): void {
    this.#create.run(id, site, team ?? null, name ?? null, language ?? null, createdAt, createdAt);
    for (const { kind, value } of identities) this.#addIdentity.run(kind, value, id, createdAt);
  }

  change(id: CustomerId, { name, language }: { name?: string | null; language?: Language | null }, now: Millis): void {
    if (name !== undefined) this.#rename.run(name, id);
    if (language !== undefined) this.#relanguage.run(language, id);
    this.#touch.run(now, id);
  }

  addIdentity(id: CustomerId, { kind, value }: Identity, now: Millis): void {
    this.#addIdentity.run(kind, value, id, now);
    this.#touch.run(now, id);
  }

  removeIdentity(id: CustomerId, { kind, value }: Identity, now: Millis): void {
    this.#removeIdentity.run(kind, value, id);
    this.#touch.run(now, id);
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

  /** Identities, tags and notes go with it (ON DELETE CASCADE). */
  remove(id: CustomerId): void {
    this.#remove.run(id);
  }
}
