import { machine, ownText } from '../../../values/index.ts';
import { type SipMessage, tryParseUri } from '../message/index.ts';
import { defaultPort, protocolOf } from '../protocols.ts';
import type { Arrival, ClientTransaction, Destination, Protocol } from '../stack.ts';
import type { Incoming } from './incoming.ts';
import type { SessionTimer } from './session-timer.ts';

export type DialogState = 'early' | 'confirmed' | 'ended';

/**
 *   early ──2xx──▶ confirmed ──BYE, lost──▶ ended
 *     └─────────── ≥ 300, CANCEL ────────────▲
 */
const states = machine<DialogState, 'answered' | 'ended'>('sip-dialog', {
  early: { answered: 'confirmed', ended: 'ended' },
  confirmed: { ended: 'ended' },
  ended: {},
});

/** What must be known to begin a dialog (RFC 3261 §12.1). */
export interface DialogParts {
  role: 'uas' | 'uac';
  method: string;
  callId: string;
  localTag: string;
  remoteTag: string;
  /** Value of From in our requests, with our tag. */
  local: string;
  /** Value of To in our requests, with their tag once it is known. */
  remote: string;
  remoteTarget: string;
  routeSet: string[];
  /** Value of our Contact. */
  contact: string;
  localSeq: number;
  /** undefined until they sent a request. */
  remoteSeq: number | undefined;
  /** Text of the request that began it. */
  invite: string;
}

/** One SIP dialog: identity, sequence numbers, route, target, and the two latest session descriptions. */
export class Dialog {
  /** `<Call-ID>;from-tag=<the caller's tag>`: drachtio's name for it. */
  readonly id: string;
  readonly role: 'uas' | 'uac';
  /** INVITE or SUBSCRIBE: the method that began it. */
  readonly method: string;
  readonly callId: string;
  readonly localTag: string;
  remoteTag: string;
  local: string;
  remote: string;
  remoteTarget: string;
  routeSet: string[];
  contact: string;
  localSeq: number;
  remoteSeq: number | undefined;
  /** Text of the request that began it. */
  invite: string;
  /** Text of the 2xx that confirmed it. */
  answer = '';
  localSdp = '';
  remoteSdp = '';
  /** When the 2xx was sent or came in, monotonic ms. */
  answeredAt = 0;
  /** Where their latest message came from. */
  arrival: Arrival | undefined;
  /** Where requests go instead of what the route set and target say (NAT). */
  source: Destination | undefined;
  /** Who answers for it: the app connection that took it; undefined while nobody does. */
  owner: object | undefined;
  note: string | undefined;
  linked: string | undefined;
  /** CSeq number of the latest INVITE that we sent, and the ACK to its 2xx once the app gave it. */
  inviteSeq = 0;
  ack: SipMessage | undefined;
  /** A 2xx to our INVITE (the one that began the call, or a later one) came, and its user has not given the ACK yet. */
  awaitsAck: 'call' | 'change' | undefined;
  /** Our INVITE that has no final response yet (RFC 3261 §14.1). */
  outgoingInvite: ClientTransaction | undefined;
  /** Our INVITE that began it and was answered: its transaction hears forks and repetitions for another 32 s. */
  begun: ClientTransaction | undefined;
  /** Tags of forks that answered too and were ended. */
  released: Set<string> | undefined;
  /** We cancelled the INVITE that began it; BYE follows the ACK of a 2xx that won the race. */
  cancelled = false;
  /** Their INVITE, the one that began it or a later one, that we have not answered finally. */
  incomingInvite: Incoming | undefined;
  /** The BYE left; the dialog waits for its response. */
  leaving = false;
  timer: SessionTimer | undefined;
  #state: DialogState = 'early';

  constructor(parts: DialogParts) {
    this.role = parts.role;
    this.method = parts.method;
    // What stays after the end must not keep the message that it was cut from.
    this.callId = ownText(parts.callId);
    this.localTag = ownText(parts.localTag);
    this.remoteTag = parts.remoteTag;
    this.local = parts.local;
    this.remote = parts.remote;
    this.remoteTarget = parts.remoteTarget;
    this.routeSet = parts.routeSet;
    this.contact = parts.contact;
    this.localSeq = parts.localSeq;
    this.remoteSeq = parts.remoteSeq;
    this.invite = parts.invite;
    this.id = dialogId(parts.callId, parts.role === 'uas' ? parts.remoteTag : parts.localTag);
    if (parts.role === 'uac') this.inviteSeq = parts.localSeq;
  }

  get state(): DialogState {
    return this.#state;
  }

  /** The 2xx was sent or came in. */
  confirmed(answer: string, at: number): void {
    this.#state = states.next(this.#state, 'answered') ?? this.#state;
    this.answer = answer;
    this.answeredAt = at;
  }

  /** Its far side is reached elsewhere now: over another connection. */
  moved(to: Destination): void {
    const { protocol, host, port, connection } = to;
    if (this.arrival !== undefined) {
      this.arrival = { ...this.arrival, protocol, remoteAddress: host, remotePort: port, connection };
    }
    if (this.source !== undefined) this.source = { ...to };
  }

  ended(): void {
    if (this.#state !== 'ended') this.#state = states.next(this.#state, 'ended') ?? 'ended';
  }

  /** It is over, and is known for some seconds by its name alone. */
  forgetTexts(): void {
    this.invite = '';
    this.answer = '';
    this.localSdp = '';
    this.remoteSdp = '';
    this.local = '';
    this.remote = '';
    this.remoteTarget = '';
    this.remoteTag = ownText(this.remoteTag);
    this.routeSet = [];
    this.note = undefined;
    this.arrival = undefined;
    this.source = undefined;
    this.timer = undefined;
    this.begun = undefined;
  }

  get protocol(): Protocol {
    return this.arrival?.protocol ?? 'udp';
  }
}

export function dialogId(callId: string, callerTag: string): string {
  // One flat string, as it is the key of maps, and cut from nothing that it would keep in memory.
  return [callId, callerTag].join(';from-tag=');
}

/**
 * Where the dialog's requests go: the source of their messages where they sit behind a NAT, else the first route, else
 * the target (RFC 3261 §12.2.1.1). The connection that the dialog lives on is preferred.
 * @returns undefined where the target cannot be reached by a transport that we speak
 */
export function dialogDestination(dialog: Dialog): Destination | undefined {
  if (dialog.source !== undefined) return dialog.source;
  const route = dialog.routeSet[0];
  const to = destinationOf(route === undefined ? dialog.remoteTarget : uriOf(route));
  if (to !== undefined && dialog.arrival?.connection !== undefined) to.connection = dialog.arrival.connection;
  return to;
}

/** Where a SIP URI points (RFC 3263 without the look-up); undefined for schemes and transports that we do not speak. */
export function destinationOf(text: string): Destination | undefined {
  const uri = tryParseUri(text);
  if (uri === undefined || (uri.scheme !== 'sip' && uri.scheme !== 'sips')) return undefined;
  const protocol = protocolOf(uri.params.get('transport'), uri.scheme === 'sips');
  if (protocol === undefined) return undefined;
  return { protocol, host: uri.params.get('maddr') ?? uri.host, port: uri.port ?? defaultPort(protocol) };
}

/** The URI inside a name-addr; the whole text where there are no angle brackets. What is malformed comes back as it is. */
export function uriOf(nameAddr: string): string {
  // A quoted name may hold brackets of its own.
  const from = nameAddr.startsWith('"') ? closingQuote(nameAddr) : 0;
  const open = nameAddr.indexOf('<', from);
  const close = nameAddr.indexOf('>', open);
  if (open !== -1 && close !== -1) return nameAddr.slice(open + 1, close);
  const semicolon = nameAddr.indexOf(';', from);
  return (semicolon === -1 ? nameAddr : nameAddr.slice(0, semicolon)).trim();
}

function closingQuote(text: string): number {
  for (let i = 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') return i;
  }
  return text.length;
}
