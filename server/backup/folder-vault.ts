// key.json, <time>.manifest, and parts/ab/abcd…: a part is written aside and renamed, so that what has a name is whole.
import { createReadStream, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lockFile } from '../journal/index.ts';
import { failed } from './errors.ts';
import { type KeyNote, keyNoteSchema } from './key.ts';
import { manifestSuffix, type Vault } from './vault.ts';

/**
 * To write into: one backup at a time, since parts that no manifest names yet would be taken away.
 * @param folder made where it is not there @throws backup-under-way
 */
export function takeFolderVault(folder: string): Vault {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = lockFile(join(folder, 'backup.lock'));
  if (!lock) throw failed['backup-under-way']({ vault: folder });
  try {
    const vault = openFolderVault(folder);
    sweepComing(join(folder, 'parts'));
    const close = async (): Promise<void> => {
      await vault.close();
      lock.release();
    };
    return { ...vault, close };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Half parts of a backup that was killed: whoever holds the lock writes no other. */
function sweepComing(parts: string): void {
  for (const name of readdirSync(parts)) if (name.startsWith('coming-')) rmSync(join(parts, name), { force: true });
}

/** To read. @param folder made where it is not there */
export function openFolderVault(folder: string): Vault {
  mkdirSync(join(folder, 'parts'), { recursive: true, mode: 0o700 });
  const keyFile = join(folder, 'key.json');
  const placeOf = (name: string) =>
    name.endsWith(manifestSuffix) ? join(folder, name) : join(folder, 'parts', name.slice(0, 2), name);
  let coming = 0;
  return {
    place: folder,
    keyNote: existsSync(keyFile) ? keyNoteSchema.parse(JSON.parse(readFileSync(keyFile, 'utf8'))) : undefined,
    async begin(note: KeyNote) {
      await writeFile(keyFile, `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true });
    },
    has: (name) => existsSync(placeOf(name)),
    async put(bytes, named) {
      const aside = join(folder, 'parts', `coming-${process.pid}-${++coming}`);
      try {
        await writeFile(aside, bytes, { mode: 0o600, flush: true });
        const name = named();
        // Over what is there: that may have been damaged since.
        mkdirSync(dirname(placeOf(name)), { recursive: true, mode: 0o700 });
        await rename(aside, placeOf(name));
        await flushed(dirname(placeOf(name)));
        return name;
      } finally {
        await rm(aside, { force: true });
      }
    },
    read(name) {
      if (!existsSync(placeOf(name))) throw failed['backup-damaged']({ reason: `part ${name} is missing` });
      return createReadStream(placeOf(name));
    },
    manifests: () =>
      readdirSync(folder)
        .filter((name) => name.endsWith(manifestSuffix))
        .sort(),
    async setAside(name) {
      if (!existsSync(placeOf(name))) return false;
      const damaged = join(folder, 'damaged');
      mkdirSync(damaged, { recursive: true, mode: 0o700 });
      await rename(placeOf(name), join(damaged, name));
      return true;
    },
    async keepOnly(names) {
      let gone = 0;
      const sweep = async (from: string, all: string[]) => {
        for (const name of all) {
          if (names.has(name)) continue;
          await rm(join(from, name), { recursive: true });
          gone++;
        }
      };
      const parts = join(folder, 'parts');
      // Manifests first: none may name a part that is gone.
      await sweep(
        folder,
        readdirSync(folder).filter((name) => name.endsWith(manifestSuffix)),
      );
      for (const sub of readdirSync(parts).filter((name) => name.length === 2))
        await sweep(join(parts, sub), readdirSync(join(parts, sub)));
      return gone;
    },
    close: async () => {},
  };
}

/** The name itself survives a power cut, too. */
async function flushed(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
