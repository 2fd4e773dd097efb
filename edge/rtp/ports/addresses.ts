// Which of our addresses a peer is to send to: the one that the system's route to it starts from.
import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';

export interface AddressOptions {
  /** Addresses to bind, `0.0.0.0` and `::` allowed. */
  bind: readonly string[];
  /** What SDP says instead (NAT), per family. */
  advertise: readonly string[];
}

export interface LocalAddress {
  bind: string;
  /** What the SDP says; never an unspecified address. */
  sdp: string;
  /** What it says to our own WebRTC gateway: never the address for peers behind NAT. */
  own: string;
}

const cacheMs = 30_000;
const mostCached = 10_000;

function unspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

export class Addresses {
  readonly #options: AddressOptions;
  readonly #now: () => number;
  readonly #cache = new Map<string, { local: LocalAddress; at: number }>();

  constructor(options: AddressOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
  }

  /**
   * For a peer's IP address; undefined where none is known (our first address).
   * @throws Error where no bind address is of the peer's family
   */
  async towards(peer: string | undefined): Promise<LocalAddress> {
    const target = peer ?? '';
    const cached = this.#cache.get(target);
    if (cached && this.#now() - cached.at < cacheMs) return cached.local;
    const local = await this.#choose(peer);
    if (this.#cache.size >= mostCached) this.#cache.clear();
    this.#cache.set(target, { local, at: this.#now() });
    return local;
  }

  async #choose(peer: string | undefined): Promise<LocalAddress> {
    const { bind, advertise } = this.#options;
    const family = peer === undefined ? isIP(bind[0] ?? '') : isIP(peer);
    const candidates = bind.filter((address) => isIP(address) === family);
    const first = candidates[0];
    if (first === undefined) throw new Error(`no bind address of the family of ${peer}`);
    const advertised = advertise.find((address) => isIP(address) === family);
    // Without a peer the way to anywhere tells our address; documentation addresses are routed like any other.
    const routed = await route(peer ?? (family === 6 ? '2001:db8::1' : '192.0.2.1'), family);
    const exact = candidates.find((address) => address === routed);
    const chosen = exact ?? candidates.find(unspecified) ?? first;
    const own = unspecified(chosen) ? (routed ?? (family === 6 ? '::1' : '127.0.0.1')) : chosen;
    return { bind: chosen, sdp: advertised ?? own, own };
  }
}

/** Source address of the route; undefined where there is none. Sends nothing. */
function route(to: string, family: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    const done = (address: string | undefined) => {
      socket.close();
      resolve(address);
    };
    socket.once('error', () => done(undefined));
    socket.connect(9, to, (error?: Error) => done(error ? undefined : socket.address().address));
  });
}
