import { randomUUID } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Listener } from '../stack.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import { familyOf, isWildcard, plainAddress } from './address.ts';
import { Connection, type ConnectionSurroundings } from './connection.ts';
import { listenError } from './errors.ts';
import type { Inbound } from './inbound.ts';
import type { TransportLimits } from './limits.ts';
import type { TransportCounters } from './transport.ts';

/** All TCP connections, found by id and by peer, and the listeners that bring new ones. */
export class Connections implements ConnectionSurroundings {
  readonly inbound: Inbound;
  readonly wheel: TimerWheel;
  readonly limits: TransportLimits;
  readonly counters: TransportCounters;
  readonly #servers: Server[] = [];
  readonly #byId = new Map<string, Connection>();
  /** `address/port` of the peer → the newest connection to it, for reuse. */
  readonly #byPeer = new Map<string, Connection>();
  readonly #halfOpen = new Map<string, number>();
  /** Inward connections by remote address. */
  readonly #inward = new Map<string, number>();

  constructor(inbound: Inbound, wheel: TimerWheel, limits: TransportLimits, counters: TransportCounters) {
    this.inbound = inbound;
    this.wheel = wheel;
    this.limits = limits;
    this.counters = counters;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** @throws SwitchroomError `sip-port-in-use`, `sip-address-unavailable`, `sip-listen-failed` (as rejection) */
  async listen(where: Omit<Listener, 'protocol'>, failed: (error: Error) => void): Promise<Listener> {
    const server = createServer({ noDelay: true, allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) =>
        reject(listenError(error, { protocol: 'tcp', address: where.address, port: where.port })),
      );
      const ipv6Only = familyOf(where.address) === 6;
      server.listen({ host: where.address, port: where.port, ipv6Only, exclusive: true }, resolve);
    });
    server.removeAllListeners('error');
    server.on('error', failed);
    this.#servers.push(server);
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : where.port;
    const listener: Listener = { ...where, protocol: 'tcp', port };
    server.on('connection', (socket) => this.#accept(socket, listener));
    return listener;
  }

  /** An open connection by its id. */
  find(id: string | undefined): Connection | undefined {
    const connection = id === undefined ? undefined : this.#byId.get(id);
    return connection?.usable ? connection : undefined;
  }

  /** The connection to that peer: one that is open, whoever opened it, or a new one. @returns undefined at the limit */
  towards(address: string, port: number, listener: Listener): Connection | undefined {
    const open = this.#byPeer.get(peerKey(address, port));
    if (open?.usable) return open;
    if (this.#byId.size >= this.limits.connections) {
      this.counters.connectionsRefused++;
      return undefined;
    }
    const socket = connect({
      host: address,
      port,
      // The peer should see the address that our Via names.
      localAddress: isWildcard(listener.address) ? undefined : listener.address,
      allowHalfOpen: true,
    });
    return this.#add(socket, listener, { address, port, inward: false });
  }

  closed(connection: Connection): void {
    this.#byId.delete(connection.id);
    const key = peerKey(connection.remoteAddress, connection.remotePort);
    if (this.#byPeer.get(key) === connection) this.#byPeer.delete(key);
    if (connection.inward) count(this.#inward, connection.remoteAddress, -1);
    if (connection.inward && !connection.proven) count(this.#halfOpen, connection.remoteAddress, -1);
    this.inbound.receiver.connectionClosed(connection.id);
  }

  proven(connection: Connection): void {
    if (connection.inward) count(this.#halfOpen, connection.remoteAddress, -1);
  }

  /** Stops listening and ends all connections. */
  async close(): Promise<void> {
    const stopped = this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const connection of [...this.#byId.values()]) connection.close(new Error('closing down'));
    await Promise.all(stopped);
  }

  #accept(socket: Socket, listener: Listener): void {
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined || remotePort === undefined) {
      socket.destroy(); // gone before it was looked at
      return;
    }
    const address = plainAddress(remoteAddress);
    const { connections, perSource, halfOpenPerSource } = this.limits;
    const tooMany =
      (this.#inward.get(address) ?? 0) >= perSource || (this.#halfOpen.get(address) ?? 0) >= halfOpenPerSource;
    if (this.#byId.size >= connections || tooMany) {
      this.counters.connectionsRefused++;
      socket.destroy();
      return;
    }
    count(this.#inward, address, 1);
    count(this.#halfOpen, address, 1);
    this.#add(socket, listener, { address, port: remotePort, inward: true });
  }

  #add(socket: Socket, listener: Listener, remote: { address: string; port: number; inward: boolean }): Connection {
    const connection = new Connection(randomUUID(), socket, listener, remote, this);
    this.#byId.set(connection.id, connection);
    this.#byPeer.set(peerKey(remote.address, remote.port), connection);
    return connection;
  }
}

function count(counts: Map<string, number>, address: string, change: 1 | -1): void {
  const now = (counts.get(address) ?? 0) + change;
  if (now > 0) counts.set(address, now);
  else counts.delete(address);
}

function peerKey(address: string, port: number): string {
  return `${address}/${port}`;
}
