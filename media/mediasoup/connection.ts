// A browser's peer connection: one transport of the worker, what its microphone says, and the one stream that it hears.
import { randomInt } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Consumer, ConsumerStat, Producer, WebRtcTransport } from 'mediasoup/types';
import { machine } from '../../values/index.ts';
import type { Sdp } from '../media-server.ts';
import {
  type BrowserOffer,
  type CountedBothWays,
  RecentQuality,
  readNextOffer,
  scoredBothWays,
  writeAnswer,
} from '../webrtc/index.ts';
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
import { sentIn, takenIn } from './codecs.ts';
import { arrived, received } from './quality.ts';
import { bring, type MediaWorker } from './workers.ts';

/** Not up by then, or disconnected for that long: closed. Longer than a talk is kept for a panel that is away. */
const patienceMs = 30_000;

const states = machine<ConnectionState, 'up' | 'silent' | 'end'>('webrtc-connection', {
  connecting: { up: 'connected', silent: 'connecting', end: 'closed' },
  // ICE tells twice that it is up (connected, completed).
  connected: { up: 'connected', silent: 'disconnected', end: 'closed' },
  disconnected: { up: 'connected', silent: 'disconnected', end: 'closed' },
  closed: {},
});

/** Something that can be heard, and the worker that it is on. */
export interface Source {
  producer: Producer;
  worker: MediaWorker;
}

/** What a connection asks of the gateway that keeps it. */
export interface ConnectionKeeper {
  overhear(by: MediasoupConnection, other: ConnectionId, what: 'microphone' | 'line'): Promise<Overhearing>;
  /** Once, before `closed` is told. */
  ended(connection: MediasoupConnection): void;
}

export class MediasoupConnection extends EventEmitter<ConnectionEvents> implements WebRtcConnection {
  readonly id: ConnectionId;
  readonly worker: MediaWorker;
  /** Ends what it overhears. */
  overhearing: (() => void) | undefined;
  /** Those that overhear it: to be asked again when its line has changed. */
  readonly overheardBy = new Set<() => void>();
  #line: LineId | undefined;
  #offer: BrowserOffer;
  #sdp = '';
  #version = 0;
  #state: ConnectionState = 'connecting';
  #microphone: Producer | undefined;
  #hears: Consumer | undefined;
  readonly #sessionId = String(randomInt(1, 2 ** 47));
  readonly #transport: WebRtcTransport;
  readonly #keeper: ConnectionKeeper;
  readonly #lately: RecentQuality;
  #patience: NodeJS.Timeout;

  private constructor(
    id: ConnectionId,
    worker: MediaWorker,
    offer: BrowserOffer,
    transport: WebRtcTransport,
    keeper: ConnectionKeeper,
  ) {
    super();
    this.id = id;
    this.worker = worker;
    this.#offer = offer;
    this.#transport = transport;
    this.#keeper = keeper;
    this.#lately = new RecentQuality(offer.codec.name);
    worker.load++;
    this.#patience = this.#expect();
    transport.on('icestatechange', () => this.#look());
    transport.on('dtlsstatechange', () => this.#look());
  }

  /** @throws Error of the worker's */
  static async open(
    id: ConnectionId,
    worker: MediaWorker,
    offer: BrowserOffer,
    keeper: ConnectionKeeper,
    consentSeconds: number,
  ): Promise<MediasoupConnection> {
    const transport = await worker.router.createWebRtcTransport({
      webRtcServer: worker.server,
      enableUdp: true,
      enableTcp: true,
      preferUdp: true,
      iceConsentTimeout: consentSeconds,
    });
    const connection = new MediasoupConnection(id, worker, offer, transport, keeper);
    try {
      await transport.connect({ dtlsParameters: { role: 'client', fingerprints: [offer.fingerprint] } });
      await connection.#produce(offer);
    } catch (error) {
      connection.end('failed');
      throw error;
    }
    connection.#answer();
    return connection;
  }

  get state(): ConnectionState {
    return this.#state;
  }
  get sdp(): Sdp {
    return this.#sdp;
  }
  get codec(): string {
    return this.#offer.codec.name;
  }
  get line(): LineId | undefined {
    return this.#line;
  }

  /** A line was attached or detached; those that overhear it are told. */
  set line(line: LineId | undefined) {
    this.#line = line;
    for (const changed of [...this.overheardBy]) changed();
  }

  get microphone(): Source | undefined {
    return this.#microphone && { producer: this.#microphone, worker: this.worker };
  }

  async renegotiate(offer: Sdp): Promise<Sdp> {
    const before = this.#offer;
    const read = readNextOffer(offer, before);
    if (read.usernameFragment !== before.usernameFragment) await this.#transport.restartIce();
    this.#offer = read;
    return this.#answer();
  }

  overhear(other: ConnectionId, what: 'microphone' | 'line'): Promise<Overhearing> {
    return this.#keeper.overhear(this, other, what);
  }

  /** The browser hears this from now on, or, with undefined, nothing. */
  async hear(source: Source | undefined): Promise<void> {
    this.#hears?.close();
    this.#hears = undefined;
    if (!source || this.#state === 'closed') return;
    await bring(source.producer, source.worker, this.worker);
    const rtpCapabilities = takenIn(this.#offer.codec);
    this.#hears = await this.#transport.consume({
      producerId: source.producer.id,
      rtpCapabilities,
      mid: this.#offer.mid,
    });
  }

  async quality(): Promise<ConnectionQuality> {
    return scoredBothWays(await this.#counted(), this.codec);
  }

  /** Tells how it was lately. */
  async measure(): Promise<void> {
    const lately = this.#lately.next(await this.#counted());
    if (lately !== undefined) this.emit('quality', lately);
  }

  async close(): Promise<void> {
    this.end('asked');
  }

  /** Ends it, once. */
  end(why: ConnectionEnd): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#patience);
    this.#transport.close();
    this.worker.load--;
    this.#keeper.ended(this);
    this.emit('closed', { why });
  }

  async #counted(): Promise<CountedBothWays> {
    const { clockRate } = this.#offer.codec;
    const [sent, heard] = await Promise.all([this.#microphone?.getStats(), this.#hears?.getStats()]);
    const out = heard?.find((one): one is ConsumerStat => one.type === 'outbound-rtp');
    const [up] = sent ?? [];
    const rttMs = out?.roundTripTime ?? up?.roundTripTime;
    return {
      up: up ? received(up, clockRate) : { packets: 0, lost: 0 },
      ...(out ? { down: arrived(out) } : {}),
      ...(rttMs !== undefined && rttMs > 0 ? { rttMs } : {}),
    };
  }

  async #produce({ microphone, codec, mid }: BrowserOffer): Promise<void> {
    if (!microphone) return;
    const { ssrc, cname } = microphone;
    this.#microphone = await this.#transport.produce({
      kind: 'audio',
      rtpParameters: { mid, codecs: [sentIn(codec)], encodings: [{ ssrc }], rtcp: { cname } },
    });
  }

  #answer(): Sdp {
    const { iceParameters: ice, iceCandidates: candidates, dtlsParameters: dtls } = this.#transport;
    const ours = { ice, candidates, dtls, sessionId: this.#sessionId, version: ++this.#version };
    this.#sdp = writeAnswer(this.#offer, ours);
    return this.#sdp;
  }

  #look(): void {
    const { iceState, dtlsState, closed } = this.#transport;
    if (closed) return;
    if (dtlsState === 'failed') this.end('failed');
    else if (dtlsState === 'closed') this.end('left');
    else if (iceState === 'disconnected') this.#step('silent');
    else if ((iceState === 'connected' || iceState === 'completed') && dtlsState === 'connected') this.#step('up');
  }

  #step(event: 'up' | 'silent'): void {
    const next = states.next(this.#state, event);
    if (next === undefined || next === this.#state) return;
    this.#state = next;
    clearTimeout(this.#patience);
    if (next === 'disconnected') this.#patience = this.#expect();
    this.emit(next === 'connected' ? 'connected' : 'disconnected');
  }

  #expect(): NodeJS.Timeout {
    return setTimeout(() => this.end('failed'), patienceMs).unref();
  }
}
