import { randomUUID } from 'node:crypto';
import { connect, createServer, isIP, type Server, type Socket } from 'node:net';
import { createSecureContext, rootCertificates, type SecureContext, TLSSocket, connect as tlsConnect } from 'node:tls';
import { canDial } from '../protocols.ts';
import type { Listener } from '../stack.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import { familyOf, isWildcard, plainAddress } from './address.ts';
import { Connection, type ConnectionSurroundings } from './connection.ts';
import { Doorkeeper } from './doorkeeper.ts';
import { listenError } from './errors.ts';
import type { Inbound } from './inbound.ts';
import type { TransportLimits } from './limits.ts';
import { type Pipe, SocketPipe } from './pipe.ts';
import type { Target, TransportCounters } from './transport.ts';
import { WebSockets } from './web-sockets.ts';

/** Our certificate chain and its key, PEM. */
export interface OwnCertificate {
  cert: string;
  key: string;
}

export interface ConnectionsOptions {
  inbound: Inbound;
  wheel: TimerWheel;
  limits: TransportLimits;
  counters: TransportCounters;
  /** For TLS and WSS; without it these cannot be listened on. */
  certificate?: OwnCertificate | undefined;
  /** Authorities of peers besides those that Node knows, PEM. */
  trust?: string | undefined;
  /** See WebSockets. */
  origins?: readonly string[] | undefined;
}

/** All stream connections (TCP, TLS, WebSocket), found by id and by peer, and the listeners that bring new ones. */
export class Connections implements ConnectionSurroundings {
  readonly inbound: Inbound;
  readonly wheel: TimerWheel;
  readonly limits: TransportLimits;
  readonly counters: TransportCounters;
  readonly #servers: Server[] = [];
  readonly #byId = new Map<string, Connection>();
  /** Peer → the newest connection to it, for reuse. */
  readonly #byPeer = new Map<string, Connection>();
  readonly #doorkeeper: Doorkeeper;
  readonly #sockets = new WeakMap<Connection, Socket>();
  readonly #trust: string[] | undefined;
  readonly #origins: readonly string[];
  #webSockets: WebSockets | undefined;
  #certificate: OwnCertificate | undefined;
  #context: SecureContext | undefined;
  #outward = 0;

  constructor({ inbound, wheel, limits, counters, certificate, trust, origins }: ConnectionsOptions) {
    this.inbound = inbound;
    this.wheel = wheel;
    this.limits = limits;
    this.counters = counters;
    this.#trust = trust === undefined ? undefined : [...rootCertificates, trust];
    this.#origins = origins ?? [];
    this.#doorkeeper = new Doorkeeper(limits);
    if (certificate !== undefined) this.useCertificate(certificate);
  }

  get size(): number {
    return this.#byId.size;
  }

  /** For the handshakes from now on. @throws the system's error where the pair is none */
  useCertificate(certificate: OwnCertificate): void {
    this.#context = createSecureContext(certificate);
    this.#certificate = certificate;
  }

  /** @throws SwitchroomError `sip-port-in-use`, `sip-address-unavailable`, `sip-listen-failed` (as rejection) */
  async listen(where: Listener, failed: (error: Error) => void): Promise<Listener> {
    const { protocol } = where;
    if ((protocol === 'tls' || protocol === 'wss') && this.#context === undefined) {
      throw listenError(new Error('it needs a certificate'), where);
    }
    const server = createServer({ noDelay: true, allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(listenError(error, where)));
      const ipv6Only = familyOf(where.address) === 6;
      server.listen({ host: where.address, port: where.port, ipv6Only, exclusive: true }, resolve);
    });
    server.removeAllListeners('error');
    server.on('error', failed);
    this.#servers.push(server);
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : where.port;
    const listener: Listener = { ...where, port };
    if (protocol === 'ws' || protocol === 'wss') this.#webSockets ??= new WebSockets(this.limits, this.#origins);
    server.on('connection', (socket) => this.#arrived(socket, listener));
    return listener;
  }

  /** An open connection by its id. */
  find(id: string | undefined): Connection | undefined {
    const connection = id === undefined ? undefined : this.#byId.get(id);
    return connection?.usable ? connection : undefined;
  }

  /** The connection to that peer: one that is open, whoever opened it, or a new one. @returns undefined at the limit */
  towards(target: Target): Connection | undefined {
    const { protocol, address, port, listener } = target;
    const key = peerKey(target);
    const open = this.#byPeer.get(key);
    if (open?.usable) return open;
    if (!canDial(protocol)) return undefined;
    if (this.#doorkeeper.size + this.#outward >= this.limits.connections) {
      this.counters.connectionsRefused++;
      return undefined;
    }
    this.#outward++;
    const pipe = protocol === 'tls' ? this.#dialSecure(target) : new SocketPipe(connect(whither(target)), 'connect');
    return this.#add(pipe, listener, { address, port, inward: false }, key);
  }

  closed(connection: Connection): void {
    this.#byId.delete(connection.id);
    if (this.#byPeer.get(connection.peer) === connection) this.#byPeer.delete(connection.peer);
    if (!connection.inward) this.#outward--;
    this.inbound.receiver.connectionClosed(connection.id);
  }

  proven(connection: Connection): void {
    const socket = this.#sockets.get(connection);
    if (socket !== undefined) this.#doorkeeper.prove(socket, connection.remoteAddress);
  }

  /** Stops listening and ends all connections. */
  async close(): Promise<void> {
    const stopped = this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const connection of [...this.#byId.values()]) connection.close(new Error('closing down'));
    this.#webSockets?.close();
    this.#doorkeeper.close();
    await Promise.all(stopped);
  }

  #arrived(socket: Socket, listener: Listener): void {
    if (!this.#doorkeeper.admit(socket, this.#outward)) {
      this.counters.connectionsRefused++;
      socket.destroy();
      return;
    }
    const { protocol } = listener;
    const remote = { address: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0, inward: true };
    const join = (pipe: Pipe): void => {
      const key = peerKey({ protocol, address: remote.address, port: remote.port });
      this.#sockets.set(this.#add(pipe, listener, remote, key), socket);
    };
    if (protocol === 'tcp') {
      join(new SocketPipe(socket, 'connect'));
      return;
    }
    // What breaks before it is a connection is over: the handshakes below it tell nobody.
    socket.on('error', () => socket.destroy());
    const deadline = setTimeout(() => {
      this.counters.connectionsRefused++;
      socket.destroy();
    }, this.limits.firstMessageMs).unref();
    socket.once('close', () => clearTimeout(deadline));
    const ready = (carrier: Socket): void => {
      if (protocol === 'tls') {
        clearTimeout(deadline);
        join(new SocketPipe(carrier, 'secureConnect'));
        return;
      }
      this.#webSockets?.take(carrier, (pipe) => {
        clearTimeout(deadline);
        join(pipe);
      });
    };
    if (protocol === 'ws') ready(socket);
    else this.#secure(socket, ready);
  }

  #secure(socket: Socket, ready: (secured: TLSSocket) => void): void {
    const secured = new TLSSocket(socket, { isServer: true, ...(this.#context && { secureContext: this.#context }) });
    const broken = (): void => void socket.destroy();
    secured.once('error', broken);
    secured.once('secure', () => {
      secured.off('error', broken);
      ready(secured);
    });
  }

  #dialSecure(target: Target): Pipe {
    const { name = target.address } = target;
    const socket = tlsConnect({
      ...whither(target),
      // RFC 5922: the certificate must be of the name that was asked for, not of what the DNS said.
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ...(this.#trust && { ca: this.#trust }),
      ...this.#certificate,
    });
    return new SocketPipe(socket, 'secureConnect');
  }

  #add(
    pipe: Pipe,
    listener: Listener,
    remote: { address: string; port: number; inward: boolean },
    key: string,
  ): Connection {
    const connection = new Connection(randomUUID(), pipe, listener, { ...remote, key }, this);
    this.#byId.set(connection.id, connection);
    this.#byPeer.set(key, connection);
    return connection;
  }
}

function whither({ address, port, listener }: Target) {
  return {
    host: address,
    port,
    // The peer should see the address that our Via names.
    ...(isWildcard(listener.address) ? {} : { localAddress: listener.address }),
    allowHalfOpen: true,
  };
}

/** One peer by another name is another, where it must prove its name. */
function peerKey({ protocol, address, port, name }: Pick<Target, 'protocol' | 'address' | 'port' | 'name'>): string {
  return protocol === 'tls' && name !== undefined
    ? `${protocol}/${address}/${port}/${name}`
    : `${protocol}/${address}/${port}`;
}
