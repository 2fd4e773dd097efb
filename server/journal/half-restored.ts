// A data directory into which a site is being restored, or whose restore was interrupted. No server starts on it: it would make
// a new site beside half of the old one, or run the demo's flows on the old one's numbers.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { failed } from './errors.ts';

const schema = z.strictObject({
  /** The backup that is restored. */
  manifest: z.string(),
  /** Where its flows go; undefined: they stay in `restored/flows`. */
  flows: z.string().optional(),
  /** What stood there before was moved to here. */
  aside: z.string().optional(),
  /** What the backup has lost of itself; undefined: it is not read to the end yet. */
  damaged: z.array(z.string()).optional(),
});
export type HalfRestored = z.infer<typeof schema>;

/** In the data directory; no backup takes what ends so. */
const noteFile = 'restore.coming';

/** @returns undefined where no restore is under way */
export function halfRestored(directory: string): HalfRestored | undefined {
  const file = path.join(directory, noteFile);
  return existsSync(file) ? schema.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}

/** Whole or not at all, and durable when it returns. */
export function noteHalfRestored(directory: string, note: HalfRestored): void {
  const aside = path.join(directory, `new.${noteFile}`);
  writeFileSync(aside, JSON.stringify(note), { mode: 0o600, flush: true });
  renameSync(aside, path.join(directory, noteFile));
}

/** Everything is in place, or nothing was put there. */
export function restoreEnded(directory: string): void {
  rmSync(path.join(directory, noteFile), { force: true });
}

/** @throws data-half-restored */
export function mustBeWhole(directory: string): void {
  const note = halfRestored(directory);
  if (note) throw failed['data-half-restored']({ directory, backup: note.manifest });
}
