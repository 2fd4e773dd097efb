// Bytes of images, voice messages and files: in the data folder under their hash, so that the same ones are kept once; what
// they are is a row. Streamed in and out, never whole in memory.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Database } from 'better-sqlite3';
import type { Logger } from 'pino';
import { type Attachment, limits } from '../../connector/index.ts';
import { type Clock, type InteractionId, type Millis, newId } from '../../values/index.ts';
import { type Journal, newEvent } from '../journal/index.ts';
import { failed } from './errors.ts';
import { attachmentKept } from './events.ts';

export interface KeptAttachment extends Attachment {
  via: string;
  /** The conversation in which it was used first. */
  interaction?: InteractionId | undefined;
  by: string;
}

interface Row {
  id: string;
  via: string;
  interaction: string | null;
  kind: Attachment['kind'];
  name: string | null;
  mime: string;
  bytes: number;
  sha256: string;
  by: string;
}

/** What a browser would run, or an operating system; everything else is bytes that people look at. */
const refused =
  /^(text\/html|application\/(xhtml\+xml|x-msdownload|x-msdos-program|x-executable|x-sh|x-bat|javascript|x-javascript|java-archive|vnd\.microsoft\.portable-executable|x-ms-installer|hta)|text\/javascript|image\/svg\+xml)$/;
const mimeRule = /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/;

export class Attachments {
  readonly #folder: string;
  readonly #database: Database;
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(given: { folder: string; database: Database; journal: Journal; clock: Clock; logger: Logger }) {
    this.#folder = given.folder;
    this.#database = given.database;
    this.#journal = given.journal;
    this.#clock = given.clock;
    this.#logger = given.logger;
    // What a crash cut off in the middle was not answered, and comes again.
    rmSync(join(this.#folder, 'coming'), { recursive: true, force: true });
    mkdirSync(join(this.#folder, 'coming'), { recursive: true, mode: 0o700 });
  }

  get(id: string): KeptAttachment | undefined {
    return kept(this.#database.prepare<[string], Row>('SELECT * FROM attachments WHERE id = ?').get(id));
  }

  /**
   * Takes bytes in. The same channel and key give the same attachment, whatever is sent then.
   * @throws attachment-type, attachment-too-large, attachment-cut-off
   */
  async keep(
    bytes: Readable,
    about: {
      channel: string;
      key: string;
      kind: Attachment['kind'];
      name?: string | undefined;
      mime: string;
      by: string;
    },
  ): Promise<Attachment> {
    const { channel: via, key, kind, by } = about;
    const before = this.#byKey(via, key);
    if (before) {
      bytes.resume();
      return plain(before);
    }
    const mime = about.mime.split(';')[0]!.trim().toLowerCase() || 'application/octet-stream';
    if (!mimeRule.test(mime) || refused.test(mime)) throw failed['attachment-type']({ mime });
    const id = newId('att', this.#clock.now());
    const coming = join(this.#folder, 'coming', id);
    try {
      const { sha256, size } = await this.#take(bytes, coming);
      const place = this.#place(sha256);
      mkdirSync(join(this.#folder, sha256.slice(0, 2)), { recursive: true, mode: 0o700 });
      await rename(coming, place);
      const name = about.name?.replace(/[\p{Cc}/\\]/gu, '_');
      const row = { id, via, key, kind, name: name ?? null, mime, bytes: size, sha256, at: this.#clock.now(), by };
      const event = newEvent(attachmentKept, row.at, { attachment: id, via, bytes: size, mime, sha256, by });
      await this.#journal.append([event], (db) => {
        db.prepare(
          `INSERT INTO attachments (id, via, key, kind, name, mime, bytes, sha256, at, by)
             VALUES (:id, :via, :key, :kind, :name, :mime, :bytes, :sha256, :at, :by) ON CONFLICT (via, key) DO NOTHING`,
        ).run(row);
      });
      // Where the same key came twice at once, the first one counts for both.
      const known = this.#byKey(via, key);
      return known ? plain(known) : { id, kind, mime, bytes: size, sha256, ...(name === undefined ? {} : { name }) };
    } catch (error) {
      await rm(coming, { force: true });
      throw error;
    }
  }

  /** @throws attachment-unknown */
  async read(id: string): Promise<{ about: KeptAttachment; stream: () => Readable }> {
    const about = this.get(id);
    if (!about) throw failed['attachment-unknown']({ attachment: id });
    const place = this.#place(about.sha256);
    try {
      await stat(place);
    } catch (error) {
      this.#logger.error({ err: error, attachment: id }, 'the bytes of an attachment are not there');
      throw failed['attachment-unknown']({ attachment: id });
    }
    return { about, stream: () => createReadStream(place) };
  }

  /** It belongs to that conversation from now on, unless it does to another. To be run in a commit. */
  use(ids: readonly string[], interaction: InteractionId): void {
    this.#database
      .prepare(
        `UPDATE attachments SET interaction = ? WHERE interaction IS NULL AND id IN (SELECT value FROM json_each(?))`,
      )
      .run(interaction, JSON.stringify(ids));
  }

  /** Those of erased people. In a commit. @returns hashes that nobody refers to any more */
  eraseRows(subjects: readonly string[]): string[] {
    const all = JSON.stringify(subjects);
    const gone = this.#database
      .prepare<{ all: string }, string>(
        `DELETE FROM attachments WHERE interaction IN (SELECT interaction FROM conversations
           WHERE customer IN (SELECT value FROM json_each(:all)) OR interaction IN (SELECT value FROM json_each(:all)))
         RETURNING sha256`,
      )
      .pluck()
      .all({ all });
    return this.#unused(gone);
  }

  /** What was uploaded before that and never sent. In a commit. @returns hashes that nobody refers to any more */
  pruneRows(before: Millis): string[] {
    const gone = this.#database
      .prepare<[number], string>('DELETE FROM attachments WHERE interaction IS NULL AND at < ? RETURNING sha256')
      .pluck()
      .all(before);
    return this.#unused(gone);
  }

  #unused(hashes: readonly string[]): string[] {
    const used = this.#database.prepare<[string], number>('SELECT 1 FROM attachments WHERE sha256 = ?').pluck();
    return [...new Set(hashes)].filter((sha256) => used.get(sha256) === undefined);
  }

  async removeFiles(hashes: readonly string[]): Promise<void> {
    // The same bytes may have come again meanwhile.
    for (const sha256 of hashes) {
      if (this.#unused([sha256]).length > 0) await rm(this.#place(sha256), { force: true });
    }
  }

  async #take(bytes: Readable, file: string): Promise<{ sha256: string; size: number }> {
    const hash = createHash('sha256');
    let size = 0;
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        size += chunk.length;
        if (size > limits.attachmentBytes) {
          done(failed['attachment-too-large']({ most: limits.attachmentBytes }));
          return;
        }
        hash.update(chunk);
        done(null, chunk);
      },
    });
    try {
      await pipeline(bytes, counted, createWriteStream(file, { mode: 0o600, flags: 'wx' }));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE') throw failed['attachment-cut-off']();
      throw error;
    }
    return { sha256: hash.digest('hex'), size };
  }

  #byKey(via: string, key: string): KeptAttachment | undefined {
    const row = this.#database.prepare<[string, string], Row>('SELECT * FROM attachments WHERE via = ? AND key = ?');
    return kept(row.get(via, key));
  }

  #place(sha256: string): string {
    return join(this.#folder, sha256.slice(0, 2), sha256);
  }
}

function kept(row: Row | undefined): KeptAttachment | undefined {
  if (!row) return undefined;
  const { id, via, interaction, kind, name, mime, bytes, sha256, by } = row;
  const optional = { ...(name === null ? {} : { name }), ...(interaction === null ? {} : { interaction }) };
  return { id, via, kind, mime, bytes, sha256, by, ...optional };
}

/** As it goes into messages. */
export function plain({ id, kind, name, mime, bytes, sha256 }: KeptAttachment): Attachment {
  return { id, kind, mime, bytes, sha256, ...(name === undefined ? {} : { name }) };
}
