// A program's log: appended to, and begun anew beside one old copy when it is long, also while the program writes.
import { chmodSync, copyFileSync, existsSync, openSync, rmSync, statSync, truncateSync } from 'node:fs';

/** Bytes. */
export const longestLog = 20 * 1024 * 1024;

/** For a child's output; appending, so that it goes on at the new beginning after `turnLog`. Mode 0600. */
export function openLog(file: string): number {
  turnLog(file);
  return openSync(file, 'a', 0o600);
}

/**
 * Keeps a log bounded: what is there goes to `<file>.1`, and the file begins anew. What is written in the very instant
 * between both is lost. @returns whether it was long enough
 */
export function turnLog(file: string, longest = longestLog): boolean {
  if (!existsSync(file) || statSync(file).size <= longest) return false;
  try {
    copyFileSync(file, `${file}.1`);
    chmodSync(`${file}.1`, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    // Room on a full disk is worth more than an old log.
    rmSync(`${file}.1`, { force: true });
  }
  truncateSync(file);
  return true;
}
