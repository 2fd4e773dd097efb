// A mail as bytes → what this channel needs of it. Bounded in depth, headers and parts: a bomb is refused, never followed.
import { createHash } from 'node:crypto';
import type { Address, Attachment, Email } from 'postal-mime';
import PostalMime from 'postal-mime';
import { defineErrors } from '../../../values/index.ts';
import { decodeUnknown, endOfHeader, mendCharsets } from './charset.ts';
import { htmlText } from './html-text.ts';
import { messageIds } from './message-id.ts';

export const unreadable = defineErrors({
  'mail-unreadable': { status: 422, text: 'The mail cannot be read: {reason}.' },
});

export interface Part {
  name?: string | undefined;
  mime: string;
  /** Shown inside the text by its sender. */
  inline: boolean;
  bytes: Buffer;
}

export interface Mail {
  from?: { address: string; name?: string | undefined } | undefined;
  replyTo?: string | undefined;
  /** Addresses of To and Cc. */
  to: string[];
  subject: string;
  messageId?: string | undefined;
  /** References and In-Reply-To, oldest first. */
  references: string[];
  date?: number | undefined;
  /** The whole text: of the plain part, else made of the HTML. */
  text: string;
  fromHtml: boolean;
  parts: Part[];
  /** Lower-case names; each header as often as it stood there. */
  headers: ReadonlyMap<string, readonly string[]>;
}

/** Parts nested deeper, or more header bytes, are no mail that somebody wrote. */
const limits = { maxNestingDepth: 40, maxHeadersSize: 512 * 1024, maxRfc822NestingDepth: 3 } as const;
/** RFC 3834 and mailing lists put many; nobody needs more than these of one name. */
const mostSameHeaders = 50;

/**
 * @param raw as the server has it
 * @param fallback charset of bytes that do not say theirs
 * @throws mail-unreadable
 */
export async function readMail(raw: Buffer, fallback = 'gb18030'): Promise<Mail> {
  if (raw.length === 0) throw unreadable['mail-unreadable']({ reason: 'it is empty' });
  let email: Email;
  try {
    email = await PostalMime.parse(mendCharsets(raw, fallback), { ...limits, forceRfc822Attachments: true });
  } catch (error) {
    throw unreadable['mail-unreadable']({ reason: error instanceof Error ? error.message : 'of an unknown kind' });
  }
  const headers = new Map<string, string[]>();
  for (const { key, value } of email.headers) {
    const known = headers.get(key);
    if (!known) headers.set(key, [value]);
    else if (known.length < mostSameHeaders) known.push(value);
  }
  if (headers.size === 0) throw unreadable['mail-unreadable']({ reason: 'it has no header' });
  const plain = (email.text ?? '').replaceAll('\u0000', '').trim();
  const fromHtml = plain === '' && (email.html ?? '') !== '';
  const replied = messageIds(headers.get('in-reply-to')?.[0]);
  return {
    from: mailbox(email.from),
    replyTo: mailbox(email.replyTo?.[0])?.address,
    to: [...(email.to ?? []), ...(email.cc ?? [])]
      .flatMap((one) => (one.group ? one.group : [one]))
      .flatMap((one) => normalAddress(one.address) ?? [])
      .slice(0, 100),
    subject: oneLine(email.subject ?? '').slice(0, 998),
    messageId: messageIds(headers.get('message-id')?.[0])[0],
    references: [...new Set([...messageIds(headers.get('references')?.join(' ')), ...replied])],
    date: dateOf(email.date),
    text: fromHtml ? htmlText(email.html ?? '') : plain.replace(/\r\n?/g, '\n'),
    fromHtml,
    parts: email.attachments.map(partOf),
    headers,
  };
}

/**
 * What makes a mail the same mail: who wrote it when, and what. Copies in two mailboxes, and a mailbox that numbered its
 * mails anew (another UIDVALIDITY), give the same key.
 */
export function mailKey(raw: Buffer): string {
  const end = endOfHeader(raw);
  const hash = createHash('sha256');
  const header = raw.subarray(0, end).toString('latin1');
  for (const name of ['message-id', 'from', 'date', 'subject']) {
    hash.update(`${name}:${rawHeader(header, name) ?? ''}\n`);
  }
  return `mail-${hash.update(raw.subarray(end)).digest('hex').slice(0, 40)}`;
}

/** Who seems to have sent it, before it is read: only for the order in which mails are read. */
export function roughSender(raw: Buffer): string {
  const header = decodeUnknown(raw.subarray(0, Math.min(endOfHeader(raw), 64 * 1024)), 'latin1');
  const from = rawHeader(header, 'from') ?? '';
  return (/[^\s<>"]{1,200}@[^\s<>"]{1,120}/.exec(from)?.[0] ?? 'nobody').toLowerCase();
}

function rawHeader(header: string, name: string): string | undefined {
  const found = new RegExp(`^${name}:([^\\r\\n]*(?:\\r?\\n[ \\t][^\\r\\n]*)*)`, 'im').exec(header)?.[1];
  return found?.replace(/\s+/g, ' ').trim();
}

function mailbox(address: Address | undefined): Mail['from'] {
  const one = address?.group ? address.group[0] : address;
  const normal = normalAddress(one?.address);
  return normal ? { address: normal, name: oneLine(one?.name ?? '').slice(0, 200) || undefined } : undefined;
}

/** Lower case whole: no provider that customers use tells Li@ from li@ (RFC 5321 would allow it). */
export function normalAddress(address: string | undefined): string | undefined {
  const bare = (address ?? '').trim().toLowerCase();
  return bare.length <= 254 && /^[^\s@<>"(),:;]{1,64}@[^\s@<>"(),:;]{1,250}$/.test(bare) ? bare : undefined;
}

function dateOf(date: string | undefined): number | undefined {
  const at = Date.parse(date ?? '');
  return Number.isFinite(at) && at > 0 ? at : undefined;
}

/** Control characters and those that turn the direction of writing do not belong into a line (a name `…exe.pdf` is shown so). */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\u0000-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ').trim();
}

function partOf(attachment: Attachment): Part {
  const { content } = attachment;
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : bytesOf(content);
  const name = oneLine(attachment.filename ?? '')
    .replace(/[/\\]/g, '_')
    .slice(-255);
  return {
    name: name === '' ? undefined : name,
    mime: /^[\w.+-]+\/[\w.+-]+$/.test(attachment.mimeType)
      ? attachment.mimeType.slice(0, 127)
      : 'application/octet-stream',
    inline: attachment.related === true || attachment.disposition === 'inline',
    bytes,
  };
}

function bytesOf(content: ArrayBuffer | Uint8Array): Buffer {
  return content instanceof ArrayBuffer
    ? Buffer.from(content)
    : Buffer.from(content.buffer, content.byteOffset, content.byteLength);
}
