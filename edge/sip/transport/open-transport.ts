import type { Logger } from 'pino';
import { canDial } from '../protocols.ts';
import type { Destination, Listener } from '../stack.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { MessageTrace } from '../trace/index.ts';
import { familyOf } from './address.ts';
import { ListenerChoice } from './choose-listener.ts';
import { Connections, type OwnCertificate } from './connections.ts';
import { transportErrors } from './errors.ts';
import { Inbound } from './inbound.ts';
import { defaultLimits, type TransportLimits } from './limits.ts';
import { type Dns, type Resolved, Resolver, systemDns } from './resolver.ts';
import type { Receiver, Target, Transport, TransportCounters } from './transport.ts';
import { UdpListener } from './udp-listener.ts';
import { UdpProbe } from './udp-probe.ts';

export interface TransportOptions {
  /** What to bind; port 0 takes a free one. */
  listen: readonly Listener[];
  logger: Logger;
  wheel: TimerWheel;
  receiver: Receiver;
  limits?: Partial<TransportLimits> | undefined;
  dns?: Dns | undefined;
  /** For TLS and WSS. */
  certificate?: OwnCertificate | undefined;
  /** Authorities of TLS peers besides those that Node knows, PEM. */
  trust?: string | undefined;
  /** Pages that may open WebSockets besides those of the host itself. */
  origins?: readonly string[] | undefined;
  /** Keeps what passed; without it nothing is kept. */
  trace?: MessageTrace | undefined;
}

/**
 * Binds all listeners; none stays open where one fails.
 * @throws SwitchroomError `sip-port-in-use`, `sip-address-unavailable`, `sip-listen-failed`
 */
export async function openTransport(options: TransportOptions): Promise<Transport> {
  const transport = new SocketTransport(options);
  try {
    await transport.open(options.listen);
  } catch (error) {
    await transport.close();
    throw error;
  }
  return transport;
}

class SocketTransport implements Transport {
  readonly listeners: Listener[] = [];
  readonly counters: TransportCounters = {
    receivedMessages: 0,
    sentMessages: 0,
    malformed: 0,
    dropped: 0,
    keepalives: 0,
    connectionsRefused: 0,
    sendFailures: 0,
  };
  readonly #inbound: Inbound;
  readonly #connections: Connections;
  readonly #udp = new Map<string, UdpListener>();
  readonly #probe = new UdpProbe();
  readonly #resolver: Resolver;
  readonly #choice: ListenerChoice;
  readonly #logger: Logger;
  readonly #trace: MessageTrace | undefined;

  constructor(options: TransportOptions) {
    const limits = { ...defaultLimits, ...options.limits };
    this.#logger = options.logger;
    this.#trace = options.trace;
    this.#inbound = new Inbound(options.receiver, this.counters, options.logger, limits.messageBytes, options.trace);
    const { wheel, certificate, trust, origins } = options;
    const { counters } = this;
    this.#connections = new Connections({
      inbound: this.#inbound,
      wheel,
      limits,
      counters,
      certificate,
      trust,
      origins,
    });
    this.#choice = new ListenerChoice(this.listeners, () => options.wheel.now());
    this.#resolver = new Resolver(options.dns ?? systemDns(), () => options.wheel.now());
  }

  get receiver(): Receiver {
    return this.#inbound.receiver;
  }

  set receiver(receiver: Receiver) {
    this.#inbound.receiver = receiver;
  }

  get connections(): number {
    return this.#connections.size;
  }

  behindMs(now: number): number {
    let longest = 0;
    for (const { inflow } of this.#udp.values()) longest = Math.max(longest, inflow.behindMs(now));
    return longest;
  }

  async open(listen: readonly Listener[]): Promise<void> {
    const failed = (error: Error) => this.#logger.error({ err: error }, 'SIP listener failed');
    for (const where of listen) {
      if (where.protocol !== 'udp') {
        this.listeners.push(await this.#connections.listen(where, failed));
        continue;
      }
      const udp = await UdpListener.open(where, this.#inbound, failed);
      this.#udp.set(udpKey(udp.listener), udp);
      this.listeners.push(udp.listener);
    }
  }

  listenerFor(to: Destination): Listener | undefined {
    return this.#connections.find(to.connection)?.listener ?? this.#choice.choose(to.protocol, to.host, to.port);
  }

  targets(to: Destination): Target[] | Promise<Target[]> {
    const open = this.#connections.find(to.connection);
    if (open !== undefined) {
      const { remoteAddress: address, remotePort: port, listener, id: connection } = open;
      return [{ protocol: listener.protocol, address, port, listener, connection }];
    }
    if (to.protocol !== 'udp' && !canDial(to.protocol)) {
      throw transportErrors['sip-unreachable']({ reason: 'its connection is closed, and it takes none' });
    }
    const resolved = this.#resolver.resolve(to.protocol, to.host, to.port);
    if (Array.isArray(resolved)) return this.#withListeners(to, resolved);
    return resolved.then((found) => this.#withListeners(to, found));
  }

  send(bytes: Buffer, target: Target, failed: (error: Error) => void): string | undefined {
    this.counters.sentMessages++;
    const fail = (error: Error) => {
      this.counters.sendFailures++;
      failed(error);
    };
    if (target.protocol === 'udp') {
      this.#note(bytes, target, target.listener.address);
      const udp = this.#udp.get(udpKey(target.listener));
      if (udp === undefined) queueMicrotask(() => fail(transportErrors['sip-no-listener']({ protocol: 'udp' })));
      else udp.send(bytes, target.address, target.port, fail);
      return undefined;
    }
    const connection = this.#connections.find(target.connection) ?? this.#connections.towards(target);
    if (connection === undefined) {
      queueMicrotask(() =>
        fail(
          transportErrors['sip-unreachable']({
            reason: canDial(target.protocol) ? 'too many connections' : 'its connection is closed',
          }),
        ),
      );
      return undefined;
    }
    this.#note(bytes, target, connection.localAddress);
    connection.send(bytes, fail);
    return connection.id;
  }

  probe(target: Target, refused: () => void): void {
    if (target.protocol === 'udp') this.#probe.ask(target.address, target.port, refused);
  }

  useCertificate(certificate: OwnCertificate): void {
    this.#connections.useCertificate(certificate);
  }

  async close(): Promise<void> {
    this.#probe.close();
    await Promise.all([this.#connections.close(), ...[...this.#udp.values()].map((udp) => udp.close())]);
  }

  #note(bytes: Buffer, { protocol, address, port, listener }: Target, localAddress: string): void {
    this.#trace?.add(bytes, 'out', {
      protocol,
      localAddress,
      localPort: listener.port,
      remoteAddress: address,
      remotePort: port,
    });
  }

  #withListeners(to: Destination, resolved: readonly Resolved[]): Target[] {
    const targets: Target[] = [];
    for (const { address, port } of resolved) {
      const listener = this.#choice.choose(to.protocol, address, port);
      if (listener !== undefined) targets.push({ protocol: to.protocol, address, port, name: to.host, listener });
    }
    if (targets.length === 0) {
      const family = resolved.length === 0 ? 0 : familyOf(resolved[0]!.address);
      throw transportErrors['sip-no-listener']({
        protocol: family === 0 ? to.protocol : `${to.protocol} IPv${family}`,
      });
    }
    return targets;
  }
}

function udpKey(listener: Listener): string {
  return `${listener.address}/${listener.port}`;
}
