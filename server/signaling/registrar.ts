// The registrar (RFC 3261 §10.3) for agents' phones: digest, several contacts a user, NAT.
import type { Logger } from 'pino';
import { type Clock, LimitedLog } from '../../values/index.ts';
import type { Directory } from '../ports/index.ts';
import { type Binding, type BindingStore, Bindings } from './bindings.ts';
import { isDisabled } from './screening.ts';
import {
  type DigestVerifier,
  type IncomingRequest,
  isStale,
  parseNameAddr,
  parseUri,
  rows,
  type Source,
  splitValues,
  userOf,
} from './sip/index.ts';

export interface RegistrarOptions {
  directory: Directory;
  verifier: DigestVerifier;
  clock: Clock;
  logger: Logger;
  store?: BindingStore | undefined;
  /** Seconds granted at least, by default and at most. Default 60, 300 and 3,600. */
  expires?: { least: number; usual: number; most: number };
}

const mostContacts = 8;
/** Longer than any phone's contact or name. */
const longestContact = 512;
const longestUserAgent = 200;

export class Registrar {
  readonly bindings: Bindings;
  readonly #options: RegistrarOptions;
  readonly #expires: { least: number; usual: number; most: number };
  readonly #timer: NodeJS.Timeout;
  readonly #log: LimitedLog;
  /** By which secret each user registered, to notice that it was changed. */
  readonly #secrets = new Map<string, string>();
  readonly #changed = (kind: string): void => {
    if (kind === 'sip-users' || kind === 'agents') this.#dropRevoked();
  };

  constructor(options: RegistrarOptions) {
    this.#options = options;
    this.#expires = options.expires ?? { least: 60, usual: 300, most: 3_600 };
    this.bindings = new Bindings(options.store, options.clock.now());
    this.#timer = setInterval(() => this.bindings.expire(options.clock.now()), 1_000);
    this.#timer.unref();
    this.#log = new LimitedLog(options.logger, options.clock, 'registration refused');
    options.directory.on('changed', this.#changed);
    this.#dropRevoked();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#options.directory.off('changed', this.#changed);
  }

  register(request: IncomingRequest): void {
    const { directory, verifier, clock } = this.#options;
    const { address } = request.source;
    const now = clock.now();
    const user = userOf(request.to.uri);
    const verdict = verifier.verify(
      request.header('authorization'),
      'REGISTER',
      (name) => directory.sipUsers.get(name)?.ha1,
      now,
      { source: address },
    );
    if (!verdict.ok) {
      if (verdict.why === 'malformed') {
        request.reply(400, 'Malformed Authorization');
        return;
      }
      if (verdict.why !== 'missing' && verdict.why !== 'stale') {
        this.#log.warn({ why: verdict.why, address, pii: { user } });
      }
      if (verdict.why === 'blocked') {
        request.reply(403, 'Too many wrong answers');
        return;
      }
      const challenges = verifier.challenges(directory.site.realm, isStale(verdict.why), now, address);
      request.reply(401, undefined, rows('WWW-Authenticate', challenges));
      return;
    }
    if (verdict.user !== user) {
      // Whoever knows one phone's secret must not take another's calls.
      request.reply(403, 'Not your address');
      return;
    }
    const record = directory.sipUsers.get(user);
    if (!record || isDisabled(directory, record)) {
      this.#log.warn({ why: 'agent-disabled', address, pii: { user } });
      request.reply(403, 'Disabled');
      return;
    }
    this.#secrets.set(user, record.ha1.sha256);
    this.#bind(request, user, now);
  }

  /** Users that were removed or disabled, or got another secret, are not rung any more. */
  #dropRevoked(): void {
    const { directory } = this.#options;
    for (const user of this.bindings.users()) {
      const record = directory.sipUsers.get(user);
      const secret = this.#secrets.get(user);
      if (record && !isDisabled(directory, record) && (secret === undefined || secret === record.ha1.sha256)) continue;
      this.#secrets.delete(user);
      this.bindings.drop(user);
    }
  }

  #bind(request: IncomingRequest, user: string, now: number): void {
    const header = request.header('contact');
    const callId = request.callId;
    const cseq = Number.parseInt(request.header('cseq') ?? '', 10);
    const expiresHeader = seconds(request.header('expires'));
    if (header === undefined) {
      this.#answer(request, user, now);
      return;
    }
    if (header.trim() === '*') {
      if (expiresHeader !== 0) {
        request.reply(400, 'Contact * needs Expires: 0');
        return;
      }
      for (const binding of this.bindings.of(user, now)) this.bindings.remove(user, binding.uri);
      this.#answer(request, user, now);
      return;
    }
    const wanted: { uri: string; expires: number }[] = [];
    for (const value of splitValues(header)) {
      const { uri, params } = parseNameAddr(value);
      if (uri.length > longestContact || !parseUri(uri)) {
        request.reply(400, 'Bad Contact');
        return;
      }
      const expires = seconds(params.expires) ?? expiresHeader ?? this.#expires.usual;
      if (expires > 0 && expires < this.#expires.least) {
        request.reply(423, undefined, { 'Min-Expires': String(this.#expires.least) });
        return;
      }
      const known = this.bindings.find(user, uri);
      // RFC 3261 §10.3 step 7: an older request that comes late changes nothing.
      if (known && known.callId === callId && cseq <= known.cseq) {
        request.reply(500, 'CSeq is not newer', { 'Retry-After': '1' });
        return;
      }
      wanted.push({ uri, expires: Math.min(expires, this.#expires.most) });
    }
    if (this.bindings.of(user, now).length + wanted.length > 2 * mostContacts) {
      request.reply(403, 'Too many contacts');
      return;
    }
    for (const { uri, expires } of wanted) {
      if (expires === 0) this.bindings.remove(user, uri);
      else {
        const userAgent = (request.header('user-agent') ?? '').slice(0, longestUserAgent);
        const nextHop = nextHopOf(uri, request.source);
        this.bindings.put({ user, uri, nextHop, callId, cseq, expiresAt: now + expires * 1_000, userAgent });
      }
    }
    const all = this.bindings.of(user, now);
    for (const old of all.slice(mostContacts)) this.bindings.remove(user, old.uri);
    this.#answer(request, user, now);
  }

  #answer(request: IncomingRequest, user: string, now: number): void {
    const contacts = this.bindings.of(user, now).map((binding) => `<${binding.uri}>;expires=${left(binding, now)}`);
    const headers: Record<string, string> = { Date: new Date(now).toUTCString() };
    if (contacts.length > 0) headers.Contact = contacts.join(', ');
    request.reply(200, undefined, headers);
  }
}

/**
 * A phone behind NAT registers an address that cannot be reached; over UDP its packets go back to where they came from.
 * Over streams the edge keeps the connection and finds it by the contact.
 */
function nextHopOf(uri: string, source: Source): string | undefined {
  if (source.protocol !== 'udp') return undefined;
  const contact = parseUri(uri);
  if (contact && contact.host === source.address && (contact.port ?? 5060) === source.port) return undefined;
  const host = source.address.includes(':') ? `[${source.address}]` : source.address;
  return `sip:${host}:${source.port}`;
}

function left({ expiresAt }: Binding, now: number): number {
  return Math.max(0, Math.round((expiresAt - now) / 1_000));
}

/** RFC 3261 §20.19: 0 to 2^32−1; what is no number counts as absent. */
function seconds(text: string | undefined): number | undefined {
  if (text === undefined || !/^\s*\d{1,10}\s*$/.test(text)) return undefined;
  return Number(text);
}
