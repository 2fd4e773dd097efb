// Requests that came in outside a dialog: an INVITE, which can be rung, answered or refused and be cancelled at any
// moment; and all others, which get one answer.
import { ownText } from '../../../values/index.ts';
import { type NameAddr, parseNameAddr } from './addresses.ts';
import type { SipDialog } from './dialog.ts';
import { sipErrors } from './errors.ts';
import type { RawMessage, RawRequest, RawResponder } from './raw-srf.ts';
import { reasonOf } from './wire.ts';

export type Headers = Record<string, string>;

/** Where a message came from, by the socket, not by what it says. */
export interface Source {
  protocol: string;
  address: string;
  port: number;
}

/** Repeated rows of one header: RFC 3261 §7.3.1 forbids to join those of authentication. */
export function rows(name: string, values: string[]): Headers {
  // drachtio-srf can send a header once only; a value with a line break in it is two lines on the wire.
  return values.length === 0 ? {} : { [name]: values.join(`\r\n${name}: `) };
}

/** A request outside a dialog, not INVITE. */
export class IncomingRequest {
  readonly #raw: RawRequest;
  readonly #responder: RawResponder;

  constructor(raw: RawRequest, responder: RawResponder) {
    this.#raw = raw;
    this.#responder = responder;
  }

  get method(): string {
    return this.#raw.method;
  }
  get uri(): string {
    return this.#raw.uri;
  }
  get callId(): string {
    return this.header('call-id') ?? '';
  }
  get body(): string {
    return this.#raw.body ?? '';
  }
  get from(): NameAddr {
    return parseNameAddr(this.header('from') ?? '');
  }
  get to(): NameAddr {
    return parseNameAddr(this.header('to') ?? '');
  }
  get source(): Source {
    return { protocol: this.#raw.protocol, address: this.#raw.source_address, port: this.#raw.source_port };
  }

  /** Repeats joined by commas. */
  header(name: string): string | undefined {
    return this.#raw.get(name);
  }

  reply(status: number, reason?: string, headers: Headers = {}, body?: string): void {
    this.#responder.send(status, reason, { headers, body });
  }
}

/** Made by Sip once the 200 is out. */
export type DialogMaker = (sent: RawMessage, dialogId: string, call: IncomingCall, sdp: string) => SipDialog;

/**
 * A call that wants to be answered.
 *
 * ```
 *   waiting ──answer──▶ answering ──sent──▶ answered
 *      ├──reject──▶ refused   └──refused by the SIP server──▶ cancelled
 *      └──CANCEL, connection lost──▶ cancelled
 * ```
 */
export class IncomingCall {
  /** Kept long after the call, by its record for one. */
  readonly callId: string;
  readonly #raw: RawRequest;
  readonly #responder: RawResponder;
  readonly #makeDialog: DialogMaker;
  readonly #over: (call: IncomingCall) => void;
  #state: 'waiting' | 'answering' | 'answered' | 'refused' | 'cancelled' = 'waiting';
  #failAnswer: (() => void) | undefined;
  /** Called once where the caller gives up (or the SIP server's connection is lost) before the answer. */
  oncancel: (() => void) | undefined;

  constructor(
    raw: RawRequest,
    responder: RawResponder,
    makeDialog: DialogMaker,
    /** It has left `waiting`. */
    over: (call: IncomingCall) => void,
  ) {
    this.callId = ownText(raw.get('call-id') ?? '');
    this.#raw = raw;
    this.#responder = responder;
    this.#makeDialog = makeDialog;
    this.#over = over;
    // An early UPDATE: nothing is negotiated before our answer, except that drachtio-srf has to be heard.
    raw.on('update', (_update: RawRequest, answer: RawResponder) =>
      answer.send(500, undefined, { headers: { 'Retry-After': '2' } }),
    );
  }

  get state(): 'waiting' | 'answering' | 'answered' | 'refused' | 'cancelled' {
    return this.#state;
  }
  /** The SIP server's name for the INVITE; a Call-ID may stand in several at once (RFC 3261 §8.2.2.2, forked upstream). */
  get transactionId(): string {
    return this.#raw.stackTxnId;
  }
  get uri(): string {
    return this.#raw.uri;
  }
  get from(): NameAddr {
    return parseNameAddr(this.header('from') ?? '');
  }
  get to(): NameAddr {
    return parseNameAddr(this.header('to') ?? '');
  }
  /** Their session description; undefined where they want our offer. */
  get offer(): string | undefined {
    return this.#raw.body ? this.#raw.body : undefined;
  }
  get source(): Source {
    return { protocol: this.#raw.protocol, address: this.#raw.source_address, port: this.#raw.source_port };
  }

  header(name: string): string | undefined {
    return this.#raw.get(name);
  }

  /** 101 to 199; reliable where the caller demands it (RFC 3262 §3). Harmless where the call is over. */
  provisional(status: number, sdp?: string, headers: Headers = {}): void {
    if (this.#state !== 'waiting') return;
    const all: Headers = { ...headers };
    if (sdp !== undefined) all['Content-Type'] = 'application/sdp';
    if (/(^|[\s,])100rel($|[\s,])/i.test(this.header('require') ?? '')) all.Require = '100rel';
    this.#responder.send(status, undefined, { headers: all, body: sdp });
  }

  /**
   * Sends 200 with our description.
   * @throws sip-cancelled, sip-already-answered, sip-not-sent
   */
  answer(sdp: string, headers: Headers = {}): Promise<SipDialog> {
    if (this.#state === 'cancelled') return Promise.reject(sipErrors['sip-cancelled']());
    if (this.#state !== 'waiting') return Promise.reject(sipErrors['sip-already-answered']());
    this.#state = 'answering';
    return new Promise((resolve, reject) => {
      const all = { ...headers, 'Content-Type': 'application/sdp' };
      this.#responder.send(200, undefined, { headers: all, body: sdp }, (error, sent) => {
        if (this.#state !== 'answering') return;
        const dialogId = this.#responder.stackDialogId;
        if (error || !sent || !dialogId) {
          // The one ordinary reason: the CANCEL had overtaken our 200, the transaction is gone.
          this.#state = 'cancelled';
          this.#over(this);
          const text = reasonOf(error);
          reject(
            text.includes('unknown transaction')
              ? sipErrors['sip-cancelled']()
              : sipErrors['sip-not-sent']({ what: '200', reason: text }),
          );
          return;
        }
        this.#state = 'answered';
        this.#over(this);
        resolve(this.#makeDialog(sent, dialogId, this, sdp));
      });
      this.#failAnswer = () => reject(sipErrors['sip-cancelled']());
    });
  }

  /** Refuses with 300 to 699. Harmless where the call is over. */
  reject(status: number, reason?: string, headers: Headers = {}): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'refused';
    this.#over(this);
    this.#responder.send(status, reason, { headers });
  }

  /** The caller gave up, or the SIP server is gone and with it the transaction. */
  cancelled(): void {
    if (this.#state !== 'waiting' && this.#state !== 'answering') return;
    const answering = this.#state === 'answering';
    this.#state = 'cancelled';
    this.#over(this);
    if (answering) this.#failAnswer?.();
    else this.oncancel?.();
  }
}
