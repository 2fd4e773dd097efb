// The media of one call of a phone in a browser: its peer connection, and the line that makes plain RTP of it. The phone
// sees the connection's description, its leg the line's.
import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { MediaDirection, Sdp } from '../../../media/media-server.ts';
import type { Line, WebRtcConnection, WebRtcGateway } from '../../../media/webrtc-gateway.ts';
import { newId } from '../../../values/index.ts';
import { signalingErrors } from '../errors.ts';
import { directionOf } from '../sdp-hold.ts';
import { bothAllow, directed } from './phone-sdp.ts';

export interface BrowserMediaTools {
  gateway: WebRtcGateway;
  /** What the media engine speaks, in order of preference. */
  codecs: readonly string[];
  logger: Logger;
}

export interface PhoneOffer {
  /** Of the dialog: a gateway that outlives this server tells by it whose they are. */
  callId: string;
  sdp: Sdp;
  peer: string | undefined;
}

/** A connection that nobody answered yet is closed by its gateway after 30 s: one of that age is made anew for the answer. */
const freshMs = 10_000;

export class BrowserMedia {
  /** Once: what carried it is gone. */
  onlost: (() => void) | undefined;
  readonly #tools: BrowserMediaTools;
  readonly #offer: PhoneOffer;
  readonly #line: Line;
  #connection: WebRtcConnection | undefined;
  #connectedAt = performance.now();
  /** What the phone's user wants: `sendonly` or `inactive` while she holds. */
  #theirs: MediaDirection = 'sendrecv';
  /** How often that changed. */
  #later = 0;
  #joined: Promise<void> | undefined;
  /** The phone was told of its connection for good. */
  #settled: boolean;
  #closed = false;

  private constructor(
    tools: BrowserMediaTools,
    offer: PhoneOffer,
    line: Line,
    connection: WebRtcConnection,
    settled: boolean,
  ) {
    this.#tools = tools;
    this.#offer = offer;
    this.#line = line;
    this.#settled = settled;
    this.#use(connection);
    line.once('lost', () => this.#gone());
    line.once('closed', () => this.#gone());
  }

  /**
   * Takes the phone's offer.
   * @param plain the endpoint's offer; without it the line makes one, and `join` takes the answer
   * @throws media-sdp-rejected, media-no-ports, media-unavailable
   */
  static async open(tools: BrowserMediaTools, offer: PhoneOffer, plain?: Sdp): Promise<BrowserMedia> {
    const connection = await connect(tools, offer);
    let line: Line | undefined;
    try {
      line = await tools.gateway.line({ id: idOf('wsl', offer.callId), offer: plain, for: connection.id });
      if (plain !== undefined) await line.attach(connection.id);
      return new BrowserMedia(tools, offer, line, connection, plain !== undefined);
    } catch (error) {
      for (const one of [line, connection]) if (one) close(one, tools.logger);
      throw error;
    }
  }

  /** What a gateway that outlived the server before still has. @param offer the phone's latest */
  static revive(tools: BrowserMediaTools, offer: PhoneOffer, line: Line, connection: WebRtcConnection): BrowserMedia {
    const media = new BrowserMedia(tools, offer, line, connection, true);
    media.#theirs = directionOf(offer.sdp);
    return media;
  }

  /** For the leg: plain RTP, with the direction that the phone's user wants. */
  get plain(): Sdp {
    const { sdp } = this.#line;
    if (this.#later === 0 && this.#theirs === 'sendrecv') return sdp;
    return directed(sdp, bothAllow(directionOf(sdp), this.#theirs), this.#later);
  }

  /** For the phone. */
  get answer(): Sdp {
    if (!this.#connection) throw signalingErrors['leg-over']();
    return this.#connection.sdp;
  }

  /**
   * Takes the endpoint's answer to the line's offer; early media first, the final answer again.
   * @returns what the phone is to be told @throws media-sdp-rejected, media-no-ports, media-unavailable, leg-over
   */
  async join(answer: Sdp, how: { final: boolean }): Promise<Sdp> {
    this.#joined ??= this.#line.accept(answer);
    await this.#joined;
    const stale = this.#connection?.state !== 'connected' && performance.now() - this.#connectedAt > freshMs;
    if (!this.#connection || stale) await this.#reconnect();
    if (this.#closed || !this.#connection) throw signalingErrors['leg-over']();
    this.#settled ||= how.final;
    await this.#line.attach(this.#connection.id);
    return this.answer;
  }

  /**
   * Answers another offer of the phone: hold, resume, another network, a session refresh.
   * @returns `plain` where the leg has to hear of it, and `undo` for a leg that refuses @throws media-sdp-rejected
   */
  async renegotiate(offer: Sdp): Promise<{ answer: Sdp; plain: Sdp | undefined; undo: () => void }> {
    if (!this.#connection) throw signalingErrors['leg-over']();
    const answer = await this.#connection.renegotiate(offer);
    const before = this.#theirs;
    this.#theirs = directionOf(offer);
    if (this.#theirs === before) return { answer, plain: undefined, undo: () => {} };
    this.#later++;
    const undo = () => {
      this.#theirs = before;
    };
    return { answer, plain: this.plain, undo };
  }

  /** Another offer of the endpoint. @returns the answer @throws media-sdp-rejected */
  async renegotiatePlain(offer: Sdp): Promise<Sdp> {
    await this.#line.renegotiate(offer);
    return this.plain;
  }

  /** Gives its ports back. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    close(this.#line, this.#tools.logger);
    if (this.#connection) close(this.#connection, this.#tools.logger);
  }

  async #reconnect(): Promise<void> {
    const before = this.#connection;
    this.#connection = undefined;
    if (before) close(before, this.#tools.logger);
    const connection = await connect(this.#tools, this.#offer);
    if (this.#closed) close(connection, this.#tools.logger);
    else this.#use(connection);
  }

  #use(connection: WebRtcConnection): void {
    this.#connection = connection;
    this.#connectedAt = performance.now();
    connection.once('closed', () => {
      if (this.#connection !== connection) return;
      this.#connection = undefined;
      if (this.#settled) this.#gone();
    });
  }

  #gone(): void {
    if (this.#closed) return;
    this.close();
    this.onlost?.();
  }
}

function connect({ gateway, codecs }: BrowserMediaTools, { callId, sdp, peer }: PhoneOffer): Promise<WebRtcConnection> {
  return gateway.connect({ id: idOf('wsc', callId), offer: sdp, codecs, digits: true, peer });
}

function close(one: Line | WebRtcConnection, logger: Logger): void {
  one.close().catch((error: unknown) => logger.warn({ err: error, id: one.id }, 'media of a phone in a browser stay'));
}

// ── whose they are, for a gateway that outlives this server ─────────────────────────────────────────────────────────

function idOf(kind: 'wsc' | 'wsl', callId: string): string {
  return `${newId(kind)}.${dialogKey(callId)}`;
}

/** Call-IDs are the phone's own words, ids are not. */
export function dialogKey(callId: string): string {
  return createHash('sha256').update(callId).digest('hex').slice(0, 32);
}

/** @param id of a connection or line @returns undefined where it is no browser phone's */
export function keyOf(id: string): string | undefined {
  return /^ws[cl]_[^.]*\.([0-9a-f]{32})$/.exec(id)?.[1];
}
