// Bytes of customers: limits, what they really are, the virus scan, then the server keeps them.
import type { ConnectorTools } from './connector.ts';
import { failed } from './errors.ts';
import { typeOf } from './magic.ts';
import { type ScanSettings, scan } from './scan.ts';
import type { ServerApi } from './server-api.ts';

export interface AttachmentSettings {
  mostBytes: number;
  /** MIME types, or all of a family (`image/*`), by what the bytes are. */
  types: readonly string[];
  scan: ScanSettings;
}

export function attachmentsOf(
  channel: string,
  server: Pick<ServerApi, 'keep' | 'open'>,
  settings: AttachmentSettings,
): ConnectorTools['attachments'] {
  return {
    async keep(given, { key, kind, name, mime }) {
      const bytes = await whole(given, settings.mostBytes);
      if (bytes.length === 0) throw failed['attachment-refused']({ reason: 'it is empty' });
      const found = typeOf(bytes, mime);
      if (!settings.types.some((type) => matches(type, found.mime))) {
        throw failed['attachment-refused']({ reason: `its type is ${found.mime}` });
      }
      const virus = await scan(bytes, settings.scan);
      if (virus !== undefined) throw failed['attachment-refused']({ reason: `the virus scanner found ${virus}` });
      const query = {
        channel,
        key: key.slice(0, 200),
        // What it is wins over what it is said to be; a voice message in a container of video stays voice.
        kind: kind === 'file' || found.kind === 'file' ? found.kind : kind,
        ...(name === undefined ? {} : { name: plainName(name) }),
      };
      return server.keep(query, found.mime, bytes);
    },
    open: (id) => server.open(id),
  };
}

async function whole(given: AsyncIterable<Uint8Array> | Uint8Array, most: number): Promise<Buffer> {
  if (given instanceof Uint8Array) {
    if (given.length > most) throw failed['attachment-refused']({ reason: `it is larger than ${most} bytes` });
    return Buffer.from(given.buffer, given.byteOffset, given.length);
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of given) {
    size += part.length;
    if (size > most) throw failed['attachment-refused']({ reason: `it is larger than ${most} bytes` });
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function matches(type: string, mime: string): boolean {
  return type === mime || (type.endsWith('/*') && mime.startsWith(type.slice(0, -1)));
}

/** No folders, no control characters, at most 255 characters. */
function plainName(name: string): string {
  return (name.split(/[\\/]/).at(-1) ?? '').replace(/\p{C}/gu, '').slice(-255);
}
