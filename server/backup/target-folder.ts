// A folder that a restore fills. It stays where it is, as it may be a mount point on a small or read-only file system: everything
// is made in `.coming` within it, and then renamed, name by name.
import { existsSync, readdirSync, renameSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { dataDirectoryHolder } from '../journal/index.ts';
import { failed } from './errors.ts';

/** A restore's own, locks, and what a file system has at its root. */
const nothing = /^(\.coming|(new\.)?restore\.coming|server\.(lock|lock-journal|pid)|lost\+found)$/;

export const comingIn = (folder: string): string => join(folder, '.coming');

/** Names of what is there and may not be lost. */
export function contentsOf(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => !nothing.test(name)) : [];
}

/** @returns where what was there went. @throws restore-target-used, restore-target-running, restore-target-fixed */
export function makeRoom(target: string, force: boolean, now: number): string | undefined {
  if (contentsOf(target).length === 0) return undefined;
  if (!force) throw failed['restore-target-used']({ target });
  const holder = dataDirectoryHolder(target);
  if (holder) throw failed['restore-target-running']({ target, pid: holder.pid ?? 'unknown' });
  const aside = `${target}.before-${new Date(now).toISOString().replace(/[:.]/g, '-')}`;
  try {
    renameSync(target, aside);
  } catch (error) {
    throw failed['restore-target-fixed']({ target, reason: (error as Error).message }, { cause: error });
  }
  return aside;
}

/** What is in `.coming` comes to its place. Can be done again after whatever interrupted it. @param last comes after all others */
export function putInPlace(folder: string, last?: string): void {
  const coming = comingIn(folder);
  if (!existsSync(coming)) return;
  const names = readdirSync(coming).sort((a, b) => Number(a === last) - Number(b === last));
  for (const name of names) renameSync(join(coming, name), join(folder, name));
  rmdirSync(coming);
}
