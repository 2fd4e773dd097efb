// A backup, beside a running server: a picture of the site's database first, and only then a look at which files there are, so that
// every recording that its records call sealed is there. Nothing is stopped, and nothing of the server is asked.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import type { Settings } from '../../config/index.ts';
import { databaseFile } from '../journal/index.ts';
import { failed } from './errors.ts';
import { newFileVault } from './file-vault.ts';
import { takeFolderVault } from './folder-vault.ts';
import { recordsIn } from './inspect.ts';
import { newKey, openKey, partName } from './key.ts';
import { type BackedFile, type Manifest, manifestSchema } from './manifest.ts';
import { opening, sealing } from './sealed-stream.ts';
import { snapshot } from './snapshot.ts';
import { type Source, sourcesOf } from './sources.ts';
import { manifestSuffix, type Vault } from './vault.ts';

export interface Taken {
  manifest: string;
  files: number;
  bytes: number;
  /** Read and written now; the rest was there from an earlier backup. */
  fresh: { files: number; bytes: number };
  /** Manifests and parts that went because only so many backups are kept. */
  pruned: number;
  journalLast: number;
}

export interface TakeOptions {
  settings: Settings;
  /** switchroom.json, where there is one. */
  configuration: string | undefined;
  /** A folder, or the name of a file that is to be. */
  to: string;
  passphrase: string;
  version: string;
  now: number;
  /** In a folder: how many backups stay. Default all. */
  keep?: number | undefined;
  /** Where the copies of databases are made on their way; default the system's. */
  scratch?: string | undefined;
}

/**
 * @throws backup-there, backup-passphrase-wrong, backup-nothing, backup-under-way, backup-other-site, backup-no-room,
 * backup-channels-unreadable
 */
export async function takeBackup(options: TakeOptions): Promise<Taken> {
  const { settings, to, scratch = tmpdir() } = options;
  if (!existsSync(join(settings.data, databaseFile))) throw failed['backup-nothing']({ data: settings.data });
  try {
    const vault = isFile(to) ? await newFileVault(to) : takeFolderVault(to);
    try {
      return await takeInto(vault, options);
    } finally {
      await vault.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!noRoom.has(code)) throw error;
    throw failed['backup-no-room']({ backup: to, scratch, reason: message }, { cause: error });
  }
}

/** Of the disk, a quota, the longest file that a file system or a user may have, and as SQLite says it. */
const noRoom = new Set<unknown>(['ENOSPC', 'EDQUOT', 'EFBIG', 'SQLITE_FULL']);

async function takeInto(vault: Vault, options: TakeOptions): Promise<Taken> {
  const { settings, configuration, to, passphrase, version, now, keep } = options;
  const fresh = vault.keyNote === undefined ? newKey(passphrase) : undefined;
  const key = fresh?.key ?? openKey(vault.keyNote!, passphrase, to);
  if (fresh) await vault.begin(fresh.note);
  const before = await newest(vault, key);
  const own = settings.site.name;
  if (before && before.site !== own) throw failed['backup-other-site']({ vault: to, site: before.site, own });
  const known = new Map(before?.files.map((file) => [`${file.root}/${file.path}`, file]));
  const scratch = mkdtempSync(join(options.scratch ?? tmpdir(), 'switchroom-backup-'));
  try {
    const began = statSync(scratch).ctimeMs;
    const main = join(scratch, databaseFile);
    await snapshot(join(settings.data, databaseFile), main);
    const { journal, schema, sources } = reading(main, (database) => ({
      ...endOf(database),
      sources: sourcesOf(settings, configuration).filter(belongsTo(database, began)),
    }));
    const files: BackedFile[] = [];
    const counts = { files: 0, bytes: 0 };
    for (const source of sources.sort((a, b) => Number(b.database) - Number(a.database))) {
      if (source.database) {
        const copy = isMain(source) ? main : join(scratch, 'other.sqlite');
        if (copy !== main) await snapshot(source.file, copy);
        const kept = await keepFile(vault, key, { ...source, file: copy }, counts);
        if (kept) files.push(kept);
        rmSync(copy);
        continue;
      }
      const size = await stat(source.file).catch(gone);
      if (size === undefined) continue;
      const same = known.get(`${source.root}/${source.path}`);
      const unchanged = same && same.bytes === size.size && same.modifiedMs === size.mtimeMs && vault.has(same.part);
      const kept = unchanged ? same : await keepFile(vault, key, source, counts);
      if (kept) files.push(kept);
    }
    const manifest: Manifest = { format: 1, site: own, version, at: now, schema, journal, files };
    const name = `${new Date(now).toISOString().replace(/[:.]/g, '-')}${manifestSuffix}`;
    await vault.put(sealing(key, one(Buffer.from(JSON.stringify(manifest)))), () => name);
    const pruned = keep === undefined ? 0 : await prune(vault, key, keep);
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    return { manifest: name, files: files.length, bytes, fresh: counts, pruned, journalLast: journal.last };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const isMain = ({ root, path }: Source) => root === 'data' && path === databaseFile;

/**
 * A recording or attachment that came while the database was copied is of the next backup, as its record is; one that was removed is
 * of none.
 * @param began by the clock of the file system, which may be a few milliseconds late
 */
function belongsTo(database: Database, began: number): (source: Source) => boolean {
  const recordOf = recordsIn(database);
  return ({ root, path, file }) => {
    const record = root === 'data' ? recordOf(path) : undefined;
    if (record !== 'none') return record !== 'removed';
    const there = statSync(file, { throwIfNoEntry: false });
    // Records may be a moment behind the journal: what is older stays.
    return there !== undefined && there.ctimeMs < began;
  };
}

/** @throws backup-damaged */
export async function readManifest(vault: Vault, key: Buffer, name: string): Promise<Manifest> {
  const pieces: Buffer[] = [];
  for await (const piece of opening(key, vault.read(name))) pieces.push(piece);
  return manifestSchema.parse(JSON.parse(Buffer.concat(pieces).toString()));
}

async function newest(vault: Vault, key: Buffer): Promise<Manifest | undefined> {
  const name = vault.manifests().at(-1);
  return name === undefined ? undefined : readManifest(vault, key, name);
}

/** @returns undefined where it is gone since the list was made: erased, or finished under another name */
async function keepFile(
  vault: Vault,
  key: Buffer,
  source: Source,
  counts: Taken['fresh'],
): Promise<BackedFile | undefined> {
  const handle = await open(source.file).catch(gone);
  if (handle === undefined) return undefined;
  try {
    const { size, mtimeMs } = await handle.stat();
    const hash = createHash('sha256');
    let bytes = 0;
    let sha256 = '';
    // What grows meanwhile (a recording under way, a log) is taken as far as it is now.
    const read = async function* (): AsyncGenerator<Buffer> {
      if (size > 0) {
        for await (const chunk of handle.createReadStream({ end: size - 1, autoClose: false })) {
          hash.update(chunk);
          bytes += chunk.length;
          yield chunk;
        }
      }
      sha256 = hash.digest('hex');
    };
    const part = await vault.put(sealing(key, read()), () => partName(key, sha256));
    counts.files++;
    counts.bytes += bytes;
    const { root, path, was } = source;
    return { root, path, bytes, modifiedMs: mtimeMs, sha256, part, ...(was === undefined ? {} : { was }) };
  } finally {
    await handle.close();
  }
}

async function prune(vault: Vault, key: Buffer, keep: number): Promise<number> {
  const names = new Set<string>();
  for (const name of vault.manifests().slice(-keep)) {
    names.add(name);
    for (const { part } of (await readManifest(vault, key, name)).files) names.add(part);
  }
  return vault.keepOnly(names);
}

function reading<Result>(file: string, read: (database: Database) => Result): Result {
  const database = new Sqlite(file, { readonly: true });
  try {
    return read(database);
  } finally {
    database.close();
  }
}

function endOf(database: Database): Pick<Manifest, 'journal' | 'schema'> {
  const end = database
    .prepare<[], { seq: number; hash: Buffer }>('SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1')
    .get();
  const schema = database.pragma('user_version', { simple: true }) as number;
  return { journal: { last: end?.seq ?? 0, hash: end?.hash.toString('hex') ?? '' }, schema };
}

/** `….backup` is one file; anything else is a folder, made where it is not there. */
export function isFile(path: string): boolean {
  return existsSync(path) ? statSync(path).isFile() : path.endsWith('.backup');
}

/** Erased or finished since the list was made. */
function gone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}

async function* one(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
