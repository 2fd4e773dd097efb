// Mails that break RFC 2047 and RFC 2045: raw bytes in headers, text without its charset or with one that it is not. Seen
// daily from web forms, old Foxmail and phones. They are mended before the parser reads them.

/**
 * Bytes as text: UTF-8 where they are that, else in `fallback`.
 * @param fallback a label of the Encoding Standard, for example gb18030
 */
export function decodeUnknown(bytes: Uint8Array, fallback: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return decoder(fallback).decode(bytes);
  }
}

function decoder(label: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(label);
  } catch {
    return new TextDecoder('gb18030');
  }
}

/**
 * A mail whose raw 8-bit headers are UTF-8, and whose text parts all name a charset that they can be.
 * @param fallback for bytes that are not UTF-8 and say nothing else
 */
export function mendCharsets(raw: Buffer, fallback: string): Buffer {
  const end = endOfHeader(raw);
  const header = raw.subarray(0, end);
  const eightBit = header.some((byte) => byte >= 0x80);
  let text = eightBit
    ? decodeUnknown(header, charsetIn(header.toString('latin1')) ?? fallback)
    : header.toString('latin1');
  const body = raw.subarray(end);
  const type = /^content-type:\s*([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)/im.exec(text)?.[1];
  const isText = type === undefined || /^\s*text\//i.test(type);
  let mended = eightBit;
  if (isText && !hasUsableCharset(type) && !/^content-transfer-encoding:\s*(base64|quoted-printable)/im.test(text)) {
    if (body.some((byte) => byte >= 0x80)) {
      const charset = isUtf8(body) ? 'utf-8' : fallback;
      const value = `${(type ?? 'text/plain').replace(/;\s*charset\s*=\s*("[^"]*"|[^;\s]*)/gi, '').trim()}; charset=${charset}`;
      text =
        type === undefined
          ? `Content-Type: ${value}\r\n${text}`
          : text.replace(/^content-type:\s*[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*/im, () => `Content-Type: ${value}`);
      mended = true;
    }
  }
  return mended ? Buffer.concat([Buffer.from(text, 'utf8'), body]) : raw;
}

/** Where the header ends, behind its empty line; all of it where there is none. */
export function endOfHeader(raw: Buffer): number {
  const crlf = raw.indexOf('\r\n\r\n');
  const lf = raw.indexOf('\n\n');
  if (crlf < 0 && lf < 0) return raw.length;
  if (crlf < 0) return lf + 2;
  return lf < 0 || crlf < lf ? crlf + 4 : lf + 2;
}

function charsetIn(header: string): string | undefined {
  const named = /charset\s*=\s*"?([\w.:-]{1,40})/i.exec(header)?.[1];
  return named && usable(named) && !/^(us-ascii|utf-?8)$/i.test(named) ? named : undefined;
}

function hasUsableCharset(type: string | undefined): boolean {
  const named = /charset\s*=\s*"?([\w.:-]{1,40})/i.exec(type ?? '')?.[1];
  // "us-ascii" above 8-bit text is a lie.
  return named !== undefined && usable(named) && !/^us-ascii$/i.test(named);
}

function usable(label: string): boolean {
  try {
    return new TextDecoder(label).encoding !== '';
  } catch {
    return false;
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
