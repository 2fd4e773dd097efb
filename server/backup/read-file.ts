// One file of a backup: decrypted as it is read, and compared with what the manifest says of it.
import { createHash } from 'node:crypto';
import { SwitchroomError } from '../../values/index.ts';
import { failed } from './errors.ts';
import type { BackedFile } from './manifest.ts';
import { opening } from './sealed-stream.ts';
import type { Vault } from './vault.ts';

/** @throws backup-damaged with the file's name once it is seen that it is not what was backed up */
export async function* bytesOf(vault: Vault, key: Buffer, file: BackedFile): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of opening(key, vault.read(file.part))) {
      hash.update(chunk);
      yield chunk;
    }
  } catch (error) {
    throw withName(file, error as NodeJS.ErrnoException);
  }
  if (hash.digest('hex') !== file.sha256)
    throw failed['backup-damaged']({ reason: `${nameOf(file)} is not what was backed up` });
}

/** Reads it to its end, and keeps nothing. @throws as bytesOf */
export async function readThrough(bytes: AsyncGenerator<Buffer>): Promise<void> {
  let step = await bytes.next();
  while (!step.done) step = await bytes.next();
}

/** @returns in what way it is damaged; undefined: it was read whole. @throws what is no damage (a full disk, a vault that is gone) */
export async function damageOf(reading: Promise<void>): Promise<SwitchroomError | undefined> {
  try {
    await reading;
    return undefined;
  } catch (error) {
    if (isDamage(error)) return error;
    throw error;
  }
}

export function isDamage(error: unknown): error is SwitchroomError {
  return error instanceof SwitchroomError && error.code === 'backup-damaged';
}

/** `data/recordings/rec_1.wav: frame 2 of a part is not as it was written`. */
export const reasonOf = ({ details }: SwitchroomError): string => String(details.reason);

const nameOf = ({ root, path }: BackedFile) => `${root}/${path}`;

function withName(file: BackedFile, error: NodeJS.ErrnoException): Error {
  // EIO: a sector that the disk cannot read any more.
  const reason = isDamage(error) ? reasonOf(error) : error.code === 'EIO' ? error.message : undefined;
  if (reason === undefined) return error;
  return failed['backup-damaged']({ reason: `${nameOf(file)}: ${reason}` }, { cause: error });
}
