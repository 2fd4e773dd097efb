// Digest access authentication for SIP: RFC 7616, with the algorithms of RFC 8760 (MD5 and SHA-256), both ends of it.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Millis, networkOf } from '../../../values/index.ts';
import { userOf } from './addresses.ts';
import { Guesses } from './guesses.ts';

export type DigestAlgorithm = 'MD5' | 'SHA-256';
/** The strongest first, as RFC 8760 §2.4 wants it. */
const algorithms: DigestAlgorithm[] = ['SHA-256', 'MD5'];
const hashNames: Record<DigestAlgorithm, string> = { MD5: 'md5', 'SHA-256': 'sha256' };

/** What a HA1 is made of; it stands for the secret and is stored instead of it. */
export function ha1(algorithm: DigestAlgorithm, user: string, realm: string, secret: string): string {
  return hash(algorithm, `${user}:${realm}:${secret}`);
}

export type DigestParams = Record<string, string>;

/** Reads `Digest a="b", c=d`. @returns undefined where the scheme is another or the text is broken */
export function parseDigest(text: string): DigestParams | undefined {
  const start = text.search(/\S/);
  if (start < 0 || text.slice(start, start + 7).toLowerCase() !== 'digest ') return undefined;
  const params: DigestParams = {};
  let i = start + 7;
  while (i < text.length) {
    while (i < text.length && (text[i] === ' ' || text[i] === ',' || text[i] === '\t')) i++;
    const equals = text.indexOf('=', i);
    if (equals < 0) break;
    const name = text.slice(i, equals).trim().toLowerCase();
    // The next challenge of a joined header: `…, Digest realm=…`.
    if (name.startsWith('digest ')) break;
    i = equals + 1;
    while (text[i] === ' ') i++;
    if (text[i] === '"') {
      let end = i + 1;
      while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
      if (end >= text.length) return undefined;
      params[name] = text.slice(i + 1, end).replace(/\\(.)/g, '$1');
      i = end + 1;
    } else {
      const comma = text.indexOf(',', i);
      const end = comma < 0 ? text.length : comma;
      params[name] = text.slice(i, end).trim();
      i = end;
    }
  }
  return params;
}

/** Splits a header in which several challenges were joined by commas (drachtio-srf joins repeated headers). */
export function splitChallenges(text: string): string[] {
  return text
    .split(/(?:^|,)\s*(?=digest\s)/i)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/**
 * Answers a challenge (401, 407).
 * @param challenges value of WWW-Authenticate or Proxy-Authenticate, several joined by commas
 * @param uri Request-URI as sent
 * @returns value for Authorization or Proxy-Authorization; undefined where no challenge is one that we can answer
 */
export function answerChallenge(
  challenges: string,
  request: { method: string; uri: string; user: string; secret: string },
): string | undefined {
  const read = splitChallenges(challenges).map(parseDigest);
  for (const algorithm of algorithms) {
    for (const challenge of read) {
      if (!challenge?.nonce || (challenge.algorithm ?? 'MD5').toUpperCase() !== algorithm) continue;
      const offered = challenge.qop?.split(',').map((qop) => qop.trim().toLowerCase());
      if (offered && !offered.includes('auth')) continue;
      const realm = challenge.realm ?? '';
      const secretHash = ha1(algorithm, request.user, realm, request.secret);
      const requestHash = hash(algorithm, `${request.method}:${request.uri}`);
      const nc = '00000001';
      const cnonce = randomBytes(8).toString('hex');
      const middle = offered ? `${challenge.nonce}:${nc}:${cnonce}:auth` : challenge.nonce;
      const response = hash(algorithm, `${secretHash}:${middle}:${requestHash}`);
      return (
        `Digest username="${quote(request.user)}", realm="${quote(realm)}", nonce="${quote(challenge.nonce)}", ` +
        `uri="${quote(request.uri)}", response="${response}", algorithm=${algorithm}` +
        (offered ? `, qop=auth, nc=${nc}, cnonce="${cnonce}"` : '') +
        (challenge.opaque === undefined ? '' : `, opaque="${quote(challenge.opaque)}"`)
      );
    }
  }
  return undefined;
}

/**
 * Whether an answer was refused for its nonce alone. The next challenge says so, and the phone tries again by itself; else
 * it takes its secret for wrong, and some then give up.
 */
export function isStale(why: string): boolean {
  return why === 'stale' || why === 'replayed';
}

export interface StoredHa1 {
  realm: string;
  md5: string;
  sha256: string;
}

export type DigestVerdict =
  | { ok: true; user: string }
  /**
   * `stale`: the nonce is old, or was given to another: challenge again with stale=true. `blocked`: too many wrong answers
   * of this user from there; nothing was looked at.
   */
  | { ok: false; why: 'missing' | 'malformed' | 'stale' | 'unknown-user' | 'wrong' | 'replayed' | 'blocked' };

/** Where a request came from, and for whom it is, as far as the check is to cover that. */
export interface DigestContext {
  /** Address of the sender: its nonces are good for nobody else, its failures are counted. */
  source?: string | undefined;
  /** Request-URI; its user must be the one that was signed, so that nobody redirects a call on its way (RFC 7616 §3.4.6). */
  uri?: string | undefined;
}

/** Challenges and checks answers. Nonces carry their own time and seal, so that none are stored; replays are counted. */
export class DigestVerifier {
  readonly #key = randomBytes(32);
  /** Hashes that no secret has. */
  readonly #nobody = { md5: randomBytes(16).toString('hex'), sha256: randomBytes(32).toString('hex') };
  readonly #offered: readonly DigestAlgorithm[];
  readonly #lifeMs: number;
  readonly #guesses = new Guesses();
  /** Highest nonce count seen, by nonce; in order of first use. */
  readonly #counts = new Map<string, { nc: number; at: Millis }>();

  /**
   * @param offered what we challenge with, and take, in order of preference; default: the strongest first
   * @param lifeMs how long a nonce may be used; default 5 minutes
   */
  constructor(offered: readonly DigestAlgorithm[] = algorithms, lifeMs = 300_000) {
    this.#offered = offered;
    this.#lifeMs = lifeMs;
  }

  /** Values for WWW-Authenticate or Proxy-Authenticate, one header row each. */
  challenges(realm: string, stale: boolean, now: Millis, source = ''): string[] {
    const nonce = this.#nonce(now, source);
    return this.#offered.map(
      (algorithm) =>
        `Digest realm="${quote(realm)}", nonce="${nonce}", algorithm=${algorithm}, qop="auth"${stale ? ', stale=true' : ''}`,
    );
  }

  /** @param find the stored HA1 of a user */
  verify(
    header: string | undefined,
    method: string,
    find: (user: string) => StoredHa1 | undefined,
    now: Millis,
    context: DigestContext = {},
  ): DigestVerdict {
    if (header === undefined || header === '') return { ok: false, why: 'missing' };
    const params = parseDigest(header);
    const { username, nonce, uri, response, realm } = params ?? {};
    const named = (params?.algorithm ?? 'MD5').toUpperCase();
    const algorithm = this.#offered.find((one) => one === named);
    if (!params || username === undefined || !nonce || !uri || !response || realm === undefined) {
      return { ok: false, why: 'malformed' };
    }
    // Weaker than what was offered is a downgrade, and nobody's mistake.
    if (!algorithm) return { ok: false, why: 'malformed' };
    const qop = params.qop?.toLowerCase();
    // We always offer qop=auth; an answer without it is an old client's (RFC 2069), an answer with another is broken.
    if (qop !== undefined && (qop !== 'auth' || !params.nc || !params.cnonce)) return { ok: false, why: 'malformed' };
    if (context.uri !== undefined && userOf(uri) !== userOf(context.uri)) return { ok: false, why: 'malformed' };
    const { source = '' } = context;
    const bornAt = this.#bornAt(nonce, source);
    if (bornAt === undefined || now - bornAt > this.#lifeMs || bornAt - now > 60_000) {
      return { ok: false, why: 'stale' };
    }
    const peer = networkOf(source);
    if (this.#guesses.blocked(username, peer, now)) return { ok: false, why: 'blocked' };
    const found = find(username);
    const stored = found?.realm === realm ? found : undefined;
    // For a user that is not there as much is computed as for one who is: the time of the answer tells no names.
    const { md5, sha256 } = stored ?? this.#nobody;
    const secretHash = algorithm === 'MD5' ? md5 : sha256;
    const requestHash = hash(algorithm, `${method}:${uri}`);
    const middle = qop ? `${nonce}:${params.nc}:${params.cnonce}:auth` : nonce;
    const right = same(hash(algorithm, `${secretHash}:${middle}:${requestHash}`), response.toLowerCase());
    if (!right || !stored) {
      this.#guesses.failed(username, peer, now);
      return { ok: false, why: stored ? 'wrong' : 'unknown-user' };
    }
    // Without qop nothing tells a replay from a new request: such a nonce is good once.
    if (!qop && !this.#counted(nonce, 1, now)) return { ok: false, why: 'stale' };
    if (qop && !this.#counted(nonce, Number.parseInt(params.nc ?? '', 16), now)) return { ok: false, why: 'replayed' };
    this.#guesses.succeeded(username, peer);
    return { ok: true, user: username };
  }

  #counted(nonce: string, nc: number, now: Millis): boolean {
    if (!Number.isInteger(nc) || nc < 1) return false;
    const known = this.#counts.get(nonce);
    if (known && nc <= known.nc) return false;
    if (known) known.nc = nc;
    else this.#counts.set(nonce, { nc, at: now });
    for (const [old, { at }] of this.#counts) {
      if (now - at <= this.#lifeMs + 60_000) break;
      this.#counts.delete(old);
    }
    return true;
  }

  #nonce(now: Millis, source: string): string {
    const body = `${now.toString(36)}.${randomBytes(6).toString('base64url')}`;
    return `${body}.${this.#seal(body, source)}`;
  }

  #bornAt(nonce: string, source: string): Millis | undefined {
    const dot = nonce.lastIndexOf('.');
    const body = nonce.slice(0, dot);
    if (dot < 0 || !same(this.#seal(body, source), nonce.slice(dot + 1))) return undefined;
    return Number.parseInt(body, 36);
  }

  #seal(body: string, source: string): string {
    return createHmac('sha256', this.#key).update(`${body} ${source}`).digest('base64url').slice(0, 22);
  }
}

function hash(algorithm: DigestAlgorithm, text: string): string {
  return createHash(hashNames[algorithm]).update(text).digest('hex');
}

function same(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

function quote(text: string): string {
  return text
    .replace(/[\r\n]/g, '')
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"');
}
