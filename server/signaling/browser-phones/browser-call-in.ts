// A call from a phone in a browser, for its leg: an INVITE with an offer of plain RTP.
import type { Logger } from 'pino';
import { signalingErrors } from '../errors.ts';
import type { CallIn, LegDialog } from '../leg-dialog.ts';
import { SipDialog } from '../sip/index.ts';
import { BrowserDialog } from './browser-dialog.ts';
import type { BrowserMedia } from './browser-media.ts';

export class BrowserCallIn implements CallIn {
  readonly offer = undefined;
  readonly gateway = true;
  oncancel: (() => void) | undefined;
  readonly #call: CallIn;
  readonly #open: () => Promise<BrowserMedia>;
  readonly #logger: Logger;
  #media: BrowserMedia | undefined;
  #over = false;

  constructor(call: CallIn, open: () => Promise<BrowserMedia>, logger: Logger) {
    this.#call = call;
    this.#open = open;
    this.#logger = logger;
    call.oncancel = () => {
      this.#end();
      this.oncancel?.();
    };
  }

  get callId(): string {
    return this.#call.callId;
  }
  get source(): { address: string } | undefined {
    return this.#call.source;
  }

  async prepare(): Promise<string> {
    const media = await this.#open();
    if (this.#over) {
      media.close();
      throw signalingErrors['leg-over']();
    }
    this.#media = media;
    return media.plain;
  }

  provisional(status: number, sdp?: string): void {
    if (sdp === undefined) this.#call.provisional(status);
    else void this.#early(status, sdp);
  }

  async answer(sdp: string, headers?: Record<string, string>): Promise<LegDialog> {
    const media = this.#prepared();
    try {
      const dialog = await this.#call.answer(await media.join(sdp, { final: true }), headers);
      if (!(dialog instanceof SipDialog)) throw new TypeError('a call by SIP has a dialog of SIP');
      return new BrowserDialog(dialog, media, this.#logger);
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  reject(status: number, reason?: string, headers?: Record<string, string>): void {
    this.#end();
    this.#call.reject(status, reason, headers);
  }

  /** Early media. Where they cannot be had she hears what her phone plays by itself. */
  async #early(status: number, sdp: string): Promise<void> {
    try {
      const answer = await this.#prepared().join(sdp, { final: false });
      if (!this.#over) this.#call.provisional(status, answer);
    } catch (error) {
      this.#logger.warn({ err: error, sipCallId: this.callId }, 'no early media for a phone in a browser');
      if (!this.#over) this.#call.provisional(180);
    }
  }

  #prepared(): BrowserMedia {
    if (!this.#media || this.#over) throw signalingErrors['leg-over']();
    return this.#media;
  }

  #end(): void {
    this.#over = true;
    this.#media?.close();
  }
}
