// The line to the sidecar: one WebSocket, opened again whenever it breaks; what the visitor said waits here until it is
// acknowledged, also over a reload of the page.
import type { FromVisitor, ShownMessage, ToVisitor } from '../../sidecar/channels/webchat/protocol.ts';

export type Waiting = Extract<FromVisitor, { id: string; t: 'say' | 'choose' | 'offline' }>;
type Welcome = Extract<ToVisitor, { t: 'welcome' }>;

export interface LineEvents {
  welcome(welcome: Welcome): void;
  message(message: ShownMessage): void;
  /** What was said is numbered, or refused for good. */
  settled(id: string, seq: number | undefined): void;
  heard(message: Exclude<ToVisitor, Welcome | ShownMessage | { t: 'ack' }>): void;
  /** The numbers of the sidecar are others than those here: what is shown is forgotten and told again. */
  reset(): void;
  online(is: boolean): void;
}

export interface Storing {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
}

const quietMs = 45_000;
const answerMs = 15_000;

export class Line {
  readonly #url: string;
  readonly #events: LineEvents;
  readonly #kept: Storing;
  #socket: WebSocket | undefined;
  #attempt = 0;
  #timer = 0;
  #watch = 0;
  #last = 0;
  #ready = false;
  #queue: Waiting[] = [];
  #identity: string | undefined;
  readonly #language: 'en' | 'zh';

  constructor(url: string, kept: Storing, language: 'en' | 'zh', events: LineEvents) {
    this.#url = url;
    this.#kept = kept;
    this.#language = language;
    this.#events = events;
    this.#queue = JSON.parse(kept.get('queue') ?? '[]') as Waiting[];
    addEventListener('online', () => this.#now());
    addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible' && this.#socket) this.#probe();
    });
  }

  get waiting(): readonly Waiting[] {
    return this.#queue;
  }

  get opened(): boolean {
    return this.#socket !== undefined || this.#timer !== 0;
  }

  /** Who is logged in, as the page signed it; a new one is told at once. */
  identify(token: string | undefined): void {
    if (token === this.#identity) return;
    this.#identity = token;
    if (this.#ready) this.#hello(0, true);
  }

  open(): void {
    if (this.#socket === undefined) this.#connect();
  }

  say(message: Waiting): void {
    this.#queue.push(message);
    this.#keep();
    if (this.#ready) this.send(message);
  }

  /** For what is worth nothing later. */
  send(message: FromVisitor): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify(message));
    if ('id' in message) this.#expect();
  }

  #connect(): void {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const socket = new WebSocket(`${this.#url.replace(/^http/, 'ws')}/socket`);
    this.#socket = socket;
    socket.onopen = () => this.#hello(this.#last, false);
    socket.onmessage = ({ data }) => this.#take(JSON.parse(String(data)) as ToVisitor);
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#ready = false;
      clearTimeout(this.#watch);
      this.#watch = 0;
      this.#events.online(false);
      const pause = Math.min(15_000, 500 * 2 ** this.#attempt++) * (0.5 + Math.random() / 2);
      this.#timer = window.setTimeout(() => this.#connect(), pause);
    };
  }

  #now(): void {
    if (this.#timer !== 0) this.#connect();
    else this.#probe();
  }

  /** A line that broke without a word answers no ping. */
  #probe(): void {
    this.send({ t: 'ping' });
    this.#expect();
  }

  #expect(): void {
    if (this.#watch === 0) this.#watch = window.setTimeout(() => this.#socket?.close(), answerMs);
  }

  #hello(after: number, anew: boolean): void {
    if (anew) {
      this.#last = 0;
      this.#events.reset();
    }
    const resume = this.#kept.get('resume');
    this.send({
      t: 'hello',
      after,
      language: this.#language,
      ...(resume === undefined ? {} : { resume }),
      ...(this.#identity === undefined ? {} : { identity: this.#identity }),
    });
    this.#expect();
  }

  #take(message: ToVisitor): void {
    clearTimeout(this.#watch);
    this.#watch = 0;
    switch (message.t) {
      case 'welcome':
        this.#welcome(message);
        break;
      case 'message':
        this.#numbered(message);
        break;
      case 'ack':
        // Our own are not told again; those of others between are, before.
        if (message.seq === this.#last + 1) this.#last = message.seq;
        this.#settled(message.id, message.seq);
        break;
      case 'error':
        if (message.id !== undefined) this.#refused(message.id, message.code);
        this.#events.heard(message);
        break;
      default:
        this.#events.heard(message);
    }
  }

  #numbered(message: ShownMessage): void {
    if (message.seq <= this.#last) return;
    this.#last = message.seq;
    if (message.from !== 'visitor') this.send({ t: 'got', seq: message.seq });
    this.#events.message(message);
  }

  #refused(id: string, code: string): void {
    const again = this.#queue.find((one) => one.id === id);
    if (again === undefined) return;
    if (code === 'slow-down' || code === 'failed') window.setTimeout(() => this.send(again), 3_000);
    else this.#settled(id, undefined);
  }

  #welcome(welcome: Welcome): void {
    this.#attempt = 0;
    this.#ready = true;
    this.#kept.set('resume', welcome.resume);
    if (welcome.seq < this.#last) {
      this.#hello(0, true);
      return;
    }
    this.#events.online(true);
    this.#events.welcome(welcome);
    for (const message of this.#queue) this.send(message);
  }

  #settled(id: string, seq: number | undefined): void {
    this.#queue = this.#queue.filter((one) => one.id !== id);
    this.#keep();
    this.#events.settled(id, seq);
  }

  #keep(): void {
    this.#kept.set('queue', JSON.stringify(this.#queue));
  }
}

/** Keeps a quiet line from being cut by what stands between. */
export function keepAlive(line: Line): void {
  window.setInterval(() => {
    if (document.visibilityState === 'visible') line.send({ t: 'ping' });
  }, quietMs);
}
