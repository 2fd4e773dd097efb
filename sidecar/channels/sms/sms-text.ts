// Text ↔ bytes of a short message (GSM 03.38/03.40 as Chinese carriers use it): ASCII, UCS-2 or GBK by content, long texts in
// parts with a user data header 05 00 03.
import { createHash } from 'node:crypto';

/** Msg_Fmt. */
export const format = { ascii: 0, ucs2: 8, gbk: 15 } as const;

export interface EncodedPart {
  format: number;
  /** A user data header stands before the text. */
  header: boolean;
  content: Buffer;
}

const whole = 140;
const headerBytes = 6;

/**
 * @param reference what says that parts belong together: the same message gives the same number, also when it is sent again
 * @returns undefined where it would take more than `most` parts
 */
export function encodeText(
  text: string,
  options: { chinese: 'ucs2' | 'gbk'; most: number; reference: string },
): EncodedPart[] | undefined {
  const clean = text.replace(/\r\n?/g, '\n');
  const gbk = options.chinese === 'gbk' && !isAscii(clean) ? encodeGbk(clean) : undefined;
  const used = isAscii(clean) ? format.ascii : gbk ? format.gbk : format.ucs2;
  const units = unitsOf(clean, used);
  const bytes = units.reduce((sum, unit) => sum + unit.length, 0);
  if (bytes <= whole) return [{ format: used, header: false, content: Buffer.concat(units) }];
  const parts: Buffer[][] = [[]];
  let size = 0;
  for (const unit of units) {
    if (size + unit.length > whole - headerBytes) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)?.push(unit);
    size += unit.length;
  }
  if (parts.length > options.most) return undefined;
  const reference = createHash('sha256').update(options.reference).digest()[0] ?? 0;
  return parts.map((part, index) => ({
    format: used,
    header: true,
    content: Buffer.concat([Buffer.from([5, 0, 3, reference, parts.length, index + 1]), ...part]),
  }));
}

/** Characters as bytes, so that none is torn apart between two parts: neither a pair of surrogates nor a double byte. */
function unitsOf(text: string, used: number): Buffer[] {
  const characters = [...text];
  if (used === format.ascii) return characters.map((one) => Buffer.from(one, 'latin1'));
  if (used === format.gbk) return characters.map((one) => gbkOf(one) ?? Buffer.from('?'));
  return characters.map((one) => Buffer.from(one, 'utf16le').swap16());
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
const isAscii = (text: string) => /^[\x00-\x7f]*$/.test(text);

export interface PartOf {
  reference: number;
  total: number;
  number: number;
}

/** The user data header: how long it is, and which part this is. A header that cannot be is taken as none. */
export function readHeader(content: Buffer): { length: number; part?: PartOf | undefined } {
  const length = (content[0] ?? 0) + 1;
  if (length > content.length) return { length: 0 };
  let part: PartOf | undefined;
  for (let at = 1; at + 1 < length; ) {
    const kind = content[at] ?? 0;
    const size = content[at + 1] ?? 0;
    const value = content.subarray(at + 2, Math.min(at + 2 + size, length));
    if (kind === 0 && value.length === 3)
      part = { reference: value[0] ?? 0, total: value[1] ?? 0, number: value[2] ?? 0 };
    if (kind === 8 && value.length === 4)
      part = { reference: value.readUInt16BE(0), total: value[2] ?? 0, number: value[3] ?? 0 };
    at += 2 + size;
  }
  const valid = part && part.total >= 1 && part.number >= 1 && part.number <= part.total;
  return { length, part: valid ? part : undefined };
}

export function decodeText(bytes: Buffer, used: number): string {
  if (used === format.ucs2) return new TextDecoder('utf-16be').decode(bytes).replaceAll('\u0000', '');
  if (used === 4) return `[${bytes.toString('hex').slice(0, 280)}]`;
  // Phones and gateways write GBK under 0 and other numbers too; ASCII is the same in it.
  return new TextDecoder('gbk').decode(bytes).replaceAll('\u0000', '');
}

/** @returns undefined where a character is not in GBK */
export function encodeGbk(text: string): Buffer | undefined {
  const all: Buffer[] = [];
  for (const one of text) {
    const bytes = gbkOf(one);
    if (!bytes) return undefined;
    all.push(bytes);
  }
  return Buffer.concat(all);
}

let gbk: Map<string, number> | undefined;

/** Node reads GBK and does not write it: the table is made by reading all double bytes once, about 24,000. */
function gbkOf(character: string): Buffer | undefined {
  if (isAscii(character)) return Buffer.from(character, 'latin1');
  if (!gbk) {
    gbk = new Map();
    const decoder = new TextDecoder('gbk', { fatal: true });
    for (let lead = 0x81; lead <= 0xfe; lead++) {
      for (let trail = 0x40; trail <= 0xfe; trail++) {
        if (trail === 0x7f) continue;
        let read: string;
        try {
          read = decoder.decode(Uint8Array.of(lead, trail));
        } catch {
          // Not assigned.
          continue;
        }
        if ([...read].length === 1 && !gbk.has(read)) gbk.set(read, (lead << 8) | trail);
      }
    }
  }
  const code = gbk.get(character);
  return code === undefined ? undefined : Buffer.from([code >> 8, code & 0xff]);
}
