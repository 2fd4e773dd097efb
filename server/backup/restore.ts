// Puts a backup back: every file checked against the manifest as it is written, aside first. A restore that was interrupted is no
// site: nothing starts on it, and the same restore goes on where it stopped.
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  databaseFile,
  type HalfRestored,
  halfRestored,
  lockDataDirectory,
  noteHalfRestored,
  restoreEnded,
} from '../journal/index.ts';
import { failed } from './errors.ts';
import { openFileVault } from './file-vault.ts';
import { openFolderVault } from './folder-vault.ts';
import { openKey } from './key.ts';
import type { BackedFile, Manifest } from './manifest.ts';
import { bytesOf, damageOf, reasonOf } from './read-file.ts';
import { mustHaveRoom } from './restore-room.ts';
import { isFile, readManifest } from './take.ts';
import { comingIn, makeRoom, putInPlace } from './target-folder.ts';
import type { Vault } from './vault.ts';

export interface Restored {
  manifest: Manifest;
  data: string;
  flows: string;
  /** Undefined where the backup has none. */
  moments: string | undefined;
  /** Where the settings' files lie now, and where they were. */
  settings: { file: string; was: string }[];
  /** What stood there before, where it was moved aside. */
  aside: string | undefined;
  /** What was left out as the backup has lost it, each with why. */
  damaged: string[];
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
  /** Goes on where files of the backup are damaged, without them; never without a database or a key. */
  whatIsWhole?: boolean;
  now: number;
}

/**
 * @throws backup-not-there, backup-passphrase-wrong, backup-damaged (a database or a key), backup-parts-damaged,
 * restore-target-used, restore-target-running, restore-target-fixed, restore-no-room, data-directory-in-use
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { from, passphrase, which, force = false, whatIsWhole = false, now } = options;
  const data = resolve(options.data);
  const { vault, key, names } = await openBackup(from, passphrase);
  const name = which ?? names.at(-1);
  if (name === undefined || !names.includes(name)) throw failed['backup-not-there']({ backup: which ?? from });
  const manifest = await readManifest(vault, key, name);
  const begun = halfRestored(data);
  const read = begun?.manifest === name && begun.damaged !== undefined ? begun : undefined;
  const flows = options.flows === undefined ? undefined : resolve(options.flows);
  if (!read) await mustHaveRoom(written(manifest), data, flows);
  const aside = (read ? undefined : makeRoom(data, force, now)) ?? begun?.aside;
  if (flows !== undefined && flows !== read?.flows) makeRoom(flows, force, now);
  const lock = lockDataDirectory(data);
  try {
    chmodSync(data, 0o700);
    const note = { manifest: name, flows, aside };
    const damaged = read?.damaged ?? (await fill(vault, key, manifest, data, note));
    noteHalfRestored(data, { ...note, damaged });
    if (damaged.length > 0 && !whatIsWhole) throw failed['backup-parts-damaged'](listed(damaged, manifest));
    putInPlace(data, databaseFile);
    placeFlows(data, flows);
    restoreEnded(data);
    const moments = join(data, restoredTo(manifest, 'moments'));
    const settings = manifest.files.filter(({ root }) => root === 'settings');
    return {
      manifest,
      data,
      flows: flows ?? join(data, restoredTo(manifest, 'flows')),
      moments: existsSync(moments) ? moments : undefined,
      settings: settings
        .map((file) => ({ file: join(data, placeOf(manifest, file)), was: file.was ?? file.path }))
        .filter(({ file }) => existsSync(file)),
      aside,
      damaged,
    };
  } finally {
    lock.release();
  }
}

/**
 * The flows of a site that was restored without a word about where they go, or interrupted before they were there.
 * @returns where they are; undefined: nobody but who moved them knows. @throws restore-target-used, data-directory-in-use
 */
export function finishFlows(
  data: string,
  flows: string | undefined,
  manifest: string,
  now: number,
): string | undefined {
  const restored = join(data, 'restored', 'flows');
  if (!existsSync(restored)) return flows !== undefined && existsSync(flows) ? flows : undefined;
  if (flows === undefined) return restored;
  const to = resolve(flows);
  makeRoom(to, false, now);
  const lock = lockDataDirectory(data);
  try {
    noteHalfRestored(data, { manifest, flows: to, damaged: [] });
    placeFlows(data, to);
    restoreEnded(data);
    return to;
  } finally {
    lock.release();
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

/** @returns what is damaged. @throws backup-damaged (a database or a key); then all is as it was */
async function fill(
  vault: Vault,
  key: Buffer,
  manifest: Manifest,
  data: string,
  note: HalfRestored,
): Promise<string[]> {
  const coming = comingIn(data);
  rmSync(coming, { recursive: true, force: true });
  noteHalfRestored(data, note);
  try {
    const damaged: string[] = [];
    for (const file of written(manifest)) {
      const to = join(coming, placeOf(manifest, file));
      const damage = await damageOf(putBack(vault, key, file, to));
      if (!damage) continue;
      if (isVital(file)) throw damage;
      await rm(to, { force: true });
      damaged.push(reasonOf(damage));
    }
    return damaged;
  } catch (error) {
    rmSync(coming, { recursive: true, force: true });
    restoreEnded(data);
    throw error;
  }
}

async function putBack(vault: Vault, key: Buffer, file: BackedFile, to: string): Promise<void> {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  await writeFile(to, bytesOf(vault, key, file), { mode: 0o600, flag: 'wx', flush: true });
  await utimes(to, file.modifiedMs / 1_000, file.modifiedMs / 1_000);
}

/** Copied, as they may lie on another file system; what was copied goes only when all of it is in place. */
function placeFlows(data: string, flows: string | undefined): void {
  const restored = join(data, 'restored', 'flows');
  if (flows === undefined || flows === restored || !existsSync(restored)) return;
  const coming = comingIn(flows);
  rmSync(coming, { recursive: true, force: true });
  cpSync(restored, coming, { recursive: true, preserveTimestamps: true });
  // What an earlier run placed before it was interrupted, or came with the data folder.
  for (const name of readdirSync(coming)) rmSync(join(flows, name), { recursive: true, force: true });
  putInPlace(flows);
  rmSync(restored, { recursive: true });
}

/** Without its databases there is no site; without its keys nobody trusts it, and what they seal is lost. */
function isVital({ root, path }: BackedFile): boolean {
  return (root === 'data' && path.endsWith('.sqlite')) || /(^|\/)secret$|\.(key|token|pem)$/.test(path);
}

const written = (manifest: Manifest): BackedFile[] => manifest.files.filter((file) => !isSuperseded(manifest, file));

/** What an earlier restore left below `restored`: this backup has flows and moments of its own. */
function isSuperseded({ files }: Manifest, { root, path }: BackedFile): boolean {
  return (
    root === 'data' &&
    (['flows', 'moments'] as const).some(
      (own) => path.startsWith(`restored/${own}/`) && files.some((file) => file.root === own),
    )
  );
}

/** Below the data folder. */
function placeOf(manifest: Manifest, file: BackedFile): string {
  return file.root === 'data' ? file.path : `${restoredTo(manifest, file.root)}/${file.path}`;
}

function restoredTo({ files, at }: Manifest, root: 'flows' | 'moments' | 'settings'): string {
  const folder = `restored/${root}`;
  // Those of an earlier restore may be in use since.
  const taken = root === 'settings' && files.some((file) => file.root === 'data' && file.path.startsWith(`${folder}/`));
  return taken ? `${folder}-${new Date(at).toISOString().replace(/[:.]/g, '-')}` : folder;
}

function listed(damaged: string[], { files }: Manifest): Record<string, unknown> {
  const shown = damaged.slice(0, 10).join('; ');
  const list = damaged.length > 10 ? `${shown}; and ${damaged.length - 10} more` : shown;
  return { count: damaged.length, files: files.length, list };
}
