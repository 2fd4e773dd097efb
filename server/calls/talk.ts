// Two legs that talk: the bridge between them, hold, and the recording. Steps run one after the other, whatever order
// and speed they are asked in.
import type { Audio, Bridge, BridgeRole, Playback, Recording, SealedRecording } from '../../media/media-server.ts';
import { newId, type RecordingId, SwitchroomError } from '../../values/index.ts';
import type { Leg } from '../signaling/index.ts';
import type { CallTools } from './call-tools.ts';

export class Talk {
  readonly customer: Leg;
  readonly other: Leg;
  readonly bridgeId: string;
  #bridge: Bridge | undefined;
  #recording: Recording | undefined;
  #paused = false;
  #music: Playback | undefined;
  #ringback: Playback | undefined;
  #steps: Promise<void> = Promise.resolve();
  #over = false;
  readonly #tools: CallTools;

  constructor(tools: CallTools, customer: Leg, other: Leg, bridgeId = newId('brg')) {
    this.#tools = tools;
    this.customer = customer;
    this.other = other;
    this.bridgeId = bridgeId;
  }

  get recordingId(): RecordingId | undefined {
    return this.#recording?.id;
  }
  get recording(): 'on' | 'paused' | 'off' {
    if (!this.#recording) return 'off';
    return this.#paused ? 'paused' : 'on';
  }

  /** Joins the two. Resolves when they hear each other. @throws what the media engine says */
  start(): Promise<void> {
    const { sip, media } = this.#tools.signaling.tools;
    return this.#step(async () => {
      // The first is the left channel of the recording: the customer.
      const members = [this.customer, this.other].map((leg) => ({ endpoint: leg.endpoint.id, role: 'talk' as const }));
      const bridge = await media.bridge(this.bridgeId, { members });
      if (this.#over) {
        await bridge.close();
        return;
      }
      this.#bridge = bridge;
      const { dialog: a } = this.customer;
      const { dialog: b } = this.other;
      if (a && b) sip.link(a, b);
    });
  }

  /** Takes an adopted bridge over as it is. */
  adopt(bridge: Bridge, recording: Recording | undefined, how: { paused: boolean }): void {
    this.#bridge = bridge;
    this.#recording = recording;
    this.#paused = how.paused;
    // The driver is new too, and must know that whatever it does by itself ends no pause.
    if (how.paused) recording?.pause();
  }

  /** Stereo: customer left, agent right. @returns its id */
  record(): RecordingId | undefined {
    if (!this.#bridge || this.#recording || this.#over) return undefined;
    this.#recording = this.#bridge.record({ id: newId('rec'), channels: 2 });
    return this.#recording.id;
  }

  /** @returns false where there was nothing to do */
  pauseRecording(): boolean {
    if (!this.#recording || this.#paused) return false;
    this.#paused = true;
    this.#recording.pause();
    return true;
  }

  resumeRecording(): boolean {
    if (!this.#recording || !this.#paused) return false;
    this.#paused = false;
    this.#recording.resume();
    return true;
  }

  /** The customer hears music; her phone is told by re-INVITE, and music is played even where it declines that. */
  hold(music: string | undefined): Promise<void> {
    return this.#step(async () => {
      await this.#takeOut();
      this.#music ??= this.customer.endpoint.play(this.#tools.prompts.music(music), {
        times: Number.POSITIVE_INFINITY,
      });
      await this.#soft(this.customer.hold(), 'hold was declined');
    });
  }

  /** The customer of an adopted talk is on hold: her music, this time as one that we can stop. */
  holdMusic(music: string | undefined): void {
    this.#music = this.customer.endpoint.play(this.#tools.prompts.music(music), { times: Number.POSITIVE_INFINITY });
    this.customer.assumeHeld();
  }

  resume(): Promise<void> {
    return this.#step(async () => {
      this.#music?.stop();
      this.#music = undefined;
      if (this.customer.heldByUs) await this.#soft(this.customer.resume(), 'resume was declined');
      await this.#putIn();
    });
  }

  /** The customer leaves the talk for a while (detour); the other hears silence. */
  leave(): Promise<void> {
    return this.#step(() => this.#takeOut());
  }

  comeBack(): Promise<void> {
    return this.#step(() => this.#putIn());
  }

  /** Ends the talk; the legs stay. @returns the finished recording, where there was one */
  async end(): Promise<(SealedRecording & { recording: RecordingId }) | undefined> {
    if (this.#over) return undefined;
    this.#over = true;
    this.#music?.stop();
    this.#music = undefined;
    const { dialog } = this.customer;
    if (dialog && !dialog.over) this.#tools.signaling.tools.sip.unlink(dialog);
    const recording = this.#recording;
    const bridge = this.#bridge;
    // The recording first: a bridge that closes early would take one that is just beginning with it. Either may fail
    // without the other.
    const [sealed] = await Promise.allSettled([recording?.stop()]);
    const [closed] = await Promise.allSettled([bridge?.close()]);
    const { logger, signaling } = this.#tools;
    const { unclosed } = signaling.tools;
    if (closed.status === 'rejected' && bridge) {
      logger.warn({ err: closed.reason, bridge: this.bridgeId }, 'bridge could not be closed');
      unclosed.add(bridge);
    }
    if (!recording) return undefined;
    if (sealed.status === 'fulfilled') return sealed.value && { recording: recording.id, ...sealed.value };
    logger.warn({ err: sealed.reason, recording: recording.id }, 'recording could not be sealed');
    // One that never began, or that the engine lost, holds nothing, and the record says so.
    const away = sealed.reason instanceof SwitchroomError && sealed.reason.code === 'media-unavailable';
    if (!away) return { recording: recording.id, ms: 0, bytes: 0 };
    // Asked again when the engine is back: a new one has mended what the old one left, and its length belongs to the record.
    const later = Promise.withResolvers<SealedRecording>();
    unclosed.add({
      close: async () => {
        try {
          later.resolve(await recording.stop());
        } catch (error) {
          // Nothing was left of it: the record ends all the same.
          if (!(error instanceof SwitchroomError && error.code === 'media-unavailable'))
            later.resolve({ ms: 0, bytes: 0 });
          throw error;
        }
      },
    });
    return { recording: recording.id, ...(await later.promise) };
  }

  /** The customer hears music and is not asked: a consultation begins, or goes on. */
  aside(music: string | undefined): Promise<void> {
    return this.#step(async () => {
      await this.#takeOut();
      this.#music ??= this.customer.endpoint.play(this.#tools.prompts.music(music), {
        times: Number.POSITIVE_INFINITY,
      });
    });
  }

  /** Another leg comes into the bridge, or changes its role there. */
  join(leg: Leg, role: () => BridgeRole): Promise<void> {
    return this.#step(async () => {
      if (!leg.over) await this.#bridge?.add(leg.endpoint.id, role());
    });
  }

  /** A leg goes out of the bridge and stays up. */
  part(leg: Leg): Promise<void> {
    return this.#step(async () => {
      if (!leg.over) await this.#bridge?.remove(leg.endpoint.id);
    });
  }

  /** Whoever is in the bridge hears that somebody is rung. */
  ringback(audio: Audio[]): void {
    void this.#step(async () => {
      this.#ringback ??= this.#bridge?.play(audio, { times: Number.POSITIVE_INFINITY });
    });
  }

  quiet(): void {
    void this.#step(async () => {
      this.#ringback?.stop();
      this.#ringback = undefined;
    });
  }

  /** While more than two are in the talk, the end of one is not the end of the other. */
  linked(together: boolean): void {
    const { sip } = this.#tools.signaling.tools;
    const { dialog: a } = this.customer;
    const { dialog: b } = this.other;
    if (!a || a.over) return;
    if (!together) sip.unlink(a);
    else if (b && !b.over) sip.link(a, b);
  }

  async #takeOut(): Promise<void> {
    await this.#bridge?.remove(this.customer.endpoint.id);
  }

  async #putIn(): Promise<void> {
    await this.#bridge?.add(this.customer.endpoint.id, 'talk');
  }

  async #soft(work: Promise<void>, message: string): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!this.#over) this.#tools.logger.info({ err: error, leg: this.customer.id }, message);
    }
  }

  #step(work: () => Promise<void>): Promise<void> {
    const done = this.#steps.then(() => (this.#over ? undefined : work()));
    this.#steps = done.catch(() => undefined);
    return done;
  }
}
