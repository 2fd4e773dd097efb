// Even/odd UDP port pairs (RFC 3550 §11) from a range. A pair that was used rests, so that late packets of the old call do
// not reach the new one, and stays bound: taking it again costs nothing.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIP } from 'node:net';

/** Who uses a pair now. Called on the packet path. */
export interface PairUser {
  rtp(packet: Buffer, from: RemoteInfo): void;
  rtcp(packet: Buffer, from: RemoteInfo): void;
}

export class NoPorts extends Error {}

/** An address is an IP already: a look-up that answers at once makes bind and send of dgram synchronous. */
export function noLookup(
  address: string,
  family: unknown,
  done: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  done(null, address, typeof family === 'number' ? family : isIP(address));
}

export class PortPair {
  readonly address: string;
  /** The even one. */
  readonly port: number;
  readonly rtp: Socket;
  readonly rtcp: Socket;
  user: PairUser | undefined;
  /** Packets for nobody, while it rested, or of nobody. */
  stray = 0;
  freeSince = 0;
  #connected = false;

  constructor(address: string, port: number, rtp: Socket, rtcp: Socket) {
    this.address = address;
    this.port = port;
    this.rtp = rtp;
    this.rtcp = rtcp;
    rtp.on('message', (packet, from) => {
      // From port 0, which UDP allows, nobody can be answered: sending there throws.
      if (this.user && from.port !== 0) this.user.rtp(packet, from);
      else this.stray++;
    });
    rtcp.on('message', (packet, from) => this.user?.rtcp(packet, from));
  }

  /**
   * From now on RTP goes to that place and comes from there alone. A connected socket costs less per packet: no address
   * to read and no route to find; and what others send is dropped by the kernel.
   */
  connect(port: number, address: string): void {
    // Bound to every address, it would be tied to one of them by this, perhaps not to the one that the peer sends to.
    if (this.#connected || anyAddress.has(this.address)) return;
    this.rtp.connect(port, address);
    this.#connected = isConnected(this.rtp);
  }

  disconnect(): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.rtp.disconnect();
  }

  /** Sends RTP; the place counts while it is not connected. */
  send(packet: Buffer, port: number, address: string): void {
    if (this.#connected) this.rtp.send(packet);
    else this.rtp.send(packet, port, address);
  }

  close(): void {
    this.rtp.close();
    this.rtcp.close();
  }
}

const anyAddress = new Set(['0.0.0.0', '::']);

/** With a look-up that answers at once it is, unless the kernel refused; that comes as an error of the socket, later. */
function isConnected(socket: Socket): boolean {
  try {
    socket.remoteAddress();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SOCKET_DGRAM_NOT_CONNECTED') return false;
    throw error;
  }
}

export interface PortPoolOptions {
  /** First and last port, both included. */
  from: number;
  to: number;
  /** How long a pair rests after use, ms. */
  restMs: number;
  now: () => number;
  /** An error of a socket that is bound already. */
  onerror: (error: Error) => void;
}

/** How long a busy port is left alone before it is tried again. */
const busyMs = 30_000;

export class PortPool {
  readonly #options: PortPoolOptions;
  /** By bind address: pairs that are free, the longest rested first, and the next port never tried. */
  readonly #byAddress = new Map<string, { free: PortPair[]; next: number; busy: Map<number, number> }>();
  readonly #used = new Set<PortPair>();

  constructor(options: PortPoolOptions) {
    this.#options = options;
  }

  get used(): number {
    return this.#used.size;
  }

  /** @throws NoPorts where the range is used up, or the address is not ours */
  take(address: string, user: PairUser): PortPair {
    let at = this.#byAddress.get(address);
    if (!at) {
      at = { free: [], next: this.#options.from + (this.#options.from & 1), busy: new Map() };
      this.#byAddress.set(address, at);
    }
    const { now, restMs, to } = this.#options;
    const rested = at.free[0];
    let pair: PortPair | undefined;
    if (rested && now() - rested.freeSince >= restMs) pair = at.free.shift();
    while (!pair && at.next + 1 <= to) {
      const port = at.next;
      at.next += 2;
      pair = this.#try(address, port, at.busy);
    }
    if (!pair) pair = this.#retry(address, at.busy);
    if (!pair) throw new NoPorts(`all RTP ports of ${address} are in use or resting`);
    pair.user = user;
    this.#used.add(pair);
    return pair;
  }

  give(pair: PortPair): void {
    if (!this.#used.delete(pair)) return;
    pair.user = undefined;
    pair.disconnect();
    pair.freeSince = this.#options.now();
    this.#byAddress.get(pair.address)?.free.push(pair);
  }

  close(): void {
    for (const pair of this.#used) pair.close();
    for (const { free } of this.#byAddress.values()) for (const pair of free) pair.close();
    this.#used.clear();
    this.#byAddress.clear();
  }

  #retry(address: string, busy: Map<number, number>): PortPair | undefined {
    for (const [port, since] of busy) {
      if (this.#options.now() - since < busyMs) continue;
      const pair = this.#try(address, port, busy);
      if (pair) return pair;
    }
    return undefined;
  }

  /** One that cannot be had now, for whatever reason, is tried again later. @throws NoPorts */
  #try(address: string, port: number, busy: Map<number, number>): PortPair | undefined {
    busy.set(port, this.#options.now());
    const pair = this.#bind(address, port);
    if (pair) busy.delete(port);
    return pair;
  }

  /** @returns undefined where one of the two is busy */
  #bind(address: string, port: number): PortPair | undefined {
    const rtp = this.#socket(address, port);
    if (!rtp) return undefined;
    let rtcp: Socket | undefined;
    try {
      rtcp = this.#socket(address, port + 1);
    } finally {
      if (!rtcp) rtp.close();
    }
    return rtcp && new PortPair(address, port, rtp, rtcp);
  }

  #socket(address: string, port: number): Socket | undefined {
    const type = isIP(address) === 6 ? 'udp6' : 'udp4';
    const socket = createSocket({ type, lookup: noLookup, ipv6Only: type === 'udp6' });
    let failure: NodeJS.ErrnoException | undefined;
    let bound = false;
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (!bound) failure = error;
      // The peer closed its port before its BYE came; if none comes, the RTP timeout tells.
      else if (error.code !== 'ECONNREFUSED') this.#options.onerror(error);
    });
    socket.bind({ address, port, exclusive: true });
    if (failure === undefined) {
      bound = true;
      return socket;
    }
    socket.close();
    if (failure.code === 'EADDRINUSE' || failure.code === 'EACCES') return undefined;
    throw new NoPorts(`cannot bind ${address}: ${failure.code ?? failure.message}`, { cause: failure });
  }
}
