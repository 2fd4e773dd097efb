// A confirmed dialog of ours. Not drachtio-srf's Dialog: that one does not survive a reconnection, lets one failed
// re-INVITE block all later ones, has broken shortcuts, and cannot be rebuilt for a call that was adopted (protocol facts
// §16). This one is only a dialog id and what both sides said, and sends its requests by that id.
import type { Logger } from 'pino';
import { machine, ownText, type SwitchroomError } from '../../../values/index.ts';
import { answerChallenge } from './digest.ts';
import { sipErrors } from './errors.ts';
import type { Headers } from './incoming.ts';
import type { RawIncomingResponse, RawRequest, RawRequestOptions, RawResponder } from './raw-srf.ts';
import type { RequestSink } from './wire.ts';

export interface DialogEnding {
  /** `remote`: they said BYE; `us`; `linked`: the edge, because the linked leg ended; `lost`: no ACK, no refresh, unknown there. */
  by: 'remote' | 'us' | 'linked' | 'lost';
  cause: string;
}

/** How an offer of theirs is answered; exactly one call counts. */
export interface OfferReply {
  accept(sdp: string): void;
  reject(status: number): void;
}

/** Who owns the dialog. Changed by assignment to `handler` when a leg changes hands. */
export interface DialogHandler {
  /** Once, whatever ended it. */
  ended(ending: DialogEnding): void;
  /** A new offer of theirs (re-INVITE, UPDATE); undefined: they want ours, and `acknowledged` brings their answer. */
  offered(sdp: string | undefined, reply: OfferReply): void;
  /** ACK with a body: their answer to an offer that our 200 carried. */
  acknowledged(sdp: string): void;
  info(contentType: string, body: string): void;
  /** REFER. `reply(202)` or a refusal. */
  referred(target: { referTo: string; referredBy: string | undefined; reply: (status: number) => void }): void;
}

export interface DialogFacts {
  id: string;
  role: 'uas' | 'uac';
  callId: string;
  localSdp: string;
  remoteSdp: string;
  remoteAddress: string;
  /** From and To of the request that began it, as header values. */
  from: string;
  to: string;
  credentials?: { user: string; secret: string } | undefined;
}

export interface DialogWire {
  request(options: RawRequestOptions, sink: RequestSink): void;
  removed(dialog: SipDialog): void;
  logger: Logger;
}

type State = 'up' | 'ending' | 'over';
type Event = 'bye-sent' | 'bye-answered' | 'bye-received' | 'lost';

/**
 * ```
 *   up ──BYE sent──▶ ending ──answered, timed out──▶ over
 *   └──BYE received, lost──▶ over ◀──────┘
 * ```
 */
const states = machine<State, Event>('sip-dialog', {
  up: { 'bye-sent': 'ending', 'bye-received': 'over', lost: 'over' },
  ending: { 'bye-answered': 'over', 'bye-received': 'over', lost: 'over' },
  over: {},
});

const silent: DialogHandler = {
  ended: () => {},
  offered: (_sdp, reply) => reply.reject(488),
  acknowledged: () => {},
  info: () => {},
  referred: ({ reply }) => reply(603),
};

export class SipDialog {
  readonly id: string;
  readonly role: 'uas' | 'uac';
  readonly callId: string;
  readonly remoteAddress: string;
  readonly from: string;
  readonly to: string;
  localSdp: string;
  remoteSdp: string;
  /** Their offer came with their 200 and is answered: in it, nothing is left to accept. */
  agreed = false;
  #handler: DialogHandler = silent;
  #missed: DialogEnding | undefined;
  readonly #wire: DialogWire;
  readonly #credentials: { user: string; secret: string } | undefined;
  #state: State = 'up';
  /** Offers of ours go one after the other. */
  #offering: Promise<unknown> = Promise.resolve();
  #ourOfferOpen = false;
  #theirOfferOpen = false;
  #awaitsAnswerInAck: boolean;
  /** Requests in a row that the SIP server could not hand to anybody. */
  #unreached = 0;

  constructor(facts: DialogFacts, wire: DialogWire) {
    // It lives longer than the messages that these are cut from.
    this.id = ownText(facts.id);
    this.role = facts.role;
    this.callId = facts.callId;
    this.localSdp = facts.localSdp;
    this.remoteSdp = ownText(facts.remoteSdp);
    this.remoteAddress = ownText(facts.remoteAddress);
    this.from = ownText(facts.from);
    this.to = ownText(facts.to);
    this.#credentials = facts.credentials;
    this.#wire = wire;
    this.#awaitsAnswerInAck = facts.role === 'uas' && facts.remoteSdp === '';
  }

  get over(): boolean {
    return this.#state !== 'up';
  }

  /** An ending that came before there was a handler is told to the first one. */
  set handler(handler: DialogHandler) {
    this.#handler = handler;
    const missed = this.#missed;
    this.#missed = undefined;
    if (missed) handler.ended(missed);
  }

  /**
   * Offers a new session (re-INVITE). One at a time; glare (491) is tried again as RFC 3261 §14.1 says.
   * @returns their answer
   * @throws sip-declined (the session goes on as it was), sip-dialog-over, sip-server-down, sip-server-timeout
   */
  offer(makeSdp: () => Promise<string>): Promise<string> {
    const turn = this.#offering.then(() => this.#offerOnce(makeSdp, 3));
    // A failed turn must not block the next (drachtio-srf's `modify` does).
    this.#offering = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }

  /** INFO. Resolves when it was accepted. @throws sip-declined … */
  async info(contentType: string, body: string): Promise<void> {
    await this.request('INFO', { 'Content-Type': contentType }, body);
  }

  /** Says how a REFER goes on: NOTIFY with a sipfrag (RFC 3515 §2.4.5). */
  async notifyRefer(status: number, reason: string): Promise<void> {
    const over = status >= 200;
    await this.request(
      'NOTIFY',
      {
        Event: 'refer',
        'Subscription-State': over ? 'terminated;reason=noresource' : 'active;expires=60',
        'Content-Type': 'message/sipfrag;version=2.0',
      },
      `SIP/2.0 ${status} ${reason}\r\n`,
    );
  }

  /** Any other request in the dialog. @throws sip-declined, sip-dialog-over, sip-server-down, sip-server-timeout */
  request(method: string, headers: Headers = {}, body?: string): Promise<RawIncomingResponse> {
    if (this.#state !== 'up') return Promise.reject(sipErrors['sip-dialog-over']());
    return this.#send(method, headers, body, false);
  }

  /**
   * Hangs up; never rejects.
   * @returns whether the far side has said yes to it: not where the dialog was over before, or nobody could be told
   */
  async bye(reason?: string): Promise<boolean> {
    if (!states.can(this.#state, 'bye-sent')) return false;
    this.#state = states.next(this.#state, 'bye-sent') ?? this.#state;
    this.#end({ by: 'us', cause: reason ?? 'BYE' });
    let told = true;
    try {
      await this.#send('BYE', reason === undefined ? {} : { Reason: reason }, undefined, false);
    } catch (error) {
      told = false;
      // 481 and timeouts end it as well; only a lost connection leaves it to the edge's grace time.
      this.#wire.logger.debug({ err: error, sipCallId: this.callId }, 'BYE was not answered with 200');
    }
    if (states.can(this.#state, 'bye-answered')) this.#state = 'over';
    this.#wire.removed(this);
    return told;
  }

  /** A request of theirs inside the dialog. For Sip only. */
  receive(request: RawRequest, responder: RawResponder): void {
    switch (request.method) {
      case 'BYE':
        this.#byeReceived(request, responder);
        return;
      case 'ACK':
        if (this.#awaitsAnswerInAck && request.body) {
          this.#awaitsAnswerInAck = false;
          this.remoteSdp = request.body;
          this.#handler.acknowledged(request.body);
        }
        return;
      case 'INVITE':
        this.#offerReceived(request, responder);
        return;
      case 'UPDATE':
        if (request.body) this.#offerReceived(request, responder);
        else responder.send(200, undefined, {});
        return;
      case 'INFO':
        responder.send(200, undefined, {});
        this.#handler.info(request.get('content-type') ?? '', request.body ?? '');
        return;
      case 'REFER': {
        const referTo = request.get('refer-to');
        if (!referTo) {
          responder.send(400, 'Missing Refer-To', {});
          return;
        }
        this.#handler.referred({
          referTo,
          referredBy: request.get('referred-by'),
          reply: (status) => responder.send(status, undefined, {}),
        });
        return;
      }
      case 'OPTIONS':
      case 'NOTIFY':
      case 'MESSAGE':
        responder.send(200, undefined, {});
        return;
      default:
        responder.send(501, undefined, {});
    }
  }

  /** It ended without a BYE that we saw: found out after a reconnection. For Sip only. */
  lost(ending: DialogEnding): void {
    if (this.#state === 'over') return;
    const wasUp = this.#state === 'up';
    this.#state = 'over';
    this.#wire.removed(this);
    if (wasUp) this.#end(ending);
  }

  /** A request failed in a way that ends the dialog here: the SIP server has it still, and perhaps the far side, too. */
  #byeAfterAll(): void {
    const { logger } = this.#wire;
    this.#wire.request(
      { method: 'BYE', stackDialogId: this.id },
      {
        response: () => {},
        failed: (error) => logger.debug({ err: error, sipCallId: this.callId }, 'BYE of a lost dialog was not sent'),
      },
    );
  }

  #byeReceived(request: RawRequest, responder: RawResponder): void {
    const wasUp = this.#state === 'up';
    this.#state = states.next(this.#state, 'bye-received') ?? this.#state;
    const unsolicited = request.source === 'application';
    if (!unsolicited) responder.send(200, undefined, {});
    this.#wire.removed(this);
    if (wasUp) this.#end({ by: unsolicited ? 'lost' : 'remote', cause: request.get('reason') ?? 'BYE' });
  }

  #end(ending: DialogEnding): void {
    if (this.#handler === silent) this.#missed = ending;
    else this.#handler.ended(ending);
  }

  #offerReceived(request: RawRequest, responder: RawResponder): void {
    if (this.#ourOfferOpen || this.#theirOfferOpen) {
      responder.send(491, undefined, {});
      return;
    }
    this.#theirOfferOpen = true;
    const offer = request.body ? request.body : undefined;
    const settle = (act: () => void) => {
      if (!this.#theirOfferOpen) return;
      this.#theirOfferOpen = false;
      act();
    };
    this.#handler.offered(offer, {
      accept: (sdp) =>
        settle(() => {
          this.localSdp = sdp;
          if (offer !== undefined) this.remoteSdp = offer;
          else this.#awaitsAnswerInAck = true;
          responder.send(200, undefined, { headers: { 'Content-Type': 'application/sdp' }, body: sdp });
        }),
      reject: (status) => settle(() => responder.send(status, undefined, {})),
    });
  }

  async #offerOnce(makeSdp: () => Promise<string>, tries: number): Promise<string> {
    if (this.#state !== 'up') throw sipErrors['sip-dialog-over']();
    if (this.#theirOfferOpen) return this.#offerLater(makeSdp, tries);
    this.#ourOfferOpen = true;
    try {
      const sdp = await makeSdp();
      const response = await this.#send('INVITE', {}, sdp, true);
      this.localSdp = sdp;
      this.remoteSdp = response.body ?? this.remoteSdp;
      return this.remoteSdp;
    } catch (error) {
      const status = (error as SwitchroomError).details?.status;
      if (status !== 491 || tries <= 1) throw error;
    } finally {
      this.#ourOfferOpen = false;
    }
    return this.#offerLater(makeSdp, tries);
  }

  async #offerLater(makeSdp: () => Promise<string>, tries: number): Promise<string> {
    if (tries <= 1) throw sipErrors['sip-declined']({ what: 'INVITE', status: 491, reason: 'Request Pending' });
    // RFC 3261 §14.1: the owner of the Call-ID waits 2.1 to 4 s, the other 0 to 2 s, in steps of 10 ms.
    const waitMs = (this.role === 'uac' ? 2_100 : 0) + Math.floor(Math.random() * 190) * 10;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    return this.#offerOnce(makeSdp, tries - 1);
  }

  #send(
    method: string,
    headers: Headers,
    body: string | undefined,
    acknowledge: boolean,
  ): Promise<RawIncomingResponse> {
    return new Promise((resolve, reject) => this.#try(method, headers, body, acknowledge, true, resolve, reject));
  }

  #try(
    method: string,
    headers: Headers,
    body: string | undefined,
    acknowledge: boolean,
    mayAuthenticate: boolean,
    resolve: (response: RawIncomingResponse) => void,
    reject: (error: Error) => void,
  ): void {
    let uri = '';
    this.#wire.request(
      { method, headers: { ...headers }, body, stackDialogId: this.id },
      {
        sent: (request) => {
          uri = request.uri;
        },
        response: (response, ack) => {
          const { status } = response;
          if (status < 200) return;
          // From nobody: a drachtio-server makes it up where the far side's port refuses, or its connection.
          this.#unreached = status === 503 && response.source_address === '' ? this.#unreached + 1 : 0;
          if (status < 300) {
            if (acknowledge) ack();
            resolve(response);
            return;
          }
          if ((status === 401 || status === 407) && this.#credentials && mayAuthenticate) {
            const value = answerChallenge(
              response.get(status === 401 ? 'www-authenticate' : 'proxy-authenticate') ?? '',
              { method, uri, ...this.#credentials },
            );
            if (value !== undefined) {
              const name = status === 401 ? 'Authorization' : 'Proxy-Authorization';
              this.#try(method, { ...headers, [name]: value }, body, acknowledge, false, resolve, reject);
              return;
            }
          }
          reject(sipErrors['sip-declined']({ what: method, status, reason: response.reason }));
          // RFC 3261 §12.2.1.2: these two end the dialog. Nobody there is no answer, too; once may be a network that blinks.
          if ((status === 481 || status === 408 || this.#unreached >= 2) && this.#state === 'up') {
            this.lost({ by: 'lost', cause: String(status) });
            this.#byeAfterAll();
          }
        },
        failed: (error) => {
          reject(error);
          if (error.code === 'sip-not-sent' && /unable to find dialog/i.test(error.message) && this.#state === 'up') {
            this.lost({ by: 'lost', cause: 'unknown to the SIP server' });
          }
        },
      },
    );
  }
}
