// A backup, beside a running server: a picture of each database first, then the files, so that every recording of which the
// copied journal knows is there. Nothing is stopped, and nothing of the server is asked.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Settings } from '../../config/index.ts';
import { databaseFile } from '../journal/index.ts';
import { failed } from './errors.ts';
import { newFileVault } from './file-vault.ts';
import { openFolderVault } from './folder-vault.ts';
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

/** @throws backup-there, backup-passphrase-wrong, backup-nothing */
export async function takeBackup(options: TakeOptions): Promise<Taken> {
  const { settings, configuration, to, passphrase, version, now, keep } = options;
  if (!existsSync(join(settings.data, databaseFile))) throw failed['backup-nothing']({ data: settings.data });
  const vault = isFile(to) ? newFileVault(to) : openFolderVault(to);
  const fresh = vault.keyNote === undefined ? newKey(passphrase) : undefined;
  const key = fresh?.key ?? openKey(vault.keyNote!, passphrase, to);
  if (fresh) await vault.begin(fresh.note);
  const scratch = mkdtempSync(join(options.scratch ?? tmpdir(), 'switchroom-backup-'));
  try {
    const before = await newest(vault, key);
    const known = new Map(before?.files.map((file) => [`${file.root}/${file.path}`, file]));
    const sources = sourcesOf(settings, configuration).sort((a, b) => Number(b.database) - Number(a.database));
    const files: BackedFile[] = [];
    const counts = { files: 0, bytes: 0 };
    let journal: Manifest['journal'] = { last: 0, hash: '' };
    let schema = 0;
    for (const source of sources) {
      if (source.database) {
        const copy = join(scratch, `${files.length}.sqlite`);
        await snapshot(source.file, copy);
        if (source.root === 'data' && source.path === databaseFile) ({ journal, schema } = endOf(copy));
        files.push(await keepFile(vault, key, { ...source, file: copy }, counts));
        rmSync(copy);
        continue;
      }
      const size = await stat(source.file).catch(gone);
      if (size === undefined) continue;
      const same = known.get(`${source.root}/${source.path}`);
      if (same && same.bytes === size.size && same.modifiedMs === size.mtimeMs && vault.has(same.part))
        files.push(same);
      else files.push(await keepFile(vault, key, source, counts));
    }
    const manifest: Manifest = { format: 1, site: settings.site.name, version, at: now, schema, journal, files };
    const name = `${new Date(now).toISOString().replace(/[:.]/g, '-')}${manifestSuffix}`;
    await vault.put(sealing(key, one(Buffer.from(JSON.stringify(manifest)))), () => name);
    const pruned = keep === undefined ? 0 : await prune(vault, key, keep);
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    return { manifest: name, files: files.length, bytes, fresh: counts, pruned, journalLast: journal.last };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
    await vault.close();
  }
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

async function keepFile(vault: Vault, key: Buffer, source: Source, counts: Taken['fresh']): Promise<BackedFile> {
  const { size, mtimeMs } = await stat(source.file);
  const hash = createHash('sha256');
  let bytes = 0;
  let sha256 = '';
  // What grows meanwhile (a recording under way, a log) is taken as far as it is now.
  async function* read(): AsyncGenerator<Buffer> {
    if (size > 0) {
      for await (const chunk of createReadStream(source.file, { end: size - 1 }) as AsyncIterable<Buffer>) {
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    }
    sha256 = hash.digest('hex');
  }
  const part = await vault.put(sealing(key, read()), () => partName(key, sha256));
  counts.files++;
  counts.bytes += bytes;
  const { root, path, was } = source;
  return { root, path, bytes, modifiedMs: mtimeMs, sha256, part, ...(was === undefined ? {} : { was }) };
}

async function prune(vault: Vault, key: Buffer, keep: number): Promise<number> {
  const names = new Set<string>();
  for (const name of vault.manifests().slice(-keep)) {
    names.add(name);
    for (const { part } of (await readManifest(vault, key, name)).files) names.add(part);
  }
  return vault.keepOnly(names);
}

function endOf(file: string): { journal: Manifest['journal']; schema: number } {
  const database = new Sqlite(file, { readonly: true });
  try {
    const end = database
      .prepare<[], { seq: number; hash: Buffer }>('SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1')
      .get();
    const schema = database.pragma('user_version', { simple: true }) as number;
    return { journal: { last: end?.seq ?? 0, hash: end?.hash.toString('hex') ?? '' }, schema };
  } finally {
    database.close();
  }
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
