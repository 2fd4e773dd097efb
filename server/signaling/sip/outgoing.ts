// A call that we place: INVITE with early media, CANCEL with its races, digest for those who challenge us.
import { ownText } from '../../../values/index.ts';
import { escapeUser, formatNameAddr, parseUri } from './addresses.ts';
import type { SipDialog } from './dialog.ts';
import { answerChallenge } from './digest.ts';
import type { Headers } from './incoming.ts';
import type { RawAck, RawIncomingResponse, RawRequest } from './raw-srf.ts';
import type { Wire } from './wire.ts';

export interface CallRequest {
  /** Request-URI. */
  uri: string;
  /** Our session description; undefined: their 200 is to bring theirs, and `CallProgress.offered` answers it. */
  offer: string | undefined;
  /** Who calls, for From: a number or an extension; our own address follows. */
  from: { user: string; name?: string | undefined };
  headers?: Headers | undefined;
  /** For those who challenge us. */
  credentials?: { user: string; secret: string } | undefined;
  /** Where the INVITE goes, if not to the Request-URI. */
  nextHop?: string | undefined;
}

/** `answered` or `failed` comes exactly once, and nothing after it. */
export interface CallProgress {
  /** 101 to 199; with `sdp` where there is early media. */
  provisional(status: number, sdp: string | undefined): void;
  answered(dialog: SipDialog): void;
  /**
   * For a call without an offer of ours: theirs came with the 200, and what is returned goes out in the ACK; `answered`
   * comes then. Where it rejects the call is ended with 488.
   */
  offered?(sdp: string, dialog: SipDialog): Promise<string>;
  /** Final status; 487 after `cancel`, 503 where it could not be sent, 408 where nobody answered. */
  failed(status: number, reason: string): void;
}

/** Made by Sip at the 200. */
export type AnsweredDialogMaker = (
  sent: RawRequest,
  response: RawIncomingResponse,
  call: OutgoingCall,
  request: CallRequest,
) => SipDialog;

/**
 * ```
 *   calling ──200──▶ answered
 *      ├──200 with their offer──▶ acknowledging ──our answer──▶ answered
 *      │                                └──none, cancel: ACK, BYE──▶ failed
 *      ├──≥300, not sent──▶ failed
 *      ├──401/407──▶ calling (once, with credentials)
 *      └──cancel, overdue──▶ cancelling ──487──▶ failed
 *                       └──200 that lost the race: ACK, BYE──▶ failed
 * ```
 */
export class OutgoingCall {
  readonly #wire: Wire;
  readonly #request: CallRequest;
  readonly #progress: CallProgress;
  readonly #makeDialog: AnsweredDialogMaker;
  #state: 'calling' | 'acknowledging' | 'cancelling' | 'answered' | 'failed' = 'calling';
  #callId: string | undefined;
  /** While it is not over. */
  #sent: RawRequest | undefined;
  #cancelReason: string | undefined;
  #authenticated = false;
  #overdue = false;

  constructor(wire: Wire, request: CallRequest, progress: CallProgress, makeDialog: AnsweredDialogMaker) {
    this.#wire = wire;
    this.#request = request;
    this.#progress = progress;
    this.#makeDialog = makeDialog;
    const from = formatNameAddr(request.from.name, `sip:${escapeUser(request.from.user)}@localhost`);
    this.#send({
      ...request.headers,
      From: from,
      ...(request.offer === undefined ? {} : { 'Content-Type': 'application/sdp' }),
      // RFC 4028: so that a call whose far side vanished does not stay for ever.
      Supported: 'timer',
      'Session-Expires': '1800',
      Allow: 'INVITE, ACK, CANCEL, BYE, INFO, OPTIONS, UPDATE, REFER, NOTIFY, MESSAGE',
    });
  }

  get over(): boolean {
    return this.#state === 'answered' || this.#state === 'failed';
  }

  /** Call-ID; undefined until it was sent. */
  get callId(): string | undefined {
    return this.#callId;
  }

  /** Stops ringing. Harmless where it is over. @param reason for the Reason header, such as `SIP;cause=200;text="Call completed elsewhere"` */
  cancel(reason?: string): void {
    if (this.#state !== 'calling' && this.#state !== 'acknowledging') return;
    const answered = this.#state === 'acknowledging';
    this.#state = 'cancelling';
    this.#cancelReason = reason;
    if (this.#sent && !answered) this.#cancelNow(this.#sent);
  }

  #send(headers: Headers, nextHop = this.#request.nextHop): void {
    const { uri, offer } = this.#request;
    this.#sent = undefined;
    this.#wire.request(
      { method: 'INVITE', uri, headers, body: offer, ...(nextHop === undefined ? {} : { proxy: nextHop }) },
      {
        sent: (request) => {
          this.#sent = request;
          this.#callId ??= ownText(request.get('call-id') ?? '');
          // Nobody else would answer an early UPDATE (facts §16).
          request.on('update', (_update: RawRequest, responder: { send(status: number): void }) => responder.send(491));
          if (this.#state === 'cancelling') this.#cancelNow(request);
        },
        response: (response, ack) => this.#answered(response, ack, headers),
        overdue: () => {
          this.#overdue = true;
          this.cancel('SIP;cause=408;text="Ringing too long"');
        },
        failed: (error) => this.#fail(error.code === 'sip-server-timeout' ? 408 : 503, error.message),
      },
    );
  }

  #cancelNow(request: RawRequest): void {
    const reason = this.#cancelReason;
    request.cancel(reason === undefined ? {} : { headers: { Reason: reason } }, () => {
      // Whether it went or not, the INVITE's own final response decides.
    });
  }

  #answered(response: RawIncomingResponse, ack: RawAck, headers: Headers): void {
    const { status } = response;
    const sent = this.#sent;
    if (this.over || !sent) return;
    if (status < 200) {
      if (response.get('rseq')) ack();
      if (this.#state === 'calling') this.#progress.provisional(status, response.body ? response.body : undefined);
      return;
    }
    if (status < 300) {
      if (this.#request.offer === undefined && this.#state === 'calling') {
        this.#state = 'acknowledging';
        void this.#acknowledge(sent, response, ack);
        return;
      }
      ack();
      this.#answeredBy(this.#makeDialog(sent, response, this, this.#request));
      return;
    }
    if (
      (status === 401 || status === 407) &&
      this.#state === 'calling' &&
      this.#authenticate(sent, response, headers)
    ) {
      return;
    }
    this.#fail(status, response.reason);
  }

  /** Their offer came with the 200. */
  async #acknowledge(sent: RawRequest, response: RawIncomingResponse, ack: RawAck): Promise<void> {
    const dialog = this.#makeDialog(sent, response, this, this.#request);
    let answer: string | undefined;
    let why = 'Not Acceptable Here';
    try {
      answer = await this.#progress.offered?.(response.body ?? '', dialog);
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
    const answered = answer === undefined ? {} : { headers: { 'Content-Type': 'application/sdp' }, body: answer };
    if (!left(ack, answered) || answer === undefined) {
      void dialog.bye('SIP;cause=488;text="Not Acceptable Here"');
      this.#fail(488, why);
      return;
    }
    dialog.localSdp = answer;
    this.#answeredBy(dialog);
  }

  #answeredBy(dialog: SipDialog): void {
    if (this.#state === 'cancelling') {
      // The 200 crossed our CANCEL: it has to be taken and ended.
      void dialog.bye(this.#cancelReason);
      this.#fail(487, 'Cancelled');
      return;
    }
    this.#state = 'answered';
    this.#sent = undefined;
    this.#progress.answered(dialog);
  }

  #authenticate(sent: RawRequest, response: RawIncomingResponse, headers: Headers): boolean {
    const { credentials, uri, nextHop } = this.#request;
    if (!credentials || this.#authenticated) return false;
    const proxy = response.status === 407;
    const challenge = response.get(proxy ? 'proxy-authenticate' : 'www-authenticate') ?? '';
    const value = answerChallenge(challenge, { method: 'INVITE', uri: sent.uri, ...credentials });
    if (value === undefined) return false;
    this.#authenticated = true;
    const cseq = Number.parseInt(sent.get('cseq') ?? '', 10) + 1;
    this.#send(
      {
        ...headers,
        From: sent.get('from') ?? headers.From ?? '',
        'Call-ID': this.#callId ?? '',
        CSeq: `${cseq} INVITE`,
        [proxy ? 'Proxy-Authorization' : 'Authorization']: value,
      },
      nextHop ?? challengerOf(uri, response),
    );
    return true;
  }

  #fail(status: number, reason: string): void {
    if (this.over) return;
    this.#state = 'failed';
    this.#sent = undefined;
    // What we took back by ourselves was not answered in time.
    if (this.#overdue && status === 487) this.#progress.failed(408, 'Request Timeout');
    else this.#progress.failed(status, reason);
  }
}

/** A name may resolve to another host the second time, which would not know the nonce: the retry goes to who challenged. */
function challengerOf(uri: string, response: RawIncomingResponse): string | undefined {
  const parsed = parseUri(uri);
  if (!parsed || !response.source_address || /^[\d.]+$|^\[/.test(parsed.host)) return undefined;
  const transport = parsed.params.transport;
  const host = response.source_address.includes(':') ? `[${response.source_address}]` : response.source_address;
  return `sip:${host}:${response.source_port}${transport ? `;transport=${transport}` : ''}`;
}

/** drachtio-srf asserts where its socket has just gone. @returns whether it was sent */
function left(ack: RawAck, answer: { headers?: Headers; body?: string }): boolean {
  try {
    ack(answer);
    return true;
  } catch {
    return false;
  }
}
