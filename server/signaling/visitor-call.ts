// A call from the browser of a visitor of a web page: one WebRTC connection for one call, without SIP. For its leg it is an
// INVITE without an offer, and then a dialog. It lives as long as its connection: neither outlives this server.
import type { Logger } from 'pino';
import type { Line, WebRtcConnection, WebRtcGateway } from '../../media/webrtc-gateway.ts';
import { newId } from '../../values/index.ts';
import { signalingErrors } from './errors.ts';
import type { CallIn, LegDialog } from './leg-dialog.ts';
import type { DialogHandler } from './sip/index.ts';

/** A browser that is not heard for so long has gone: its page was closed, its network is away. */
const lostMs = 10_000;

export class VisitorCall implements CallIn {
  readonly callId = newId('vis');
  readonly offer = undefined;
  readonly source = undefined;
  readonly gateway = true;
  oncancel: (() => void) | undefined;
  /** Once, whoever ended it. */
  onover: (() => void) | undefined;
  readonly #gateway: WebRtcGateway;
  readonly #connection: WebRtcConnection;
  readonly #logger: Logger;
  #dialog: VisitorDialog | undefined;
  #over = false;
  #lost: NodeJS.Timeout | undefined;

  private constructor(gateway: WebRtcGateway, connection: WebRtcConnection, logger: Logger) {
    this.#gateway = gateway;
    this.#connection = connection;
    this.#logger = logger;
    connection.on('disconnected', () => {
      this.#lost ??= setTimeout(() => this.hungUp(), lostMs);
    });
    connection.on('connected', () => {
      clearTimeout(this.#lost);
      this.#lost = undefined;
    });
    connection.once('closed', () => this.hungUp());
  }

  /** @param offer of the browser @throws media-sdp-rejected, media-no-ports, media-unavailable */
  static async begin(
    gateway: WebRtcGateway,
    {
      offer,
      codecs,
      peer,
      logger,
    }: { offer: string; codecs: readonly string[]; peer?: string | undefined; logger: Logger },
  ): Promise<VisitorCall> {
    const connection = await gateway.connect({ id: newId('vco'), offer, codecs, peer });
    return new VisitorCall(gateway, connection, logger);
  }

  /** For the browser. */
  get sdp(): string {
    return this.#connection.sdp;
  }

  provisional(): void {
    // Nothing is heard before the answer; the page shows that it calls.
  }

  async answer(sdp: string): Promise<LegDialog> {
    if (this.#over) throw signalingErrors['leg-over']();
    const line = await this.#gateway.line({ id: newId('vli'), offer: sdp, for: this.#connection.id });
    if (this.#over) {
      await line.close();
      throw signalingErrors['leg-over']();
    }
    const dialog = new VisitorDialog(this.callId, line, this.#logger, () => this.#end());
    this.#dialog = dialog;
    await line.attach(this.#connection.id);
    // As the answer that an ACK carries, when the leg has taken the dialog.
    setImmediate(() => {
      if (!dialog.over) dialog.handler.acknowledged(line.sdp);
    });
    return dialog;
  }

  reject(): void {
    this.#end();
  }

  /** A key on the page's keypad. */
  digit(digit: string): void {
    this.#dialog?.handler.info('application/dtmf', digit);
  }

  /** By the visitor, or because her browser is gone. */
  hungUp(): void {
    if (this.#over) return;
    const dialog = this.#dialog;
    this.#end();
    if (dialog) dialog.handler.ended({ by: 'remote', cause: 'BYE' });
    else this.oncancel?.();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#lost);
    this.#dialog?.close();
    this.#connection.close().catch((error: unknown) => {
      this.#logger.warn({ err: error, callId: this.callId }, 'connection of a visitor could not be closed');
    });
    this.onover?.();
  }
}

class VisitorDialog implements LegDialog {
  readonly callId: string;
  over = false;
  handler: DialogHandler = silent;
  readonly #line: Line;
  readonly #logger: Logger;
  readonly #ended: () => void;

  constructor(callId: string, line: Line, logger: Logger, ended: () => void) {
    this.callId = callId;
    this.#line = line;
    this.#logger = logger;
    this.#ended = ended;
    // The engine under it died: the call goes as one whose phone lost its power.
    line.once('lost', () => this.#gone());
  }

  get remoteSdp(): string {
    return this.#line.sdp;
  }

  async offer(makeSdp: () => Promise<string>): Promise<string> {
    if (this.over) throw signalingErrors['leg-over']();
    return this.#line.renegotiate(await makeSdp());
  }

  /** The gateway says when its browser is gone. */
  async request(): Promise<void> {}

  async notifyRefer(): Promise<void> {}

  async bye(): Promise<void> {
    this.#ended();
  }

  /** Gives its ports back. */
  close(): void {
    if (this.over) return;
    this.over = true;
    this.#line.close().catch((error: unknown) => {
      this.#logger.warn({ err: error, callId: this.callId }, 'line of a visitor could not be closed');
    });
  }

  #gone(): void {
    if (this.over) return;
    this.#ended();
    this.handler.ended({ by: 'lost', cause: 'media-lost' });
  }
}

const silent: DialogHandler = {
  ended: () => {},
  offered: (_sdp, reply) => reply.reject(488),
  acknowledged: () => {},
  info: () => {},
  referred: ({ reply }) => reply(603),
};
