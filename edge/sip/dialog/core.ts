// What the parts of the dialog layer share.
import type { Logger } from 'pino';
import { filledRport, formatHost, SipMessage, splitLists } from '../message/index.ts';
import { canDial, transportParam } from '../protocols.ts';
import type { Arrival, Destination, Listener, Transactions } from '../stack.ts';
import type { AckWait } from './ack-wait.ts';
import { type Dialog, destinationOf, uriOf } from './dialog.ts';
import type { DialogTable } from './dialog-table.ts';
import { isSdp } from './header-rules.ts';
import type { DialogTimes, DialogUser } from './user.ts';

export interface Core {
  readonly transactions: Transactions;
  readonly dialogs: DialogTable;
  /** Our 2xx that wait for their ACK. */
  readonly ackWaits: Map<Dialog, AckWait>;
  readonly times: DialogTimes;
  /** In-dialog requests go to the source of their messages where Contact names another place and there is no route. */
  readonly followSource: boolean;
  readonly log: Logger;
  user: DialogUser;
  /** Our own BYEs that are not answered yet, and who waits for the last of them. */
  byes: number;
  quiet: (() => void) | undefined;
}

/** `host:port` as the far side sees us on that listener. */
export function hostPort(listener: Listener): string {
  const { advertise } = listener;
  return advertise === undefined
    ? `${formatHost(listener.address)}:${listener.port}`
    : `${formatHost(advertise.host)}:${advertise.port}`;
}

/**
 * Our Contact on a listener.
 * @param uri the request-URI: where it is a sips URI, so is the Contact (RFC 3261 §8.1.1.8, §12.1.1)
 */
export function contactOf(listener: Listener, uri = ''): string {
  const transport = transportParam(listener.protocol);
  const secure = (listener.protocol === 'tls' || listener.protocol === 'wss') && /^sips:/i.test(uri);
  const param = transport === undefined || (secure && transport === 'tls') ? '' : `;transport=${transport}`;
  return `<${secure ? 'sips' : 'sip'}:${hostPort(listener)}${param}>`;
}

/** The listener that a message came in on, as its sender sees it. */
export function listenerOf(core: Core, arrival: Arrival): Listener {
  const { protocol, localAddress, localPort, remoteAddress, remotePort } = arrival;
  for (const listener of core.transactions.listening) {
    if (listener.protocol === protocol && listener.port === localPort && listener.address === localAddress) {
      if (listener.advertise !== undefined || !isWildcard(listener.address)) return listener;
    }
  }
  // Bound to all addresses, or a connection that we opened: what we would use towards the sender.
  return (
    core.transactions.listenerFor({ protocol, host: remoteAddress, port: remotePort }) ?? {
      protocol,
      address: localAddress,
      port: localPort,
    }
  );
}

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** Where a response to that request goes (RFC 3261 §18.2.2, RFC 3581). */
export function responseDestination(request: SipMessage, arrival: Arrival): Destination {
  const port =
    arrival.protocol === 'udp' ? (filledRport(request.topVia) ?? request.topVia.port ?? 5060) : arrival.remotePort;
  return { protocol: arrival.protocol, host: arrival.remoteAddress, port, connection: arrival.connection };
}

/** The first Contact's URI; undefined where there is none. */
export function contactUri(message: SipMessage): string | undefined {
  const line = message.headers.get('Contact');
  if (line === undefined || line === '*') return undefined;
  const first = splitLists([line])[0];
  return first === undefined ? undefined : uriOf(first);
}

/** Takes over where the dialog's messages come from, and, from a message that may, the new target (RFC 3261 §12.2). */
export function refreshTarget(core: Core, dialog: Dialog, message: SipMessage, arrival: Arrival): void {
  dialog.arrival = arrival;
  const contact = contactUri(message);
  if (contact !== undefined) dialog.remoteTarget = contact;
  dialog.source = undefined;
  if (!core.followSource || dialog.routeSet.length > 0) return;
  const target = destinationOf(dialog.remoteTarget);
  const named = target !== undefined && core.transactions.listenerFor(target) === undefined ? undefined : target;
  if (arrival.protocol === 'udp') {
    const elsewhere =
      named === undefined ||
      named.host !== arrival.remoteAddress ||
      (dialog.role === 'uas' && named.port !== arrival.remotePort);
    if (elsewhere) dialog.source = { protocol: 'udp', host: arrival.remoteAddress, port: arrival.remotePort };
  } else if (named === undefined || named.protocol === 'udp' || !canDial(arrival.protocol)) {
    dialog.source = {
      protocol: arrival.protocol,
      host: arrival.remoteAddress,
      port: arrival.remotePort,
      connection: arrival.connection,
    };
  }
}

/** Remembers the session descriptions as they change. */
export function noteRemoteSdp(dialog: Dialog, message: SipMessage): void {
  if (isSdp(message)) dialog.remoteSdp = message.body.toString('utf8');
}
export function noteLocalSdp(dialog: Dialog, message: SipMessage): void {
  if (isSdp(message)) dialog.localSdp = message.body.toString('utf8');
}

/** A request inside the dialog with all that the dialog decides (RFC 3261 §12.2.1.1); the user's headers are still missing. */
export function requestInDialog(dialog: Dialog, method: string): SipMessage {
  let target = dialog.remoteTarget;
  let routes = dialog.routeSet;
  const first = routes[0];
  if (first !== undefined && !/;lr\b/i.test(first)) {
    // A strict router at the front: it becomes the request-URI, and the target the last route.
    routes = [...routes.slice(1), `<${target}>`];
    target = uriOf(first);
  }
  const request = SipMessage.request(method, target);
  const { headers } = request;
  for (const route of routes) headers.add('Route', route);
  headers.add('Max-Forwards', '70');
  headers.add('From', dialog.local);
  headers.add('To', dialog.remote);
  headers.add('Call-ID', dialog.callId);
  const seq = method === 'ACK' ? dialog.inviteSeq : ++dialog.localSeq;
  headers.add('CSeq', `${seq} ${method}`);
  return request;
}

/** The CANCEL that a BYE in an early dialog amounts to, or the loss of the caller of this INVITE: for the user. */
export function asCancel(request: SipMessage): SipMessage {
  const cancel = request.clone();
  cancel.method = 'CANCEL';
  cancel.headers.set('CSeq', `${request.cseq.number} CANCEL`);
  return cancel;
}
