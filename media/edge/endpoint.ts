// An endpoint on the edge.
import { EventEmitter } from 'node:events';
import { type EndpointId, newId } from '../../values/index.ts';
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
import type { EdgeBridge } from './bridge.ts';
import type { Playbacks } from './playbacks.ts';
import { EdgeRecording, type RecordingContext } from './recording.ts';

export interface EndpointContext extends RecordingContext {
  playbacks: Playbacks;
  /** The bridge that an endpoint is in. */
  memberOf: Map<EndpointId, EdgeBridge>;
}

/** Milliseconds that a digit takes to send, with its pause. */
const msPerDigit = 200;

export class EdgeEndpoint extends EventEmitter<EndpointEvents> implements MediaEndpoint {
  readonly id: EndpointId;
  #sdp: Sdp;
  readonly #context: EndpointContext;
  readonly #collects = new Map<string, { resolve: (digits: Digits) => void; begun: boolean }>();
  #closed = false;

  constructor(id: EndpointId, sdp: Sdp, context: EndpointContext) {
    super();
    this.id = id;
    this.#sdp = sdp;
    this.#context = context;
  }

  /** The edge made it: with this description. */
  opened(sdp: Sdp): void {
    this.#sdp = sdp;
  }

  get sdp(): Sdp {
    return this.#sdp;
  }

  async accept(answer: Sdp, how: { final: boolean }): Promise<void> {
    this.#sdp = (await this.#context.ask('endpoint.accept', { id: this.id, answer, final: how.final })).sdp;
  }

  async renegotiate(offer: Sdp): Promise<Sdp> {
    this.#sdp = (await this.#context.ask('endpoint.renegotiate', { id: this.id, offer })).sdp;
    return this.#sdp;
  }

  async offer(direction?: MediaDirection): Promise<Sdp> {
    this.#sdp = (await this.#context.ask('endpoint.offer', { id: this.id, direction })).sdp;
    return this.#sdp;
  }

  async direction(direction: MediaDirection): Promise<void> {
    await this.#context.ask('endpoint.direction', { id: this.id, direction });
  }

  play(audio: Audio[], options?: PlayOptions): Playback {
    return this.#context.playbacks.play('endpoint', this.id, audio, options);
  }

  collect(rule: DigitRule): Promise<Digits> {
    const collect = newId('col');
    return new Promise((resolve, reject) => {
      const collecting = { resolve, begun: false };
      this.#collects.set(collect, collecting);
      this.#context.ask('endpoint.collect', { id: this.id, collect, rule }).then(
        () => {
          collecting.begun = true;
        },
        (error: Error) => {
          if (this.#collects.delete(collect)) reject(error);
        },
      );
    });
  }

  stopCollect(): void {
    this.#tell(this.#context.ask('endpoint.stopCollect', { id: this.id }), 'collecting could not be stopped');
  }

  digitFromSignaling(digit: Digit, ms = 100): void {
    this.#tell(this.#context.ask('endpoint.digit', { id: this.id, digit, ms }), 'a digit from signaling was lost');
  }

  async sendDtmf(digits: string): Promise<void> {
    await this.#context.ask('endpoint.sendDtmf', { id: this.id, digits }, 10_000 + digits.length * msPerDigit);
  }

  record(options: RecordingOptions): Recording {
    const { id: recording, channels = 2 } = options;
    const begun = this.#context.ask('endpoint.record', { id: this.id, recording, channels });
    return new EdgeRecording(recording, this.#context, begun);
  }

  async quality(): Promise<Quality> {
    return this.#context.ask('endpoint.quality', { id: this.id });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#context.ask('endpoint.close', { id: this.id });
  }

  /** A collection ended on the edge. */
  collected(collect: string, digits: Digits): void {
    const collecting = this.#collects.get(collect);
    this.#collects.delete(collect);
    collecting?.resolve(digits);
  }

  /** Collections that the edge has begun. */
  collecting(): string[] {
    return [...this.#collects].filter(([, { begun }]) => begun).map(([collect]) => collect);
  }

  /** It is gone. */
  ended(why: 'asked' | 'lost' | 'failed', quality?: Quality): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { resolve } of this.#collects.values()) resolve({ digits: '', end: 'closed' });
    this.#collects.clear();
    this.emit('closed', { why, quality });
  }

  #tell(asked: Promise<unknown>, problem: string): void {
    asked.catch((error: Error) => this.#context.logger.warn({ err: error, endpoint: this.id }, problem));
  }
}
