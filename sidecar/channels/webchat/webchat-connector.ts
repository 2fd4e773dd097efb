// The web chat: conversations of visitors' browsers over WebSockets. What a visitor says is in the inbox before it is acknowledged;
// what agents say is in the chat's log before it is reported as sent, and reaches the browser now or when it comes back.

import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Attachment, Content, InboundItem, OutboundMessage } from '../../../connector/index.ts';
import { networkOf } from '../../../values/index.ts';
import type { Connector, ConnectorTools, Delivery, Doors, Sent } from '../../connector.ts';
import { ChatLog, conversing, type Entry } from './chat-log.ts';
import { conversationOf } from './conversation-of.ts';
import { delivery, itemsOf, type Kept, personOf } from './deliveries.ts';
import { ChatDoor, type Ticket } from './door.ts';
import { isOpen } from './hours.ts';
import { knownBy } from './identity.ts';
import { plainPage } from './plain-page.ts';
import { type Conversing, type FromVisitor, fromVisitor } from './protocol.ts';
import { relaysFor } from './relays.ts';
import type { WebchatSettings } from './settings.ts';
import { shownMessage } from './shown.ts';
import { Signer } from './signed.ts';
import { send, VisitorSocket, Visitors } from './visitors.ts';

const mostFrame = 40_000;
/** Frames of one browser that wait; more is a flood. */
const mostWaiting = 50;
const historyPiece = 100;
/** Of a message, what a key of a call costs: a card's number is typed faster than one writes. */
const digitsCost = 0.2;
const dayMs = 86_400_000;
/** Close code 1013 (IANA's registry of WebSocket close codes). */
const tryAgainLater = 1013;

export class WebchatConnector implements Connector {
  readonly doors: Doors;
  readonly #settings: WebchatSettings;
  readonly #tools: ConnectorTools;
  readonly #log: ChatLog;
  readonly #visitors: Visitors;
  readonly #resume: Signer;
  readonly #door: ChatDoor;
  readonly #sockets: WebSocketServer;
  readonly #forget: NodeJS.Timeout;

  constructor(settings: WebchatSettings, tools: ConnectorTools) {
    this.#settings = settings;
    this.#tools = tools;
    this.#log = new ChatLog(tools.folder, tools.secret('log'));
    this.#visitors = new Visitors(settings.limits);
    this.#resume = new Signer(tools.secret('resume'));
    this.#door = new ChatDoor(settings, tools, (ticket, attachment) => this.#attached(ticket, attachment));
    this.doors = {
      request: (request, response, path) => this.#door.request(request, response, path),
      upgrade: (request, socket, head, path, remote) => this.#upgrade(request, socket, head, path, remote),
    };
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: mostFrame,
      WebSocket: VisitorSocket,
    });
    this.#forget = setInterval(() => void this.#forgetOld(), 3_600_000).unref();
  }

  async normalise(one: Delivery): Promise<InboundItem[]> {
    return itemsOf(one);
  }

  async send({ message, thread, at, content, author, authorName }: OutboundMessage): Promise<Sent> {
    const entry: Entry = { id: message, at, from: author, content, ...(authorName ? { name: authorName } : {}) };
    const { seq, fresh } = await this.#log.add(thread, entry);
    if (fresh) this.#visitors.tell(thread, shownMessage({ ...entry, seq }, this.#fileUrl(thread)));
    return { ok: true };
  }

  typing(thread: string): void {
    this.#visitors.tell(thread, { t: 'typing' });
  }

  state(thread: string, state: Conversing['state'], { agentName, position }: Omit<Conversing, 'state'>): void {
    const now = { state, ...(agentName ? { agentName } : {}), ...(position ? { position } : {}) };
    this.#visitors.tell(thread, { t: 'state', ...now });
    this.#later(this.#log.state(thread, now, this.#tools.clock.now()));
  }

  async stop(): Promise<void> {
    clearInterval(this.#forget);
    this.#visitors.close();
    this.#sockets.close();
    this.#log.close();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, path: string, remote: string): boolean {
    const refuse = (status: string): boolean => {
      socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\n\r\n`);
      return true;
    };
    if (path !== '/socket') return refuse('404 Not Found');
    if (!this.#door.allows(request)) return refuse('403 Forbidden');
    const network = networkOf(remote);
    if (!this.#visitors.hasRoom(network)) return refuse('503 Service Unavailable');
    this.#sockets.handleUpgrade(request, socket, head, (opened) => {
      const visitor = opened as VisitorSocket;
      visitor.remote = remote;
      this.#visitors.add(visitor, network, this.#tools.clock.monotonic());
      visitor.on('message', this.#onMessage);
      visitor.on('pong', onPong);
      visitor.on('error', onError);
      visitor.on('close', this.#onClose);
    });
    return true;
  }

  // One function each for all sockets; `this` of a listener is its socket.
  readonly #onMessage = ((connector: WebchatConnector) =>
    function (this: WebSocket, data: RawData, binary: boolean): void {
      connector.#frame(this as VisitorSocket, data, binary);
    })(this);

  readonly #onClose = ((connector: WebchatConnector) =>
    function (this: WebSocket): void {
      connector.#visitors.remove(this as VisitorSocket);
    })(this);

  #frame(socket: VisitorSocket, data: RawData, binary: boolean): void {
    const message = binary ? undefined : read(data);
    if (message === undefined) {
      send(socket, { t: 'error', code: 'not-understood' });
      return;
    }
    if (socket.waiting >= mostWaiting) {
      socket.terminate();
      return;
    }
    socket.waiting++;
    socket.turn = socket.turn.then(async () => {
      try {
        await this.#take(socket, message);
      } catch (error) {
        this.#tools.logger.error({ err: error }, 'a frame of a visitor could not be worked on');
        send(socket, { t: 'error', code: 'failed', ...('id' in message ? { id: message.id } : {}) });
      } finally {
        socket.waiting--;
      }
    });
  }

  async #take(socket: VisitorSocket, message: FromVisitor): Promise<void> {
    if (message.t === 'hello') return this.#hello(socket, message);
    if (message.t === 'ping') return send(socket, { t: 'pong' });
    const { conversation } = socket;
    if (conversation === undefined) return send(socket, { t: 'error', code: 'hello-first' });
    const { clock } = this.#tools;
    const now = clock.now();
    switch (message.t) {
      case 'typing': {
        if (now - socket.typedAt < 1_000) return;
        socket.typedAt = now;
        return this.#tools.notice({ item: 'typing', key: `typing:${conversation}`, at: now, thread: conversation });
      }
      case 'read':
        return this.#tools.notice({
          item: 'read',
          key: `read:${conversation}:${message.seq}`,
          at: now,
          thread: conversation,
        });
      case 'got':
        return this.#got(conversation, message.seq, now);
      case 'page':
        return this.#page(socket, conversation, message, now);
      case 'hangup':
        return this.#hangUp(socket);
    }
    if (!this.#visitors.admits(socket, clock.monotonic(), message.t === 'digits' ? digitsCost : 1)) {
      return send(socket, { t: 'error', code: 'slow-down', ...('id' in message ? { id: message.id } : {}) });
    }
    if (message.t === 'leave') return this.#leave(socket, conversation, now);
    if (message.t === 'digits') {
      return socket.call === undefined ? undefined : this.#tools.calls.digits(socket.call, message.digits);
    }
    if (message.t === 'relays') {
      const { callNumber, relays } = this.#settings;
      if (callNumber === undefined) return send(socket, { t: 'error', code: 'failed', id: message.id });
      // The name of the account goes to the TURN server's log: not the conversation's own id, by which it can be taken up.
      const call = randomBytes(6).toString('hex');
      const servers = relaysFor(relays, this.#tools.providersClock.now(), call);
      return send(socket, { t: 'relays', id: message.id, servers });
    }
    if (message.t === 'call') return this.#call(socket, conversation, message);
    if (message.t === 'file') {
      const url = this.#door.ticket(whoIs(socket, conversation), message);
      return send(socket, url ? { t: 'file', id: message.id, url } : { t: 'error', code: 'failed', id: message.id });
    }
    const who = whoIs(socket, conversation);
    const more = socket.page === undefined ? {} : { page: socket.page };
    if (message.t === 'offline') {
      const { name = who.name, mail, phone, text, id } = message;
      // What she says of herself; what the bank vouched for stays what it is.
      const said = {
        ...who,
        name,
        ...(who.account === undefined ? { mail: mail || undefined, phone: phone || undefined } : {}),
      };
      return this.#said(
        socket,
        id,
        { k: 'said', ...said, offline: true, ...more, content: { type: 'text', text } },
        now,
      );
    }
    const content: Content =
      message.t === 'say'
        ? { type: 'text', text: message.text }
        : { type: 'choice', key: message.key, ...(message.label === undefined ? {} : { label: message.label }) };
    return this.#said(socket, message.id, { k: 'said', ...who, ...more, content }, now);
  }

  async #said(socket: VisitorSocket, id: string, kept: Extract<Kept, { k: 'said' }>, now: number): Promise<void> {
    const { conversation, content } = kept;
    // First what must not be lost, then the log, then the answer: whatever breaks between, the browser says it again.
    await this.#keep(`${conversation}:${id}`, now, kept);
    const entry: Entry = { id, at: now, from: 'visitor', content };
    const { seq, fresh } = await this.#log.add(conversation, entry);
    send(socket, { t: 'ack', id, seq, at: now });
    if (fresh) this.#visitors.tell(conversation, shownMessage({ ...entry, seq }, this.#fileUrl(conversation)), socket);
  }

  async #call(
    socket: VisitorSocket,
    conversation: string,
    { id, offer }: Extract<FromVisitor, { t: 'call' }>,
  ): Promise<void> {
    const { callNumber: number } = this.#settings;
    if (number === undefined) return send(socket, { t: 'error', code: 'failed', id });
    const from = personOf(whoIs(socket, conversation));
    const peer = isIP(socket.remote) === 0 ? undefined : socket.remote;
    const { call, answer } = await this.#tools.calls.begin({ thread: conversation, from, number, offer, peer });
    socket.call = call;
    send(socket, { t: 'call', id, answer });
  }

  /** Of a conversation in which nobody said anything, or that is over, there is nothing to leave. */
  async #leave(socket: VisitorSocket, conversation: string, now: number): Promise<void> {
    const { state, last } = this.#log.conversation(conversation) ?? {};
    if (!last || state === 'closed') return;
    await this.#keep(`${conversation}:left:${now}`, now, { k: 'left', ...whoIs(socket, conversation) });
  }

  async #hangUp(socket: VisitorSocket): Promise<void> {
    const { call } = socket;
    socket.call = undefined;
    if (call !== undefined) await this.#tools.calls.end(call);
  }

  /** Bytes came by HTTP, and are at the server. @returns number of the message */
  async #attached({ who, id }: Ticket, attachment: Attachment): Promise<number> {
    const now = this.#tools.clock.now();
    const content: Content = { type: 'media', attachment };
    const { conversation } = who;
    await this.#keep(`${conversation}:${id}`, now, { k: 'said', ...who, content });
    const entry: Entry = { id, at: now, from: 'visitor', content };
    const { seq, fresh } = await this.#log.add(conversation, entry);
    if (fresh) this.#visitors.tell(conversation, shownMessage({ ...entry, seq }, this.#fileUrl(conversation)));
    return seq;
  }

  async #got(conversation: string, seq: number, now: number): Promise<void> {
    const fresh = await this.#log.got(conversation, seq);
    if (fresh.length === 0) return;
    const kept = fresh.map((message) => delivery(`got:${message}`, now, { k: 'got', message }));
    await this.#tools.inbox.accept(kept);
  }

  async #page(
    socket: VisitorSocket,
    conversation: string,
    { url, title }: { url: string; title?: string | undefined },
    now: number,
  ): Promise<void> {
    const { share, query } = this.#settings.page;
    const plain = share === 'off' ? undefined : plainPage(url, query);
    // Somebody who leafs through a shop is told where she stays, not where she passes.
    if (plain === undefined || plain === socket.page || now - socket.pagedAt < 2_000) return;
    socket.page = plain;
    socket.pagedAt = now;
    const { state, last } = this.#log.conversation(conversation) ?? {};
    // Before she said anything, and after the end, nobody looks; what she says next carries the page.
    if (!last || state === 'closed') return;
    const body: Kept = { k: 'page', ...whoIs(socket, conversation), url: plain, ...(title ? { title } : {}) };
    await this.#keep(`${conversation}:page:${now}`, now, body);
  }

  async #hello(socket: VisitorSocket, hello: Extract<FromVisitor, { t: 'hello' }>): Promise<void> {
    const { clock, providersClock } = this.#tools;
    // The first one is paid with the socket; each may begin a conversation, and asks for a whole history. Who comes back is welcome.
    if (socket.conversation !== undefined && !this.#visitors.admits(socket, clock.monotonic())) {
      return socket.close(tryAgainLater);
    }
    const now = clock.now();
    const { identitySecret } = this.#settings;
    const known =
      hello.identity === undefined || identitySecret === undefined
        ? undefined
        : knownBy(hello.identity, identitySecret, this.#tools.channel, providersClock.now());
    // The page is told, and the visitor goes on as a stranger.
    if (hello.identity !== undefined && known === undefined) send(socket, { t: 'error', code: 'identity-wrong' });
    const resumed = hello.resume === undefined ? undefined : this.#resume.read(hello.resume);
    const row = await conversationOf(this.#log, { resumed, account: known?.account }, now);
    socket.account = known?.account;
    socket.name = known?.name;
    socket.mail = known?.mail;
    socket.phone = known?.phone;
    socket.language = hello.language;
    this.#visitors.join(socket, row.id);
    send(socket, {
      t: 'welcome',
      resume: this.#resume.sign(row.id),
      seq: row.last,
      known: known !== undefined,
      open: isOpen(this.#settings.hours, now),
      ...conversing(row),
    });
    await this.#catchUp(socket, row.id, hello.after);
  }

  /** Numbered messages from there on, in pieces; then the browser is live. What is added meanwhile is in the last piece. */
  async #catchUp(socket: VisitorSocket, conversation: string, after: number): Promise<void> {
    const url = this.#fileUrl(conversation);
    for (let from = after; ; ) {
      const piece = this.#log.after(conversation, from, historyPiece);
      for (const entry of piece) send(socket, shownMessage(entry, url));
      from = piece.at(-1)?.seq ?? from;
      if (piece.length < historyPiece) break;
      await drained(socket);
    }
    // No await since the last look into the log: nothing can have come in between that is not told from here on.
    socket.live = true;
  }

  #keep(key: string, at: number, body: Kept): Promise<void> {
    return this.#tools.inbox.accept([delivery(key, at, body)]).then(() => {});
  }

  #fileUrl(conversation: string): (attachment: Attachment) => string {
    return (attachment) => this.#door.fileUrl(conversation, attachment);
  }

  async #forgetOld(): Promise<void> {
    const before = this.#tools.clock.now() - this.#settings.rememberDays * dayMs;
    try {
      while ((await this.#log.forget(before, 200)) === 200);
    } catch (error) {
      this.#tools.logger.error({ err: error }, 'old conversations could not be forgotten');
    }
  }

  #later(work: Promise<void>): void {
    work.catch((error: unknown) => this.#tools.logger.error({ err: error }, 'the chat log could not be written'));
  }
}

function read(data: RawData): FromVisitor | undefined {
  try {
    const parsed = fromVisitor.safeParse(JSON.parse(String(data)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

function whoIs({ account, name, mail, phone, language }: VisitorSocket, conversation: string) {
  return {
    conversation,
    ...(account === undefined ? {} : { account }),
    ...(name === undefined ? {} : { name }),
    ...(mail === undefined ? {} : { mail }),
    ...(phone === undefined ? {} : { phone }),
    ...(language === undefined ? {} : { language }),
  };
}

function drained(socket: VisitorSocket): Promise<void> {
  return new Promise((resolve) => socket.ping(undefined, undefined, () => resolve()));
}

function onPong(this: WebSocket): void {
  (this as VisitorSocket).alive = true;
}

/** Resets and frames against the protocol: the close that follows is all that matters. */
function onError(this: WebSocket): void {
  this.terminate();
}
