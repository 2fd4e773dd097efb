// Puts a backup back: into a new folder, every file checked against the manifest as it is written.
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { dataDirectoryHolder } from '../journal/index.ts';
import { failed } from './errors.ts';
import { openFileVault } from './file-vault.ts';
import { openFolderVault } from './folder-vault.ts';
import { type DataReport, inspectData } from './inspect.ts';
import { openKey } from './key.ts';
import type { Manifest } from './manifest.ts';
import { opening } from './sealed-stream.ts';
import { isFile, readManifest } from './take.ts';
import type { Vault } from './vault.ts';

export interface Restored {
  manifest: Manifest;
  data: string;
  flows: string;
  /** Where the settings' files lie now, and where they were. */
  settings: { file: string; was: string }[];
  /** What stood there before, where it was moved aside. */
  aside: string | undefined;
}

export interface RestoreOptions {
  from: string;
  passphrase: string;
  data: string;
  /** Default `<data>/restored/flows`. */
  flows?: string | undefined;
  /** Manifest of an older backup in the folder. Default the newest. */
  which?: string | undefined;
  force?: boolean;
  now: number;
}

/** @throws backup-not-there, backup-passphrase-wrong, backup-damaged, restore-target-used, restore-target-running */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { from, passphrase, which, force = false, now } = options;
  const data = resolve(options.data);
  const { vault, key, names } = await openBackup(from, passphrase);
  const name = which ?? names.at(-1);
  if (name === undefined || !names.includes(name)) throw failed['backup-not-there']({ backup: which ?? from });
  const manifest = await readManifest(vault, key, name);
  const aside = makeRoom(data, force, now);
  const flows = options.flows === undefined ? join(data, 'restored', 'flows') : resolve(options.flows);
  if (options.flows !== undefined) makeRoom(flows, force, now);
  // Made aside and renamed: a restore that was interrupted is no data folder.
  const coming = `${data}.coming`;
  rmSync(coming, { recursive: true, force: true });
  const place = {
    data: coming,
    flows: join(coming, 'restored', 'flows'),
    settings: join(coming, 'restored', 'settings'),
  };
  for (const file of manifest.files) await putBack(vault, key, file, join(place[file.root], file.path));
  mkdirSync(coming, { recursive: true });
  chmodSync(coming, 0o700);
  if (existsSync(data)) rmSync(data, { recursive: true });
  renameSync(coming, data);
  const restoredFlows = join(data, 'restored', 'flows');
  if (options.flows !== undefined && existsSync(restoredFlows)) {
    rmSync(flows, { recursive: true, force: true });
    mkdirSync(dirname(flows), { recursive: true });
    renameSync(restoredFlows, flows);
  }
  const settings = manifest.files
    .filter(({ root }) => root === 'settings')
    .map(({ path, was }) => ({ file: join(data, 'restored', 'settings', path), was: was ?? path }));
  return { manifest, data, flows, settings, aside };
}

export interface Verified {
  manifest: Manifest;
  report: DataReport;
  /** The chain ends where it ended when the backup was taken. */
  sameEnd: boolean;
}

/** Restores into a folder of its own and looks at everything; the folder goes again. */
export async function verifyBackup(
  options: Pick<RestoreOptions, 'from' | 'passphrase' | 'which' | 'now'>,
): Promise<Verified> {
  const scratch = mkdtempSync(join(tmpdir(), 'switchroom-verify-'));
  try {
    const data = join(scratch, 'data');
    const { manifest } = await restoreBackup({ ...options, data });
    const report = await inspectData(data);
    const { seq, hash } = report.end;
    return { manifest, report, sameEnd: seq === manifest.journal.last && hash === manifest.journal.hash };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** @throws backup-not-there, backup-passphrase-wrong */
export async function openBackup(
  from: string,
  passphrase: string,
): Promise<{ vault: Vault; key: Buffer; names: string[] }> {
  const there = existsSync(from) && (isFile(from) || existsSync(join(from, 'key.json')));
  if (!there) throw failed['backup-not-there']({ backup: from });
  const vault = isFile(from) ? await openFileVault(from) : openFolderVault(from);
  const key = openKey(vault.keyNote!, passphrase, from);
  return { vault, key, names: vault.manifests() };
}

async function putBack(vault: Vault, key: Buffer, file: Manifest['files'][number], to: string): Promise<void> {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  const hash = createHash('sha256');
  async function* checked(): AsyncGenerator<Buffer> {
    for await (const chunk of opening(key, vault.read(file.part))) {
      hash.update(chunk);
      yield chunk;
    }
  }
  await writeFile(to, checked(), { mode: 0o600, flag: 'wx', flush: true });
  if (hash.digest('hex') !== file.sha256)
    throw failed['backup-damaged']({ reason: `${file.root}/${file.path} is not what was backed up` });
  await utimes(to, file.modifiedMs / 1_000, file.modifiedMs / 1_000);
}

/** @returns where what was there went */
function makeRoom(target: string, force: boolean, now: number): string | undefined {
  if (!existsSync(target) || readdirSync(target).length === 0) return undefined;
  if (!force) throw failed['restore-target-used']({ target });
  const holder = dataDirectoryHolder(target);
  if (holder) throw failed['restore-target-running']({ target, pid: holder.pid ?? 'unknown' });
  const aside = `${target}.before-${new Date(now).toISOString().replace(/[:.]/g, '-')}`;
  renameSync(target, aside);
  return aside;
}
