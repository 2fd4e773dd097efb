// What is said of an error: one sentence where it is a known one, or the system's own about a file, a port or a peer.
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { SwitchroomError } from '../values/index.ts';

/** @returns undefined for a defect, whose stack is wanted */
export function told(error: unknown): string | undefined {
  if (error instanceof SwitchroomError) return error.message;
  if (!(error instanceof Error && 'syscall' in error)) return undefined;
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === undefined || path === undefined) return error.message;
  return ofFiles[code]?.(path) ?? error.message;
}

const ofFiles: Record<string, (path: string) => string> = {
  ENOENT: (path) => (existsSync(dirname(path)) ? `There is no ${path}.` : `There is no folder ${dirname(path)}.`),
  EACCES: (path) => `${path} may not be read or written by this user.`,
  EISDIR: (path) => `${path} is a folder.`,
};
