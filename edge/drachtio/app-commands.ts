// What apps say becomes SIP: answers, requests in dialogs, new ones, CANCEL. Each frame is answered with what was sent, or
// with why nothing was.
import type { Logger } from 'pino';
import { systemClock } from '../../values/index.ts';
import type { Destination, Transactions } from '../sip/index.ts';
import {
  ackIsOurs,
  destinationOf,
  dialogId,
  type Incoming,
  notSent,
  responseDestination,
  type SipMessage,
  SipSyntaxError,
  type UserAgent,
  uriOf,
} from '../sip/index.ts';
import type { Admission } from './admission.ts';
import { type AppText, readAppText } from './app-text.ts';
import type { AppConnection } from './connection.ts';
import { noFrame, nokFrame, requestEcho, responseEcho } from './frames.ts';
import { newRequest } from './new-request.ts';
import type { Ownership } from './ownership.ts';
import { contactId, type Registrations } from './registrations.ts';
import type { Sources } from './sources.ts';

/** What the gateway shares with its parts. */
export interface GatewayParts {
  agent: UserAgent;
  transactions: Transactions;
  owned: Ownership;
  admission: Admission;
  registrations: Registrations;
  sources: Sources;
  log: Logger;
}

const unknownDialog = 'Server error: unable to find dialog for dialog id provided';
const noTransport = 'requested protocol/transport not available';
const registeredMethods = new Set(['INVITE', 'OPTIONS', 'NOTIFY', 'MESSAGE']);
const onlyInDialogs = new Set(['BYE', 'PRACK', 'UPDATE', 'CANCEL']);

export class AppCommands {
  readonly #parts: GatewayParts;

  constructor(parts: GatewayParts) {
    this.#parts = parts;
  }

  /** A `sip` or `proxy` frame. `meta` are its tokens, `textAt` where the SIP text begins. */
  frame(connection: AppConnection, meta: string[], payload: string, textAt: number): void {
    const messageId = meta[0] ?? '';
    try {
      if (meta[1] === 'proxy') connection.send(nokFrame(messageId, 'proxying is not supported'));
      else this.#sip(connection, messageId, meta, readAppText(payload, textAt));
    } catch (error) {
      // Values that cannot stand in a SIP message are the app's; anything else is a defect of ours, and its call's only.
      if (!(error instanceof RangeError) && !(error instanceof SipSyntaxError)) {
        this.#parts.log.error({ err: error }, 'frame of an app could not be handled');
      }
      connection.send(nokFrame(messageId, `invalid message: ${oneLine(error)}`));
    }
  }

  #sip(connection: AppConnection, messageId: string, meta: string[], text: AppText | string): void {
    const transactionId = meta[2] ?? '';
    const dialogIdOfFrame = meta[3] ?? '';
    if (typeof text === 'string') connection.send(noFrame(messageId, `Invalid message format: ${text}`));
    else if (text.status > 0) this.#answer(connection, messageId, transactionId, text);
    else if (dialogIdOfFrame !== '') this.#inDialog(connection, messageId, dialogIdOfFrame, text);
    else if (text.method === 'CANCEL' && transactionId !== '') this.#cancel(connection, messageId, transactionId, text);
    else if (transactionId !== '') connection.send(nokFrame(messageId, 'a request cannot answer a transaction'));
    else this.#new(connection, messageId, meta[4] ?? '', text);
  }

  #answer(connection: AppConnection, messageId: string, transactionId: string, text: AppText): void {
    const incoming = this.#parts.owned.find(transactionId);
    if (incoming === undefined || incoming.owner !== connection) {
      connection.send(nokFrame(messageId, notSent));
      return;
    }
    if (incoming.method === 'INVITE') {
      this.#parts.admission.heard(incoming.id);
      this.#parts.owned.heard(incoming.id);
    }
    this.#parts.agent.answer(incoming, text, (outcome) => this.#answered(connection, messageId, incoming, outcome));
  }

  /** The app's answer has left, or will not. */
  #answered(connection: AppConnection, messageId: string, incoming: Incoming, outcome: SipMessage | string): void {
    if (typeof outcome === 'string') {
      connection.send(nokFrame(messageId, outcome));
      return;
    }
    const { method, request, arrival } = incoming;
    if (outcome.status >= 200) this.#parts.owned.drop(incoming);
    const to = responseDestination(request, arrival);
    let id = '';
    if (incoming.inDialog) id = method === 'BYE' ? '' : (incoming.dialog?.id ?? '');
    else if (method === 'INVITE' || method === 'SUBSCRIBE') id = dialogId(request.callId, request.fromTag ?? '');
    const accepted = outcome.status >= 200 && outcome.status < 300;
    if (!incoming.inDialog && takenIn(method, outcome.status)) this.#parts.sources.accepted(arrival.remoteAddress);
    if (accepted && (method === 'REGISTER' || method === 'SUBSCRIBE')) {
      this.#moveDialogs(this.#parts.registrations.accepted(request, outcome, to), to);
    }
    const peer = { protocol: to.protocol, address: to.host, port: to.port };
    connection.send(responseEcho(messageId, peer, systemClock.now(), incoming.id, id, outcome.toString()));
  }

  /** A phone is back on another connection (its network changed, its page came again): its calls are reached there too. */
  #moveDialogs(contacts: Set<string>, to: Destination): void {
    if (contacts.size === 0) return;
    for (const dialog of this.#parts.agent.dialogs) {
      const { arrival } = dialog;
      if (arrival?.connection === undefined || arrival.connection === to.connection) continue;
      if (contacts.has(contactId(dialog.remoteTarget) ?? '')) dialog.moved(to);
    }
  }

  #inDialog(connection: AppConnection, messageId: string, id: string, text: AppText): void {
    const { calling, dialogs } = this.#parts.agent;
    const dialog = dialogs.get(id);
    if (dialog === undefined) {
      connection.send(nokFrame(messageId, text.method === 'ACK' ? ackIsOurs : unknownDialog));
      return;
    }
    if (text.method === 'ACK') {
      const ack = calling.acknowledge(dialog, text);
      if (typeof ack === 'string') connection.send(nokFrame(messageId, ack));
      else {
        this.#echo(connection, messageId, crypto.randomUUID(), ack);
        calling.afterAck(dialog);
      }
      return;
    }
    const uri = text.uri === 'sip:placeholder' || text.method === 'PRACK' ? undefined : text.uri;
    const sent = calling.sendInDialog(dialog, text.method, uri, text, connection);
    if (typeof sent === 'string') connection.send(nokFrame(messageId, sent));
    else this.#echo(connection, messageId, sent.id, sent.request);
  }

  #cancel(connection: AppConnection, messageId: string, transactionId: string, text: AppText): void {
    const outgoing = this.#parts.owned.outgoingInvites.get(transactionId);
    const cancel = outgoing === undefined ? undefined : this.#parts.agent.calling.cancel(outgoing, text.headers);
    if (cancel === undefined) {
      connection.send(nokFrame(messageId, `unable to cancel unknown transaction id: ${transactionId}`));
      return;
    }
    this.#echo(connection, messageId, crypto.randomUUID(), cancel);
  }

  #new(connection: AppConnection, messageId: string, nextHop: string, text: AppText): void {
    const { method } = text;
    if (method === 'ACK' || onlyInDialogs.has(method)) {
      connection.send(nokFrame(messageId, method === 'ACK' ? ackIsOurs : unknownDialog));
      return;
    }
    const to = this.#destination(nextHop, text);
    if (typeof to === 'string') {
      connection.send(nokFrame(messageId, to));
      return;
    }
    const listener = this.#parts.transactions.listenerFor(to);
    const request = listener === undefined ? noTransport : newRequest(text, listener);
    if (typeof request === 'string') {
      connection.send(nokFrame(messageId, request));
      return;
    }
    const outgoing = this.#parts.agent.calling.send(request, { to, owner: connection });
    if (method === 'INVITE') this.#parts.owned.outgoingInvites.set(outgoing.id, outgoing);
    this.#echo(connection, messageId, outgoing.id, request);
  }

  /** Where a new request goes: the app's next hop, the connection of a registered contact, the request-URI. */
  #destination(nextHop: string, text: AppText): Destination | string {
    if (nextHop === '' && registeredMethods.has(text.method)) {
      const registered = this.#parts.registrations.find(text.uri);
      if (registered !== undefined) return registered;
    }
    const uri = nextHop === '' ? text.uri : uriOf(nextHop);
    const withScheme = /^(sips?|tel):/i.test(uri) ? uri : `sip:${uri}`;
    const to = destinationOf(withScheme);
    if (to === undefined) {
      return /^sips?:/i.test(withScheme) ? noTransport : `invalid request-uri: ${oneLine(uri)}`;
    }
    for (const listener of this.#parts.transactions.listening) {
      if (listener.protocol !== to.protocol) continue;
      const here = listener.address === to.host && listener.port === to.port;
      const outside = listener.advertise?.host === to.host && listener.advertise.port === to.port;
      if (here || outside) return 'can not send request to myself';
    }
    return to;
  }

  #echo(connection: AppConnection, messageId: string, transactionId: string, request: SipMessage): void {
    const via = request.headers.has('Via') ? request.topVia : undefined;
    const local = { protocol: via?.transport.toLowerCase() ?? '', address: via?.host ?? '', port: via?.port ?? 5060 };
    connection.send(requestEcho(messageId, local, systemClock.now(), transactionId, request.toString()));
  }
}

/** Whether such an answer says that the app takes its sender in: everybody gets a 200 to OPTIONS. */
function takenIn(method: string, status: number): boolean {
  if (method === 'INVITE') return status > 100 && status < 300;
  return method === 'REGISTER' && status >= 200 && status < 300;
}

/** A text that cannot break a frame's meta line. */
function oneLine(what: unknown): string {
  const text = what instanceof Error ? what.message : String(what);
  return text.replace(/[|\r\n]/g, ' ');
}
