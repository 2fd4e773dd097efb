// Between the dialogs and the apps: what comes from the network becomes frames, what apps say becomes SIP.
import type { Logger } from 'pino';
import { LimitedLog, systemClock } from '../../values/index.ts';
import type { Arrival, Listener, Transactions } from '../sip/index.ts';
import {
  type Dialog,
  type DialogEndCause,
  type DialogTimes,
  type DialogUser,
  hostPort,
  type Incoming,
  type Outgoing,
  type SipMessage,
  UserAgent,
} from '../sip/index.ts';
import { Admission, type AdmissionLimits, standardLimits } from './admission.ts';
import { AppCommands, type GatewayParts } from './app-commands.ts';
import { AppListener, type AppListenerUser, protocolVersion } from './app-listener.ts';
import { type AppConnection, live, liveOwner } from './connection.ts';
import { madeUpFrame, networkFrame, newRequestFrame, unsolicitedFrame } from './frames.ts';
import { Gap, type GapOptions } from './gap.ts';
import { Overdue } from './overdue.ts';
import { Ownership } from './ownership.ts';
import { Registrations } from './registrations.ts';
import { type SourceLimits, Sources, standardSources } from './sources.ts';

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
  sources?: Partial<SourceLimits> | undefined;
  gap?: Partial<GapOptions> | undefined;
  /** How long an app may leave an INVITE without a word (RFC 3261 §13.3.1.1 wants one a minute), ms. Default 180,000. */
  inviteSilenceMs?: number | undefined;
  /** Confirmed dialogs, for the ledger. */
  confirmed?: ((dialog: Dialog) => void) | undefined;
  ended?: ((dialog: Dialog) => void) | undefined;
}

/** How long a stopping edge waits for the answers to its BYEs. */
const stopPatienceMs = 1_000;

export class Gateway implements DialogUser, AppListenerUser {
  readonly agent: UserAgent;
  readonly admission: Admission;
  readonly registrations = new Registrations();
  readonly gap: Gap;
  /** Requests refused because their source, which nobody knows, sends too many; since the start. */
  floods = 0;
  readonly #options: GatewayOptions;
  readonly #transactions: Transactions;
  readonly #owned = new Ownership();
  readonly #sources: Sources;
  readonly #floods: LimitedLog;
  readonly #commands: AppCommands;
  readonly #overdue: Overdue;
  #apps: AppListener | undefined;

  private constructor(options: GatewayOptions) {
    this.#options = options;
    this.#transactions = options.transactions;
    this.agent = new UserAgent({ ...options, user: this });
    this.admission = new Admission(
      { ...standardLimits, ...options.admission },
      { behindMs: (now) => options.transactions.behindMs(now) },
    );
    this.gap = new Gap(this.agent, options.log, options.gap);
    this.#sources = new Sources({ ...standardSources, ...options.sources });
    this.#floods = new LimitedLog(options.log, systemClock, 'request refused');
    options.transactions.on('connection-closed', (connection) => this.registrations.connectionClosed(connection));
    const { agent, admission, registrations } = this;
    const parts: GatewayParts = {
      agent,
      transactions: options.transactions,
      owned: this.#owned,
      admission,
      registrations,
      sources: this.#sources,
      log: options.log,
    };
    this.#commands = new AppCommands(parts);
    this.#overdue = new Overdue(parts, options.times?.patience ?? 32_000, options.inviteSilenceMs ?? 180_000);
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
    this.#overdue.close();
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

  /** A request that would begin something: who nobody knows has a rate of his own, and what waits for the app is bounded. */
  refusal(request: SipMessage, { remoteAddress }: Arrival): number | undefined {
    const { method } = request;
    const known = this.#sources.knows(remoteAddress);
    if (!known && !this.#sources.take(remoteAddress)) {
      this.floods++;
      this.#floods.warn({ why: 'too many of one source', method, pii: { address: remoteAddress } });
      return this.admission.retryAfter();
    }
    // A refusal must cost next to nothing, and wait for no ACK: who offers too much may offer several times as much.
    if (method === 'INVITE') return this.admission.admits() ? undefined : this.admission.retryAfter();
    if (this.admission.admitsOther(method, known, this.#owned.outside)) return undefined;
    this.#floods.warn({ why: 'too many wait for the app', method, pii: { address: remoteAddress } });
    return this.admission.retryAfter();
  }

  request(incoming: Incoming): void {
    const { method } = incoming;
    const app = this.#apps?.choose(method);
    if (app === undefined) {
      this.agent.refuse(incoming, 503, [['Retry-After', String(this.admission.retryAfter())]]);
      return;
    }
    if (method === 'INVITE') this.admission.handed(incoming.id);
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
    const { status } = response;
    // Whom we call, and who takes it, is no stranger.
    if (outgoing.method === 'INVITE' && status >= 200 && status < 300) this.#sources.accepted(arrival.remoteAddress);
    if (status >= 200) this.#owned.outgoingInvites.delete(outgoing.id);
    const app = live(outgoing.owner);
    if (app === undefined) this.gap.response(outgoing, response);
    else app.send(networkFrame(arrival, outgoing.id, outgoing.dialog?.id ?? '', response.toString()));
  }

  failed(outgoing: Outgoing, response: SipMessage): void {
    this.#owned.outgoingInvites.delete(outgoing.id);
    const protocol = outgoing.request.topVia.transport.toLowerCase();
    live(outgoing.owner)?.send(
      madeUpFrame(protocol, systemClock.now(), outgoing.id, outgoing.dialog?.id ?? '', response.toString()),
    );
  }

  unsolicited(dialog: Dialog, bye: SipMessage, from: Listener | undefined): void {
    const local = { protocol: from?.protocol ?? '', address: from?.address ?? '', port: from?.port ?? 0 };
    liveOwner(dialog)?.send(unsolicitedFrame(local, systemClock.now(), dialog.id, bye.toString()));
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
    this.#commands.frame(connection, meta, payload, textAt);
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
