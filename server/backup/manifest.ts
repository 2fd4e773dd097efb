// What a backup holds: every file with its SHA-256, and where its bytes are. Itself a sealed part.
import { z } from 'zod';

export const backedFileSchema = z.strictObject({
  /** Where it belongs: the data folder, the folder of flows or of moments, or the settings' own files. */
  root: z.enum(['data', 'flows', 'moments', 'settings']),
  /** Below that root, with `/`. */
  path: z.string().regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))[^\0]+$/),
  bytes: z.number(),
  /** Of the file when it was read; a file with the same size and time is taken for unchanged the next time. */
  modifiedMs: z.number(),
  sha256: z.string(),
  part: z.string(),
  /** Where a file of the settings was. */
  was: z.string().optional(),
});
export type BackedFile = z.infer<typeof backedFileSchema>;

export const manifestSchema = z.strictObject({
  format: z.literal(1),
  /** Of the site, and of the program that wrote it. */
  site: z.string(),
  version: z.string(),
  /** When the database was copied, ms since 1970. */
  at: z.number(),
  schema: z.number(),
  /** The end of the journal's hash chain: what a restored one must end with. */
  journal: z.strictObject({ last: z.number(), hash: z.string() }),
  files: z.array(backedFileSchema),
});
export type Manifest = z.infer<typeof manifestSchema>;
