// A callback of WeChat or WeCom: what is signed, what is encrypted, and the reply in the same manner.
import type { Millis } from '../../../values/index.ts';
import { isFresh, jsonObject, textAt } from '../provider/index.ts';
import { CipherError, isSigned, type MessageCipher, sign } from './message-cipher.ts';
import { readXml, writeXml, XmlError, xmlText } from './xml.ts';

/** `plain`: signed query, open body. `safe`: encrypted body only. `compatible`: WeChat sends both; the encrypted one counts. */
export type Mode = 'plain' | 'compatible' | 'safe';

export interface Rules {
  token: string;
  mode: Mode;
  cipher?: MessageCipher | undefined;
  freshSeconds: number;
  now: Millis;
}

export type Opened =
  | { ok: true; text: string; encrypted: boolean }
  | { ok: false; status: 400 | 403; reason: 'signature' | 'stale' | 'not-encrypted' | 'not-decrypted' | 'unreadable' };

/** The check of the address (GET): what is to be answered. */
export function openEcho(query: URLSearchParams, rules: Rules): Opened {
  const echo = query.get('echostr') ?? '';
  const signed = query.get('msg_signature');
  if (signed !== null && rules.cipher !== undefined) return openCipherText(echo, query, rules);
  const wrong = wrongQuery(query, rules);
  return wrong ?? { ok: true, text: echo, encrypted: false };
}

/** A message (POST): the XML or JSON that counts, decrypted where it was encrypted. */
export function openEnvelope(query: URLSearchParams, body: Buffer, rules: Rules): Opened {
  const text = body.toString('utf8');
  // WeCom says nothing of aes: there everything is encrypted, and only msg_signature stands in the query.
  const encrypted = query.get('encrypt_type') === 'aes' || (query.has('msg_signature') && !query.has('signature'));
  if (query.has('signature') || !encrypted) {
    const wrong = wrongQuery(query, rules);
    if (wrong !== undefined) return wrong;
  }
  if (!encrypted || rules.mode === 'plain')
    return rules.mode === 'safe' ? refused(403, 'not-encrypted') : { ok: true, text, encrypted: false };
  const cipherText = encryptedPart(text);
  return cipherText === undefined ? refused(400, 'unreadable') : openCipherText(cipherText, query, rules);
}

/** A passive reply in safe mode. @param timestamp seconds since 1970 */
export function sealReply(
  xml: string,
  { token, cipher }: { token: string; cipher: MessageCipher },
  { timestamp, nonce, random }: { timestamp: number; nonce: string; random?: Buffer },
): string {
  const encrypted = cipher.encrypt(xml, random);
  return writeXml({
    Encrypt: encrypted,
    MsgSignature: sign(token, String(timestamp), nonce, encrypted),
    TimeStamp: timestamp,
    Nonce: nonce,
  });
}

function wrongQuery(query: URLSearchParams, { token, now, freshSeconds }: Rules): Opened | undefined {
  const timestamp = query.get('timestamp') ?? '';
  if (!isSigned(query.get('signature'), token, timestamp, query.get('nonce') ?? '')) return refused(403, 'signature');
  return isFresh(timestamp, now, freshSeconds) ? undefined : refused(403, 'stale');
}

function openCipherText(cipherText: string, query: URLSearchParams, rules: Rules): Opened {
  const timestamp = query.get('timestamp') ?? '';
  const nonce = query.get('nonce') ?? '';
  if (rules.cipher === undefined) return refused(403, 'not-decrypted');
  if (!isSigned(query.get('msg_signature'), rules.token, timestamp, nonce, cipherText))
    return refused(403, 'signature');
  if (!isFresh(timestamp, rules.now, rules.freshSeconds)) return refused(403, 'stale');
  try {
    return { ok: true, text: rules.cipher.decrypt(cipherText), encrypted: true };
  } catch (error) {
    if (error instanceof CipherError) return refused(403, 'not-decrypted');
    throw error;
  }
}

/** `Encrypt` of the XML, or of the JSON where the account is set to JSON. */
function encryptedPart(text: string): string | undefined {
  if (text.trimStart().startsWith('{')) return textAt(jsonObject(text) ?? {}, 'Encrypt');
  try {
    return xmlText(readXml(text), 'Encrypt');
  } catch (error) {
    if (error instanceof XmlError) return undefined;
    throw error;
  }
}

function refused(status: 400 | 403, reason: Extract<Opened, { ok: false }>['reason']): Opened {
  return { ok: false, status, reason };
}
