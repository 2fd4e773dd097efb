// Where SIP users can be reached: contacts with their expiry (RFC 3261 §10), in memory, with a store behind so that a
// restarted server can ring phones at once instead of waiting until they register again.
import type { Millis } from '../../values/index.ts';

export interface Binding {
  user: string;
  /** Contact URI as registered: the Request-URI of calls to it. */
  uri: string;
  /** Where packets go where that differs (NAT): `sip:203.0.113.9:40000`. Stream connections are reused by the edge. */
  nextHop?: string | undefined;
  callId: string;
  cseq: number;
  expiresAt: Millis;
  userAgent: string;
}

export interface BindingStore {
  load(): Binding[];
  save(binding: Binding): void;
  remove(user: string, uri: string): void;
}

export class Bindings {
  readonly #users = new Map<string, Map<string, Binding>>();
  readonly #store: BindingStore | undefined;
  #earliest: Millis = Number.POSITIVE_INFINITY;
  /** The first contact of a user came, or the last went. */
  onreachable: ((user: string, reachable: boolean) => void) | undefined;

  constructor(store: BindingStore | undefined, now: Millis) {
    this.#store = store;
    for (const binding of store?.load() ?? []) {
      if (binding.expiresAt > now) this.#put(binding);
      else store?.remove(binding.user, binding.uri);
    }
  }

  /** Contacts that are valid now, the latest first. */
  of(user: string, now: Millis): Binding[] {
    const contacts = this.#users.get(user);
    if (!contacts) return [];
    return [...contacts.values()].filter((binding) => binding.expiresAt > now).reverse();
  }

  find(user: string, uri: string): Binding | undefined {
    return this.#users.get(user)?.get(uri);
  }

  users(): string[] {
    return [...this.#users.keys()];
  }

  put(binding: Binding): void {
    const isFirst = !this.#users.has(binding.user);
    this.#put(binding);
    this.#store?.save(binding);
    if (isFirst) this.onreachable?.(binding.user, true);
  }

  remove(user: string, uri: string): void {
    const contacts = this.#users.get(user);
    if (!contacts?.delete(uri)) return;
    this.#store?.remove(user, uri);
    if (contacts.size > 0) return;
    this.#users.delete(user);
    this.onreachable?.(user, false);
  }

  /** Takes all contacts of a user away. */
  drop(user: string): void {
    for (const uri of [...(this.#users.get(user)?.keys() ?? [])]) this.remove(user, uri);
  }

  /** Takes away what has expired; costs nothing while nothing has. */
  expire(now: Millis): void {
    if (now < this.#earliest) return;
    let earliest = Number.POSITIVE_INFINITY;
    for (const contacts of [...this.#users.values()]) {
      for (const binding of [...contacts.values()]) {
        if (binding.expiresAt <= now) this.remove(binding.user, binding.uri);
        else earliest = Math.min(earliest, binding.expiresAt);
      }
    }
    this.#earliest = earliest;
  }

  #put(binding: Binding): void {
    let contacts = this.#users.get(binding.user);
    if (!contacts) {
      contacts = new Map();
      this.#users.set(binding.user, contacts);
    }
    contacts.delete(binding.uri); // so that the latest stands last
    contacts.set(binding.uri, binding);
    this.#earliest = Math.min(this.#earliest, binding.expiresAt);
  }
}
