// SIP as the server speaks it: one object over drachtio-srf and, where the SIP server can do more, over the link.
import type { Logger } from 'pino';
import {
  CatchUp,
  type DialogEnd,
  type DialogRequests,
  type DialogSnapshot,
  type LinkClient,
} from '../../../link/index.ts';
import { systemClock } from '../../../values/index.ts';
import { type DialogFacts, type DialogWire, SipDialog } from './dialog.ts';
import { type DialogMaker, type Headers, IncomingCall, IncomingRequest } from './incoming.ts';
import { InheritedDialogs } from './inherited-dialogs.ts';
import { type AnsweredDialogMaker, type CallProgress, type CallRequest, OutgoingCall } from './outgoing.ts';
import type { RawRequest, RawResponder } from './raw-srf.ts';
import { Wire, type WireOptions } from './wire.ts';

export interface SipOptions extends WireOptions {
  /** To an edge that can do more than a drachtio-server; without it, calls are not adopted. */
  link?: LinkClient | undefined;
  /** How long dialogs live on here without a connection: a little longer than the edge's grace time. Default 35,000 ms. */
  giveUpMs?: number | undefined;
  /** Where the SIP server cannot list its dialogs: how often each that is older than the connection is asked for. Default 10,000 ms. */
  probeMs?: number | undefined;
  /** How long after a failed comparison with the edge the next is tried; see CatchUp. */
  compareRetryMs?: { first: number; most: number } | undefined;
  /** Keeps the ids of dialogs where the SIP server cannot list them, so that a later server can end them. */
  memory?: DialogMemory | undefined;
  /** How long the first connection may take. Default 10,000 ms. */
  withinMs?: number | undefined;
}

/** Outlives the process. */
export interface DialogMemory {
  all(): string[];
  add(id: string): void;
  remove(id: string): void;
}

export interface SipHandlers {
  /** Answer, refuse or ring it; nothing is sent before (100 Trying is the SIP server's). */
  call(call: IncomingCall): void;
  /** REGISTER, OPTIONS, MESSAGE and the like: reply once. */
  request(request: IncomingRequest): void;
}

/** Begins the notes of dialogs that carry a media engine's endpoints; notes of calls are JSON. */
const mediaMark = 'media ';

/** What a restarted server finds. */
export interface Found {
  /** As dialogs that work, each with what was noted at it. */
  dialogs: { dialog: SipDialog; snapshot: DialogSnapshot }[];
  ended: DialogEnd[];
}

/**
 * Connects to the SIP server. New requests come only after `serve`, so that running calls can be adopted first.
 * @throws sip-server-unreachable, sip-server-refused
 */
export async function connectSip(options: SipOptions): Promise<Sip> {
  const sip = new Sip(options);
  await sip.start();
  return sip;
}

export class Sip {
  readonly #options: SipOptions;
  readonly #log: Logger;
  readonly #wire: Wire;
  readonly #dialogs = new Map<string, SipDialog>();
  readonly #waiting = new Set<IncomingCall>();
  readonly #dialogWire: DialogWire;
  #handlers: SipHandlers | undefined;
  /** True once the first look at what the edge has is done; from then on reconnections are compared here. */
  #adopted = false;
  /** After a reconnection of either connection: our dialogs and the edge's are made the same again. */
  readonly #comparison: CatchUp;
  /** Runs while there is no connection: after the edge's grace time its calls are no more. */
  #givingUp: NodeJS.Timeout | undefined;
  readonly #inherited: InheritedDialogs;
  /** The connection to the SIP server is up, or down. */
  onconnection: ((up: boolean) => void) | undefined;

  constructor(options: SipOptions) {
    this.#options = options;
    this.#log = options.logger;
    this.#wire = new Wire(options, {
      request: (request, responder) => this.#received(request, responder),
      cancelled: (transactionId) => this.#cancelled(transactionId),
      up: () => this.#up(),
      down: () => this.#down(),
    });
    this.#dialogWire = {
      request: (request, sink) => this.#wire.request(request, sink),
      removed: (dialog) => {
        this.#dialogs.delete(dialog.id);
        if (!this.canAdopt) options.memory?.remove(dialog.id);
      },
      logger: this.#log,
    };
    this.#inherited = new InheritedDialogs(this.#wire, options.probeMs ?? 10_000, this.#log);
    this.#comparison = new CatchUp({
      run: () => this.#compare(),
      able: () => this.#adopted && this.#wire.connected && options.link?.connected === true,
      logger: this.#log,
      what: 'dialogs',
      retryMs: options.compareRetryMs,
    });
    options.link?.on('up', () => this.#comparison.due());
  }

  /** For connectSip. */
  start(): Promise<void> {
    return this.#wire.start(this.#options.withinMs ?? 10_000);
  }

  get connected(): boolean {
    return this.#wire.connected;
  }

  /** `udp/192.0.2.1:5060`, as the SIP server listens. */
  get addresses(): readonly string[] {
    return this.#wire.addresses;
  }

  /** Whether calls outlive this process: asked by capability, never by name. */
  get canAdopt(): boolean {
    return this.#options.link?.welcome?.capabilities.includes('adoption') ?? false;
  }

  /** For tests and metrics: what is held at this moment. */
  counts(): { dialogs: number; waiting: number; pending: number } {
    return { dialogs: this.#dialogs.size, waiting: this.#waiting.size, pending: this.#wire.pending };
  }

  /** New requests come from now on; resolves when the SIP server knows it. */
  serve(handlers: SipHandlers): Promise<void> {
    this.#handlers = handlers;
    this.#wire.serve(['INVITE', 'REGISTER', 'OPTIONS', 'MESSAGE', 'SUBSCRIBE', 'PUBLISH', 'INFO', 'NOTIFY', 'REFER']);
    return this.#wire.settled();
  }

  /** Resolves when the SIP server has read all that was sent before, and we all that it had said by then; or when it is gone. */
  settled(): Promise<void> {
    return this.#wire.settled();
  }

  /** Places a call. What comes of it is told to `progress`, never synchronously. */
  call(request: CallRequest, progress: CallProgress): OutgoingCall {
    return new OutgoingCall(this.#wire, request, progress, this.#answeredDialog);
  }

  /** A request outside dialogs (OPTIONS, MESSAGE …). @returns its final status @throws sip-server-down, sip-not-sent, sip-server-timeout */
  request(method: string, uri: string, headers: Headers = {}, body?: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#wire.request(
        { method, uri, headers, body },
        {
          response: ({ status }) => {
            if (status >= 200) resolve(status);
          },
          failed: reject,
        },
      );
    });
  }

  /**
   * Everything the SIP server still has of an earlier server, as dialogs that work. Requests for them are held back until
   * `adopted`. Empty where the SIP server cannot do this.
   */
  async find(): Promise<Found> {
    if (!this.canAdopt) {
      this.#endRemembered();
      return { dialogs: [], ended: [] };
    }
    const { dialogs, ended } = await this.#list();
    const ours = dialogs.filter(({ note }) => !note?.startsWith(mediaMark));
    return { dialogs: ours.map((snapshot) => ({ dialog: this.#revive(snapshot), snapshot })), ended };
  }

  /** Of those, the ones that carry a media engine's endpoints, each with what the engine's driver noted. */
  async findMedia(): Promise<Found['dialogs']> {
    if (!this.canAdopt) return [];
    const { dialogs } = await this.#list();
    return dialogs.flatMap((snapshot) => {
      if (!snapshot.note?.startsWith(mediaMark)) return [];
      const note = snapshot.note.slice(mediaMark.length);
      return [{ dialog: this.#revive(snapshot), snapshot: { ...snapshot, note } }];
    });
  }

  /** Nobody could take up the calls of the server before: their far sides get BYE. */
  #endRemembered(): void {
    const { memory } = this.#options;
    for (const id of memory?.all() ?? []) {
      this.#inherited.end(id);
      memory?.remove(id);
    }
  }

  /** The server is ready: what was held back for the found dialogs comes now. */
  async adopted(): Promise<void> {
    this.#adopted = true;
    if (this.canAdopt) await this.#ask('dialogs.adopted', {});
    // A connection that broke between the look and now.
    this.#comparison.resume();
  }

  /** If one ends while no server is there, the edge ends the other. */
  link(a: SipDialog, b: SipDialog): void {
    if (this.canAdopt) this.#tell('dialogs.link', { a: a.id, b: b.id });
  }

  unlink(a: SipDialog): void {
    if (this.canAdopt) this.#tell('dialogs.unlink', { a: a.id });
  }

  /** If the leader ends while no server is there, the edge ends the follower: a media engine's dialog goes with its leg's. */
  follow(leader: SipDialog, follower: string): void {
    if (this.canAdopt) this.#tell('dialogs.follow', { leader: leader.id, follower });
  }

  /** Keeps a media driver's text at the dialog that carries its endpoint. */
  noteMedia(dialog: SipDialog, note: string): void {
    this.note(dialog, mediaMark + note);
  }

  /** Keeps a text at the dialog for a later server. */
  note(dialog: SipDialog, note: string): void {
    if (this.canAdopt && !dialog.over) this.#tell('dialogs.note', { dialogId: dialog.id, note });
  }

  /** Breaks the connection as a fault would; it comes back. For tests. */
  cut(): void {
    this.#wire.cut();
  }

  /** Ends the connection; calls stay where the SIP server keeps them. */
  close(): void {
    clearTimeout(this.#givingUp);
    this.#comparison.close();
    this.#inherited.close();
    this.#wire.close();
  }

  #cancelled(transactionId: string): void {
    for (const call of this.#waiting) {
      if (call.transactionId !== transactionId) continue;
      call.cancelled();
      return;
    }
  }

  #received(request: RawRequest, responder: RawResponder): void {
    if (request.method === 'PRACK') {
      // The SIP server has matched it to what it sent reliably (RFC 3262 §3), and its dialog is mostly an early one.
      responder.send(200, undefined, {});
      return;
    }
    if (request.stackDialogId) {
      const dialog = this.#dialogs.get(request.stackDialogId);
      if (dialog) dialog.receive(request, responder);
      else this.#strayed(request, responder);
      return;
    }
    if (!this.#handlers) {
      responder.send(503, undefined, { headers: { 'Retry-After': '2' } });
      return;
    }
    if (request.method !== 'INVITE') {
      this.#handlers.request(new IncomingRequest(request, responder));
      return;
    }
    const call = new IncomingCall(request, responder, this.#answeringDialog, this.#notWaiting);
    this.#waiting.add(call);
    this.#handlers.call(call);
  }

  /** For a dialog that we do not know (any more): our BYE and their request have crossed. */
  #strayed(request: RawRequest, responder: RawResponder): void {
    if (request.method === 'ACK' || request.source === 'application') return;
    if (request.method === 'BYE') responder.send(200, undefined, {});
    else responder.send(481, undefined, {});
  }

  readonly #notWaiting = (call: IncomingCall): void => {
    this.#waiting.delete(call);
  };

  readonly #answeringDialog: DialogMaker = (sent, dialogId, call, localSdp) =>
    this.#hold({
      id: dialogId,
      role: 'uas',
      callId: call.callId,
      localSdp,
      remoteSdp: call.offer ?? '',
      remoteAddress: call.source.address,
      from: call.header('from') ?? '',
      to: sent.get('to') ?? '',
    });

  readonly #answeredDialog: AnsweredDialogMaker = (sent, response, call, { offer, credentials }) =>
    this.#hold({
      id: response.stackDialogId ?? '',
      role: 'uac',
      callId: call.callId ?? '',
      localSdp: offer ?? '',
      remoteSdp: response.body ?? '',
      remoteAddress: response.source_address,
      from: sent.get('from') ?? '',
      to: response.get('to') ?? '',
      credentials,
    });

  #revive(snapshot: DialogSnapshot): SipDialog {
    const known = this.#dialogs.get(snapshot.dialogId);
    if (known) return known;
    return this.#hold({
      id: snapshot.dialogId,
      role: snapshot.role,
      callId: snapshot.dialogId.slice(0, snapshot.dialogId.lastIndexOf(';from-tag=')),
      localSdp: snapshot.localSdp,
      remoteSdp: snapshot.remoteSdp,
      remoteAddress: snapshot.remoteAddress,
      from: headerOf(snapshot.invite, 'from'),
      to: headerOf(snapshot.answer, 'to'),
    });
  }

  #hold(facts: DialogFacts): SipDialog {
    const dialog = new SipDialog(facts, this.#dialogWire);
    this.#dialogs.set(dialog.id, dialog);
    if (!this.canAdopt) this.#options.memory?.add(dialog.id);
    return dialog;
  }

  #up(): void {
    clearTimeout(this.#givingUp);
    this.onconnection?.(true);
    if (this.canAdopt) this.#comparison.due();
    else this.#inherited.connected(this.#dialogs.values());
  }

  #down(): void {
    // What had no answer yet is gone with the connection: the edge answers it 503 by itself.
    for (const call of [...this.#waiting]) call.cancelled();
    clearTimeout(this.#givingUp);
    this.#inherited.disconnected();
    this.#givingUp = setTimeout(() => this.#giveUp(), this.#options.giveUpMs ?? 35_000);
    this.onconnection?.(false);
  }

  /**
   * Whatever the edge still had then, it has ended, or it is gone itself: records end, agents are free. A drachtio-server
   * keeps its dialogs for as long as it takes: those are ended when it is back.
   */
  #giveUp(): void {
    const dialogs = [...this.#dialogs.values()];
    this.#log.error({ dialogs: dialogs.length }, 'SIP server did not come back in time, its calls are over');
    if (!this.canAdopt) for (const { id } of dialogs) this.#inherited.endLater(id);
    for (const dialog of dialogs) dialog.lost({ by: 'lost', cause: 'sip-server-lost' });
  }

  /** May run again after it failed half-way. */
  async #compare(): Promise<void> {
    if (!this.canAdopt) return;
    const held = [...this.#dialogs.values()];
    const { dialogs, ended } = await this.#list();
    const there = new Set(dialogs.map((snapshot) => snapshot.dialogId));
    const endings = new Map(ended.map((end) => [end.dialogId, end]));
    for (const dialog of held) {
      if (there.has(dialog.id)) continue;
      const by = endings.get(dialog.id)?.by ?? 'lost';
      dialog.lost({ by, cause: 'ended while disconnected' });
    }
    for (const snapshot of dialogs) {
      // One of this connection is not an orphan: the news of it is on its way to us.
      if (this.#dialogs.has(snapshot.dialogId) || !snapshot.orphan) continue;
      // Its 200 came while we were away, or we had given it up: nobody would ever end it.
      this.#log.warn({ sipCallId: snapshot.dialogId }, 'dialog without a call is ended');
      void this.#revive(snapshot).bye();
    }
    await this.#ask('dialogs.adopted', {});
  }

  /** What the edge has, with its times by our clock. */
  async #list(): Promise<{ dialogs: DialogSnapshot[]; ended: DialogEnd[] }> {
    const { dialogs, ended, now } = await this.#ask('dialogs.list', {});
    const ahead = now - systemClock.now();
    return {
      dialogs: dialogs.map((snapshot) => ({ ...snapshot, answeredAt: snapshot.answeredAt - ahead })),
      ended: ended.map((end) => ({ ...end, at: end.at - ahead })),
    };
  }

  #ask<Name extends keyof DialogRequests>(
    name: Name,
    body: DialogRequests[Name]['with'],
  ): Promise<DialogRequests[Name]['ok']> {
    const link = this.#options.link;
    if (!link) return Promise.reject(new Error(`${name} without a link`));
    return link.request<DialogRequests[Name]['ok']>(name, body);
  }

  #tell<Name extends keyof DialogRequests>(name: Name, body: DialogRequests[Name]['with']): void {
    // A dialog may have ended meanwhile, or the link is down: then a reconnection compares anyway.
    this.#options.link?.tell(name, body);
  }
}

/** First value of a header in a message text; '' where it is not there. */
function headerOf(text: string, name: string): string {
  const short = name === 'from' ? 'f' : 't';
  for (const line of text.split('\r\n')) {
    if (line === '') break;
    const colon = line.indexOf(':');
    const key = line.slice(0, colon).trim().toLowerCase();
    if (key === name || key === short) return line.slice(colon + 1).trim();
  }
  return '';
}
