// drachtio-srf reads each header with three regular expressions and a look into the environment, walks through all of them,
// in lower case, for each that is asked for, copies what it has read twice, and makes JSON of every message for a log that is
// off: a fifth of what the server does for a call. The same results, quicker; whatever is out of the ordinary (folded lines,
// several parts, no SIP) goes to its own reader. To be imported before drachtio-srf.
import { createRequire } from 'node:module';
import { sessionPart } from './multipart.ts';

/** What its reader makes of a text. */
export interface ReadMessage {
  version?: string;
  method?: string;
  uri?: string;
  status?: number;
  reason?: string;
  headers: Record<string, string>;
  body?: string | undefined;
  payload: { type: string | undefined; content: string | undefined }[];
}

interface Parser {
  parseSipMessage(text: string, lazy: boolean): ReadMessage | undefined;
  getHeaderName(name: string): string;
}

type MessageParts = { [Part in keyof ReadMessage]?: ReadMessage[Part] | undefined };

interface Message extends MessageParts {
  headers: Record<string, string>;
  raw?: string;
  getHeaderName(name: string): string | undefined;
  /** Its log for debugging asks, also where that is off. */
  toJSON(): undefined;
}

const require = createRequire(import.meta.url);
const parser = require('drachtio-srf/lib/sip-parser/parser.js') as Parser;
const messageFile = require.resolve('drachtio-srf/lib/sip-parser/message.js');
const OwnMessage = require(messageFile) as new (from?: string) => Message;
const { prototype } = OwnMessage as unknown as { prototype: Message };

/** As they were, for tests. */
export const own = { parse: parser.parseSipMessage, name: parser.getHeaderName, Message: OwnMessage };

/** Names come from outside: no more of them are remembered. */
const mostNames = 1_000;
const names = new Map<string, string>();

/** The name that a header is kept by. */
export function headerName(name: string): string {
  let known = names.get(name);
  if (known === undefined) {
    known = own.name(name);
    if (names.size < mostNames) names.set(name, known);
  }
  return known;
}

const requestLine = /^([\w\-.!%*_+`'~]+) (\S+) SIP\/(\d+\.\d+)$/;
const statusLine = /^SIP\/(\d+\.\d+) (\d+) (\S.*)$/;
const space = /\s/;

/**
 * @param lazy headers are not taken apart; anything else is left to drachtio-srf
 * @returns the message; of a body of several parts, only the session description
 */
export function readMessage(text: string, lazy: boolean): ReadMessage | undefined {
  return (lazy ? quickly(text) : undefined) ?? withSession(own.parse(text, lazy));
}

/** Of several parts we understand one: it is the body for us. */
function withSession(message: ReadMessage | undefined): ReadMessage | undefined {
  const type: unknown = message?.headers['content-type'];
  if (message?.body === undefined || typeof type !== 'string' || !/^multipart\//i.test(type)) return message;
  const session = sessionPart(type, message.body);
  if (session !== undefined) {
    message.body = session;
    message.headers['content-type'] = 'application/sdp';
  }
  return message;
}

function quickly(text: string): ReadMessage | undefined {
  const end = text.indexOf('\r\n\r\n');
  const lineEnd = text.indexOf('\r\n');
  if (end < 0 || lineEnd <= 0) return undefined;
  const message = begun(text.slice(0, lineEnd));
  if (message === undefined) return undefined;
  const { headers } = message;
  for (let at = lineEnd + 2; at < end; ) {
    let to = text.indexOf('\r\n', at);
    if (to > end) to = end;
    const colon = text.indexOf(':', at);
    if (colon <= at || colon >= to) return undefined;
    const written = text.slice(at, colon);
    const name = names.get(written) ?? newName(written.trimEnd());
    if (name === undefined) return undefined;
    const value = text.slice(colon + 1, to).trimStart();
    headers[name] = name in headers ? `${headers[name]},${value}` : value;
    at = to + 2;
  }
  const type = headers['content-type'];
  if (type?.includes('multipart/')) return undefined;
  const body = text.slice(end + 4);
  const length = headers['content-length'];
  // Without a length only what stands before an empty line is taken.
  if (length) message.body = body.slice(0, Math.max(0, Math.min(Number(length), Buffer.byteLength(body, 'utf8'))));
  else if (body.includes('\r\n\r\n')) return undefined;
  else message.body = body;
  message.payload.push({ type, content: message.body });
  return message;
}

function newName(written: string): string | undefined {
  // Also a line that begins with a space: it goes on with the one before.
  return written === '' || space.test(written) ? undefined : headerName(written);
}

function begun(line: string): ReadMessage | undefined {
  const answer = statusLine.exec(line);
  if (answer) {
    return { version: answer[1]!, status: Number(answer[2]), reason: answer[3]!, headers: {}, payload: [] };
  }
  const request = requestLine.exec(line);
  if (!request || line.includes('%')) return undefined;
  return { method: request[1]!, uri: request[2]!, version: request[3]!, headers: {}, payload: [] };
}

parser.parseSipMessage = readMessage;
parser.getHeaderName = headerName;

const find = prototype.getHeaderName;
prototype.getHeaderName = function (name) {
  return Object.hasOwn(this.headers, name) ? name : find.call(this, name);
};
prototype.toJSON = () => undefined;

/** A message without copies of what was read. */
class QuickMessage extends OwnMessage {
  /** @param from a text, or the parts of a message that is to be sent, whose headers are copied */
  constructor(from?: string | MessageParts) {
    super();
    if (!from) return;
    if (typeof from === 'string') {
      const read = readMessage(from, true);
      if (!read) throw new Error('failed to parse sip message');
      this.raw = from;
      this.headers = read.headers;
      this.#take(read);
    } else {
      Object.assign(this.headers, from.headers);
      this.#take(from);
    }
  }

  #take({ method, uri, version, status, reason, body, payload }: MessageParts): void {
    this.method = method;
    this.uri = uri;
    this.version = version;
    this.status = status;
    this.reason = reason;
    this.body = body;
    this.payload = payload;
  }
}

const messages = require.cache[messageFile];
if (!messages) throw new Error('drachtio-srf keeps its messages elsewhere');
messages.exports = QuickMessage;
