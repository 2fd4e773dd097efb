import { readFileSync } from 'node:fs';
import { failed } from './errors.ts';

/** A secret in a file of its own, read anew each time so that it can be changed while we run. @throws secret-file-unusable */
export function secretIn(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw failed['secret-file-unusable']({ file, reason: (cause as Error).message }, { cause });
  }
  if (text === '') throw failed['secret-file-unusable']({ file, reason: 'it is empty' });
  return text;
}
