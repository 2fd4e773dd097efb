// What bytes are, by how they begin, whatever their name and sender say. Sources: the formats' own specifications.
import type { Attachment } from '../connector/index.ts';

interface Found {
  mime: string;
  kind: Attachment['kind'];
}

const at = (bytes: Uint8Array, offset: number, text: string) =>
  Buffer.from(
    bytes.buffer,
    bytes.byteOffset + offset,
    Math.max(0, Math.min(text.length, bytes.length - offset)),
  ).toString('latin1') === text;

const table: [is: (bytes: Uint8Array) => boolean, mime: string, kind: Attachment['kind']][] = [
  [(b) => at(b, 0, '\x89PNG\r\n\x1a\n'), 'image/png', 'image'],
  [(b) => at(b, 0, '\xff\xd8\xff'), 'image/jpeg', 'image'],
  [(b) => at(b, 0, 'GIF87a') || at(b, 0, 'GIF89a'), 'image/gif', 'image'],
  [(b) => at(b, 0, 'RIFF') && at(b, 8, 'WEBP'), 'image/webp', 'image'],
  [(b) => at(b, 4, 'ftypheic') || at(b, 4, 'ftypmif1'), 'image/heic', 'image'],
  [(b) => at(b, 0, 'BM') && b.length > 26 && b[14] === 40, 'image/bmp', 'image'],
  [(b) => at(b, 0, '#!AMR\n') || at(b, 0, '#!AMR-WB\n'), 'audio/amr', 'voice'],
  // Tencent's form of SILK has one byte in front.
  [(b) => at(b, 0, '#!SILK_V3') || at(b, 1, '#!SILK_V3'), 'audio/silk', 'voice'],
  [(b) => at(b, 0, 'RIFF') && at(b, 8, 'WAVE'), 'audio/wav', 'voice'],
  [(b) => at(b, 0, 'OggS'), 'audio/ogg', 'voice'],
  [(b) => at(b, 0, 'ID3') || (b[0] === 0xff && ((b[1] ?? 0) & 0xe6) === 0xe2), 'audio/mpeg', 'voice'],
  [(b) => at(b, 4, 'ftypM4A'), 'audio/mp4', 'voice'],
  [(b) => b[0] === 0xff && ((b[1] ?? 0) & 0xf6) === 0xf0, 'audio/aac', 'voice'],
  [(b) => at(b, 4, 'ftyp'), 'video/mp4', 'video'],
  [(b) => at(b, 0, '\x1aE\xdf\xa3'), 'video/webm', 'video'],
  [(b) => at(b, 0, '%PDF-'), 'application/pdf', 'file'],
  [(b) => at(b, 0, 'PK\x03\x04') || at(b, 0, 'PK\x05\x06'), 'application/zip', 'file'],
  [(b) => at(b, 0, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'), 'application/x-ole-storage', 'file'],
  [(b) => at(b, 0, '\x1f\x8b'), 'application/gzip', 'file'],
  [(b) => at(b, 0, 'Rar!\x1a\x07'), 'application/vnd.rar', 'file'],
  [(b) => at(b, 0, "7z\xbc\xaf'\x1c"), 'application/x-7z-compressed', 'file'],
  // Programs, known so that they can be refused.
  [(b) => at(b, 0, 'MZ'), 'application/x-msdownload', 'file'],
  [(b) => at(b, 0, '\x7fELF'), 'application/x-executable', 'file'],
  [(b) => at(b, 0, '#!/'), 'application/x-sh', 'file'],
];

/** Containers whose real type only the name or sender tells: Office files are ZIP. */
const inside: Record<string, RegExp> = {
  'application/zip':
    /^application\/(vnd\.openxmlformats-officedocument\.[\w.-]+|vnd\.oasis\.opendocument\.[\w.-]+|zip|epub\+zip)$/,
  'application/x-ole-storage': /^application\/(msword|vnd\.ms-excel|vnd\.ms-powerpoint|vnd\.ms-outlook)$/,
  'audio/ogg': /^(audio\/(ogg|opus)|video\/ogg)$/,
  'video/webm': /^(video|audio)\/(webm|x-matroska)$/,
  'video/mp4': /^(video\/(mp4|quicktime|3gpp)|audio\/(mp4|3gpp))$/,
};

/** @param claimed MIME type as the sender says @returns what it is; text only where it is text */
export function typeOf(bytes: Uint8Array, claimed?: string | undefined): Found {
  const said = claimed?.split(';', 1)[0]?.trim().toLowerCase();
  for (const [is, mime, kind] of table) {
    if (!is(bytes)) continue;
    return said !== undefined && inside[mime]?.test(said) ? { mime: said, kind } : { mime, kind };
  }
  if (said !== undefined && /^text\/(plain|csv|calendar|html|vcard)$/.test(said) && isText(bytes)) {
    return { mime: said, kind: 'file' };
  }
  return { mime: isText(bytes) ? 'text/plain' : 'application/octet-stream', kind: 'file' };
}

function isText(bytes: Uint8Array): boolean {
  return !bytes.subarray(0, 4096).includes(0);
}
