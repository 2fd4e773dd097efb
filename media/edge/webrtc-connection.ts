// A browser's peer connection on the edge, as its gateway hands it out.
import { EventEmitter } from 'node:events';
import type { WireConnection, WireConnectionQuality, WireConnectionSide } from '../../link/index.ts';
import type { Sdp } from '../media-server.ts';
import { RecentQuality, readBrowserOffer, readNextOffer, scoredBothWays, writeAnswer } from '../webrtc/index.ts';
import type {
  ConnectionEnd,
  ConnectionEvents,
  ConnectionId,
  ConnectionQuality,
  ConnectionState,
  LineId,
  Overhearing,
  WebRtcConnection,
} from '../webrtc-gateway.ts';
import type { Ask } from './asking.ts';

export class EdgeConnection extends EventEmitter<ConnectionEvents> implements WebRtcConnection {
  readonly id: ConnectionId;
  readonly codec: 'PCMU' | 'PCMA';
  /** Payload type of its telephone-event, where digits travel. */
  readonly digits: number | undefined;
  /** Set by the gateway. */
  line: LineId | undefined;
  readonly #ask: Ask;
  readonly #lately: RecentQuality;
  #offer: Sdp;
  #sdp: Sdp;
  #state: ConnectionState;
  #unheard: (() => void) | undefined;
  #ended: Promise<void> = Promise.resolve();

  /** @param there as the edge says it */
  constructor(there: WireConnection, ask: Ask) {
    super();
    this.id = there.id;
    this.codec = there.payloadType === 0 ? 'PCMU' : 'PCMA';
    this.digits = there.digits;
    this.line = there.line;
    this.#ask = ask;
    this.#lately = new RecentQuality(this.codec);
    this.#offer = there.offer;
    this.#sdp = this.#answer(there.offer, there.ours);
    this.#state = there.state;
    if (there.overhears) this.#hears();
  }

  get state(): ConnectionState {
    return this.#state;
  }
  get sdp(): Sdp {
    return this.#sdp;
  }

  async renegotiate(offer: Sdp): Promise<Sdp> {
    const before = readBrowserOffer(this.#offer, [this.codec]);
    const read = readNextOffer(offer, before);
    const restart = read.usernameFragment !== before.usernameFragment;
    const { ours } = await this.#ask('connection.renegotiate', { id: this.id, offer, restart });
    this.#offer = offer;
    this.#sdp = this.#answer(offer, ours);
    return this.#sdp;
  }

  async overhear(other: ConnectionId, what: 'microphone' | 'line'): Promise<Overhearing> {
    await this.#ask('connection.overhear', { id: this.id, other, what });
    if (this.#state === 'closed') return { ended: Promise.resolve(), stop: async () => undefined };
    this.#hears();
    const ended = this.#ended;
    return {
      ended,
      stop: async () => {
        // It may be over, and another begun.
        if (this.#ended === ended && this.#unheard) await this.#ask('connection.unhear', { id: this.id });
      },
    };
  }

  async quality(): Promise<ConnectionQuality> {
    return scoredBothWays(await this.#ask('connection.quality', { id: this.id }), this.codec);
  }

  async close(): Promise<void> {
    if (this.#state !== 'closed') await this.#ask('connection.close', { id: this.id });
  }

  // ── what the edge told ────────────────────────────────────────────────────────────────────────────────────────────

  became(state: 'connected' | 'disconnected'): void {
    if (this.#state === 'closed' || this.#state === state) return;
    this.#state = state;
    this.emit(state);
  }

  measured(quality: WireConnectionQuality): void {
    const lately = this.#lately.next(quality);
    if (lately !== undefined) this.emit('quality', lately);
  }

  unheard(): void {
    this.#unheard?.();
    this.#unheard = undefined;
  }

  end(why: ConnectionEnd): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.line = undefined;
    this.unheard();
    this.emit('closed', { why });
  }

  #hears(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#unheard = resolve;
    this.#ended = promise;
  }

  #answer(offer: Sdp, ours: WireConnectionSide): Sdp {
    const { ufrag, password, candidates, fingerprint, ssrc, sessionId, version } = ours;
    return writeAnswer(readBrowserOffer(offer, [this.codec]), {
      ice: { usernameFragment: ufrag, password },
      candidates: candidates.map((one) => ({ ...one, protocol: 'udp', type: 'host' })),
      dtls: { fingerprints: [fingerprint] },
      ssrc,
      sessionId,
      version,
      digits: this.digits,
    });
  }
}
