// Templates of the HTTP gateway's settings: `{{to}}`, `{{sha256 body}}`, `{{encode canonicalQuery}}`. Names and a few
// functions, no code.
import { createHash } from 'node:crypto';
import { defineErrors } from '../../../values/index.ts';

export const templateFailed = defineErrors({
  'sms-template-invalid': { status: 500, text: 'The settings of the SMS gateway use {{{name}}}, which is {reason}.' },
});

/** Objects and lists are inserted where a JSON string is nothing but their placeholder. */
export type Values = Readonly<Record<string, unknown>>;

const functions: Record<string, (text: string) => string> = {
  encode: (text) => percentEncode(text),
  json: (text) => JSON.stringify(text).slice(1, -1),
  xml: (text) => text.replace(/[<>&"']/g, (one) => `&#${one.charCodeAt(0)};`),
  base64: (text) => Buffer.from(text, 'utf8').toString('base64'),
  sha256: (text) => createHash('sha256').update(text, 'utf8').digest('hex'),
  sha1: (text) => createHash('sha1').update(text, 'utf8').digest('hex'),
  md5: (text) => createHash('md5').update(text, 'utf8').digest('hex'),
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
};

const placeholder = /\{\{\s*(?:([a-z0-9]+)\s+)?([\w.-]+)\s*\}\}/g;

/** @throws sms-template-invalid for a name that there is not */
export function fillIn(template: string, values: Values): string {
  return template.replace(placeholder, (_, call: string | undefined, name: string) => {
    const value = lookUp(name, values);
    const text = typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value);
    if (call === undefined) return text;
    const made = functions[call];
    if (!made)
      throw templateFailed['sms-template-invalid']({
        name: `${call} ${name}`,
        reason: `no function (${Object.keys(functions).join(', ')})`,
      });
    return made(text);
  });
}

/** The same in all strings of a JSON. */
export function fillInJson(json: unknown, values: Values): unknown {
  if (typeof json === 'string') {
    const alone = /^\{\{\s*([\w.-]+)\s*\}\}$/.exec(json)?.[1];
    return alone === undefined ? fillIn(json, values) : lookUp(alone, values);
  }
  if (Array.isArray(json)) return json.map((one) => fillInJson(one, values));
  if (typeof json === 'object' && json !== null) {
    return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, fillInJson(value, values)]));
  }
  return json;
}

function lookUp(name: string, values: Values): unknown {
  if (!Object.hasOwn(values, name)) throw templateFailed['sms-template-invalid']({ name, reason: 'not known there' });
  return values[name];
}

/** RFC 3986, as signatures of Aliyun and others want it: also !'()* are encoded. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** `SendStatusSet.0.Code`; "" is the whole. @returns undefined where there is nothing */
export function at(json: unknown, path: string): unknown {
  if (path === '') return json;
  let now = json;
  for (const step of path.split('.')) {
    if (typeof now !== 'object' || now === null || !Object.hasOwn(now, step)) return undefined;
    now = (now as Record<string, unknown>)[step];
  }
  return now;
}

/** A string or number there, as text. */
export function textAt(json: unknown, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const value = at(json, path);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
    ? String(value)
    : undefined;
}
