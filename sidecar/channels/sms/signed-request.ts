// The request to an HTTP gateway, made of the settings' templates and signed as its provider wants it (Aliyun's and Tencent's
// ways are in docs/channels/sms.md, and both are tested by the providers' published examples).
import { createHmac } from 'node:crypto';
import { fillIn, fillInJson, percentEncode, type Values } from './fill-in.ts';
import type { HttpSettings } from './settings.ts';

type Send = HttpSettings['send'];

export interface MadeRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string | undefined;
}

/** @param values names of the message, of the time and of the settings; `secret` too, which only the signature may use */
export function signedRequest(send: Send, values: Values): MadeRequest {
  const { secret, ...open } = values;
  const isSignature = (template: string) => /\{\{[^}]*\bsignature\b/.test(template);
  const early = (pairs: Readonly<Record<string, string>>) =>
    Object.entries(pairs)
      .filter(([, template]) => !isSignature(template))
      .map(([key, template]): [string, string] => [key, fillIn(template, open)]);
  const url = new URL(fillIn(send.url, open));
  const query = early(send.query);
  const form = send.form ? early(send.form) : undefined;
  const text =
    send.json !== undefined
      ? JSON.stringify(fillInJson(send.json, open))
      : send.body === undefined
        ? undefined
        : fillIn(send.body, open);
  const known: Record<string, unknown> = {
    ...open,
    method: send.method,
    host: url.host,
    path: url.pathname,
    body: text ?? (form ? encoded(form) : ''),
    canonicalQuery: encoded([...query, ...(form ?? [])].sort(byName)),
  };
  if (send.signature) {
    const { algorithm, key, chain, over, encoding } = send.signature;
    let now: string | Buffer = fillIn(key, { ...known, secret });
    for (const step of chain) now = createHmac(algorithm, now).update(fillIn(step, known), 'utf8').digest();
    known.signature = createHmac(algorithm, now).update(signatureText(over, known), 'utf8').digest(encoding);
  }
  const late = (pairs: Readonly<Record<string, string>>) =>
    Object.entries(pairs)
      .filter(([, template]) => isSignature(template))
      .map(([key, template]): [string, string] => [key, fillIn(template, known)]);
  const all = encoded([...query, ...late(send.query)]);
  if (all !== '') url.search = all;
  const headers = Object.fromEntries(
    Object.entries(send.headers).map(([name, template]) => [name.toLowerCase(), fillIn(template, known)]),
  );
  const body = form ? encoded([...form, ...late(send.form ?? {})]) : text;
  if (body !== undefined)
    headers['content-type'] ??= form ? 'application/x-www-form-urlencoded' : 'application/json; charset=utf-8';
  return { method: send.method, url: url.href, headers, ...(body !== undefined && send.method !== 'GET' && { body }) };
}

/** What is signed may hold a text that is itself hashed: it is written between `{{#sha256}}` and `{{/sha256}}`. */
function signatureText(over: string, values: Values): string {
  const inner = over.replace(/\{\{#sha256\}\}([\s\S]*?)\{\{\/sha256\}\}/g, (_, text: string) =>
    fillIn('{{sha256 text}}', { text: fillIn(text, values) }),
  );
  return fillIn(inner, values);
}

function byName([one]: [string, string], [other]: [string, string]): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function encoded(pairs: readonly [string, string][]): string {
  return pairs.map(([key, value]) => `${percentEncode(key)}=${percentEncode(value)}`).join('&');
}
