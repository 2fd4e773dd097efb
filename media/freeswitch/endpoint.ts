// One endpoint: a channel of FreeSWITCH, called by us over SIP, driven over its own event socket connection.
import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import type { EndpointId } from '../../values/index.ts';
import { DigitCollector } from '../digits.ts';
import { mediaErrors } from '../errors.ts';
import type {
  Audio,
  Digit,
  DigitRule,
  Digits,
  EndpointEvents,
  MediaDirection,
  MediaEndpoint,
  Playback,
  PlayOptions,
  Quality,
  Recording,
  RecordingOptions,
  Sdp,
} from '../media-server.ts';
import type { Control } from './control.ts';
import type { SharedFolder } from './folder.ts';
import { type PlayPlace, RunningPlayback } from './playback.ts';
import { qualityOf } from './quality.ts';
import type { RawEndpoint } from './raw-fsmrf.ts';
import { FreeswitchRecording } from './recording.ts';
import { changed, counterpart, directionOf, unusable, withDirection, withoutHold } from './sdp.ts';

export interface EndpointTools {
  control: Control;
  folder: SharedFolder;
  logger: Logger;
  recorded(recording: FreeswitchRecording): void;
  sealed(recording: FreeswitchRecording): void;
  closed(endpoint: FreeswitchEndpoint): void;
}

/** Where a channel is while it is in a bridge. */
export interface Membership {
  readonly conference: string;
  readonly member: string;
  /** Digits go to the others. */
  readonly relaysDigits: boolean;
  place(): PlayPlace;
  digit(from: FreeswitchEndpoint, digit: Digit): void;
  left(endpoint: FreeswitchEndpoint): void;
}

interface RawDtmf {
  dtmf: string;
  /** In samples of 8 kHz. */
  duration?: string;
  source?: string;
}

export class FreeswitchEndpoint extends EventEmitter<EndpointEvents> implements MediaEndpoint {
  readonly id: EndpointId;
  readonly uuid: string;
  readonly raw: RawEndpoint;
  /** What the watch over RTP saw last. */
  watch = { received: -1, since: 0, toldAt: 0 };
  readonly #tools: EndpointTools;
  readonly #log: Logger;
  readonly #digits = new DigitCollector();
  readonly #recordings = new Set<FreeswitchRecording>();
  #membership: Membership | undefined;
  #playback: RunningPlayback | undefined;
  #sdp: Sdp;
  #version = 1;
  #direction: MediaDirection = 'sendrecv';
  #theirs: Sdp | undefined;
  /** Descriptions are taken one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #gone = false;

  constructor(id: EndpointId, raw: RawEndpoint, offer: Sdp | undefined, tools: EndpointTools) {
    super();
    this.id = id;
    this.uuid = raw.uuid;
    this.raw = raw;
    this.#tools = tools;
    this.#log = tools.logger;
    this.#theirs = offer;
    this.#sdp = offer === undefined ? raw.dialog.remote.sdp : this.#inDirection(counterpart(directionOf(offer)));
    raw.on('dtmf', ({ dtmf, duration, source }: RawDtmf) => {
      const via = source === 'INBAND_AUDIO' ? 'inband' : source === 'INFO' ? 'info' : 'rfc4733';
      this.#key(dtmf, Math.round(Number(duration ?? 800) / 8), via);
    });
    raw.on('destroy', () => this.#ended(this.#closing ? 'asked' : 'lost'));
  }

  get sdp(): Sdp {
    return this.#sdp;
  }

  get gone(): boolean {
    return this.#gone;
  }

  get membership(): Membership | undefined {
    return this.#membership;
  }

  /** For the bridge; what played stops. */
  joined(membership: Membership): void {
    this.#membership = membership;
  }

  leftBridge(): void {
    this.#membership = undefined;
  }

  async stopPlayback(): Promise<void> {
    this.#playback?.stop();
    await this.#playback?.quiet;
  }

  accept(answer: Sdp, _how: { final: boolean }): Promise<void> {
    return this.#inTurn(async () => {
      this.#check(answer);
      await this.#take(answer);
      await this.direction(counterpart(directionOf(answer)));
    });
  }

  renegotiate(offer: Sdp): Promise<Sdp> {
    return this.#inTurn(async () => {
      this.#check(offer);
      await this.#take(offer);
      const direction = counterpart(directionOf(offer));
      await this.direction(direction);
      this.#sdp = this.#inDirection(direction);
      return this.#sdp;
    });
  }

  offer(direction: MediaDirection = 'sendrecv'): Promise<Sdp> {
    return this.#inTurn(async () => {
      this.#sdp = this.#inDirection(direction);
      return this.#sdp;
    });
  }

  /** FreeSWITCH goes on sending, but silence, where nothing is to be heard. */
  async direction(direction: MediaDirection): Promise<void> {
    if (direction === this.#direction) return;
    this.#direction = direction;
    const { control } = this.#tools;
    await control.command(`uuid_audio ${this.uuid} stop`);
    const deaf = direction === 'sendonly' || direction === 'inactive';
    const dumb = direction === 'recvonly' || direction === 'inactive';
    if (deaf) await control.command(`uuid_audio ${this.uuid} start read mute 1`);
    if (dumb) await control.command(`uuid_audio ${this.uuid} start write mute 1`);
  }

  play(audio: Audio[], options: PlayOptions = {}): Playback {
    const before = this.#playback;
    before?.stop();
    const place = this.#membership?.place() ?? this.#channelPlace();
    const sounds = this.#tools.folder.sounds(audio);
    const playback = new RunningPlayback(place, sounds, options, this.#log, before?.quiet ?? Promise.resolve());
    if (this.#gone) playback.end('closed');
    else if (playback.bargeIn && this.#digits.begun) playback.end('barged');
    this.#playback = playback;
    return playback;
  }

  get playing(): string | undefined {
    return this.#playback?.over === false ? this.#playback.id : undefined;
  }

  collect(rule: DigitRule): Promise<Digits> {
    if (this.#gone) return Promise.resolve({ digits: '', end: 'closed' });
    return this.#digits.collect(rule);
  }

  stopCollect(): void {
    this.#digits.end('stopped');
  }

  digitFromSignaling(digit: Digit, ms = 100): void {
    this.#key(digit, ms, 'info');
  }

  async sendDtmf(digits: string): Promise<void> {
    if (!/^[0-9*#A-D]+$/.test(digits)) throw mediaErrors['media-failed']({ reason: `"${digits}" are no digits` });
    await this.#tools.control.command(`uuid_send_dtmf ${this.uuid} ${digits}`);
  }

  record(options: RecordingOptions): Recording {
    const recording = new FreeswitchRecording(this.#tools, () => this.uuid, options);
    this.keep(recording);
    return recording;
  }

  /** A recording that ends with this channel. */
  keep(recording: FreeswitchRecording): void {
    this.#recordings.add(recording);
    this.#tools.recorded(recording);
  }

  async quality(): Promise<Quality> {
    const { control } = this.#tools;
    await control.api(`uuid_set_media_stats ${this.uuid}`);
    return qualityOf(await control.command(`uuid_dump ${this.uuid}`));
  }

  close(): Promise<void> {
    if (this.#gone) return Promise.resolve();
    this.#closing ??= this.#close().catch((error: unknown) => {
      this.#closing = undefined;
      throw error;
    });
    return this.#closing;
  }

  async #close(): Promise<void> {
    const quality = await this.quality().catch((error: unknown) => {
      this.#log.debug({ err: error, endpoint: this.id }, 'no last word on the quality');
      return undefined;
    });
    const open = [...this.#recordings].filter(({ over }) => !over);
    for (const result of await Promise.allSettled(open.map((one) => one.stop()))) {
      if (result.status === 'rejected') this.#log.error({ err: result.reason, endpoint: this.id }, 'recording lost');
    }
    // FreeSWITCH says BYE; drachtio-fsmrf's own way out waits for what a channel in a conference does not read.
    const answer = await this.#tools.control.api(`uuid_kill ${this.uuid}`);
    if (/^-ERR/.test(answer) && !/No such channel/i.test(answer)) {
      throw mediaErrors['media-failed']({ reason: `uuid_kill: ${answer.trim()}` });
    }
    this.#ended('asked', quality);
  }

  #ended(why: 'asked' | 'lost', quality?: Quality): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#digits.end('closed');
    this.#playback?.end('closed');
    for (const recording of this.#recordings) if (!recording.over) recording.channelGone();
    this.#membership?.left(this);
    this.#membership = undefined;
    this.#tools.closed(this);
    this.emit('closed', { why, quality });
  }

  #key(digit: Digit, ms: number, via: 'rfc4733' | 'info' | 'inband'): void {
    if (this.#gone) return;
    const { secret, collected, counts } = this.#digits.key(digit, this.#membership?.relaysDigits === true);
    if (counts && this.#playback?.bargeIn) this.#playback.end('barged');
    if (!secret) this.emit('dtmf', { digit, ms, via });
    if (!collected) this.#membership?.digit(this, digit);
  }

  #check(sdp: Sdp): void {
    const reason = unusable(sdp);
    if (reason !== undefined) throw mediaErrors['media-sdp-rejected']({ reason });
  }

  /** Tells FreeSWITCH where they are now, unless it knows. */
  async #take(sdp: Sdp): Promise<void> {
    if (!changed(this.#theirs, sdp)) return;
    try {
      await this.raw.modify(withoutHold(sdp));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw mediaErrors['media-sdp-rejected']({ reason: `FreeSWITCH: ${reason}` }, { cause });
    }
    this.#theirs = sdp;
  }

  #inDirection(direction: MediaDirection): Sdp {
    const ours = this.raw.local.sdp || this.raw.dialog.remote.sdp;
    return withDirection(ours, direction, ++this.#version);
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(() => {
      if (this.#gone) throw mediaErrors['media-unknown']({ reason: `endpoint ${this.id} is closed` });
      return work();
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  #channelPlace(): PlayPlace {
    return {
      once: async (sound) => {
        const event = await this.raw.execute('playback', sound);
        return event.getHeader('Application-Response') === 'FILE PLAYED';
      },
      halt: async () => {
        await this.#tools.control.api(`uuid_break ${this.uuid} all`);
      },
    };
  }
}
