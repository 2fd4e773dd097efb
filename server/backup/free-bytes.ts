import { existsSync } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Room for us on the file system of a folder, which may be still to be made. */
export async function freeBytesAt(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(standingAt(folder));
  return bavail * bsize;
}

/** Whether two folders, which may be still to be made, share one file system and its room. */
export async function sameFileSystem(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((folder) => stat(standingAt(folder))));
  return a?.dev === b?.dev;
}

/** The folder, or the nearest one above it that is there. */
function standingAt(folder: string): string {
  let there = resolve(folder);
  while (!existsSync(there)) there = dirname(there);
  return there;
}
