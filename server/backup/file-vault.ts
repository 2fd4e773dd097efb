// One backup in one file: a line that says what it is, the key's note, the parts one after the other, a table of where they
// are, its length in 8 bytes, and a last word that says that the file is whole.
import { createReadStream, existsSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { z } from 'zod';
import { failed } from './errors.ts';
import { type KeyNote, keyNoteSchema } from './key.ts';
import { manifestSuffix, type Vault } from './vault.ts';

const first = 'switchroom backup 1\n';
const last = Buffer.from('switchroom backup is whole\n');
const tableSchema = z.record(z.string(), z.strictObject({ at: z.number(), bytes: z.number() }));
type Table = z.infer<typeof tableSchema>;

/** Written aside: without a manifest, or after whatever failed, `close` leaves nothing. @throws backup-there */
export async function newFileVault(file: string): Promise<Vault> {
  if (existsSync(file)) throw failed['backup-there']({ backup: file });
  const aside = `${file}.coming`;
  await rm(aside, { force: true });
  const out = await open(aside, 'wx', 0o600);
  const table: Table = {};
  let at = 0;
  const write = async (bytes: Buffer): Promise<void> => {
    await out.appendFile(bytes);
    at += bytes.length;
  };
  return {
    place: file,
    keyNote: undefined,
    async begin(note: KeyNote) {
      await write(Buffer.from(`${first}${JSON.stringify(note)}\n`));
    },
    has: (name) => table[name] !== undefined,
    async put(bytes, named) {
      const begin = at;
      for await (const chunk of bytes) await write(chunk);
      const name = named();
      // The same bytes twice: the second copy stays in the file, unnamed.
      table[name] ??= { at: begin, bytes: at - begin };
      return name;
    },
    read() {
      throw failed['backup-damaged']({ reason: 'it is being written' });
    },
    manifests: () => [],
    setAside: async () => false,
    keepOnly: async () => 0,
    async close() {
      try {
        if (!Object.keys(table).some((name) => name.endsWith(manifestSuffix))) return;
        const text = Buffer.from(JSON.stringify(table));
        const length = Buffer.alloc(8);
        length.writeBigUInt64BE(BigInt(text.length));
        await write(Buffer.concat([text, length, last]));
        await out.sync();
        await rename(aside, file);
      } finally {
        await out.close();
        await rm(aside, { force: true });
      }
    },
  };
}

/** @throws backup-not-there, backup-damaged */
export async function openFileVault(file: string): Promise<Vault> {
  const handle = await open(file, 'r');
  let keyNote: KeyNote;
  let table: Table;
  try {
    const head = (await bytesAt(handle, 0, 4_096)).toString('latin1');
    if (!head.startsWith(first)) throw failed['backup-not-there']({ backup: file });
    keyNote = keyNoteSchema.parse(JSON.parse(head.slice(first.length, head.indexOf('\n', first.length))));
    const { size } = await handle.stat();
    const end = size - last.length - 8;
    const tail = await bytesAt(handle, end, last.length + 8);
    if (!tail.subarray(8).equals(last)) throw failed['backup-damaged']({ reason: `${file} is cut off` });
    const length = Number(tail.readBigUInt64BE(0));
    table = tableSchema.parse(JSON.parse((await bytesAt(handle, end - length, length)).toString()));
  } finally {
    await handle.close();
  }
  return {
    place: file,
    keyNote,
    begin: async () => {
      throw failed['backup-there']({ backup: file });
    },
    has: (name) => table[name] !== undefined,
    put: async () => {
      throw failed['backup-there']({ backup: file });
    },
    read(name) {
      const found = table[name];
      if (!found) throw failed['backup-damaged']({ reason: `part ${name} is missing` });
      return createReadStream(file, { start: found.at, end: found.at + found.bytes - 1 });
    },
    manifests: () => Object.keys(table).filter((name) => name.endsWith(manifestSuffix)),
    setAside: async () => false,
    keepOnly: async () => 0,
    close: async () => {},
  };
}

async function bytesAt(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  if (at < 0) return Buffer.alloc(0);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}
