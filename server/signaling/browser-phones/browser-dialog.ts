// The SIP dialog of a phone in a browser, for its leg: plain RTP in all descriptions, everything else as the dialog has it.
import type { Logger } from 'pino';
import type { LegDialog } from '../leg-dialog.ts';
import type { DialogEnding, DialogHandler, OfferReply, SipDialog } from '../sip/index.ts';
import type { BrowserMedia } from './browser-media.ts';

export class BrowserDialog implements LegDialog {
  readonly sip: SipDialog;
  readonly #media: BrowserMedia;
  readonly #logger: Logger;
  #handler: DialogHandler | undefined;
  #over = false;

  constructor(sip: SipDialog, media: BrowserMedia, logger: Logger) {
    this.sip = sip;
    this.#media = media;
    this.#logger = logger;
    media.onlost = () => this.#lost();
  }

  get callId(): string {
    return this.sip.callId;
  }
  get remoteSdp(): string {
    return this.#media.plain;
  }
  get over(): boolean {
    return this.sip.over;
  }

  /** The dialog keeps an ending for the first handler; so it gets ours when there is one. */
  set handler(handler: DialogHandler) {
    const first = this.#handler === undefined;
    this.#handler = handler;
    if (!first) return;
    this.sip.handler = {
      ended: (ending) => this.#ended(ending),
      offered: (sdp, reply) => void this.#offered(sdp, reply),
      // We make the phone no offer that it could answer.
      acknowledged: () => {},
      info: (type, body) => this.#handler?.info(type, body),
      referred: (target) => this.#handler?.referred(target),
    };
  }

  /** The endpoint's new offer stays between it and the gateway: the phone's connection goes on as it is. */
  async offer(makeSdp: () => Promise<string>): Promise<string> {
    return this.#media.renegotiatePlain(await makeSdp());
  }

  request(method: 'OPTIONS'): Promise<unknown> {
    return this.sip.request(method);
  }

  notifyRefer(status: number, reason: string): Promise<void> {
    return this.sip.notifyRefer(status, reason);
  }

  bye(reason?: string): Promise<unknown> {
    this.#over = true;
    this.#media.close();
    return this.sip.bye(reason);
  }

  async #offered(sdp: string | undefined, reply: OfferReply): Promise<void> {
    try {
      // Only browsers make offers for browsers.
      if (sdp === undefined) throw new Error('it wants an offer of ours');
      const { answer, plain, undo } = await this.#media.renegotiate(sdp);
      if (plain === undefined || !this.#handler) {
        reply.accept(answer);
        return;
      }
      this.#handler.offered(plain, {
        accept: () => reply.accept(answer),
        reject: (status) => {
          undo();
          reply.reject(status);
        },
      });
    } catch (error) {
      this.#logger.warn({ err: error, sipCallId: this.callId }, 'new offer of a phone in a browser could not be used');
      reply.reject(488);
    }
  }

  #ended(ending: DialogEnding): void {
    if (this.#over) return;
    this.#over = true;
    this.#media.close();
    this.#handler?.ended(ending);
  }

  /** Its media are gone: the call goes as one whose phone lost its power. */
  #lost(): void {
    if (this.#over) return;
    this.#ended({ by: 'lost', cause: 'media-lost' });
    void this.sip.bye();
  }
}
