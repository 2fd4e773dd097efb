// Clients that cannot be dialled (TCP phones behind a NAT) are reached over the connection that they registered on.

import type { Destination } from '../sip/index.ts';
import { parseUnsigned, type SipMessage, splitLists, tryParseUri, uriOf } from '../sip/index.ts';

interface Entry {
  to: Destination;
  /** Who registered it (To), as the app has found to be true. */
  user: string;
  /** ms, monotonic. */
  until: number;
}

const most = 100_000;

export class Registrations {
  readonly #byContact = new Map<string, Entry>();
  readonly #byConnection = new Map<string, Set<string>>();

  get size(): number {
    return this.#byContact.size;
  }

  /**
   * A REGISTER or SUBSCRIBE over a stream connection was answered 2xx.
   * @returns the contacts that are reached over that connection from now on, and were not before, as `contactId` gives them
   */
  accepted(request: SipMessage, response: SipMessage, from: Destination, now = performance.now()): Set<string> {
    const moved = new Set<string>();
    if (from.connection === undefined) return moved;
    const contacts = splitLists(request.headers.all('Contact'));
    const user = contactId(uriOf(request.headers.get('To') ?? '')) ?? '';
    const granted = new Map<string, string | undefined>();
    for (const contact of splitLists(response.headers.all('Contact'))) {
      const read = contactKey(contact);
      if (read !== undefined) granted.set(read.key, read.expires);
    }
    const general = response.headers.get('Expires') ?? request.headers.get('Expires');
    for (const contact of contacts) {
      const read = contactKey(contact);
      if (read === undefined) continue;
      // A phone that names another's contact as its own shall not get that one's calls.
      const before = this.#byContact.get(read.key);
      if (before !== undefined && before.user !== user && before.until > now) continue;
      const seconds = parseUnsigned(granted.get(read.key) ?? read.expires ?? general ?? '3600') ?? 3600;
      if (before?.to.connection !== from.connection) moved.add(read.key);
      this.#drop(read.key);
      if (seconds === 0 || this.#byContact.size >= most) continue;
      this.#byContact.set(read.key, { to: { ...from }, user, until: now + seconds * 1000 });
      let keys = this.#byConnection.get(from.connection);
      if (keys === undefined) {
        keys = new Set();
        this.#byConnection.set(from.connection, keys);
      }
      keys.add(read.key);
    }
    return moved;
  }

  /** The connection towards a request-URI that is a registered contact. */
  find(uri: string, now = performance.now()): Destination | undefined {
    if (this.#byContact.size === 0) return undefined;
    const key = contactId(uri);
    if (key === undefined) return undefined;
    const entry = this.#byContact.get(key);
    if (entry === undefined) return undefined;
    if (entry.until > now) return { ...entry.to };
    this.#drop(key);
    return undefined;
  }

  connectionClosed(connection: string): void {
    for (const key of this.#byConnection.get(connection) ?? []) this.#byContact.delete(key);
    this.#byConnection.delete(connection);
  }

  #drop(key: string): void {
    const entry = this.#byContact.get(key);
    if (entry === undefined) return;
    this.#byContact.delete(key);
    const { connection } = entry.to;
    if (connection === undefined) return;
    const keys = this.#byConnection.get(connection);
    keys?.delete(key);
    if (keys?.size === 0) this.#byConnection.delete(connection);
  }
}

function contactKey(contact: string): { key: string; expires: string | undefined } | undefined {
  if (contact === '*') return undefined;
  const key = contactId(uriOf(contact));
  // Parameters of the header stand behind the bracket, or, without one, behind the URI.
  const params = contact.slice(contact.lastIndexOf('>') + 1);
  return key === undefined ? undefined : { key, expires: /;\s*expires\s*=\s*"?(\d+)/i.exec(params)?.[1] };
}

/** `user@host:port`: the port tells two phones of one user on one host apart. */
export function contactId(text: string): string | undefined {
  const uri = tryParseUri(text);
  if (uri === undefined || uri.host === '') return undefined;
  return `${uri.user ?? ''}@${uri.host}:${uri.port ?? 5060}`;
}
