import type { Destination, Listener } from '../stack.ts';
import { addressTowards, familyOf, isLoopback, isWildcard, sharedBits } from './address.ts';

/**
 * The listener that serves a destination: same protocol, same family, and the one whose address is nearest; a loopback
 * address only towards loopback, unless there is nothing else. For a host name, whose family is not known yet, the first
 * that is not loopback. A listener on all addresses comes back with the address that the peer will see as `advertise`.
 */
export function chooseListener(listeners: readonly Listener[], to: Destination): Listener | undefined {
  const family = familyOf(to.host);
  let best: Listener | undefined;
  let bestScore = -1;
  for (const listener of listeners) {
    if (listener.protocol !== to.protocol) continue;
    if (family !== 0 && familyOf(listener.address) !== family) continue;
    const score = scoreOf(listener, to.host, family);
    if (score > bestScore) {
      best = listener;
      bestScore = score;
    }
  }
  return best === undefined ? undefined : towards(best, to.host);
}

const keptMs = 10_000;
const keptAtMost = 1_000;

/** Remembers choices for a short time: addresses of this machine change seldom, requests come by the hundred. */
export class ListenerChoice {
  readonly #listeners: readonly Listener[];
  readonly #now: () => number;
  readonly #chosen = new Map<string, Listener>();
  #since = 0;

  constructor(listeners: readonly Listener[], now: () => number) {
    this.#listeners = listeners;
    this.#now = now;
  }

  choose(protocol: Destination['protocol'], host: string, port: number): Listener | undefined {
    const now = this.#now();
    if (now - this.#since > keptMs || this.#chosen.size >= keptAtMost) {
      this.#chosen.clear();
      this.#since = now;
    }
    const key = `${protocol}/${host}`;
    const known = this.#chosen.get(key);
    if (known !== undefined) return known;
    const listener = chooseListener(this.#listeners, { protocol, host, port });
    if (listener !== undefined) this.#chosen.set(key, listener);
    return listener;
  }
}

/** What Via and Contact say of a listener. */
export function sentBy(listener: Listener): { host: string; port: number } {
  return listener.advertise ?? { host: listener.address, port: listener.port };
}

function scoreOf(listener: Listener, host: string, family: 0 | 4 | 6): number {
  const loopback = isLoopback(listener.address);
  if (family === 0) return (host === 'localhost') === loopback ? 1 : 0;
  if (isWildcard(listener.address)) return 500;
  return (loopback === isLoopback(host) ? 1000 : 0) + sharedBits(listener.address, host);
}

function towards(listener: Listener, host: string): Listener {
  if (!isWildcard(listener.address) || listener.advertise !== undefined) return listener;
  const remote = familyOf(host) === 0 ? (listener.address === '::' ? '2001:db8::1' : '192.0.2.1') : host;
  const address = addressTowards(remote);
  return address === undefined ? listener : { ...listener, advertise: { host: address, port: listener.port } };
}
