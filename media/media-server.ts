// The one interface to a media engine: it plays, listens, records and mixes, and sees only plain RTP. Drivers live in
// media/<engine>; test/contract runs one suite over every engine present. Ids are ours, so that a restarted server
// knows again what it finds.
import type { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';
import type { BridgeId, EndpointId, RecordingId } from '../values/index.ts';

/** An SDP body (RFC 8866) as text. */
export type Sdp = string;
/** `0-9 * # A-D`. */
export type Digit = string;
/** RFC 4566 attribute names, from the endpoint's own point of view: `sendonly` = we send (music), they only listen. */
export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface Capabilities {
  /** Name of the engine, for people and logs; never branch on it, branch on the other members. */
  readonly engine: string;
  /** Endpoints, bridges and recordings outlive the server, and `list` finds them. */
  readonly adoption: boolean;
  readonly codecs: readonly string[];
}

/** A piece of audio. Files are named by content hash; the driver brings them to its host. */
export type Audio =
  | {
      kind: 'file' /** Absolute path on the server's host of an 8 kHz mono 16-bit WAV. */;
      path: string /** SHA-256, hex. */;
      hash: string;
    }
  | { kind: 'silence'; ms: number }
  | { kind: 'tone'; hz: number[]; ms: number };

export interface PlayOptions {
  /** How often the whole list is played; Infinity for music. Default 1. */
  times?: number;
  /**
   * A digit of the caller ends it (`barged`) and is kept for the next `collect`, however early it was keyed:
   *
   * - while it plays, from the moment in which the key goes down;
   * - before: where a digit of the type-ahead waits, or the collection that runs has got one already, nothing is played, and
   *   the end is `barged` at once. So a caller who knows the menus keys through them.
   *
   * A terminator that is forgotten (see `collect`) ends nothing. On a bridge only digits of members while it plays count.
   *
   * Default false: it is played whole. Digits are then collected, or kept as type-ahead, as if nothing were played; who
   * does not want them collects without `typeAhead`.
   */
  bargeIn?: boolean;
  /** Name in events and in `list`, so that a restarted server knows what is playing. */
  id?: string;
}

export type PlaybackEnd = 'finished' | 'stopped' | 'barged' | 'closed' | 'failed';

export interface Playback {
  readonly id: string;
  /** How it ended. Never rejects; `failed` is logged with its cause by the driver. */
  readonly ended: Promise<PlaybackEnd>;
  stop(): void;
}

export interface DigitRule {
  /** Most digits wanted; collecting ends there. */
  max: number;
  /** Ends the input, and is not part of it; usually `#`. */
  terminator?: Digit | undefined;
  /** Milliseconds to the first digit, counted from the call of collect. */
  firstMs: number;
  /** Milliseconds between digits. */
  betweenMs: number;
  /** Values are kept out of events, logs and `list` (PIN entry). */
  secret?: boolean | undefined;
  /** Digits of the type-ahead count: see `collect`. Without it they are forgotten. */
  typeAhead?: boolean | undefined;
}

export interface Digits {
  digits: string;
  end: 'max' | 'terminator' | 'timeout' | 'stopped' | 'closed';
}

export interface RecordingOptions {
  id: RecordingId;
  /** Endpoint recordings: what the endpoint hears and says; bridge recordings: left and right. Default: stereo. */
  channels?: 1 | 2;
}

/** `sha256` of the file, in hexadecimal, where the engine says it: proof that a recording is the one that was made. */
export interface SealedRecording {
  ms: number;
  bytes: number;
  sha256?: string | undefined;
}

export interface Recording {
  readonly id: RecordingId;
  pause(): void;
  resume(): void;
  /** Ends and seals the file. Resolves with its length when it can be read whole. */
  stop(): Promise<SealedRecording>;
  /**
   * The WAV, whole or a byte range (both ends inclusive); while it is still recorded, what is there so far.
   * @returns `size`: bytes of the whole, whatever the range
   */
  read(range?: { start: number; end?: number }): Promise<{ stream: Readable; size: number }>;
}

export interface Quality {
  /** Packets received and lost, as seen by us. */
  received: number;
  lost: number;
  /** RFC 3550 interarrival jitter, milliseconds. */
  jitterMs: number;
  /** Round trip by RTCP (RFC 3550 §6.4.1), where the peer sends reports. */
  rttMs?: number | undefined;
  /** Fraction that the peer says it lost of what we send, 0 to 1, where it sends reports. */
  remoteLoss?: number | undefined;
  /** 1 to 4.5, E-model (ITU-T G.107) from loss, jitter and delay. */
  mos: number;
  codec: string;
}

export interface EndpointEvents {
  dtmf: [{ digit: Digit; ms: number; via: 'rfc4733' | 'info' | 'inband' }];
  /** No RTP for that long, although some had come and is due; again after each such time. */
  'rtp-timeout': [{ ms: number }];
  quality: [Quality];
  /** Gone for good. `quality` is the sum of the endpoint's life. */
  closed: [{ why: 'asked' | 'lost' | 'failed'; quality?: Quality | undefined }];
}

export interface MediaEndpoint extends EventEmitter<EndpointEvents> {
  readonly id: EndpointId;
  /** Our current local description: the answer where there was an offer, else the last offer made. */
  readonly sdp: Sdp;
  /** The SIP dialog by which it reaches its engine, where it does so: it has to end with the leg's, server or not. */
  readonly carrier?: string | undefined;
  /** Takes the far side's answer to our offer; `final: false` for early media (18x), may be repeated. @throws media-sdp-rejected */
  accept(answer: Sdp, how: { final: boolean }): Promise<void>;
  /** Answers a new offer from the far side (re-INVITE). @throws media-sdp-rejected, and the old session stays */
  renegotiate(offer: Sdp): Promise<Sdp>;
  /** A new offer of ours for the running session (hold, resume, delayed offer). */
  offer(direction?: MediaDirection): Promise<Sdp>;
  /** What we let through from now on, without SDP: `sendonly` stops listening, `recvonly` stops sending. */
  direction(direction: MediaDirection): Promise<void>;
  play(audio: Audio[], options?: PlayOptions): Playback;
  /**
   * One at a time; a second call ends the first with `stopped`. Where it says `typeAhead`, the digits that the first had count
   * for it too: no digit falls between the two.
   *
   * Type-ahead: digits keyed in the 2 s before that nobody collected, nor heard in a bridge. Where the rule says `typeAhead`
   * they are taken first, and those that are too many stay for the next. The terminator of a rule that ended with `max`
   * belongs to that input, by habit: keyed as the very next digit, within 2 s, it is forgotten.
   */
  collect(rule: DigitRule): Promise<Digits>;
  stopCollect(): void;
  /** A digit that came by signaling (SIP INFO): counts like one from RTP. */
  digitFromSignaling(digit: Digit, ms?: number): void;
  /** RFC 4733 towards the far side, where negotiated; else tones. */
  sendDtmf(digits: string): Promise<void>;
  record(options: RecordingOptions): Recording;
  quality(): Promise<Quality>;
  close(): Promise<void>;
}

export type BridgeRole = 'talk' | 'listen' | { whisperTo: EndpointId };

export interface BridgeEvents {
  closed: [{ why: 'asked' | 'lost' | 'failed' }];
}

export interface Bridge extends EventEmitter<BridgeEvents> {
  readonly id: BridgeId;
  readonly members: ReadonlyMap<EndpointId, BridgeRole>;
  /** Adds, or changes the role of a member. */
  add(endpoint: EndpointId, role: BridgeRole): Promise<void>;
  remove(endpoint: EndpointId): Promise<void>;
  play(audio: Audio[], options?: PlayOptions): Playback;
  /** Stereo: the first member that was added is left (the customer), all others who talk right; never what is whispered. */
  record(options: RecordingOptions): Recording;
  /** Ends the bridge; its endpoints stay. */
  close(): Promise<void>;
}

export interface MediaServerEvents {
  /** The engine is gone or unreachable; endpoints may still be alive. */
  lost: [];
  /** It is back; reconcile with `list`. */
  restored: [];
  /** One of its hosts is back, whether or not others were there: what failed as media-unavailable may be asked again. */
  'host-restored': [];
}

export interface OpenRequest {
  id: EndpointId;
  /** The far side's offer; without it the endpoint makes one of its own. */
  offer?: Sdp | undefined;
  /** On the same host and thread as that endpoint, because they will be bridged. */
  near?: EndpointId | undefined;
  /** Address of the far side (SIP source), to choose the address in our SDP by route. */
  peer?: string | undefined;
  /**
   * The far side is our own WebRTC gateway: the SDP says our own address, never the one for peers behind NAT, and, where the
   * engine can, its SSRC (RFC 5576), so that the gateway can pass packets on without looking into each.
   */
  gateway?: boolean | undefined;
  /** For logs: `caller`, `agent` … */
  purpose: string;
}

export interface BridgeOptions {
  /** Whether a digit that one keys is passed on to the others. Default relay. */
  dtmf?: 'relay' | 'absorb' | undefined;
  /** Put in at once, as by `add` one after the other: the first is the left channel of recordings. */
  members?: readonly { endpoint: EndpointId; role: BridgeRole }[] | undefined;
}

export interface MediaServer extends EventEmitter<MediaServerEvents> {
  readonly capabilities: Capabilities;
  /** Why nothing can be asked of it just now, for people; undefined: it is there. Also from the start, before `lost` can be heard. */
  readonly trouble: string | undefined;
  /** @throws media-sdp-rejected (answer 488), media-no-ports (answer 503), media-unavailable (answer 503) */
  open(request: OpenRequest): Promise<MediaEndpoint>;
  /** @throws media-unknown where a member is not there; there is no bridge then */
  bridge(id: BridgeId, options?: BridgeOptions): Promise<Bridge>;
  /** All that lives in the engine, as handles that work: for adoption and reconciling. */
  list(): Promise<{
    endpoints: MediaEndpoint[];
    bridges: Bridge[];
    playbacks: { id: string; on: EndpointId | BridgeId }[];
    recordings: Recording[];
  }>;
  /** A finished recording by id, while the engine has it. */
  recording(id: RecordingId): Promise<Recording | undefined>;
  /** Takes a finished recording away from the engine, after it was moved or erased. */
  forget(id: RecordingId): Promise<void>;
  close(): Promise<void>;
}
