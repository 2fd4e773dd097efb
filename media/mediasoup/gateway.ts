// WebRtcGateway on mediasoup: browsers and lines, joined by what their workers forward. Joining is done one step after the
// other over the whole gateway: a step is a few messages to a worker, and no two can then meet half done.
import { createSocket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import { isIP } from 'node:net';
import type { Logger } from 'pino';
import { mediaErrors } from '../errors.ts';
import type { Far } from '../webrtc/index.ts';
import { type Codec, codecs, readFirstOffer } from '../webrtc/index.ts';
import type {
  ConnectionId,
  ConnectRequest,
  GatewayCapabilities,
  Line,
  LineId,
  LineRequest,
  Overhearing,
  WebRtcConnection,
  WebRtcGateway,
  WebRtcGatewayEvents,
} from '../webrtc-gateway.ts';
import { type ConnectionKeeper, MediasoupConnection } from './connection.ts';
import { type LineKeeper, MediasoupLine } from './line.ts';
import { PlainLeg } from './plain-leg.ts';
import type { PortPairs } from './port-pairs.ts';
import type { MediaWorker, Workers } from './workers.ts';

const qualityMs = 5_000;

export interface GatewayParts {
  workers: Workers;
  pairs: PortPairs;
  /** Our address towards a far end that is not known yet. */
  lineAddress: string;
  /** A browser that was not heard for that long is `disconnected` (RFC 7675 asks for a check every 5 s). */
  consentSeconds: number;
  logger: Logger;
}

export class MediasoupGateway
  extends EventEmitter<WebRtcGatewayEvents>
  implements WebRtcGateway, ConnectionKeeper, LineKeeper
{
  readonly capabilities: GatewayCapabilities = {
    engine: 'mediasoup',
    adoption: false,
    codecs: codecs.map(({ name }) => name),
    overhear: true,
    digits: false,
  };
  readonly #parts: GatewayParts;
  readonly #connections = new Map<ConnectionId, MediasoupConnection>();
  readonly #lines = new Map<LineId, MediasoupLine>();
  readonly #timer: NodeJS.Timeout;
  #steps: Promise<void> = Promise.resolve();

  constructor(parts: GatewayParts) {
    super();
    this.#parts = parts;
    parts.workers.on('died', (worker) => this.#died(worker));
    parts.workers.on('none', () => this.emit('lost'));
    parts.workers.on('some', () => this.emit('restored'));
    this.#timer = setInterval(() => this.#measure(), qualityMs).unref();
  }

  /** Process ids of the workers. */
  get pids(): number[] {
    return this.#parts.workers.pids;
  }

  async connect(request: ConnectRequest): Promise<WebRtcConnection> {
    const { id } = request;
    if (this.#connections.has(id)) throw mediaErrors['media-failed']({ reason: `connection ${id} exists` });
    const offer = readFirstOffer(request.offer, request.codecs);
    const worker = this.#near(request.near) ?? this.#parts.workers.pick();
    const { consentSeconds } = this.#parts;
    const connection = await this.#asked(worker, MediasoupConnection.open(id, worker, offer, this, consentSeconds));
    this.#connections.set(id, connection);
    return connection;
  }

  async line(request: LineRequest): Promise<Line> {
    const { id } = request;
    if (this.#lines.has(id)) throw mediaErrors['media-failed']({ reason: `line ${id} exists` });
    const connection = this.#connection(request.for);
    const codec = codecs.find(({ name }) => name === connection.codec) as Codec;
    const line = await this.#asked(connection.worker, MediasoupLine.open(request, codec, connection.worker, this));
    this.#lines.set(id, line);
    return line;
  }

  async list(): Promise<{ connections: WebRtcConnection[]; lines: Line[] }> {
    return { connections: [...this.#connections.values()], lines: [...this.#lines.values()] };
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const line of [...this.#lines.values()]) line.end('asked');
    for (const connection of [...this.#connections.values()]) connection.end('asked');
    this.#parts.workers.close();
  }

  // ── joining ───────────────────────────────────────────────────────────────────────────────────────────────────────

  attach(line: MediasoupLine, id: ConnectionId): Promise<void> {
    return this.#step(async () => {
      const connection = this.#connection(id);
      if (line.closed) throw mediaErrors['media-unknown']({ reason: `line ${line.id} is closed` });
      if (line.attached === connection) return;
      if (connection.codec !== line.codec) {
        throw mediaErrors['media-failed']({ reason: `it speaks ${connection.codec}, the line ${line.codec}` });
      }
      if (connection.overhearing) throw mediaErrors['media-failed']({ reason: 'it overhears' });
      const other = connection.line === undefined ? undefined : this.#lines.get(connection.line);
      if (other) {
        await this.#part(other);
        other.emit('detached', { from: id, why: 'moved' });
      }
      if (line.attached) await this.#part(line);
      line.attached = connection;
      connection.line = line.id;
      await this.#join(line);
    });
  }

  detach(line: MediasoupLine): Promise<void> {
    return this.#step(() => this.#part(line));
  }

  rejoin(line: MediasoupLine): Promise<void> {
    return this.#step(() => this.#join(line));
  }

  overhear(by: MediasoupConnection, id: ConnectionId, what: 'microphone' | 'line'): Promise<Overhearing> {
    let made: Overhearing | undefined;
    return this.#step(async () => {
      const other = this.#connection(id);
      if (by.state === 'closed') throw mediaErrors['media-unknown']({ reason: `connection ${by.id} is closed` });
      if (by.line !== undefined || by.overhearing) throw mediaErrors['media-failed']({ reason: 'it hears something' });
      if (other.codec !== by.codec) throw mediaErrors['media-failed']({ reason: `the other speaks ${other.codec}` });
      const source = () => (what === 'microphone' ? other.microphone : this.#lines.get(other.line ?? '')?.source);
      const ended = Promise.withResolvers<void>();
      const follow = () => {
        this.#step(async () => {
          if (by.overhearing === stop) await by.hear(source());
        }).catch((error: unknown) => this.#parts.logger.warn({ err: error, connection: by.id }, 'overhearing failed'));
      };
      const stop = () => {
        by.overhearing = undefined;
        other.overheardBy.delete(follow);
        other.off('closed', stopped);
        ended.resolve();
      };
      const stopped = () => {
        if (by.overhearing !== stop) return;
        stop();
        follow();
      };
      await by.hear(source());
      by.overhearing = stop;
      if (what === 'line') other.overheardBy.add(follow);
      other.once('closed', stopped);
      made = {
        ended: ended.promise,
        stop: () =>
          this.#step(async () => {
            if (by.overhearing !== stop) return;
            stop();
            await by.hear(undefined);
          }),
      };
    }).then(() => made as Overhearing);
  }

  /** Both directions, as they are to be now. */
  async #join(line: MediasoupLine): Promise<void> {
    const connection = line.attached;
    if (!connection || line.closed) return;
    await Promise.all([connection.hear(line.source), line.send(connection.microphone)]);
    // Its leg may be another now: whoever overhears it follows.
    connection.line = line.id;
  }

  async #part(line: MediasoupLine): Promise<void> {
    const connection = line.attached;
    if (!connection) return;
    line.attached = undefined;
    connection.line = undefined;
    await Promise.all([connection.hear(undefined), line.send(undefined)]);
  }

  // ── ends ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  ended(one: MediasoupConnection | MediasoupLine): void {
    if (one instanceof MediasoupLine) this.#lineEnded(one);
    else this.#connectionEnded(one);
  }

  #lineEnded(line: MediasoupLine): void {
    this.#lines.delete(line.id);
    const connection = line.attached;
    line.attached = undefined;
    if (connection?.line === line.id) connection.line = undefined;
  }

  #connectionEnded(connection: MediasoupConnection): void {
    this.#connections.delete(connection.id);
    connection.overhearing?.();
    const line = this.#lines.get(connection.line ?? '');
    connection.line = undefined;
    if (!line) return;
    line.attached = undefined;
    line.emit('detached', { from: connection.id, why: 'closed' });
  }

  #died(worker: MediaWorker): void {
    const connections = [...this.#connections.values()].filter((one) => one.worker === worker);
    this.#parts.logger.warn({ worker: worker.index, connections: connections.length }, 'panels have to connect again');
    for (const connection of connections) connection.end('lost');
    for (const line of [...this.#lines.values()]) line.workerDied(worker);
  }

  // ── parts ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async openLeg(codec: Codec, far: Far | undefined, wanted: MediaWorker | undefined): Promise<PlainLeg> {
    const worker = wanted && !wanted.dead ? wanted : this.#parts.workers.pick();
    const address = (far && (await ourAddressTowards(far.address))) ?? this.#parts.lineAddress;
    return PlainLeg.open(worker, this.#parts.pairs, { address, codec, fronted: far?.ssrc === undefined });
  }

  #connection(id: ConnectionId): MediasoupConnection {
    const connection = this.#connections.get(id);
    if (!connection) throw mediaErrors['media-unknown']({ reason: `there is no connection ${id}` });
    return connection;
  }

  #near(id: ConnectionId | LineId | undefined): MediaWorker | undefined {
    if (id === undefined) return undefined;
    const worker = this.#connections.get(id)?.worker ?? this.#lines.get(id)?.source?.worker;
    return worker && !worker.dead ? worker : undefined;
  }

  /** What a dying worker leaves unanswered is its absence. */
  async #asked<T>(worker: MediaWorker, asked: Promise<T>): Promise<T> {
    try {
      return await asked;
    } catch (error) {
      if (!worker.dead) throw error;
      throw mediaErrors['media-unavailable']({ reason: 'the WebRTC worker died' }, { cause: error });
    }
  }

  #measure(): void {
    for (const connection of this.#connections.values()) {
      if (connection.state !== 'connected' || connection.listenerCount('quality') === 0) continue;
      // It closed meanwhile.
      connection
        .measure()
        .catch((error: unknown) => this.#parts.logger.debug({ err: error, connection: connection.id }, 'no quality'));
    }
  }

  #step(work: () => Promise<void>): Promise<void> {
    const done = this.#steps.then(work);
    this.#steps = done.catch(() => undefined);
    return done;
  }
}

/** Where the system's route to it starts. Sends nothing. @returns undefined where there is no route */
function ourAddressTowards(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
    const done = (found: string | undefined) => {
      socket.close();
      resolve(found);
    };
    socket.once('error', () => done(undefined));
    socket.connect(9, address, (error?: Error) => done(error ? undefined : socket.address().address));
  });
}
