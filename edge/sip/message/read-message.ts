import { isToken, quickKey } from './header-names.ts';
import { Headers } from './headers.ts';
import { parseUnsigned } from './host-port.ts';
import { skipSpace } from './params.ts';
import type { SyntaxStatus } from './syntax-error.ts';

export interface ReadOptions {
  /** Longer messages are 513. Bytes; default 65,535. */
  maxBytes?: number;
  /** More header lines are 513; default 256. */
  maxHeaders?: number;
  /**
   * What bounds the body. `header`: Content-Length where there is one, and more than came is an error (RFC 3261 §18.3).
   * `rest`: everything that follows, for text whose Content-Length was counted by others than us. Default: `header` for
   * bytes, `rest` for text. `none`: only the head is here, the body comes later (streams).
   */
  body?: 'header' | 'rest' | 'none';
}

/** What was read. A `problem` is the first thing that was wrong; reading goes on after it, so that one can answer. */
export interface Reading {
  /** Undefined where the first line is neither a request nor a status line. */
  kind: 'request' | 'response' | undefined;
  method: string;
  uri: string;
  status: number;
  reason: string;
  headers: Headers;
  body: Buffer;
  problem: { text: string; status: SyntaxStatus } | undefined;
}

export const emptyBody: Buffer = Buffer.alloc(0);

/** Reads a whole message in one pass, leaving header values raw. Never throws for what it reads. */
export function readMessage(source: Buffer | string, options: ReadOptions = {}): Reading {
  const reading: Reading = {
    kind: undefined,
    method: '',
    uri: '',
    status: 0,
    reason: '',
    headers: new Headers(),
    body: emptyBody,
    problem: undefined,
  };
  const maxBytes = options.maxBytes ?? 65_535;
  const maxHeaders = options.maxHeaders ?? 256;
  if (typeof source === 'string') {
    const end = headEnd(source);
    readHead(reading, source.slice(0, end), maxHeaders);
    takeBody(reading, Buffer.from(source.slice(end), 'utf8'), options.body ?? 'rest');
    if (Buffer.byteLength(source) > maxBytes) blame(reading, 'the message is too large', 513);
    return reading;
  }
  if (source.length > maxBytes) blame(reading, 'the message is too large', 513);
  const end = headEnd(source);
  readHead(reading, source.toString('utf8', 0, Math.min(end, maxBytes)), maxHeaders);
  takeBody(reading, source.subarray(end), options.body ?? 'header');
  return reading;
}

/** Where the body begins: after the empty line; the length where that line is missing. */
function headEnd(source: Buffer | string): number {
  const end = source.indexOf('\r\n\r\n');
  const bare = source.indexOf('\n\n');
  if (bare >= 0 && (end < 0 || bare < end)) return bare + 2;
  return end >= 0 ? end + 4 : source.length;
}

function readHead(reading: Reading, head: string, maxHeaders: number): void {
  let at = 0;
  while (head.charCodeAt(at) === 13 || head.charCodeAt(at) === 10) at++; // RFC 3261 §7.5: leading empty lines
  let first = true;
  let headerSeen = false;
  let nextReturn = -1;
  while (at < head.length) {
    let feed = head.indexOf('\n', at);
    if (feed < 0) {
      feed = head.length;
      blame(reading, 'the message ends inside its headers');
    }
    // The next CR is looked for once, not once a line, so that a message without any stays linear.
    if (nextReturn < at) {
      nextReturn = head.indexOf('\r', at);
      if (nextReturn < 0) nextReturn = head.length + 1;
    }
    let end = feed;
    if (nextReturn < feed) {
      end = nextReturn;
      if (nextReturn !== feed - 1) {
        blame(reading, 'a carriage return inside a line');
        end = feed;
      }
    }
    if (first) {
      readStartLine(reading, head.slice(at, end));
      first = false;
    } else if (end === at) {
      return;
    } else if (isBlank(head.charCodeAt(at))) {
      if (headerSeen) reading.headers.extendLast(clean(head, at, end));
      else blame(reading, 'a folded line before any header');
    } else if (reading.headers.size >= maxHeaders) {
      blame(reading, 'too many header lines', 513);
      return;
    } else {
      if (readHeader(reading, head, at, end)) headerSeen = true;
    }
    at = feed + 1;
  }
  if (first) blame(reading, 'the message is empty');
  else blame(reading, 'the empty line after the headers is missing');
}

function readStartLine(reading: Reading, line: string): void {
  const space = line.indexOf(' ');
  // A method is a token and holds no slash, so that this can only be a status line.
  if (space > 0 && line.slice(0, 4).toUpperCase() === 'SIP/') {
    readStatusLine(reading, line, space);
    return;
  }
  const last = line.trimEnd().lastIndexOf(' ');
  const version = line.slice(last + 1).trimEnd();
  if (space <= 0 || version.length < 5 || version.slice(0, 4).toUpperCase() !== 'SIP/') {
    blame(reading, 'the start line is not SIP');
    return;
  }
  reading.kind = 'request';
  reading.method = line.slice(0, space);
  reading.uri = line.slice(space + 1, last);
  if (version.length !== line.length - last - 1) blame(reading, 'request line: blanks at its end');
  if (version.toUpperCase() !== 'SIP/2.0') blame(reading, 'only SIP/2.0 is spoken here', 505);
  if (!isToken(reading.method)) blame(reading, 'request line: the method is not a token');
  const { uri } = reading;
  if (uri === '' || last <= space) blame(reading, 'request line: the URI is missing');
  for (let i = 0; i < uri.length; i++) {
    const code = uri.charCodeAt(i);
    if (code <= 32 || code === 60 || code === 62 || code === 34 || code === 127) {
      blame(reading, 'request line: a blank, bracket, quote or control character in the URI');
      break;
    }
  }
  if (uri.indexOf(':') < 1) blame(reading, 'request line: the URI has no scheme');
}

function readStatusLine(reading: Reading, line: string, space: number): void {
  reading.kind = 'response';
  if (line.slice(0, space).toUpperCase() !== 'SIP/2.0') blame(reading, 'only SIP/2.0 is spoken here', 505);
  const next = line.indexOf(' ', space + 1);
  const code = next < 0 ? line.slice(space + 1) : line.slice(space + 1, next);
  reading.reason = next < 0 ? '' : line.slice(next + 1);
  const status = code.length === 3 ? parseUnsigned(code) : undefined;
  if (status === undefined || status < 100 || status > 699) blame(reading, 'status line: the status is not 100 to 699');
  else reading.status = status;
}

function readHeader(reading: Reading, head: string, start: number, end: number): boolean {
  let colon = head.indexOf(':', start);
  if (colon < 0 || colon >= end) {
    blame(reading, 'a header line without a colon');
    return false;
  }
  const valueStart = colon + 1;
  while (colon > start && isBlank(head.charCodeAt(colon - 1))) colon--;
  const name = head.slice(start, colon);
  let key = quickKey(name);
  if (key === undefined) {
    if (!isToken(name)) {
      blame(reading, 'a header name is not a token');
      return false;
    }
    const lower = name.toLowerCase();
    key = quickKey(lower) ?? lower;
  }
  reading.headers.append(name, key, clean(head, valueStart, end));
  return true;
}

function takeBody(reading: Reading, rest: Buffer, bound: 'header' | 'rest' | 'none'): void {
  if (bound === 'none') return;
  const length = bound === 'header' ? reading.headers.get('Content-Length') : undefined;
  // An empty part of the buffer would keep all of it alive for as long as the message lives: then none is kept.
  if (length === undefined) {
    if (rest.length > 0) reading.body = rest;
    return;
  }
  const bytes = parseUnsigned(length);
  if (bytes === undefined) {
    blame(reading, 'Content-Length: not a number');
    return;
  }
  if (bytes > rest.length) blame(reading, 'Content-Length: more than what came');
  if (bytes > 0 && rest.length > 0) reading.body = bytes < rest.length ? rest.subarray(0, bytes) : rest;
}

function blame(reading: Reading, text: string, status: SyntaxStatus = 400): void {
  reading.problem ??= { text, status };
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/** The part without blanks at its ends; a stray CR becomes a space, so that no value ever holds a line break. */
function clean(text: string, start: number, end: number): string {
  let from = skipSpace(text, start);
  if (from > end) from = end;
  let to = end;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  const value = text.slice(from, to);
  return value.includes('\r') ? value.replaceAll('\r', ' ').trim() : value;
}
