// One call's plain RTP on the edge, as its gateway hands it out. A line whose edge died lives on without one, and
// `renegotiate` opens it anew.
import { EventEmitter } from 'node:events';
import type { WireFar, WireLine, WireLineSide } from '../../link/index.ts';
import type { EndpointId } from '../../values/index.ts';
import type { Sdp } from '../media-server.ts';
import { answering, type Codec, type Far, readFar, rejected, takes, writeNear } from '../webrtc/index.ts';
import type { ConnectionId, Line, LineEvents, LineId } from '../webrtc-gateway.ts';
import type { Ask } from './asking.ts';

/** Payload type of telephone-event in offers of ours. */
const offeredDigits = 101;

/** What a line asks of the gateway that keeps it. */
export interface LineKeeper {
  /** The edge says that the two hear each other. */
  attached(line: EdgeLine, connection: ConnectionId): void;
  parted(line: EdgeLine): void;
}

export class EdgeLine extends EventEmitter<LineEvents> implements Line {
  readonly id: LineId;
  readonly endpoint: EndpointId | undefined;
  /** Set by the gateway. */
  connection: ConnectionId | undefined;
  readonly #codec: Codec;
  readonly #digits: boolean;
  readonly #ask: Ask;
  readonly #keeper: LineKeeper;
  #sdp: Sdp;
  #offered: boolean;
  #lost = false;
  #closed = false;

  /** @param there as the edge says it */
  constructor(there: WireLine, codec: Codec, ask: Ask, keeper: LineKeeper) {
    super();
    this.id = there.id;
    this.endpoint = there.endpoint;
    this.connection = there.connection;
    this.#codec = codec;
    this.#digits = there.digits ?? false;
    this.#ask = ask;
    this.#keeper = keeper;
    this.#offered = there.offering;
    const far = there.far === undefined ? undefined : readFar(there.far, codec);
    this.#sdp = this.#write(there.ours, there.offering ? undefined : far);
  }

  get sdp(): Sdp {
    return this.#sdp;
  }
  get codec(): string {
    return this.#codec.name;
  }

  async accept(answer: Sdp): Promise<void> {
    if (!this.#offered || this.#lost) throw rejected('no offer of ours is open');
    const far = readFar(answer, this.#codec);
    await this.#ask('line.far', { id: this.id, description: answer, answer: true, far: wire(far) });
    this.#offered = false;
  }

  async renegotiate(offer: Sdp): Promise<Sdp> {
    const far = readFar(offer, this.#codec);
    const { id, endpoint } = this;
    const { ours } = this.#lost
      ? await this.#ask('line.open', {
          id,
          offer,
          far: wire(far),
          payloadType: payloadTypeOf(this.#codec),
          digits: this.#digits,
          endpoint,
        })
      : await this.#ask('line.far', { id, description: offer, answer: false, far: wire(far) });
    this.#offered = false;
    this.#lost = false;
    this.#sdp = this.#write(ours, far);
    return this.#sdp;
  }

  async attach(connection: ConnectionId): Promise<void> {
    await this.#ask('line.attach', { id: this.id, connection });
    if (!this.#closed) this.#keeper.attached(this, connection);
  }

  async detach(): Promise<void> {
    if (this.#closed || this.#lost) return;
    await this.#ask('line.detach', { id: this.id });
    this.#keeper.parted(this);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    if (this.#lost) this.end('asked');
    else await this.#ask('line.close', { id: this.id });
  }

  // ── what the edge told ────────────────────────────────────────────────────────────────────────────────────────────

  detached(from: ConnectionId, why: 'moved' | 'closed'): void {
    this.#keeper.parted(this);
    this.emit('detached', { from, why });
  }

  /** What it was on died. */
  lose(): void {
    if (this.#closed || this.#lost) return;
    this.#lost = true;
    this.#keeper.parted(this);
    this.emit('lost');
  }

  /** Ends it, once. */
  end(why: 'asked' | 'lost'): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#keeper.parted(this);
    this.emit('closed', { why });
  }

  /** @param far whom it answers; undefined: it offers */
  #write({ address, port, sessionId, version }: WireLineSide, far: Far | undefined): Sdp {
    const direction = far ? answering(far) : 'sendrecv';
    const digits = this.#digits ? (far ?? { digits: offeredDigits }).digits : undefined;
    return writeNear({ address, port, rtcpPort: port + 1, sessionId, version, direction, digits }, this.#codec);
  }
}

export function wire(far: Far): WireFar {
  const { address, port, rtcpPort, direction, digits } = far;
  const sends = direction === 'sendrecv' || direction === 'sendonly';
  return { address, port, rtcpPort, takes: takes(far), sends, digits };
}

export function payloadTypeOf({ payloadType }: Codec): 0 | 8 {
  return payloadType === 8 ? 8 : 0;
}
