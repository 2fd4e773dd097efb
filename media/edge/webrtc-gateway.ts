// WebRtcGateway over the link: the engine is the edge's own. Connections and lines live on the edge, and survive the server.
import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import {
  type GatewayEvents,
  type GatewayRequests,
  gatewayPrefixes,
  type LinkClient,
  type WireConnection,
  type WireLine,
} from '../../link/index.ts';
import { mediaErrors } from '../errors.ts';
import { type Codec, codecs, readFar, readFirstOffer } from '../webrtc/index.ts';
import type {
  ConnectionId,
  ConnectRequest,
  GatewayCapabilities,
  Line,
  LineId,
  LineRequest,
  WebRtcConnection,
  WebRtcGateway,
  WebRtcGatewayEvents,
} from '../webrtc-gateway.ts';
import type { Ask } from './asking.ts';
import { EngineLink } from './engine-link.ts';
import { EdgeConnection } from './webrtc-connection.ts';
import { EdgeLine, type LineKeeper, payloadTypeOf, wire } from './webrtc-line.ts';

export interface EdgeWebRtcOptions {
  /** Not closed by the driver. */
  link: LinkClient;
  logger: Logger;
  /** How long after a failed comparison with the edge the next is tried; see CatchUp. */
  compareRetryMs?: { first: number; most: number } | undefined;
}

/** What the edge relays: the codecs of its own media engine. */
const ours = codecs.filter(({ name }) => name !== 'opus');

export class EdgeWebRtcGateway extends EventEmitter<WebRtcGatewayEvents> implements WebRtcGateway, LineKeeper {
  readonly capabilities: GatewayCapabilities = {
    engine: 'edge',
    adoption: true,
    codecs: ours.map(({ name }) => name),
    overhear: true,
    digits: true,
  };
  readonly #link: EngineLink;
  readonly #logger: Logger;
  readonly #ask: Ask;
  readonly #connections = new Map<ConnectionId, EdgeConnection>();
  readonly #lines = new Map<LineId, EdgeLine>();

  constructor({ link, logger, compareRetryMs }: EdgeWebRtcOptions) {
    super();
    this.#logger = logger;
    this.#link = new EngineLink(
      { link, logger, what: 'WebRTC', prefixes: gatewayPrefixes, compareRetryMs },
      {
        event: (name, body) => this.#event(name, body),
        compare: () => this.#compare(),
        emptied: () => this.#emptied(),
        lost: () => this.emit('lost'),
        restored: () => this.emit('restored'),
      },
    );
    this.#ask = this.#link.ask;
  }

  async connect({ id, offer, codecs: wanted, digits: wanting, peer }: ConnectRequest): Promise<WebRtcConnection> {
    if (this.#connections.has(id)) throw mediaErrors['media-failed']({ reason: `connection ${id} exists` });
    const spoken = wanted.filter((name) => ours.some((codec) => codec.name.toLowerCase() === name.toLowerCase()));
    const { codec, digits: offered, microphone, fingerprint } = readFirstOffer(offer, spoken);
    const digits = wanting ? offered : undefined;
    const payloadType = payloadTypeOf(codec);
    const request = { id, offer, payloadType, digits, microphone: microphone?.ssrc, fingerprint, peer };
    const { ours: side } = await this.#opening('connection.open', request, 'connection.close');
    return this.#known({ id, state: 'connecting', offer, payloadType, digits, ours: side });
  }

  async line({ id, offer, for: connectionId, endpoint }: LineRequest): Promise<Line> {
    if (this.#lines.has(id)) throw mediaErrors['media-failed']({ reason: `line ${id} exists` });
    const connection = this.#connections.get(connectionId);
    if (!connection) throw mediaErrors['media-unknown']({ reason: `there is no connection ${connectionId}` });
    const codec = codecOf(connection.codec);
    const payloadType = payloadTypeOf(codec);
    const far = offer === undefined ? undefined : wire(readFar(offer, codec));
    const digits = connection.digits !== undefined;
    const request = { id, payloadType, digits, endpoint, offer, far };
    const { ours: side } = await this.#opening('line.open', request, 'line.close');
    const offering = offer === undefined;
    return this.#knownLine({ id, payloadType, digits, endpoint, far: offer, ours: side, offering });
  }

  async list(): Promise<{ connections: WebRtcConnection[]; lines: Line[] }> {
    const { connections, lines } = await this.#ask('webrtc.list', {});
    return {
      connections: connections.map((one) => this.#known(one)),
      lines: lines.map((one) => this.#knownLine(one)),
    };
  }

  /** Connections and lines stay on the edge, for the next server. */
  async close(): Promise<void> {
    this.#link.close();
  }

  // ── joining, as the edge says it ──────────────────────────────────────────────────────────────────────────────────

  attached(line: EdgeLine, connection: ConnectionId): void {
    this.parted(line);
    const other = this.#connections.get(connection);
    if (!other) return;
    line.connection = connection;
    other.line = line.id;
  }

  parted(line: EdgeLine): void {
    const connection = this.#connections.get(line.connection ?? '');
    line.connection = undefined;
    if (connection?.line === line.id) connection.line = undefined;
  }

  // ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #event(name: string, body: unknown): void {
    const { id } = body as { id: string };
    switch (name) {
      case 'connection.state':
        this.#connections.get(id)?.became((body as GatewayEvents['connection.state']).state);
        return;
      case 'connection.quality':
        this.#connections.get(id)?.measured((body as GatewayEvents['connection.quality']).quality);
        return;
      case 'connection.unheard':
        this.#connections.get(id)?.unheard();
        return;
      case 'connection.closed':
        this.#connectionEnded(id, (body as GatewayEvents['connection.closed']).why);
        return;
      case 'line.detached': {
        const { from, why } = body as GatewayEvents['line.detached'];
        this.#lines.get(id)?.detached(from, why);
        return;
      }
      case 'line.closed': {
        const { why } = body as GatewayEvents['line.closed'];
        if (why === 'lost') this.#lines.get(id)?.lose();
        else this.#lineEnded(id);
      }
    }
  }

  #connectionEnded(id: ConnectionId, why: GatewayEvents['connection.closed']['why']): void {
    const connection = this.#connections.get(id);
    this.#connections.delete(id);
    for (const line of this.#lines.values()) if (line.connection === id) line.detached(id, 'closed');
    connection?.end(why);
  }

  #lineEnded(id: LineId): void {
    const line = this.#lines.get(id);
    this.#lines.delete(id);
    line?.end('asked');
  }

  #known(there: WireConnection): EdgeConnection {
    const known = this.#connections.get(there.id);
    if (known) return known;
    const made = new EdgeConnection(there, this.#ask);
    this.#connections.set(there.id, made);
    return made;
  }

  #knownLine(there: WireLine): EdgeLine {
    const known = this.#lines.get(there.id);
    if (known) return known;
    const codec = codecOf(there.payloadType === 0 ? 'PCMU' : 'PCMA');
    const made = new EdgeLine(there, codec, this.#ask, this);
    this.#lines.set(there.id, made);
    made.once('closed', () => this.#lines.delete(there.id));
    return made;
  }

  async #opening<Name extends 'connection.open' | 'line.open'>(
    name: Name,
    body: GatewayRequests[Name]['with'],
    close: 'connection.close' | 'line.close',
  ): Promise<GatewayRequests[Name]['ok']> {
    try {
      return await this.#ask(name, body);
    } catch (error) {
      this.#link.maybeOpened(error, close, body.id);
      throw error;
    }
  }

  /** Events were lost: what the edge has no more has ended, and its states are what it says. */
  async #compare(): Promise<void> {
    const [connections, lines] = [[...this.#connections.keys()], [...this.#lines.keys()]];
    const there = await this.#ask('webrtc.list', {});
    const livingConnections = new Map(there.connections.map((one) => [one.id, one]));
    const livingLines = new Map(there.lines.map((one) => [one.id, one]));
    for (const id of lines) {
      const living = livingLines.get(id);
      const line = this.#lines.get(id);
      if (!living) line?.lose();
      else if (line?.connection !== undefined && living.connection === undefined)
        line.detached(line.connection, 'moved');
    }
    for (const id of connections) {
      const living = livingConnections.get(id);
      const connection = this.#connections.get(id);
      if (!living) this.#connectionEnded(id, 'lost');
      else if (living.state !== 'connecting') connection?.became(living.state);
      if (living && !living.overhears) connection?.unheard();
    }
    this.#logger.warn({ connections: there.connections.length }, 'WebRTC was compared with the edge, events were lost');
  }

  /** Another edge process: nothing of what we knew lives on. */
  #emptied(): void {
    for (const id of [...this.#connections.keys()]) this.#connectionEnded(id, 'lost');
    for (const line of this.#lines.values()) line.lose();
  }
}

function codecOf(name: string): Codec {
  const codec = ours.find((one) => one.name === name);
  if (!codec) throw mediaErrors['media-failed']({ reason: `${name} is no codec of the edge` });
  return codec;
}
