// A call at the phone inside a panel: rung by desk events, answered by a desk command, its audio over the panel's nailed-up
// connection. For its leg it is what a SIP dialog is for others.
import type { Logger } from 'pino';
import type { MediaEndpoint } from '../../../media/media-server.ts';
import type { Line, WebRtcConnection, WebRtcGateway } from '../../../media/webrtc-gateway.ts';
import { machine } from '../../../values/index.ts';
import type { PanelLineView } from '../../ports/index.ts';
import { signalingErrors } from '../errors.ts';
import type { CallUnderWay, LegDialog, PanelLineFacts, PanelProgress } from '../leg-dialog.ts';
import type { DialogEnding, DialogHandler } from '../sip/index.ts';

type State = 'ringing' | 'answering' | 'up' | 'over';

/**
 * ```
 *   ringing ──answer──▶ answering ──media there──▶ up ──end──▶ over
 *      ▲                    │ no connection, no ports
 *      └────────────────────┘          every state but over ──end──▶ over
 * ```
 */
const states = machine<State, 'answer' | 'up' | 'failed' | 'end'>('panel-line', {
  ringing: { answer: 'answering', end: 'over' },
  answering: { up: 'up', failed: 'ringing', end: 'over' },
  up: { end: 'over' },
  over: {},
});

export interface PanelLineTools {
  gateway: WebRtcGateway;
  logger: Logger;
  /** Its state, or whether it is heard, changed. */
  changed(): void;
  /** Once. */
  over(line: PanelLine): void;
  /** The line's media have to be made anew; where the panel is there, at once. */
  restore(line: PanelLine): void;
}

export class PanelLine implements LegDialog, CallUnderWay {
  readonly facts: PanelLineFacts;
  readonly callId: string;
  readonly endpoint: MediaEndpoint;
  handler: DialogHandler;
  remoteSdp = '';
  #state: State;
  #line: Line | undefined;
  readonly #tools: PanelLineTools;
  readonly #progress: PanelProgress | undefined;

  private constructor(
    facts: PanelLineFacts,
    endpoint: MediaEndpoint,
    tools: PanelLineTools,
    state: State,
    progress: PanelProgress | undefined,
  ) {
    this.facts = facts;
    this.callId = facts.id;
    this.endpoint = endpoint;
    this.#tools = tools;
    this.#state = state;
    this.#progress = progress;
    this.handler = silent;
  }

  /** Rings, from the next turn of the event loop on. */
  static ring(
    facts: PanelLineFacts,
    endpoint: MediaEndpoint,
    tools: PanelLineTools,
    progress: PanelProgress,
  ): PanelLine {
    const line = new PanelLine(facts, endpoint, tools, 'ringing', progress);
    setImmediate(() => {
      if (line.#state === 'ringing') progress.provisional(180, undefined);
    });
    return line;
  }

  /** One of an earlier server that talks. @param line what a gateway that outlived that server still has of it */
  static revive(
    facts: PanelLineFacts,
    endpoint: MediaEndpoint,
    tools: PanelLineTools,
    line: Line | undefined,
  ): PanelLine {
    const revived = new PanelLine(facts, endpoint, tools, 'up', undefined);
    if (line) revived.#keep(line);
    return revived;
  }

  get over(): boolean {
    return this.#state === 'over';
  }
  get ringing(): boolean {
    return this.#state === 'ringing';
  }
  get up(): boolean {
    return this.#state === 'up';
  }
  get heard(): boolean {
    return this.#line?.connection !== undefined;
  }

  view(): PanelLineView {
    const { id, interaction, from, name, since } = this.facts;
    return { line: id, state: this.up ? 'up' : 'ringing', interaction, from, name, since, heard: this.heard };
  }

  /** Set by the phone: its `answer` command. */
  answer: (() => void) | undefined;

  /**
   * Takes the call at that connection.
   * @throws phone-line-unknown where it does not ring any more, media-no-ports, media-unavailable …: it rings on then
   */
  async take(connection: WebRtcConnection): Promise<void> {
    if (this.#state !== 'ringing') throw signalingErrors['phone-line-unknown']({ line: this.facts.id });
    this.#step('answer');
    try {
      const line = await this.#open(this.endpoint.sdp, connection);
      this.remoteSdp = line.sdp;
    } catch (error) {
      if (!this.over) this.#step('failed');
      throw error;
    }
    if (this.over) return;
    this.#step('up');
    this.#progress?.answered(this);
    this.#tools.changed();
  }

  /** Is heard at that connection from now on, which may be another than before. @throws what gateway and engine say */
  async carry(connection: WebRtcConnection): Promise<void> {
    if (this.#state !== 'up') return;
    if (this.#line) await this.#line.attach(connection.id);
    else {
      const line = await this.#open(await this.endpoint.offer(), connection);
      if (this.over) return;
      this.remoteSdp = line.sdp;
      try {
        await this.endpoint.accept(line.sdp, { final: true });
      } catch (error) {
        await this.#undo(line);
        throw error;
      }
    }
    this.#tools.changed();
  }

  /** 486 or the like to who rings. */
  refuse(status: number, reason: string): void {
    if (this.#state !== 'ringing' && this.#state !== 'answering') return;
    this.#end();
    this.#progress?.failed(status, reason);
  }

  /** The receiver is down, or the panel is gone for good. */
  hungUp(ending: DialogEnding): void {
    if (this.#state !== 'up') return;
    this.#end();
    this.handler.ended(ending);
  }

  // ── for its leg ───────────────────────────────────────────────────────────────────────────────────────────────────

  cancel(): void {
    this.#end();
  }

  async bye(): Promise<void> {
    this.#end();
  }

  async offer(makeSdp: () => Promise<string>): Promise<string> {
    if (this.#state !== 'up' || !this.#line) throw signalingErrors['phone-not-connected']();
    this.remoteSdp = await this.#line.renegotiate(await makeSdp());
    return this.remoteSdp;
  }

  /** A panel that is away sends nothing and is there all the same; how long, the phone knows. */
  async request(): Promise<void> {}

  async notifyRefer(): Promise<void> {}

  // ── its media ─────────────────────────────────────────────────────────────────────────────────────────────────────

  async #open(offer: string, connection: WebRtcConnection): Promise<Line> {
    const { gateway } = this.#tools;
    const line = await gateway.line({ id: this.facts.id, offer, for: connection.id, endpoint: this.endpoint.id });
    if (this.over) {
      await line.close();
      throw signalingErrors['leg-over']();
    }
    this.#keep(line);
    try {
      await line.attach(connection.id);
    } catch (error) {
      await this.#undo(line);
      throw error;
    }
    return line;
  }

  /** The next try begins anew: a gateway knows a line by its id, and the endpoint must hear of where it is. */
  async #undo(line: Line): Promise<void> {
    if (this.#line === line) this.#line = undefined;
    await line.close().catch((error: unknown) => {
      this.#tools.logger.warn({ err: error, line: this.facts.id }, 'line could not be closed');
    });
  }

  #keep(line: Line): void {
    this.#line = line;
    line.on('detached', () => this.#tools.changed());
    line.once('lost', () => void this.#dropped(line, () => line.close()));
    line.once('closed', () => void this.#dropped(line));
  }

  /** What carried it is gone; the call is not. */
  async #dropped(line: Line, close?: () => Promise<void>): Promise<void> {
    if (this.#line !== line) return;
    this.#line = undefined;
    await close?.().catch((error: unknown) => this.#tools.logger.warn({ err: error }, 'line could not be closed'));
    if (this.#state === 'up') this.#tools.restore(this);
  }

  #end(): void {
    if (this.over) return;
    this.#step('end');
    const line = this.#line;
    this.#line = undefined;
    line?.close().catch((error: unknown) => {
      this.#tools.logger.warn({ err: error, line: this.facts.id }, 'line of a panel could not be closed');
    });
    this.#tools.over(this);
  }

  #step(event: 'answer' | 'up' | 'failed' | 'end'): void {
    const next = states.next(this.#state, event);
    if (next === undefined) throw signalingErrors['leg-over']();
    this.#state = next;
  }
}

const silent: DialogHandler = {
  ended: () => {},
  offered: (_sdp, reply) => reply.reject(488),
  acknowledged: () => {},
  info: () => {},
  referred: ({ reply }) => reply(603),
};
