// Between the dialogs and the apps: what comes from the network becomes frames, what apps say becomes SIP.
import type { Logger } from 'pino';
import type { Arrival, Destination, Listener, Transactions } from '../sip/index.ts';
import {
  ackIsOurs,
  type Dialog,
  type DialogEndCause,
  type DialogTimes,
  type DialogUser,
  destinationOf,
  dialogId,
  hostPort,
  type Incoming,
  notSent,
  type Outgoing,
  responseDestination,
  type SipMessage,
  SipSyntaxError,
  UserAgent,
  uriOf,
} from '../sip/index.ts';
import { Admission, type AdmissionLimits, standardLimits } from './admission.ts';
import { AppListener, type AppListenerUser, protocolVersion } from './app-listener.ts';
import { type AppText, readAppText } from './app-text.ts';
import type { AppConnection } from './connection.ts';
import {
  madeUpFrame,
  networkFrame,
  newRequestFrame,
  noFrame,
  nokFrame,
  requestEcho,
  responseEcho,
  unsolicitedFrame,
} from './frames.ts';
import { Gap, type GapOptions } from './gap.ts';
import { newRequest } from './new-request.ts';
import { Ownership } from './ownership.ts';
import { Registrations } from './registrations.ts';

export interface GatewayOptions {
  /** Where apps connect. */
  host: string;
  port: number;
  secret: string;
  /** Longest frame, bytes. Default 1 MiB. */
  frameCap?: number | undefined;
  transactions: Transactions;
  log: Logger;
  times?: Partial<DialogTimes> | undefined;
  followSource?: boolean | undefined;
  admission?: Partial<AdmissionLimits> | undefined;
  gap?: Partial<GapOptions> | undefined;
  /** How long an app may leave an INVITE without a word (RFC 3261 §13.3.1.1 wants one a minute), ms. Default 180,000. */
  inviteSilenceMs?: number | undefined;
  /** Confirmed dialogs, for the ledger. */
  confirmed?: ((dialog: Dialog) => void) | undefined;
  ended?: ((dialog: Dialog) => void) | undefined;
}

const unknownDialog = 'Server error: unable to find dialog for dialog id provided';
const noTransport = 'requested protocol/transport not available';
/** How long apps may think about a request that is no INVITE, of the 64·T1 that its sender waits. */
const patienceShare = 0.75;
/** How long a stopping edge waits for the answers to its BYEs. */
const stopPatienceMs = 1_000;
const registeredMethods = new Set(['INVITE', 'OPTIONS', 'NOTIFY', 'MESSAGE']);
const onlyInDialogs = new Set(['BYE', 'PRACK', 'UPDATE', 'CANCEL']);

export class Gateway implements DialogUser, AppListenerUser {
  readonly agent: UserAgent;
  readonly admission: Admission;
  readonly registrations = new Registrations();
  readonly gap: Gap;
  readonly #options: GatewayOptions;
  readonly #transactions: Transactions;
  readonly #log: Logger;
  readonly #owned = new Ownership();
  readonly #sweep: NodeJS.Timeout;
  readonly #slowSweeps: NodeJS.Timeout[];
  /** Answers of far sides that their app had not acknowledged at the sweep before. */
  #unacknowledged = new Map<Dialog, number>();
  #apps: AppListener | undefined;

  private constructor(options: GatewayOptions) {
    this.#options = options;
    this.#transactions = options.transactions;
    this.#log = options.log;
    this.agent = new UserAgent({ ...options, user: this });
    this.admission = new Admission({ ...standardLimits, ...options.admission });
    this.gap = new Gap(this.agent, options.log, options.gap);
    options.transactions.on('connection-closed', (connection) => this.registrations.connectionClosed(connection));
    const patience = (options.times?.patience ?? 32_000) * patienceShare;
    this.#sweep = setInterval(
      () => {
        for (const incoming of this.#owned.takeOverdue(patience)) this.#overdue(incoming);
      },
      Math.min(1_000, patience / 16),
    ).unref();
    this.#slowSweeps = [
      setInterval(() => {
        for (const invite of this.#owned.takeSilentInvites()) this.#silent(invite);
      }, options.inviteSilenceMs ?? 180_000).unref(),
      setInterval(() => this.#acknowledgeOverdue(), options.times?.patience ?? 32_000).unref(),
    ];
  }

  /** @throws the system's error where the port cannot be bound */
  static async open(options: GatewayOptions): Promise<Gateway> {
    const gateway = new Gateway(options);
    gateway.#apps = await AppListener.open(
      {
        host: options.host,
        port: options.port,
        secret: options.secret,
        frameCap: options.frameCap ?? 1024 * 1024,
        greetingMs: 10_000,
        greeting: () => gateway.#greeting(),
      },
      gateway,
      options.log,
    );
    return gateway;
  }

  /** Where apps connect. */
  get apps(): AppListener {
    if (this.#apps === undefined) throw new Error('the gateway is not open');
    return this.#apps;
  }

  /** Ends every dialog with a BYE and takes no more apps. Resolves when the port is closed. */
  async close(): Promise<void> {
    clearInterval(this.#sweep);
    for (const sweep of this.#slowSweeps) clearInterval(sweep);
    this.admission.close();
    this.gap.close();
    for (const invite of [...this.#owned.invites.values()]) this.agent.refuse(invite, 503);
    for (const outgoing of [...this.#owned.outgoingInvites.values()]) this.agent.calling.cancel(outgoing, []);
    for (const dialog of [...this.agent.dialogs]) {
      if (dialog.state === 'confirmed' && dialog.method === 'INVITE') this.agent.hangUp(dialog, 'Edge stops');
    }
    await this.agent.quiet(stopPatienceMs);
    await this.apps.close();
  }

  // ── from the network ──

  request(incoming: Incoming): void {
    const { method } = incoming;
    const app = this.#apps?.choose(method);
    if (app === undefined) {
      this.agent.refuse(incoming, 503, [['Retry-After', this.admission.retryAfter()]]);
      return;
    }
    if (method === 'INVITE') {
      if (!this.admission.admits()) {
        this.agent.refuse(incoming, 503, [['Retry-After', this.admission.retryAfter()]]);
        return;
      }
      this.admission.handed(incoming.id);
    }
    this.#owned.add(incoming, app);
    app.send(newRequestFrame(incoming.arrival, incoming.id, incoming.text));
  }

  requestInDialog(incoming: Incoming, dialog: Dialog): void {
    const app = liveOwner(dialog);
    if (app === undefined) this.gap.request(incoming, dialog);
    else this.deliver(app, incoming, dialog);
  }

  /** Hands a request in a dialog to its app. */
  deliver(app: AppConnection, incoming: Incoming, dialog: Dialog): void {
    this.#owned.add(incoming, app);
    app.send(networkFrame(incoming.arrival, incoming.id, dialog.id, incoming.text));
  }

  acknowledged(dialog: Dialog, ack: SipMessage, arrival: Arrival, transactionId: string): void {
    liveOwner(dialog)?.send(networkFrame(arrival, transactionId, dialog.id, ack.toString()));
  }

  cancelled(incoming: Incoming, cancel: SipMessage, arrival: Arrival): void {
    this.#owned.drop(incoming);
    this.admission.forgotten(incoming.id);
    this.gap.forget(incoming);
    const app = incoming.owner as AppConnection | undefined;
    app?.send(networkFrame(arrival, incoming.id, incoming.dialog?.id ?? '', cancel.toString()));
  }

  response(outgoing: Outgoing, response: SipMessage, arrival: Arrival): void {
    if (response.status >= 200) this.#owned.outgoingInvites.delete(outgoing.id);
    const app = live(outgoing.owner);
    if (app === undefined) this.gap.response(outgoing, response);
    else app.send(networkFrame(arrival, outgoing.id, outgoing.dialog?.id ?? '', response.toString()));
  }

  failed(outgoing: Outgoing, response: SipMessage): void {
    this.#owned.outgoingInvites.delete(outgoing.id);
    const protocol = outgoing.request.topVia.transport.toLowerCase();
    live(outgoing.owner)?.send(
      madeUpFrame(protocol, Date.now(), outgoing.id, outgoing.dialog?.id ?? '', response.toString()),
    );
  }

  unsolicited(dialog: Dialog, bye: SipMessage, from: Listener | undefined): void {
    const local = { protocol: from?.protocol ?? '', address: from?.address ?? '', port: from?.port ?? 0 };
    liveOwner(dialog)?.send(unsolicitedFrame(local, Date.now(), dialog.id, bye.toString()));
  }

  confirmed(dialog: Dialog): void {
    this.#options.confirmed?.(dialog);
  }

  ended(dialog: Dialog, by: DialogEndCause): void {
    this.#options.ended?.(dialog);
    this.gap.ended(dialog, by, liveOwner(dialog) !== undefined);
  }

  // ── from the apps ──

  arrived(connection: AppConnection): void {
    if (connection.epoch !== undefined) this.gap.serverArrived(connection, (...what) => this.deliver(...what));
  }

  left(connection: AppConnection): void {
    const { incoming, outgoing } = this.#owned.takeOf(connection);
    for (const one of incoming) this.admission.forgotten(one.id);
    for (const one of outgoing) this.#owned.outgoingInvites.delete(one.id);
    this.gap.begin(connection, incoming, outgoing);
  }

  frame(connection: AppConnection, meta: string[], payload: string, textAt: number): void {
    const messageId = meta[0] ?? '';
    try {
      if (meta[1] === 'proxy') connection.send(nokFrame(messageId, 'proxying is not supported'));
      else this.#sip(connection, messageId, meta, readAppText(payload, textAt));
    } catch (error) {
      // Values that cannot stand in a SIP message are the app's; anything else is a defect of ours, and its call's only.
      if (!(error instanceof RangeError) && !(error instanceof SipSyntaxError)) {
        this.#log.error({ err: error }, 'frame of an app could not be handled');
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
    const incoming = this.#owned.find(transactionId);
    if (incoming === undefined || incoming.owner !== connection) {
      connection.send(nokFrame(messageId, notSent));
      return;
    }
    if (incoming.method === 'INVITE') {
      this.admission.heard(incoming.id);
      this.#owned.heard(incoming.id);
    }
    this.agent.answer(incoming, text, (outcome) => this.#answered(connection, messageId, incoming, outcome));
  }

  /** The app's answer has left, or will not. */
  #answered(connection: AppConnection, messageId: string, incoming: Incoming, outcome: SipMessage | string): void {
    if (typeof outcome === 'string') {
      connection.send(nokFrame(messageId, outcome));
      return;
    }
    const { method, request, arrival } = incoming;
    if (outcome.status >= 200) this.#owned.drop(incoming);
    const to = responseDestination(request, arrival);
    let id = '';
    if (incoming.inDialog) id = method === 'BYE' ? '' : (incoming.dialog?.id ?? '');
    else if (method === 'INVITE' || method === 'SUBSCRIBE') id = dialogId(request.callId, request.fromTag ?? '');
    const accepted = outcome.status >= 200 && outcome.status < 300;
    if (accepted && (method === 'REGISTER' || method === 'SUBSCRIBE'))
      this.registrations.accepted(request, outcome, to);
    const peer = { protocol: to.protocol, address: to.host, port: to.port };
    connection.send(responseEcho(messageId, peer, Date.now(), incoming.id, id, outcome.toString()));
  }

  #inDialog(connection: AppConnection, messageId: string, id: string, text: AppText): void {
    const { calling, dialogs } = this.agent;
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
    const outgoing = this.#owned.outgoingInvites.get(transactionId);
    const cancel = outgoing === undefined ? undefined : this.agent.calling.cancel(outgoing, text.headers);
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
    const listener = this.#transactions.listenerFor(to);
    const request = listener === undefined ? noTransport : newRequest(text, listener);
    if (typeof request === 'string') {
      connection.send(nokFrame(messageId, request));
      return;
    }
    const outgoing = this.agent.calling.send(request, { to, owner: connection });
    if (method === 'INVITE') this.#owned.outgoingInvites.set(outgoing.id, outgoing);
    this.#echo(connection, messageId, outgoing.id, request);
  }

  /** Where a new request goes: the app's next hop, the connection of a registered contact, the request-URI. */
  #destination(nextHop: string, text: AppText): Destination | string {
    if (nextHop === '' && registeredMethods.has(text.method)) {
      const registered = this.registrations.find(text.uri);
      if (registered !== undefined) return registered;
    }
    const uri = nextHop === '' ? text.uri : uriOf(nextHop);
    const withScheme = /^(sips?|tel):/i.test(uri) ? uri : `sip:${uri}`;
    const to = destinationOf(withScheme);
    if (to === undefined) {
      return /^sips?:/i.test(withScheme) ? noTransport : `invalid request-uri: ${oneLine(uri)}`;
    }
    for (const listener of this.#transactions.listening) {
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
    connection.send(requestEcho(messageId, local, Date.now(), transactionId, request.toString()));
  }

  /** The app never answered: its sender must not be left without a word (nor the dialog end for it). */
  #overdue(incoming: Incoming): void {
    this.#log.warn(
      { callId: incoming.request.callId, method: incoming.method },
      'app did not answer a request in time',
    );
    this.agent.refuse(incoming, incoming.method === 'BYE' ? 200 : incoming.inDialog ? 500 : 503);
  }

  /** The app lets a caller ring for ever. */
  #silent(invite: Incoming): void {
    this.#log.warn({ callId: invite.request.callId }, 'app left an INVITE without a word');
    this.admission.forgotten(invite.id);
    this.agent.refuse(invite, 480);
  }

  /** RFC 3261 §13.2.2.4: a 2xx without our ACK for 64·T1 is over. Its app will not end what it has not even acknowledged. */
  #acknowledgeOverdue(): void {
    const now = new Map<Dialog, number>();
    for (const dialog of this.agent.dialogs) {
      const { awaitsAck, state, inviteSeq } = dialog;
      if (awaitsAck === undefined || state !== 'confirmed' || liveOwner(dialog) === undefined) continue;
      if (this.#unacknowledged.get(dialog) !== inviteSeq) now.set(dialog, inviteSeq);
      else {
        this.#log.warn({ callId: dialog.callId }, 'app did not acknowledge an answer, dialog ended');
        this.agent.hangUp(dialog, 'No ACK');
      }
    }
    this.#unacknowledged = now;
  }

  #greeting(): string {
    const outside: string[] = [];
    const local: string[] = [];
    for (const listener of this.#transactions.listening) {
      outside.push(`${listener.protocol}/${hostPort(listener)}`);
      local.push(`${listener.protocol}/${hostPort({ ...listener, advertise: undefined })}`);
    }
    return `${outside.join(',')}|${protocolVersion}|${local.join(',')}`;
  }
}

function live(owner: object | undefined): AppConnection | undefined {
  const connection = owner as AppConnection | undefined;
  return connection?.state === 'serving' ? connection : undefined;
}

function liveOwner(dialog: Dialog): AppConnection | undefined {
  return live(dialog.owner);
}

/** A text that cannot break a frame's meta line. */
function oneLine(what: unknown): string {
  const text = what instanceof Error ? what.message : String(what);
  return text.replace(/[|\r\n]/g, ' ');
}
