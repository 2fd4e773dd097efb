// What is said of an error: one sentence where it is a known one, or the system's own about a file, a port or a peer.
import { SwitchroomError } from '../values/index.ts';

/** @returns undefined for a defect, whose stack is wanted */
export function told(error: unknown): string | undefined {
  if (error instanceof SwitchroomError) return error.message;
  return error instanceof Error && 'syscall' in error ? error.message : undefined;
}
