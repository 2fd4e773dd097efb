// Whether a backup can be restored: every file is decrypted and compared with the manifest, without being written anywhere; only
// the site's database is, to a temporary folder, and looked at with all that it vouches for.
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseFile } from '../journal/index.ts';
import { failed } from './errors.ts';
import { freeBytesAt } from './free-bytes.ts';
import { type DataReport, type HeldFiles, inspectData } from './inspect.ts';
import type { BackedFile, Manifest } from './manifest.ts';
import { bytesOf, damageOf, isDamage, readThrough, reasonOf } from './read-file.ts';
import { openBackup } from './restore.ts';
import { readManifest } from './take.ts';

export interface VerifyOptions {
  from: string;
  passphrase: string;
  /** Manifest of an older backup in the folder. Default the newest. */
  which?: string | undefined;
  /** Damaged parts of a folder are moved into its `damaged`, so that the next backup writes them again. */
  setAside?: boolean;
}

export interface Verified {
  manifest: Manifest;
  report: DataReport;
  /** The chain ends where it ended when the backup was taken. */
  sameEnd: boolean;
  /** Files that cannot be restored, each with why. */
  damaged: string[];
  /** Parts that were moved into `damaged`. */
  setAside: number;
}

/** @throws backup-not-there, backup-passphrase-wrong, verify-no-room, backup-damaged (the manifest or the site's database) */
export async function verifyBackup(options: VerifyOptions): Promise<Verified> {
  const { from, passphrase, which } = options;
  const { vault, key, names } = await openBackup(from, passphrase);
  const name = which ?? names.at(-1);
  if (name === undefined || !names.includes(name)) throw failed['backup-not-there']({ backup: which ?? from });
  let setAside = 0;
  const putAside = async (part: string) => {
    if (options.setAside && (await vault.setAside(part))) setAside++;
  };
  let manifest: Manifest;
  try {
    manifest = await readManifest(vault, key, name);
  } catch (error) {
    if (isDamage(error)) await putAside(name);
    throw error;
  }
  const main = manifest.files.find(isMain);
  await mustHaveRoom(main?.bytes ?? 0);
  const scratch = mkdtempSync(join(tmpdir(), 'switchroom-verify-'));
  try {
    const damaged = new Map<BackedFile, string>();
    for (const file of manifest.files) {
      const bytes = bytesOf(vault, key, file);
      const damage = await damageOf(
        file === main ? writeFile(join(scratch, databaseFile), bytes, { mode: 0o600, flag: 'wx' }) : readThrough(bytes),
      );
      if (!damage) continue;
      await putAside(file.part);
      if (file === main) throw damage;
      damaged.set(file, reasonOf(damage));
    }
    const report = await inspectData(scratch, heldIn(manifest, damaged));
    const { seq, hash } = report.end;
    const sameEnd = seq === manifest.journal.last && hash === manifest.journal.hash;
    return { manifest, report, sameEnd, damaged: [...damaged.values()], setAside };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const isMain = ({ root, path }: BackedFile) => root === 'data' && path === databaseFile;

/** Before anything is read: a copy of the database lies there, in clear. @throws verify-no-room */
async function mustHaveRoom(bytes: number): Promise<void> {
  const folder = tmpdir();
  const free = await freeBytesAt(folder);
  if (free >= bytes) return;
  throw failed['verify-no-room']({ folder, needed: Math.ceil(bytes / 2 ** 20), free: Math.floor(free / 2 ** 20) });
}

/** What would lie beside the restored database, with the checksums that were compared just now. */
function heldIn({ files }: Manifest, damaged: ReadonlyMap<BackedFile, string>): HeldFiles {
  const held = new Map(files.filter(({ root }) => root === 'data').map((file) => [file.path, file]));
  const named = (pattern: RegExp) => [...held.keys()].flatMap((path) => pattern.exec(path)?.[1] ?? []);
  return {
    recordings: named(/^recordings\/([^/]+)$/),
    attachments: named(/^attachments\/[0-9a-f]{2}\/([^/]+)$/),
    has: (path) => held.has(path),
    sha256: async (path) => {
      const file = held.get(path);
      return file === undefined || damaged.has(file) ? undefined : file.sha256;
    },
  };
}
