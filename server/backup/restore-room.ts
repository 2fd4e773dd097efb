// Whether there is room for what a restore is about to write: looked at before anything is moved, made or taken away.
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { failed } from './errors.ts';
import { freeBytesAt, sameFileSystem } from './free-bytes.ts';
import type { BackedFile } from './manifest.ts';
import { comingIn } from './target-folder.ts';

/** What a file takes beyond its bytes: file systems give whole blocks. */
const block = 4_096;

/**
 * @param files those that are going to be written into `data`
 * @param flows where those of the flows are copied to afterwards, if anywhere
 * @throws restore-no-room
 */
export async function mustHaveRoom(files: BackedFile[], data: string, flows: string | undefined): Promise<void> {
  const needed = bytesOf(files);
  if (flows === undefined) return mustFit(data, needed);
  // For a moment they are in both places.
  const twice = bytesOf(files.filter(({ root }) => root === 'flows'));
  if (await sameFileSystem(data, flows)) return mustFit(data, needed + twice);
  await mustFit(data, needed);
  await mustFit(flows, twice);
}

/** What an interrupted restore left there goes first. */
async function mustFit(folder: string, needed: number): Promise<void> {
  const free = (await freeBytesAt(folder)) + (await bytesIn(comingIn(folder)));
  if (free >= needed) return;
  throw failed['restore-no-room']({ folder, needed: Math.ceil(needed / 2 ** 20), free: Math.floor(free / 2 ** 20) });
}

function bytesOf(files: BackedFile[]): number {
  return files.reduce((sum, { bytes }) => sum + Math.ceil(bytes / block) * block, 0);
}

async function bytesIn(folder: string): Promise<number> {
  if (!existsSync(folder)) return 0;
  let bytes = 0;
  for (const name of await readdir(folder, { recursive: true })) bytes += (await stat(join(folder, name))).size;
  return bytes;
}
