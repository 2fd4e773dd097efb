// Secrets in SIP messages. Each is replaced by as many asterisks: lengths (Content-Length, the sizes in a capture) stay true.

/** Parameters with which a password could be guessed (RFC 3261 §22, RFC 7616): the rest of a Digest says what went wrong. */
const digestSecret = /\b((?:response|rspauth|cnonce)[ \t]*=[ \t]*"?)([^",\s]+)/gi;
/** Headers with credentials, with the lines that continue them (RFC 3261 §7.3.1). */
const credentials =
  /^((?:proxy-)?authorization|(?:proxy-)?authentication-info)([ \t]*:[ \t]*)([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)/gim;
/** Keys of SRTP (RFC 4568 §9.1), of SDP itself (RFC 8866 §5.12), and the password of ICE (RFC 8839 §5.4). */
const sdpSecrets = /^(a=crypto:[^\r\n]*?inline:|k=[a-z0-9-]+:|a=ice-pwd:)([^|;\s]+)/gim;
/** More keys of the same line (RFC 4568 §6.1 allows several after semicolons). */
const moreKeys = /(;inline:)([^|;\s]+)/gi;
/** Keys pressed, a PIN among them, sent by INFO. */
const signal = /^(Signal[ \t]*=[ \t]*)([^\r\n]+)/gim;

/**
 * A message without what could be misused: passwords' answers, media keys, and the keys that a caller pressed (INFO).
 * @param text one character a byte; comes out with the same length
 */
export function masked(text: string): string {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  const body = end < 0 ? '' : text.slice(end);
  return maskedHead(head) + maskedBody(head, body);
}

function maskedHead(head: string): string {
  return head.replace(credentials, (_all, name: string, colon: string, value: string) => {
    if (/^\s*digest\s/i.test(value) || /info$/i.test(name)) return name + colon + value.replace(digestSecret, starred);
    // Basic, Bearer and whatever comes: all but the scheme is the secret.
    const scheme = /^\s*\S+\s+/.exec(value)?.[0] ?? '';
    return name + colon + scheme + stars(value.slice(scheme.length));
  });
}

function maskedBody(head: string, body: string): string {
  if (body.length <= 4) return body;
  if (head.startsWith('INFO ')) {
    const plain = /^(?:content-type|c)[ \t]*:[ \t]*application\/dtmf[ \t]*(?:;|\r?$)/im.test(head);
    return plain ? body.slice(0, 4) + stars(body.slice(4)) : body.replace(signal, starred);
  }
  return body.replace(sdpSecrets, starred).replace(moreKeys, starred);
}

function starred(_all: string, before: string, secret: string): string {
  return before + '*'.repeat(secret.length);
}

/** Line ends stay, so that the message keeps its shape. */
function stars(text: string): string {
  return text.replace(/[^\r\n]/g, '*');
}
