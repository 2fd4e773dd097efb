// move.json beside the parts of a vault: which site moves by it, what must arrive, and whether it has.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const schema = z.strictObject({
  format: z.literal(1),
  move: z.string(),
  site: z.string(),
  version: z.string(),
  at: z.number(),
  /** `host:folder`, for people. */
  from: z.string(),
  manifest: z.string(),
  journal: z.strictObject({ last: z.number(), hash: z.string() }),
  /** Rows by table of the site's database. */
  rows: z.record(z.string(), z.number()),
  files: z.number(),
  bytes: z.number(),
  arrived: z.strictObject({ at: z.number(), to: z.string() }).optional(),
});
export type MoveNote = z.infer<typeof schema>;

const fileIn = (vault: string) => join(vault, 'move.json');

export function readMoveNote(vault: string): MoveNote | undefined {
  const file = fileIn(vault);
  return existsSync(file) ? schema.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}

/** Whole or not at all, and durable. */
export function writeMoveNote(vault: string, note: MoveNote): void {
  const file = fileIn(vault);
  writeFileSync(`${file}.coming`, `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.coming`, file);
}

export function dropMoveNote(vault: string): void {
  rmSync(fileIn(vault), { force: true });
}
