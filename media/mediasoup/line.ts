// One call's plain RTP: where it goes, and the connection that it is attached to.
import { randomInt } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { EndpointId } from '../../values/index.ts';
import { mediaErrors } from '../errors.ts';
import type { MediaDirection, Sdp } from '../media-server.ts';
import type { Codec } from '../webrtc/index.ts';
import { answering, type Far, readFar, rejected, takes, writeNear } from '../webrtc/index.ts';
import type { ConnectionId, Line, LineEvents, LineId } from '../webrtc-gateway.ts';
import type { MediasoupConnection, Source } from './connection.ts';
import type { PlainLeg } from './plain-leg.ts';
import type { MediaWorker } from './workers.ts';

/** What a line asks of the gateway that keeps it. */
export interface LineKeeper {
  openLeg(codec: Codec, far: Far | undefined, worker: MediaWorker | undefined): Promise<PlainLeg>;
  attach(line: MediasoupLine, connection: ConnectionId): Promise<void>;
  detach(line: MediasoupLine): Promise<void>;
  /** Its legs changed: whoever is attached has to be joined with the new one. */
  rejoin(line: MediasoupLine): Promise<void>;
  /** Once, before `closed` is told. */
  ended(line: MediasoupLine): void;
}

export class MediasoupLine extends EventEmitter<LineEvents> implements Line {
  readonly id: LineId;
  readonly endpoint: EndpointId | undefined;
  /** Set by the gateway. */
  attached: MediasoupConnection | undefined;
  readonly #codec: Codec;
  readonly #keeper: LineKeeper;
  readonly #sessionId = String(randomInt(1, 2 ** 47));
  #leg: PlainLeg | undefined;
  #sdp = '';
  #version = 0;
  #offered = false;
  #closed = false;

  private constructor(id: LineId, codec: Codec, keeper: LineKeeper, endpoint: EndpointId | undefined) {
    super();
    this.id = id;
    this.endpoint = endpoint;
    this.#codec = codec;
    this.#keeper = keeper;
  }

  /** @throws media-sdp-rejected, media-no-ports, media-unavailable */
  static async open(
    { id, offer, endpoint }: { id: LineId; offer?: Sdp | undefined; endpoint?: EndpointId | undefined },
    codec: Codec,
    worker: MediaWorker,
    keeper: LineKeeper,
  ): Promise<MediasoupLine> {
    const line = new MediasoupLine(id, codec, keeper, endpoint);
    if (offer !== undefined) await line.#take(readFar(offer, codec), worker);
    else {
      line.#leg = await keeper.openLeg(codec, undefined, worker);
      line.#offered = true;
      line.#write(line.#leg, 'sendrecv');
    }
    return line;
  }

  get sdp(): Sdp {
    return this.#sdp;
  }
  get codec(): string {
    return this.#codec.name;
  }
  get connection(): ConnectionId | undefined {
    return this.attached?.id;
  }
  get closed(): boolean {
    return this.#closed;
  }

  /** What the far end says. */
  get source(): Source | undefined {
    const producer = this.#leg?.incoming;
    return this.#leg && producer && { producer, worker: this.#leg.worker };
  }

  async accept(answer: Sdp): Promise<void> {
    if (!this.#offered || !this.#leg) throw rejected('no offer of ours is open');
    const far = readFar(answer, this.#codec);
    this.#offered = false;
    await this.#leg.connect(far);
    await this.#keeper.rejoin(this);
  }

  async renegotiate(offer: Sdp): Promise<Sdp> {
    const far = readFar(offer, this.#codec);
    this.#offered = false;
    const leg = this.#leg;
    if (leg?.fits(far)) {
      leg.update(far);
      this.#write(leg, answering(far));
    } else {
      await this.#take(far, this.attached?.worker ?? leg?.worker);
      leg?.close();
    }
    await this.#keeper.rejoin(this);
    return this.#sdp;
  }

  attach(connection: ConnectionId): Promise<void> {
    return this.#keeper.attach(this, connection);
  }

  detach(): Promise<void> {
    return this.#keeper.detach(this);
  }

  /** The far end hears this microphone from now on, or, with undefined, nothing. */
  async send(microphone: Source | undefined): Promise<void> {
    const leg = this.#leg;
    if (!leg || leg.worker.dead) return;
    const heard = leg.far && takes(leg.far) ? microphone : undefined;
    await leg.send(heard?.producer, heard?.worker ?? leg.worker);
  }

  async close(): Promise<void> {
    this.end('asked');
  }

  /** Ends it, once. */
  end(why: 'asked' | 'lost'): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#leg?.close();
    this.#leg = undefined;
    this.#keeper.ended(this);
    this.emit('closed', { why });
  }

  /** A worker died. */
  workerDied(worker: MediaWorker): void {
    if (this.#leg?.worker !== worker) return;
    this.#leg.close();
    this.#leg = undefined;
    this.emit('lost');
  }

  async #take(far: Far, worker: MediaWorker | undefined): Promise<void> {
    const leg = await this.#keeper.openLeg(this.#codec, far, worker);
    try {
      await leg.connect(far);
      // It ended meanwhile, and closes what it has then only.
      if (this.#closed) throw mediaErrors['media-unknown']({ reason: `line ${this.id} is closed` });
    } catch (error) {
      leg.close();
      throw error;
    }
    this.#leg = leg;
    this.#write(leg, answering(far));
  }

  #write({ address, port }: PlainLeg, direction: MediaDirection): void {
    const version = ++this.#version;
    const near = { address, port, rtcpPort: port + 1, sessionId: this.#sessionId, version, direction };
    this.#sdp = writeNear(near, this.#codec);
  }
}
