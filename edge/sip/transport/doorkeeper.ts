// Who may open connections to us, and how many. Counted from the first packet: a TLS handshake or an HTTP request that never
// comes to its end takes a place as well.
import type { Socket } from 'node:net';
import { plainAddress } from './address.ts';
import type { TransportLimits } from './limits.ts';

export class Doorkeeper {
  readonly #limits: TransportLimits;
  /** By remote address: all, and those that have not delivered a whole message. */
  readonly #inward = new Map<string, number>();
  readonly #unproven = new Map<string, number>();
  readonly #proven = new WeakSet<Socket>();
  readonly #inside = new Set<Socket>();

  constructor(limits: TransportLimits) {
    this.#limits = limits;
  }

  /** @param others how many connections we opened ourselves @returns whether the socket may stay; its end is noticed here */
  admit(socket: Socket, others: number): boolean {
    const { connections, perSource, halfOpenPerSource } = this.#limits;
    if (socket.remoteAddress === undefined) return false; // gone before it was looked at
    const address = plainAddress(socket.remoteAddress);
    const full =
      this.#inside.size + others >= connections ||
      (this.#inward.get(address) ?? 0) >= perSource ||
      (this.#unproven.get(address) ?? 0) >= halfOpenPerSource;
    if (full) return false;
    this.#inside.add(socket);
    count(this.#inward, address, 1);
    count(this.#unproven, address, 1);
    socket.once('close', () => {
      this.#inside.delete(socket);
      count(this.#inward, address, -1);
      if (!this.#proven.has(socket)) count(this.#unproven, address, -1);
    });
    return true;
  }

  /** A whole message came over it. */
  prove(socket: Socket, remoteAddress: string): void {
    if (this.#proven.has(socket) || !this.#inside.has(socket)) return;
    this.#proven.add(socket);
    count(this.#unproven, remoteAddress, -1);
  }

  get size(): number {
    return this.#inside.size;
  }

  /** Ends what came in and is no connection yet. */
  close(): void {
    for (const socket of this.#inside) socket.destroy();
  }
}

function count(counts: Map<string, number>, address: string, change: 1 | -1): void {
  const now = (counts.get(address) ?? 0) + change;
  if (now > 0) counts.set(address, now);
  else counts.delete(address);
}
