// A leg: one session (a SIP dialog, or a panel's line) with its media endpoint. Whatever ends it, at any moment, everything it holds is released once.
import type { Logger } from 'pino';
import type { MediaEndpoint, MediaServer, Quality } from '../../media/media-server.ts';
import { type EndpointId, type InteractionId, type LegId, machine, newId } from '../../values/index.ts';
import type { BrowserPhones } from './browser-phones/browser-phones.ts';
import { signalingErrors } from './errors.ts';
import { infoDigit } from './info-dtmf.ts';
import type { LegCallIds } from './leg-call-ids.ts';
import type { CallIn, CallUnderWay, LegDialog, PanelLineFacts, PanelTarget } from './leg-dialog.ts';
import { offeredHold } from './sdp-hold.ts';
import {
  type CallRequest,
  type DialogEnding,
  type DialogHandler,
  type Headers,
  type OfferReply,
  type Sip,
  SipDialog,
} from './sip/index.ts';
import type { Unclosed } from './unclosed.ts';

export interface LegEnding {
  /** `remote`: they hung up, cancelled or refused; `us`; `linked`: the edge did; `lost`: media or dialog vanished. */
  by: DialogEnding['by'];
  /** `BYE`, `cancelled`, a SIP status, `media-lost` … */
  cause: string;
  status?: number | undefined;
}

export interface Referral {
  referTo: string;
  referredBy: string | undefined;
  /** 202 and the progress that goes back by NOTIFY, or a refusal (≥ 300). */
  accept(): void;
  refuse(status: number): void;
  progress(status: number, reason: string): void;
}

/** Who owns a leg; `owner` may be changed while it lives. */
export interface LegOwner {
  /** Once. */
  legEnded(leg: Leg, ending: LegEnding): void;
  /** Their phone's hold key. */
  legHeld(leg: Leg, held: boolean): void;
  legReferred(leg: Leg, referral: Referral): void;
}

export interface LegProgress {
  /** 18x. */
  ringing(status: number): void;
  /** Early media is there: the endpoint can be heard. */
  early(): void;
  answered(): void;
}

export interface LegTools {
  sip: Sip;
  media: MediaServer;
  logger: Logger;
  /** Endpoints, bridges and recordings that could not be closed because the engine was out of reach. */
  unclosed: Unclosed;
  /** SIP phones in browsers; without it their calls are refused (488). */
  browsers?: Pick<BrowserPhones, 'callIn'> | undefined;
  /** Learns the Call-IDs of all legs. */
  callIds?: LegCallIds | undefined;
}

export type LegRole = 'caller' | 'agent' | 'far';

type State = 'new' | 'opening' | 'open' | 'answering' | 'calling' | 'up' | 'over';
type Event = 'open' | 'opened' | 'answer' | 'call' | 'up' | 'end';

/**
 * ```
 *   new ──open──▶ opening ──opened──▶ open ──answer──▶ answering ──up──▶ up ──end──▶ over
 *                                      └─────call────▶ calling ────up────▲
 *   every state but over ──end──▶ over
 * ```
 */
const states = machine<State, Event>('leg', {
  new: { open: 'opening', end: 'over' },
  opening: { opened: 'open', end: 'over' },
  open: { answer: 'answering', call: 'calling', end: 'over' },
  answering: { up: 'up', end: 'over' },
  calling: { up: 'up', end: 'over' },
  up: { end: 'over' },
  over: {},
});

export class Leg {
  readonly id: LegId = newId('leg');
  readonly role: LegRole;
  owner: LegOwner;
  /** Whose phone it is. */
  agent: string | undefined;
  /** The contact that it was made for. */
  #interaction: InteractionId | undefined;
  /** They have put us on hold. */
  heldByThem = false;
  /** Called once, before the owner hears of the end: gives back what was taken for it (a place on a trunk). */
  onover: (() => void) | undefined;
  readonly #tools: LegTools;
  /** How it came, or goes out, until it is answered. */
  #incoming: CallIn | undefined;
  #state: State = 'new';
  #endpoint: MediaEndpoint | undefined;
  #dialog: LegDialog | undefined;
  #outgoing: CallUnderWay | undefined;
  #progress: LegProgress | undefined;
  #earlyMedia: Promise<void> | undefined;
  #heldByUs = false;
  #probing = false;
  readonly #released = Promise.withResolvers<Quality | undefined>();

  constructor(tools: LegTools, role: LegRole, owner: LegOwner, incoming?: CallIn) {
    this.#tools = tools;
    this.role = role;
    this.owner = owner;
    this.#incoming = incoming && (tools.browsers?.callIn(incoming) ?? incoming);
    if (this.#incoming) this.#incoming.oncancel = () => this.#end({ by: 'remote', cause: 'cancelled' });
  }

  /** A leg of an earlier server, taken up again. */
  static revive(tools: LegTools, role: LegRole, owner: LegOwner, dialog: LegDialog, endpoint: MediaEndpoint): Leg {
    const leg = new Leg(tools, role, owner);
    leg.#state = 'up';
    leg.#hold(endpoint);
    leg.#confirm(dialog);
    return leg;
  }

  /** Says which contact it is made for, so that its SIP messages can be found by it. */
  belongs(interaction: InteractionId): this {
    this.#interaction = interaction;
    this.#noteCallId();
    return this;
  }

  get state(): State {
    return this.#state;
  }
  get over(): boolean {
    return this.#state === 'over';
  }
  /** Where it is one of SIP: what the edge can note and link. */
  get dialog(): SipDialog | undefined {
    return this.#dialog instanceof SipDialog ? this.#dialog : this.#dialog?.sip;
  }
  /** Where it is at a panel's phone: what is noted of it, at the dialog of the customer. */
  get panelLine(): PanelLineFacts | undefined {
    return this.#dialog?.facts;
  }
  get sipCallId(): string {
    return this.#dialog?.callId ?? this.#incoming?.callId ?? this.#outgoing?.callId ?? '';
  }
  /** @throws leg-over where there is none (any more) */
  get endpoint(): MediaEndpoint {
    if (!this.#endpoint || this.over) throw signalingErrors['leg-over']();
    return this.#endpoint;
  }
  get endpointId(): EndpointId | undefined {
    return this.#endpoint?.id;
  }
  /** When its endpoint is closed: the quality over its life, where the engine could say. */
  get released(): Promise<Quality | undefined> {
    return this.#released.promise;
  }

  /**
   * Gets the endpoint: answers their offer where there is one, else makes ours.
   * @throws media-sdp-rejected, media-no-ports, media-unavailable, leg-over where it ended meanwhile
   */
  async open(near?: EndpointId, how: { panel?: boolean } = {}): Promise<void> {
    this.#step('open');
    const endpoint = await this.#tools.media.open({
      id: newId('end'),
      offer: this.#incoming?.prepare ? await this.#incoming.prepare() : this.#incoming?.offer,
      peer: this.#incoming?.source?.address,
      near,
      gateway: how.panel ?? this.#incoming?.gateway,
      purpose: this.role,
    });
    if (this.over) {
      this.#closeEndpoint(endpoint);
      throw signalingErrors['leg-over']();
    }
    this.#hold(endpoint);
    this.#step('opened');
  }

  /** 180, or 183 with early media. Incoming legs. */
  ring(early: boolean): void {
    this.#incoming?.provisional(early ? 183 : 180, early ? this.endpoint.sdp : undefined);
  }

  /** 200. Resolves when it is out. @throws sip-cancelled, leg-over */
  async answer(headers: Headers = {}): Promise<void> {
    const { endpoint } = this;
    if (!this.#incoming) throw signalingErrors['leg-over']();
    this.#step('answer');
    let dialog: LegDialog;
    try {
      dialog = await this.#incoming.answer(endpoint.sdp, headers);
    } catch (error) {
      this.#end({ by: 'remote', cause: 'cancelled' });
      throw error;
    }
    if (this.over) {
      void dialog.bye();
      throw signalingErrors['leg-over']();
    }
    this.#step('up');
    this.#confirm(dialog);
  }

  /** Places the call with our offer. What comes of it goes to `progress`; a failure ends the leg. Outgoing legs. */
  call(
    { panel, ...request }: Omit<CallRequest, 'offer'> & { panel?: PanelTarget | undefined },
    progress: LegProgress,
  ): void {
    const { endpoint } = this;
    this.#step('call');
    this.#progress = progress;
    const told = {
      provisional: (status: number, sdp: string | undefined) => this.#provisional(status, sdp),
      answered: (dialog: LegDialog) => void this.#answered(dialog),
      failed: (status: number, reason: string) => this.#end({ by: 'remote', cause: reason, status }),
    };
    this.#outgoing = panel
      ? panel.call(request, endpoint, told)
      : this.#tools.sip.call({ ...request, offer: endpoint.sdp }, told);
  }

  /** Makes the phone that is rung answer. @returns false where it has to be rung anew for that */
  pickUp(): boolean {
    if (this.#state !== 'calling' || !this.#outgoing?.answer) return false;
    this.#outgoing.answer();
    return true;
  }

  /** Ends it from our side, in whatever state it is. @param status for an incoming call that was not answered; default 480 */
  end(cause = 'BYE', status = 480): void {
    this.#end({ by: 'us', cause, status });
  }

  /** Puts them on hold by re-INVITE. @throws sip-declined (they hear what we play all the same), leg-over … */
  async hold(): Promise<void> {
    await this.#offer('sendonly');
    this.#heldByUs = true;
  }

  /** @throws sip-declined, leg-over … */
  async resume(): Promise<void> {
    await this.#offer('sendrecv');
    this.#heldByUs = false;
  }

  /** An adopted leg that an earlier server has put on hold. */
  assumeHeld(): void {
    this.#heldByUs = true;
  }

  get heldByUs(): boolean {
    return this.#heldByUs;
  }

  async #offer(direction: 'sendonly' | 'sendrecv'): Promise<void> {
    const { endpoint } = this;
    const dialog = this.#dialog;
    if (!dialog) throw signalingErrors['leg-over']();
    const answer = await dialog.offer(() => endpoint.offer(direction));
    await endpoint.accept(answer, { final: true });
  }

  #provisional(status: number, sdp: string | undefined): void {
    if (this.over) return;
    this.#noteCallId();
    this.#progress?.ringing(status);
    if (sdp === undefined || this.#earlyMedia) return;
    this.#earlyMedia = this.endpoint.accept(sdp, { final: false }).then(
      () => {
        if (this.#state === 'calling') this.#progress?.early();
      },
      (error: unknown) => this.#tools.logger.warn({ err: error, leg: this.id }, 'early media could not be used'),
    );
  }

  async #answered(dialog: LegDialog): Promise<void> {
    if (this.over) {
      void dialog.bye();
      return;
    }
    this.#confirm(dialog);
    try {
      await this.#earlyMedia;
      if (!dialog.agreed) await this.endpoint.accept(dialog.remoteSdp, { final: true });
    } catch (error) {
      if (this.over) return;
      this.#tools.logger.warn({ err: error, leg: this.id }, 'their answer could not be used');
      this.#end({ by: 'us', cause: 'SIP;cause=488;text="Not acceptable answer"', status: 488 });
      return;
    }
    if (this.over) return;
    this.#step('up');
    const progress = this.#progress;
    this.#progress = undefined;
    this.#outgoing = undefined;
    progress?.answered();
  }

  /** An outgoing leg knows its Call-ID only when it has been sent: looked at whenever something is heard of it. */
  #noteCallId(): void {
    const { callIds } = this.#tools;
    if (!callIds || this.#interaction === undefined) return;
    const { agent, role, sipCallId } = this;
    if (sipCallId !== '') callIds.note(this.#interaction, { callId: sipCallId, role, agent });
    const carrier = this.#endpoint?.carrier;
    if (carrier === undefined) return;
    callIds.note(this.#interaction, { callId: carrier.slice(0, carrier.lastIndexOf(';from-tag=')), role: 'media' });
  }

  #hold(endpoint: MediaEndpoint): void {
    this.#endpoint = endpoint;
    endpoint.once('closed', ({ why, quality }) => {
      this.#released.resolve(quality);
      if (why !== 'asked') this.#end({ by: 'lost', cause: `media-${why}` });
    });
    endpoint.on('rtp-timeout', () => this.#probe());
  }

  /** No RTP any more: silence suppression, or they are gone without a BYE. Signaling knows; no answer ends the dialog. */
  #probe(): void {
    if (this.#probing || !this.#dialog || this.over) return;
    this.#probing = true;
    this.#dialog
      .request('OPTIONS')
      .catch((error: unknown) => this.#tools.logger.info({ err: error, leg: this.id }, 'far side is silent'))
      .finally(() => {
        this.#probing = false;
      });
  }

  #confirm(dialog: LegDialog): void {
    this.#dialog = dialog;
    // Its messages are not kept for as long as the call lasts.
    this.#incoming = undefined;
    this.#noteCallId();
    const carrier = this.#endpoint?.carrier;
    if (carrier !== undefined && this.dialog) this.#tools.sip.follow(this.dialog, carrier);
    const handler: DialogHandler = {
      ended: (ending) => this.#end(ending),
      offered: (sdp, reply) => void this.#renegotiate(sdp, reply),
      acknowledged: (sdp) => {
        this.#endpoint?.accept(sdp, { final: true }).catch((error: unknown) => {
          this.#tools.logger.warn({ err: error, leg: this.id }, 'answer in the ACK could not be used');
          this.end('SIP;cause=488;text="Not acceptable answer"');
        });
      },
      info: (type, body) => {
        const digit = infoDigit(type, body);
        if (digit) this.#endpoint?.digitFromSignaling(digit.digit, digit.ms);
      },
      referred: ({ referTo, referredBy, reply }) => this.#referred(dialog, referTo, referredBy, reply),
    };
    dialog.handler = handler;
  }

  async #renegotiate(offer: string | undefined, reply: OfferReply): Promise<void> {
    let sdp: string;
    try {
      sdp = offer === undefined ? await this.endpoint.offer() : await this.endpoint.renegotiate(offer);
    } catch (error) {
      this.#tools.logger.warn({ err: error, leg: this.id }, 'their new offer could not be used');
      reply.reject(488);
      return;
    }
    reply.accept(sdp);
    const held = offer !== undefined && offeredHold(offer);
    if (this.over || held === this.heldByThem || offer === undefined) return;
    this.heldByThem = held;
    this.owner.legHeld(this, held);
  }

  #referred(dialog: LegDialog, referTo: string, referredBy: string | undefined, reply: (status: number) => void): void {
    this.owner.legReferred(this, {
      referTo,
      referredBy,
      accept: () => reply(202),
      refuse: reply,
      progress: (status, reason) => {
        if (dialog.over) return;
        dialog.notifyRefer(status, reason).catch((error: unknown) => {
          this.#tools.logger.debug({ err: error, leg: this.id }, 'transferor did not take the NOTIFY');
        });
      },
    });
  }

  #end(ending: LegEnding): void {
    if (this.over) return;
    const before = this.#state;
    this.#state = 'over';
    this.#noteCallId();
    if (ending.by === 'us' || ending.by === 'lost') this.#endSignaling(before, ending);
    if (this.#endpoint) this.#closeEndpoint(this.#endpoint);
    else this.#released.resolve(undefined);
    this.onover?.();
    this.owner.legEnded(this, ending);
  }

  #endSignaling(before: State, { cause, status }: LegEnding): void {
    if (this.#dialog) void this.#dialog.bye(cause === 'BYE' ? undefined : reasonValue(cause));
    else if (this.#outgoing) this.#outgoing.cancel(cause === 'BYE' ? undefined : reasonValue(cause));
    else if (before !== 'answering') this.#incoming?.reject(status ?? 480);
  }

  #closeEndpoint(endpoint: MediaEndpoint): void {
    endpoint.close().then(
      // Where the engine sent no `closed`, nobody shall wait for ever.
      () => this.#released.resolve(undefined),
      (error: unknown) => {
        this.#tools.logger.warn({ err: error, leg: this.id }, 'endpoint could not be closed');
        this.#tools.unclosed.add(endpoint);
        this.#released.resolve(undefined);
      },
    );
  }

  #step(event: Event): void {
    const next = states.next(this.#state, event);
    if (next === undefined) throw signalingErrors['leg-over']();
    this.#state = next;
  }
}

/** RFC 3326; only what is one already is sent. */
function reasonValue(cause: string): string | undefined {
  return /^(SIP|Q\.850);/.test(cause) ? cause : undefined;
}
