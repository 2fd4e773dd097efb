// Message-IDs (RFC 5322 3.6.4). Ours are made from the message's id, so that a mail that is sent twice after a broken
// connection is one mail for the receiver's server, and an answer or a bounce says which message it speaks of.

const ours = 'switchroom.';

/** `<switchroom.MESSAGE@domain>`; bytes that a Message-ID may not hold are written as base64url. */
export function messageIdOf(message: string, domain: string): string {
  const plain = /^[A-Za-z0-9_-]{1,150}$/.test(message);
  return `<${ours}${plain ? `p.${message}` : `b.${Buffer.from(message).toString('base64url')}`}@${domain}>`;
}

/** The message behind one of our Message-IDs; undefined: it is not ours. */
export function messageOf(messageId: string): string | undefined {
  const found = /^<switchroom\.([pb])\.([A-Za-z0-9_-]{1,400})@[^>]*>$/.exec(messageId);
  if (!found?.[2]) return undefined;
  return found[1] === 'p' ? found[2] : Buffer.from(found[2], 'base64url').toString('utf8');
}

/** All `<…>` in a header, in order, at most `most` (the first, as the root counts, and the last ones). */
export function messageIds(header: string | undefined, most = 50): string[] {
  const all = (header ?? '').slice(0, 100_000).match(/<[^<>\s]{1,500}>/g) ?? [];
  const unique = [...new Set(all)];
  return unique.length <= most ? unique : [...unique.slice(0, 1), ...unique.slice(1 - most)];
}
