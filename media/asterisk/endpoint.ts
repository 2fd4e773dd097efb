// An endpoint on Asterisk: a SIP dialog that carries it there, and the channel that it became.
import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import type { Sip, SipDialog } from '../../server/signaling/sip/index.ts';
import { type EndpointId, machine, type SwitchroomError } from '../../values/index.ts';
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
  RecordingOptions,
  Sdp,
} from '../media-server.ts';
import type { ChannelName } from './ari.ts';
import type { AudioShelf } from './audio-shelf.ts';
import { callAsterisk, watchDialog } from './carrier.ts';
import type { EndpointNote } from './endpoint-note.ts';
import type { AsteriskHost } from './host.ts';
import { KeptRecordings } from './kept-recordings.ts';
import { Player } from './playing.ts';
import type { AsteriskRecording } from './recording.ts';
import { RtpWatch } from './rtp-watch.ts';
import { type AudioSide, readDescription } from './sdp.ts';
import { Session } from './session.ts';

export interface EndpointTools {
  sip: Sip;
  shelf: AudioShelf;
  logger: Logger;
  /** Where its bridge passes digits on. */
  relay(endpoint: AsteriskEndpoint, digit: Digit, ms: number): void;
  /** Whether it does so now. */
  relays(endpoint: AsteriskEndpoint): boolean;
  /** What its bridge keeps at it for a later server. */
  membership(endpoint: AsteriskEndpoint): EndpointNote['bridge'];
  gone(endpoint: AsteriskEndpoint): void;
}

type State = 'opening' | 'open' | 'closed';
type Event = 'opened' | 'end';

/**
 * ```
 *   opening ──opened──▶ open ──end──▶ closed
 *      └────────end──────────────────────▲
 * ```
 */
const states = machine<State, Event>('asterisk-endpoint', {
  opening: { opened: 'open', end: 'closed' },
  open: { end: 'closed' },
  closed: {},
});

const keys = /^[0-9*#A-D]+$/;
const comesMs = 5_000;

export class AsteriskEndpoint extends EventEmitter<EndpointEvents> implements MediaEndpoint {
  readonly id: EndpointId;
  readonly host: AsteriskHost;
  readonly player: Player;
  readonly #tools: EndpointTools;
  readonly #digits = new DigitCollector();
  readonly #recordings: KeptRecordings;
  readonly #rtp: RtpWatch;
  readonly #comes = Promise.withResolvers<ChannelName>();
  #state: State = 'opening';
  #session = new Session();
  #dialog: SipDialog | undefined;
  #channel: ChannelName = { id: '', name: '' };
  /** Asterisk leaves out what they say. */
  #deaf = false;
  /** Changes of the session go one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #noting = false;

  constructor(id: EndpointId, host: AsteriskHost, tools: EndpointTools) {
    super();
    this.id = id;
    this.host = host;
    this.#tools = tools;
    this.#comes.promise.catch(() => undefined);
    const target = { kind: 'channels' as const, id: () => this.#channel.id, host: () => this.host };
    this.player = new Player(target, tools.shelf, tools.logger, () => this.noteSoon());
    this.#recordings = new KeptRecordings(host, tools.logger, () => this.noteSoon());
    this.#rtp = new RtpWatch(host);
  }

  /** Calls Asterisk, and waits until the channel has come. @throws media-sdp-rejected, media-unavailable, media-failed */
  async open(offer: Sdp | undefined): Promise<void> {
    const described = offer === undefined ? undefined : readDescription(offer);
    const session = this.#session;
    const text = session.forAsterisk(described?.audio);
    const dialog = await callAsterisk(this.#tools.sip, { endpoint: this.id, host: this.host.options.sip, offer: text });
    this.#dialog = dialog;
    if (this.#state === 'closed') {
      void dialog.bye();
      throw mediaErrors['media-failed']({ reason: 'the endpoint was closed meanwhile' });
    }
    watchDialog(dialog, ({ by }) => this.end(by === 'us' ? 'asked' : 'failed'));
    try {
      session.fromAsterisk(readDescription(dialog.remoteSdp), described?.audio, described === undefined);
      const late = setTimeout(() => this.#comes.reject(this.host.ari.unavailable('the call did not come')), comesMs);
      this.#channel = await this.#comes.promise.finally(() => clearTimeout(late));
      this.#state = states.next(this.#state, 'opened') ?? this.#state;
      if (described) session.answer(described);
      else session.offer();
      await this.#move();
      await this.#hearOrNot();
    } catch (error) {
      void dialog.bye();
      throw error;
    }
    this.noteSoon();
  }

  /** Taken up from an earlier server. @throws media-sdp-rejected where Asterisk's description cannot be read */
  revive(note: EndpointNote, dialog: SipDialog, channel: ChannelName): void {
    this.#session = Session.revive(note.sdp, readDescription(dialog.remoteSdp));
    this.#dialog = dialog;
    this.#channel = channel;
    this.#state = 'open';
    watchDialog(dialog, ({ by }) => this.end(by === 'us' ? 'asked' : 'failed'));
    this.player.inherit(note.playing);
    this.#deaf = !this.#session.ways.hear;
    this.#recordings.inherit(note.recordings, channel.name);
  }

  /** Its channel has come to the application. */
  entered(channel: ChannelName): void {
    this.#comes.resolve(channel);
  }

  get sdp(): Sdp {
    return this.#session.sdp;
  }

  get channelId(): string {
    return this.#channel.id;
  }

  get opening(): boolean {
    return this.#state === 'opening';
  }

  /** The dialog that carries it: it shall end with the leg's, even while no server is there. */
  get carrier(): string | undefined {
    return this.#dialog?.id;
  }

  /** The dialog is over, and nobody told us. */
  get abandoned(): boolean {
    return this.#state === 'open' && this.#dialog?.over === true;
  }

  get recordings(): AsteriskRecording[] {
    return this.#recordings.all;
  }

  accept(answer: Sdp, _how: { final: boolean }): Promise<void> {
    return this.#inTurn(async () => {
      const described = readDescription(answer);
      await this.#move(described.audio);
      this.#session.accepted(described);
      await this.#hearOrNot();
    });
  }

  renegotiate(offer: Sdp): Promise<Sdp> {
    return this.#inTurn(async () => {
      const described = readDescription(offer);
      await this.#move(described.audio);
      const answer = this.#session.answer(described);
      await this.#hearOrNot();
      return answer;
    });
  }

  offer(direction?: MediaDirection): Promise<Sdp> {
    return this.#inTurn(async () => this.#session.offer(direction));
  }

  direction(direction: MediaDirection): Promise<void> {
    return this.#inTurn(async () => {
      this.#session.local = direction;
      await this.#move();
      await this.#hearOrNot();
    });
  }

  play(audio: Audio[], options?: PlayOptions): Playback {
    const playback = this.player.play(audio, options);
    if (this.#digits.begun) this.player.barge();
    return playback;
  }

  async collect(rule: DigitRule): Promise<Digits> {
    this.#mustBeOpen();
    return this.#digits.collect(rule);
  }

  stopCollect(): void {
    this.#digits.end('stopped');
  }

  digitFromSignaling(digit: Digit, ms = 100): void {
    this.#keyed(digit, ms, 'info');
  }

  /** Asterisk heard one. */
  digit(digit: Digit, ms: number): void {
    this.#keyed(digit, ms, this.#session.digitsByEvent ? 'rfc4733' : 'inband');
  }

  async sendDtmf(digits: string): Promise<void> {
    this.#mustBeOpen();
    if (!keys.test(digits)) throw mediaErrors['media-failed']({ reason: 'only 0-9, *, # and A-D can be keyed' });
    await this.host.ari.ask((client) =>
      client.channels.sendDTMF({ channelId: this.#channel.id, dtmf: digits, duration: 120, between: 60 }),
    );
  }

  record(options: RecordingOptions): AsteriskRecording {
    return this.#recordings.begin(options, () => {
      this.#mustBeOpen();
      return this.#channel.name;
    });
  }

  async quality(): Promise<Quality> {
    this.#mustBeOpen();
    return this.#statistics();
  }

  /** Looks whether RTP comes, and says how well; for the driver's round. */
  async observe(rtpTimeoutMs: number): Promise<void> {
    if (this.#state !== 'open') return;
    const quality = await this.#statistics();
    if (this.#isClosed) return;
    const ms = this.#rtp.silence(quality.received, this.#session.ways.hear, rtpTimeoutMs);
    if (ms !== undefined) this.emit('rtp-timeout', { ms });
  }

  /** The latest figures, told to whoever listens. */
  tellQuality(): void {
    const { latest } = this.#rtp;
    if (this.#state === 'open' && latest && this.listenerCount('quality') > 0) this.emit('quality', latest);
  }

  async close(): Promise<void> {
    if (this.#state !== 'open') {
      this.end('asked');
      return;
    }
    // Asked before the end, because after it nobody knows.
    if (this.host.up) {
      await this.#statistics().catch((error: unknown) => {
        // The call ended by itself in this moment, most of the time: its record has the figures of the last reading.
        this.#tools.logger.debug({ err: error, endpoint: this.id }, 'no last figures of an endpoint');
      });
    }
    this.end('asked');
  }

  /** It is over, for whatever reason; everything that it holds is released once. */
  end(why: 'asked' | 'lost' | 'failed'): void {
    if (!states.can(this.#state, 'end')) return;
    const wasOpen = this.#state === 'open';
    this.#state = 'closed';
    this.#comes.reject(mediaErrors['media-failed']({ reason: 'Asterisk ended the call' }));
    this.#digits.end('closed');
    this.player.closed();
    this.#recordings.over();
    void this.#hangUp();
    this.#tools.gone(this);
    if (wasOpen) this.emit('closed', { why, quality: this.#rtp.latest });
  }

  /** What a later server must know, at the next turn: much of it changes together. */
  noteSoon(): void {
    if (this.#noting) return;
    this.#noting = true;
    queueMicrotask(() => {
      this.#noting = false;
      const dialog = this.#dialog;
      if (this.#state !== 'open' || !dialog || dialog.over) return;
      this.#tools.sip.noteMedia(dialog, JSON.stringify(this.#note()));
    });
  }

  /** By SIP; where that reaches nobody, because the SIP server is away or has lost the dialog, Asterisk itself is told. */
  async #hangUp(): Promise<void> {
    const { id: channelId } = this.#channel;
    if (!this.#dialog || (await this.#dialog.bye()) || channelId === '' || !this.host.up) return;
    try {
      await this.host.ari.ask((client) => client.channels.hangup({ channelId }));
    } catch (error) {
      // Gone already, most of the time: Asterisk has hung up by itself.
      this.#tools.logger.debug({ err: error, endpoint: this.id }, 'channel was not hung up');
    }
  }

  get #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #note(): EndpointNote {
    const bridge = this.#tools.membership(this);
    return {
      version: 1,
      endpoint: this.id,
      host: this.host.name,
      sdp: this.#session.note(),
      ...(bridge ? { bridge } : {}),
      ...(this.player.note ? { playing: this.player.note } : {}),
      recordings: this.#recordings.notes,
    };
  }

  #keyed(digit: Digit, ms: number, via: 'rfc4733' | 'info' | 'inband'): void {
    if (this.#state !== 'open') return;
    const { secret, collected, counts } = this.#digits.key(digit, this.#tools.relays(this));
    if (counts) this.player.barge();
    if (!secret) this.emit('dtmf', { digit, ms, via });
    if (!collected) this.#tools.relay(this, digit, ms);
  }

  #statistics(): Promise<Quality> {
    return this.#rtp.read(this.#channel.id, this.#session.codec);
  }

  /** Tells Asterisk where to send from now on; their refusal leaves all as it was. */
  async #move(audio?: AudioSide): Promise<void> {
    const far = this.#session.change(audio);
    if (!far) return;
    const dialog = this.#dialog;
    if (!dialog) throw mediaErrors['media-failed']({ reason: 'the endpoint is not open' });
    let answer: Sdp;
    try {
      answer = await dialog.offer(async () => this.#session.forAsterisk(far));
    } catch (error) {
      const { code, details } = error as SwitchroomError;
      const reason = `Asterisk refused the new session (${String(details?.status ?? code)})`;
      if (code === 'sip-declined') throw mediaErrors['media-sdp-rejected']({ reason }, { cause: error });
      throw mediaErrors['media-unavailable']({ reason }, { cause: error });
    }
    this.#session.fromAsterisk(readDescription(answer), far);
  }

  async #hearOrNot(): Promise<void> {
    this.noteSoon();
    const deaf = !this.#session.ways.hear;
    if (deaf === this.#deaf) return;
    this.#deaf = deaf;
    const how = { channelId: this.#channel.id, direction: 'in' };
    await this.host.ari.ask(({ channels }) => (deaf ? channels.mute(how) : channels.unmute(how)));
  }

  #inTurn<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    const turn = this.#turn.then(() => {
      this.#mustBeOpen();
      return work();
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  #mustBeOpen(): void {
    if (this.#state !== 'open') throw mediaErrors['media-unknown']({ reason: `there is no endpoint ${this.id}` });
  }
}
