// Calls that somebody answers whom nobody talks to: another fork, or too late.
import { ownText } from '../../../values/index.ts';
import { type SipMessage, splitLists } from '../message/index.ts';
import type { Arrival, ClientTransactionUser } from '../stack.ts';
import { type Core, contactUri, refreshTarget, requestInDialog } from './core.ts';
import { Dialog, dialogDestination } from './dialog.ts';

/** Tags of those whose answer was taken back. */
interface TakenBack {
  released: Set<string> | undefined;
}

/** ACK, and once BYE, for a 2xx that nobody wants: of a second fork (RFC 3261 §13.2.2.4), or too late. */
export function takeBack(core: Core, call: TakenBack, response: SipMessage, arrival: Arrival): void {
  const dialog = new Dialog({
    role: 'uac',
    method: 'INVITE',
    callId: response.callId,
    localTag: response.fromTag ?? '',
    remoteTag: response.toTag ?? '',
    local: response.headers.get('From') ?? '',
    remote: response.headers.get('To') ?? '',
    remoteTarget: contactUri(response) ?? response.to.uri,
    routeSet: splitLists(response.headers.all('Record-Route')).reverse(),
    contact: '',
    localSeq: response.cseq.number,
    remoteSeq: undefined,
    invite: '',
  });
  refreshTarget(core, dialog, response, arrival);
  const to = dialogDestination(dialog) ?? {
    protocol: arrival.protocol,
    host: arrival.remoteAddress,
    port: arrival.remotePort,
  };
  core.transactions.send(requestInDialog(dialog, 'ACK'), to);
  call.released ??= new Set();
  if (call.released.has(dialog.remoteTag)) return; // its 2xx again: the ACK was lost
  call.released.add(dialog.remoteTag);
  const bye = requestInDialog(dialog, 'BYE');
  core.transactions.request(bye, to, {
    response: () => undefined,
    failed: (why) => core.log.info({ callId: dialog.callId, why }, 'BYE of an unwanted answer was not answered'),
  });
}

/**
 * Hears what still comes for the INVITE of a call that is over, for 32 s: in place of the call itself, which would be kept
 * in memory for as long.
 */
export class AfterCall implements ClientTransactionUser, TakenBack {
  released: Set<string> | undefined;
  readonly #core: Core;
  readonly #remoteTag: string;

  constructor(core: Core, call: Dialog) {
    this.#core = core;
    this.#remoteTag = ownText(call.remoteTag);
    this.released = call.released;
  }

  response(response: SipMessage, arrival: Arrival): void {
    // Who talked with us knows by the BYE that it is over, and had the ACK before.
    if (response.toTag !== this.#remoteTag) takeBack(this.#core, this, response, arrival);
  }

  failed(): void {
    // It was answered: nothing of it can fail any more.
  }
}
