// A data directory whose site has moved elsewhere. It stays as it was, but no server starts on it: two with one key and one
// history would tell the cloud, and the auditors, different things.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { failed } from './errors.ts';

const schema = z.strictObject({
  /** The move; the same at both sides. */
  move: z.string(),
  site: z.string(),
  /** When, ms since 1970. */
  at: z.number(),
  /** Where to, for people. */
  to: z.string(),
  /** The end of the hash chain: what the new side begins with. */
  journal: z.strictObject({ last: z.number(), hash: z.string() }),
});
export type Fence = z.infer<typeof schema>;

/** In the data directory. */
const fenceFile = 'moved.json';

/** @returns undefined where the data is in use here */
export function fenceOf(directory: string): Fence | undefined {
  const file = path.join(directory, fenceFile);
  return existsSync(file) ? schema.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}

/** Durable when it returns. */
export function putFence(directory: string, fence: Fence): void {
  writeFileSync(path.join(directory, fenceFile), `${JSON.stringify(fence, null, 2)}\n`, { mode: 0o600, flush: true });
}

export function takeFenceAway(directory: string): void {
  rmSync(path.join(directory, fenceFile), { force: true });
}

/** @throws data-moved */
export function mustBeHere(directory: string): void {
  const fence = fenceOf(directory);
  if (!fence) return;
  const { site, at, to, journal } = fence;
  const day = new Date(at).toISOString();
  throw failed['data-moved']({ directory, site, at: day, to, last: journal.last });
}
