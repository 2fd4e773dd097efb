import { ownText } from '../../../values/index.ts';
import { Headers } from './headers.ts';
import { parseUnsigned } from './host-port.ts';
import { elementEnd } from './list.ts';
import { type NameAddr, parseNameAddr } from './name-addr.ts';
import { emptyBody, type Reading, type ReadOptions, readMessage } from './read-message.ts';
import { reasonPhrase } from './reason-phrases.ts';
import { SipSyntaxError } from './syntax-error.ts';
import { formatVia, parseVia, type Via } from './via.ts';

export interface CSeq {
  /** 0 to 2^31-1. */
  number: number;
  method: string;
}

/** What was read from headers and is remembered until a header changes. */
interface Remembered {
  revision: number;
  cseq?: CSeq;
  from?: NameAddr;
  to?: NameAddr;
  topVia?: Via;
}

const nothing: Remembered = Object.freeze({ revision: -1 });

/**
 * A SIP request or response (RFC 3261 §7). Headers stay raw until asked for; what nobody knows is kept as it came.
 * The readers (`cseq`, `from`, `topVia` …) throw SipSyntaxError where the header is missing or malformed; a message that
 * came up from the transactions has passed `checkMandatory`, so there they do not.
 */
export class SipMessage {
  readonly isRequest: boolean;
  /** Of the request line; empty in a response (its method is `cseq.method`). */
  method: string;
  /** Of the request line, raw; empty in a response. */
  uri: string;
  /** 100 to 699; 0 in a request. */
  status: number;
  reason: string;
  readonly headers: Headers;
  /** A part of the buffer that was parsed; never written to. */
  body: Buffer;
  #remembered: Remembered = nothing;
  /** The head as text, as it was asked for last: it is sent as bytes and shown as text. */
  #serialised: { start: string; revision: number; bodyBytes: number; text: string } | undefined;

  /** Use `parse`, `request` or `response`. */
  constructor(parts: Omit<Reading, 'problem'>) {
    this.isRequest = parts.kind === 'request';
    this.method = parts.method;
    this.uri = parts.uri;
    this.status = parts.status;
    this.reason = parts.reason;
    this.headers = parts.headers;
    this.body = parts.body;
  }

  /**
   * Reads a message. Checks its syntax, not whether mandatory headers are there (`checkMandatory` does).
   * @throws SipSyntaxError 400, 505 or 513, with `partial` where the start line was good enough to answer
   */
  static parse(source: Buffer | string, options?: ReadOptions): SipMessage {
    const reading = readMessage(source, options);
    const message = reading.kind === undefined ? undefined : new SipMessage(reading);
    if (reading.problem !== undefined) throw new SipSyntaxError(reading.problem.text, reading.problem.status, message);
    if (message === undefined) throw new SipSyntaxError('the start line is not SIP');
    return message;
  }

  /** A request without any header. */
  static request(method: string, uri: string): SipMessage {
    return make('request', method, uri, 0, '');
  }

  /**
   * A response with the headers that RFC 3261 §8.2.6.2 wants copied: Via, From, To, Call-ID, CSeq; Record-Route where it
   * may establish a dialog (§12.1.1), Timestamp for 100. The To tag is the caller's business (`ensureToTag`).
   */
  static response(request: SipMessage, status: number, reason: string = reasonPhrase(status)): SipMessage {
    const response = make('response', '', '', status, reason);
    const { headers } = response;
    headers.copy('Via', request.headers);
    if (status > 100 && status < 300) headers.copy('Record-Route', request.headers);
    headers.copy('From', request.headers);
    headers.copy('To', request.headers);
    headers.copy('Call-ID', request.headers);
    headers.copy('CSeq', request.headers);
    if (status === 100) headers.copy('Timestamp', request.headers);
    return response;
  }

  get callId(): string {
    const value = this.headers.get('Call-ID');
    if (value === undefined || value === '') throw new SipSyntaxError('Call-ID is missing');
    return value;
  }

  get cseq(): CSeq {
    const memory = this.#memory();
    memory.cseq ??= parseCSeq(this.headers.get('CSeq'));
    return memory.cseq;
  }

  get from(): NameAddr {
    const memory = this.#memory();
    memory.from ??= parseNameAddr(this.#needed('From'), 'From');
    return memory.from;
  }

  get to(): NameAddr {
    const memory = this.#memory();
    memory.to ??= parseNameAddr(this.#needed('To'), 'To');
    return memory.to;
  }

  /** The tag of From; undefined where there is none (RFC 2543). */
  get fromTag(): string | undefined {
    return this.from.params.get('tag');
  }

  get toTag(): string | undefined {
    return this.to.params.get('tag');
  }

  /** The topmost Via value, read. Changing it changes nothing: use `topVia = …`. */
  get topVia(): Via {
    const memory = this.#memory();
    if (memory.topVia === undefined) {
      const line = this.#needed('Via');
      memory.topVia = parseVia(line.slice(0, elementEnd(line, 0)));
    }
    return memory.topVia;
  }

  /** Replaces the topmost Via value; others on the same line stay. */
  set topVia(via: Via) {
    const line = this.#needed('Via');
    const memory = this.#memory();
    this.headers.setFirst('Via', formatVia(via) + line.slice(elementEnd(line, 0)));
    // Nothing else changed, so that what was read of the other headers stays good: this runs once per received request.
    memory.revision = this.headers.revision;
    memory.topVia = via;
  }

  /** Takes the topmost Via value away (a proxy does it to responses). */
  removeTopVia(): void {
    const line = this.#needed('Via');
    const rest = line.slice(elementEnd(line, 0) + 1).trim();
    if (rest === '') this.headers.removeFirst('Via');
    else this.headers.setFirst('Via', rest);
  }

  /** Adds `tag` to To unless it has one. @returns the tag that To has now */
  ensureToTag(tag: string): string {
    const present = this.toTag;
    if (present !== undefined) return present;
    this.headers.setFirst('To', `${this.#needed('To')};tag=${tag}`);
    return tag;
  }

  /** Bytes as they go out. Content-Length is always there and always right. */
  toBuffer(): Buffer {
    const head = this.#head();
    if (this.body.length === 0) return Buffer.from(head, 'utf8');
    const headBytes = Buffer.byteLength(head, 'utf8');
    const bytes = Buffer.allocUnsafe(headBytes + this.body.length);
    bytes.write(head, 0, 'utf8');
    this.body.copy(bytes, headBytes);
    return bytes;
  }

  /** The same as text; Content-Length counts bytes, not characters. */
  toString(): string {
    return this.body.length === 0 ? this.#head() : this.#head() + this.body.toString('utf8');
  }

  /**
   * Forgets all but some headers. For one that has been dealt with, but whose transaction is still needed for 32 s to
   * recognise its repetitions: thousands of them would keep all their texts in memory.
   * @param keys lower case
   */
  compact(keys: readonly string[], keepUri: boolean): void {
    this.headers.keepOnly(keys);
    this.uri = keepUri ? ownText(this.uri) : '';
    this.body = emptyBody;
    this.#remembered = nothing;
    this.#serialised = undefined;
  }

  /** A copy whose headers can be changed on their own; the body is shared. */
  clone(): SipMessage {
    return new SipMessage({
      kind: this.isRequest ? 'request' : 'response',
      method: this.method,
      uri: this.uri,
      status: this.status,
      reason: this.reason,
      headers: this.headers.clone(),
      body: this.body,
    });
  }

  #head(): string {
    const start = this.isRequest ? `${this.method} ${this.uri} SIP/2.0` : `SIP/2.0 ${this.status} ${this.reason}`;
    const { revision } = this.headers;
    const bodyBytes = this.body.length;
    const before = this.#serialised;
    if (before?.revision === revision && before.bodyBytes === bodyBytes && before.start === start) return before.text;
    if (start.includes('\n') || start.includes('\r')) throw new RangeError('the start line holds a line break');
    const text = `${start}\r\n${this.headers.serialise(bodyBytes)}\r\n`;
    this.#serialised = { start, revision, bodyBytes, text };
    return text;
  }

  #memory(): Remembered {
    if (this.#remembered.revision !== this.headers.revision) this.#remembered = { revision: this.headers.revision };
    return this.#remembered;
  }

  #needed(name: string): string {
    const value = this.headers.get(name);
    if (value === undefined) throw new SipSyntaxError(`${name} is missing`);
    return value;
  }
}

/** @throws SipSyntaxError where it is missing, malformed, or the number is 2^31 or more */
export function parseCSeq(value: string | undefined): CSeq {
  if (value === undefined) throw new SipSyntaxError('CSeq is missing');
  let end = 0;
  while (end < value.length && value.charCodeAt(end) !== 32 && value.charCodeAt(end) !== 9) end++;
  const number = parseUnsigned(value.slice(0, end));
  if (number === undefined || number >= 2 ** 31) throw new SipSyntaxError('CSeq: the number is not below 2^31');
  const method = value.slice(end).trim();
  if (method === '') throw new SipSyntaxError('CSeq: the method is missing');
  return { number, method };
}

function make(kind: 'request' | 'response', method: string, uri: string, status: number, reason: string): SipMessage {
  return new SipMessage({ kind, method, uri, status, reason, headers: new Headers(), body: emptyBody });
}
