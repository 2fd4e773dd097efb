// One endpoint: a port pair, the session with one far side, and everything that is heard and said there.
//
// What it sends is one of, in this order: digits (DTMF), a playback, the mix of those it hears in a bridge, or, without any
// work of its own, the packets of the one it hears (relay). Only the first three need ticks.
import type { RemoteInfo } from 'node:dgram';
import type { WireDigitRule, WireDirection, WireQuality } from '../../../link/index.ts';
import type { Player } from '../audio/player.ts';
import type { Recorder } from '../audio/recorder.ts';
import { type Codec, codecs, frameSamples, type Law } from '../codec/g711.ts';
import { DtmfQueue } from '../dtmf/queue.ts';
import { DtmfReceiver } from '../dtmf/receiver.ts';
import type { DtmfPath } from '../dtmf/sender.ts';
import { emptyHeader, headerBytes, readHeader } from '../packet/header.ts';
import { Latch } from '../packet/latch.ts';
import { OutStream } from '../packet/out-stream.ts';
import { Reception } from '../packet/reception.ts';
import type { PairUser, PortPair } from '../ports/pool.ts';
import { ourDtmfPayloadType } from '../sdp/negotiate.ts';
import type { Bridge } from './bridge.ts';
import { Digits } from './digits.ts';
import { Ear } from './ear.ts';
import { FramePacket } from './frame-packet.ts';
import type { Host, Ticker, Watched } from './host.ts';
import { MediaSession } from './media-session.ts';
import { Mixer } from './mixer.ts';
import { LineMonitor, reportsTo } from './quality.ts';
import { RelayedPacket } from './relay.ts';

export interface EndpointOptions {
  id: string;
  purpose: string;
  /** Where the far side's SIP comes from. */
  peer: string | undefined;
  pair: PortPair;
  /** Address in our SDP. */
  address: string;
  /** Its far side is our own WebRTC gateway. */
  gateway: boolean;
  phase: number;
  codecs: readonly Law[];
  /** Look for digits in the audio where the far side has no telephone-event. */
  inbandDtmf: boolean;
}

/** Read into by every endpoint of the thread, one packet at a time. */
const header = emptyHeader();

export class Endpoint implements PairUser, Ticker, Watched, DtmfPath {
  readonly id: string;
  readonly purpose: string;
  readonly phase: number;
  readonly session: MediaSession;
  readonly out = new OutStream();
  readonly reception = new Reception();
  readonly latch = new Latch();
  readonly monitor: LineMonitor;
  readonly digits: Digits;
  readonly recorders = new Set<Recorder>();
  readonly pair: PortPair;
  /** Set by the bridge that it is in. */
  bridge: Bridge | undefined;
  /** Whom it hears, and whether their packets are relayed to it; by the bridge. */
  hears: readonly Endpoint[] = [];
  mixes = false;
  /** To whom its own packets are relayed; by the bridge. */
  relaysTo: readonly Endpoint[] = [];
  player: Player | undefined;
  /** Monotonic ms of the last packet of the far side; 0 before the first. */
  heardAt = 0;
  /** When it was said last that the far side is silent; monotonic ms. */
  silenceToldAt = 0;
  reportDue = 0;
  qualityDue = 0;
  malformed = 0;
  closed = false;
  readonly #host: Host;
  readonly #peer: string | undefined;
  readonly #inbandAllowed: boolean;
  readonly #receiver: DtmfReceiver;
  readonly #toSend = new DtmfQueue();
  readonly #frames = new FramePacket();
  readonly #eventPacket = Buffer.alloc(headerBytes + 4);
  readonly #relayed = new RelayedPacket();
  readonly #ear = new Ear();
  #mixer: Mixer | undefined;
  #due = 0;
  /** Timestamp of the telephone-event that comes in, and whether it goes to the others. */
  #eventStamp = -1;
  #eventPasses = false;

  constructor(options: EndpointOptions, host: Host) {
    this.id = options.id;
    this.purpose = options.purpose;
    this.phase = options.phase;
    this.pair = options.pair;
    this.#peer = options.peer;
    this.#inbandAllowed = options.inbandDtmf;
    this.#host = host;
    const ssrc = options.gateway ? this.out.ssrc : undefined;
    this.session = new MediaSession(options.address, options.pair.port, options.codecs, ssrc);
    this.monitor = new LineMonitor(this.out, this.reception);
    this.digits = new Digits(options.id, host);
    this.#receiver = new DtmfReceiver({
      keyDown: (digit) => this.#keyDown(digit),
      keyUp: (digit, ms) => this.#keyUp(digit, ms, 'rfc4733'),
    });
    const now = host.now();
    this.reportDue = now + 2_500 + Math.random() * 2_500;
    this.qualityDue = now + 10_000;
  }

  get codec(): Codec {
    return this.session.far?.codec ?? codecs.PCMU;
  }

  // ---- session -------------------------------------------------------------------------------------------------------

  /** A description of the far side was taken. */
  settled(): void {
    const far = this.session.far;
    if (!far) return;
    this.pair.disconnect();
    this.latch.expect(far.address, far.port, this.#peer, this.#host.now());
    this.#frames.resize(far.packetSamples);
    this.out.pause();
    const inband = this.#inbandAllowed && far.dtmfPayloadType === undefined;
    const keyUp = (digit: string, ms: number) => this.#keyUp(digit, ms, 'inband');
    this.#ear.detect(inband ? { keyDown: (digit) => this.#keyDown(digit), keyUp } : undefined);
    this.listenNeeded();
    if (this.player || this.#toSend.busy || this.mixes || this.#ear.detects) this.#host.activate(this);
  }

  direction(direction: WireDirection): void {
    this.session.direction(direction);
    if (!this.session.sending) this.out.pause();
  }

  // ---- receiving: the packet path ------------------------------------------------------------------------------------

  rtp(packet: Buffer, from: RemoteInfo): void {
    const far = this.session.far;
    if (!far) return;
    const now = this.#host.now();
    if (!readHeader(packet, header)) {
      this.malformed++;
      return;
    }
    const { latch } = this;
    if (!latch.accept(from.address, from.port, now)) return;
    if (latch.final) this.pair.connect(latch.port, from.address);
    this.heardAt = now;
    const { payloadType, ssrc } = header;
    const isDtmf = payloadType === far.dtmfPayloadType || payloadType === ourDtmfPayloadType;
    const codec = payloadType === far.payloadType ? far.codec : payloadType === 0 ? codecs.PCMU : codecs.PCMA;
    if (!isDtmf && payloadType !== far.payloadType && payloadType !== 0 && payloadType !== 8) return;
    if (ssrc !== this.reception.ssrc && this.reception.received > 0) {
      this.#ear.reset();
      this.#receiver.reset();
    }
    this.reception.packet(ssrc, header.sequence, header.timestamp, now, !isDtmf);
    if (!this.session.receiving) return;
    if (isDtmf) this.#dtmf(packet, now);
    else {
      this.#ear.push(packet, header, codec.decode);
      const targets = this.relaysTo;
      for (let i = 0; i < targets.length; i++) (targets[i] as Endpoint).#relay(this, packet, codec, now);
    }
  }

  rtcp(packet: Buffer, from: RemoteInfo): void {
    const known = this.latch.address ?? this.session.far?.rtcpAddress;
    if (from.address === known) this.monitor.read(packet, this.#host.now(), this.#host.wall());
  }

  #dtmf(packet: Buffer, now: number): void {
    const { timestamp, start, end } = header;
    // Decided once per event: the repeated ends of a digit that completed a PIN must not slip through.
    if (timestamp !== this.#eventStamp) {
      this.#eventStamp = timestamp;
      this.#eventPasses = this.bridge?.passesDigits(this) === true;
    }
    if (this.#eventPasses) {
      const targets = this.relaysTo;
      for (let i = 0; i < targets.length; i++) (targets[i] as Endpoint).#relayEvent(this, packet, now);
    }
    this.#receiver.packet(timestamp, packet, start, end, now);
    if (this.#receiver.pressed) this.#host.watch(this);
  }

  /** Sends on a packet of `from`, which `header` describes. */
  #relay(from: Endpoint, packet: Buffer, codec: Codec, now: number): void {
    const far = this.session.far;
    if (!far || !this.session.sending || this.player || this.#toSend.busy) return;
    const sent = this.#relayed.fit(packet, header, codec, far.codec);
    if (sent && this.out.relay(sent, header, from, far.payloadType, now)) this.#send(sent);
  }

  #relayEvent(from: Endpoint, packet: Buffer, now: number): void {
    const far = this.session.far;
    if (!far || far.dtmfPayloadType === undefined || !this.session.sending || this.player || this.#toSend.busy) return;
    if (this.out.relay(packet, header, from, far.dtmfPayloadType, now)) this.#send(packet);
  }

  #send(packet: Buffer): void {
    const { address, port } = this.latch;
    const far = this.session.far;
    if (address !== undefined) this.pair.send(packet, port, address);
    else if (far?.address !== undefined) this.pair.send(packet, far.port, far.address);
  }

  // ---- samples for mixers and recorders ------------------------------------------------------------------------------

  /** What the far side says in this frame; undefined = silence. */
  samples(frame: number): Int16Array | undefined {
    return this.#ear.samples(frame, this.session.receiving);
  }

  /** Keeps or drops the jitter buffer, by who listens. */
  listenNeeded(): void {
    this.#ear.need(this.recorders.size > 0 || this.#ear.detects || this.bridge?.needsSamples(this) === true);
  }

  /** It hears others from now on: by the bridge. */
  hear(hears: readonly Endpoint[], mixes: boolean): void {
    if (mixes !== this.mixes || (mixes && hears.length !== this.hears.length)) this.#frames.clear();
    this.hears = hears;
    this.mixes = mixes;
    if (mixes) this.#host.activate(this);
  }

  // ---- digits --------------------------------------------------------------------------------------------------------

  collect(id: string, rule: WireDigitRule): void {
    this.digits.collect(id, rule);
    this.#host.watch(this);
  }

  /** A digit that came by signaling. */
  key(digit: string, ms: number): void {
    this.#keyDown(digit);
    this.#keyUp(digit, ms, 'info');
  }

  /** Sends digits after those that are being sent. @param done is called when the last one is out, or the endpoint closes */
  sendDigits(digits: string, done: () => void): void {
    this.#toSend.add(digits, done);
    this.#host.activate(this);
  }

  #keyDown(digit: string): void {
    if (!this.digits.keyDown(digit)) return;
    this.#barge();
    this.bridge?.barge();
  }

  #barge(): void {
    if (this.player?.bargeIn) this.endPlay('barged');
  }

  #keyUp(digit: string, ms: number, via: 'rfc4733' | 'info' | 'inband'): void {
    const passes = via === 'rfc4733' ? this.#eventPasses : this.bridge?.passesDigits(this) === true;
    // The key may have gone down before the playback began.
    if (this.digits.key(digit, ms, via, passes)) this.#barge();
    // In-band digits are in the audio already.
    if (passes && via !== 'inband') this.bridge?.digit(this, digit, via === 'rfc4733');
  }

  /** Whether its far side takes telephone-event. */
  get named(): boolean {
    return this.session.far?.dtmfPayloadType !== undefined;
  }

  sweep(now: number): boolean {
    this.#receiver.sweep(now);
    return this.digits.sweep(now) || this.#receiver.pressed;
  }

  // ---- sending: the ticks --------------------------------------------------------------------------------------------

  play(player: Player): void {
    this.player?.end('stopped');
    this.player = player;
    if (player.bargeIn && this.digits.begun) this.#barge();
    else this.#host.activate(this);
  }

  endPlay(end: 'stopped' | 'barged' | 'failed', reason?: string): void {
    const { player } = this;
    this.player = undefined;
    player?.end(end, reason);
  }

  recordersChanged(): void {
    this.listenNeeded();
    this.bridge?.arrange();
    if (this.recorders.size > 0) this.#host.activate(this);
  }

  tick(frame: number, due: number): boolean {
    if (this.closed) return false;
    this.#due = due;
    this.#ear.tick(frame, this.session.receiving);
    let heard: Int16Array | undefined;
    if (!this.session.far) {
      // Nobody hears it yet: playbacks wait for the session.
    } else if (this.#toSend.busy) this.#toSend.tick(this, this.named, this.codec);
    else if (this.player) heard = this.#playFrame(this.player);
    else if (this.mixes) heard = this.#mixFrame(frame);
    else if (this.recorders.size > 0) heard = this.hears[0]?.samples(frame);
    for (const recorder of this.recorders) recorder.write(this.samples(frame), heard);
    return this.player !== undefined || this.mixes || this.#toSend.busy || this.recorders.size > 0 || this.#ear.detects;
  }

  #playFrame(player: Player): Int16Array | undefined {
    if (!player.ready) return undefined;
    const { codec } = this;
    const { buffer, at } = this.#frames;
    if (!player.read(codec.name, codec.silence, buffer, at, frameSamples)) {
      this.player = undefined;
      player.end('finished');
      return undefined;
    }
    const heard = this.recorders.size > 0 ? this.#mixing.decode(buffer, at, codec) : undefined;
    this.#sendFrame();
    return heard;
  }

  #mixFrame(frame: number): Int16Array | undefined {
    const { codec } = this;
    const { buffer, at } = this.#frames;
    const mixed = this.#mixing.mix(this.hears, this.bridge?.playing(frame), frame);
    if (mixed) {
      for (let i = 0; i < frameSamples; i++) buffer[at + i] = codec.encode[(mixed[i] as number) & 0xffff] as number;
    } else buffer.fill(codec.silence, at, at + frameSamples);
    this.#sendFrame();
    return mixed;
  }

  get #mixing(): Mixer {
    this.#mixer ??= new Mixer();
    return this.#mixer;
  }

  /** DtmfPath: a telephone-event packet. */
  event(payload: Buffer, timestamp: number | undefined): number {
    payload.copy(this.#eventPacket, headerBytes);
    const stamp = this.out.event(
      this.#eventPacket,
      this.session.far?.dtmfPayloadType ?? ourDtmfPayloadType,
      this.#due,
      timestamp,
    );
    if (this.session.sending) this.#send(this.#eventPacket);
    return stamp;
  }

  /** DtmfPath: a frame of audio. */
  audio(frame: Buffer): void {
    frame.copy(this.#frames.buffer, this.#frames.at);
    this.#sendFrame();
  }

  /** A frame stands in the packet. */
  #sendFrame(): void {
    if (this.session.sending) this.#frames.filled(this.#due, this.#sendPacket);
    else this.#frames.clear();
  }

  /** Made once: a closure per frame would be one per packet. */
  readonly #sendPacket = (packet: Buffer, time: number, samples: number): void => {
    this.out.local(packet, this.session.far?.payloadType ?? 0, time, samples);
    this.#send(packet);
  };

  // ---- life ----------------------------------------------------------------------------------------------------------

  quality(): WireQuality {
    return this.monitor.quality(this.session.far?.codec.name ?? '');
  }

  /** Sends an RTCP report where there is something to report. */
  report(bye: boolean): void {
    const { address, port } = reportsTo(this.session.far, this.latch);
    if (address === undefined || port < 1 || port > 65535) return;
    const packet = this.monitor.report(this.#host.cname, this.#host.now(), this.#host.wall(), bye);
    if (packet) this.pair.rtcp.send(packet, port, address);
  }

  /** Ends everything that runs here; the engine gives the ports back and says so. */
  close(): void {
    this.closed = true;
    this.report(true);
    this.player?.end('closed');
    this.player = undefined;
    this.digits.stop('closed');
    this.#toSend.giveUp();
    this.bridge?.remove(this);
    this.#ear.need(false);
  }
}
