// The one port of all browsers: takes STUN, DTLS, SRTP and SRTCP apart by their first byte (RFC 7983) and finds the
// connection, by our part of the ICE user name in STUN and by the address it came from in all else. Only STUN that knows
// the connection's password makes an address known, so that strangers get no further than here, and no answer.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { NoPorts, noLookup } from '../rtp/index.ts';
import { answerBinding, isAuthentic, readBindingRequest } from './stun.ts';

/** Where a browser was heard from, over one of our sockets. */
export interface Path {
  readonly key: string;
  readonly address: string;
  readonly port: number;
  readonly owner: Guest;
  send(packet: Buffer): void;
}

/** Somebody behind the port. The methods are called on the packet path. */
export interface Guest {
  /** Passwords by our part of the user name: a second one while an ICE restart is under way. */
  passwordOf(ufrag: string): string | undefined;
  /** An authentic check came over it. */
  checked(path: Path, ufrag: string, nominated: boolean): void;
  dtls(packet: Buffer, path: Path): void;
  rtp(packet: Buffer): void;
  rtcp(packet: Buffer): void;
}

export interface FrontOptions {
  /** Addresses of this machine, no wildcards. */
  bind: readonly string[];
  /** The first that is free on all of them is taken. */
  ports: { from: number; to: number };
}

interface Bound {
  socket: Socket;
  address: string;
  paths: Map<string, Path>;
}

/** What came and went nowhere. */
export interface FrontCounts {
  unknown: number;
  unauthentic: number;
  failed: number;
  socketErrors: number;
}

export class Front {
  readonly counts: FrontCounts = { unknown: 0, unauthentic: 0, failed: 0, socketErrors: 0 };
  readonly port: number;
  readonly addresses: readonly string[];
  readonly #bound: readonly Bound[];
  readonly #guests = new Map<string, Guest>();
  readonly #broken: (error: unknown) => void;

  private constructor(port: number, bound: readonly Bound[], broken: (error: unknown) => void) {
    this.port = port;
    this.#bound = bound;
    this.#broken = broken;
    this.addresses = bound.map(({ address }) => address);
    for (const one of bound) {
      one.socket.on('message', (packet, from) => this.#take(one, packet, from));
      // ICMP about a browser that is gone; its silence is noticed.
      one.socket.on('error', () => this.counts.socketErrors++);
    }
  }

  /** @param broken a defect of ours that a packet has met @throws NoPorts */
  static open({ bind, ports }: FrontOptions, broken: (error: unknown) => void): Front {
    for (let port = ports.from; port <= ports.to; port++) {
      const bound: Bound[] = [];
      for (const address of bind) {
        const socket = bindSocket(address, port);
        if (socket) bound.push({ socket, address, paths: new Map() });
      }
      if (bound.length === bind.length && bound.length > 0) return new Front(port, bound, broken);
      for (const { socket } of bound) socket.close();
    }
    throw new NoPorts(`no port of ${ports.from}-${ports.to} is free on ${bind.join(', ')}`);
  }

  /** Requests with this user name are for that guest. */
  invite(ufrag: string, guest: Guest): void {
    this.#guests.set(ufrag, guest);
  }

  disinvite(ufrag: string): void {
    this.#guests.delete(ufrag);
  }

  /** What comes over it is nobody's from now on. */
  forget(path: Path): void {
    for (const { paths } of this.#bound) if (paths.get(path.key) === path) paths.delete(path.key);
  }

  close(): void {
    for (const { socket } of this.#bound) socket.close();
  }

  #take(bound: Bound, packet: Buffer, from: RemoteInfo): void {
    try {
      const first = packet[0] ?? 255;
      if (first <= 3) {
        this.#stun(bound, packet, from);
        return;
      }
      const path = bound.paths.get(keyOf(from));
      if (path === undefined) this.counts.unknown++;
      else if (first >= 128 && first <= 191) {
        const second = packet[1] ?? 0;
        // RFC 5761 §4.
        if (second >= 192 && second <= 223) path.owner.rtcp(packet);
        else path.owner.rtp(packet);
      } else if (first >= 20 && first <= 63) path.owner.dtls(packet, path);
      else this.counts.unknown++;
    } catch (error) {
      // One packet must not cost the others their thread.
      this.counts.failed++;
      this.#broken(error);
    }
  }

  #stun(bound: Bound, packet: Buffer, from: RemoteInfo): void {
    const request = readBindingRequest(packet);
    const guest = request && this.#guests.get(request.ufrag);
    if (!request || !guest) {
      this.counts.unknown++;
      return;
    }
    const password = guest.passwordOf(request.ufrag);
    if (password === undefined || !isAuthentic(request, password)) {
      this.counts.unauthentic++;
      return;
    }
    bound.socket.send(answerBinding(request, password, from), from.port, from.address);
    if (!request.controlled) guest.checked(this.#path(bound, guest, from), request.ufrag, request.nominates);
  }

  #path({ socket, paths }: Bound, owner: Guest, { address, port }: RemoteInfo): Path {
    const key = keyOf({ address, port });
    const known = paths.get(key);
    // Another connection of the same browser may take over a port of an earlier one.
    if (known?.owner === owner) return known;
    const path: Path = { key, address, port, owner, send: (packet) => socket.send(packet, port, address) };
    paths.set(key, path);
    return path;
  }
}

function keyOf({ address, port }: { address: string; port: number }): string {
  return `${port} ${address}`;
}

/** @returns undefined where the port is busy */
function bindSocket(address: string, port: number): Socket | undefined {
  const type = isIP(address) === 6 ? 'udp6' : 'udp4';
  const socket = createSocket({ type, lookup: noLookup, ipv6Only: type === 'udp6', recvBufferSize: 1 << 20 });
  let failure: NodeJS.ErrnoException | undefined;
  const failed = (error: NodeJS.ErrnoException) => {
    failure = error;
  };
  socket.on('error', failed);
  // With a look-up that answers at once it is bound, or has failed, when this returns.
  socket.bind({ address, port, exclusive: true });
  socket.off('error', failed);
  if (failure === undefined) return socket;
  socket.close();
  if (failure.code === 'EADDRINUSE' || failure.code === 'EACCES') return undefined;
  throw new NoPorts(`cannot bind ${address}: ${failure.code ?? failure.message}`, { cause: failure });
}
