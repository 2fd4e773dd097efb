// The browsers that are connected: which conversation each belongs to, and how much each may send. One timer for all of them,
// and no closure of their own: ten thousand of them are one sidecar's.
import { WebSocket } from 'ws';
import type { Millis } from '../../../values/index.ts';
import type { ToVisitor } from './protocol.ts';

/** A socket of one browser. */
export class VisitorSocket extends WebSocket {
  conversation: string | undefined;
  network = '';
  /** Of the identity that was proved on it. */
  account: string | undefined;
  name: string | undefined;
  mail: string | undefined;
  phone: string | undefined;
  language: 'en' | 'zh' | undefined;
  page: string | undefined;
  /** Where it is, behind proxies that are trusted. */
  remote = '';
  /** Her call, by the server's name of it. */
  call: string | undefined;
  /** Answered the last ping. */
  alive = true;
  /** Tokens of its bucket, and when they were counted. */
  tokens = 0;
  countedAt: Millis = 0;
  typedAt: Millis = 0;
  pagedAt: Millis = 0;
  /** What it sent is worked on one after the other. */
  turn: Promise<void> = Promise.resolve();
  waiting = 0;
  /** Numbered messages go to it from there on; before that it is being told what it missed. */
  live = false;
}

export interface VisitorLimits {
  sockets: number;
  socketsPerNetwork: number;
  messagesPerSecond: number;
  burst: number;
}

/** A browser that takes nothing more than this holds up memory: it is cut off, and comes back. */
const mostBuffered = 512 * 1024;
const roundMs = 30_000;
const slices = 30;

export class Visitors {
  readonly #limits: VisitorLimits;
  readonly #all = new Set<VisitorSocket>();
  readonly #byConversation = new Map<string, VisitorSocket[]>();
  readonly #perNetwork = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #round: Iterator<VisitorSocket> | undefined;

  constructor(limits: VisitorLimits) {
    this.#limits = limits;
    // A slice of all at a time, so that ten thousand pings do not leave in one go.
    this.#timer = setInterval(() => this.#ping(), roundMs / slices).unref();
  }

  get count(): number {
    return this.#all.size;
  }

  hasRoom(network: string): boolean {
    const { sockets, socketsPerNetwork } = this.#limits;
    return this.#all.size < sockets && (this.#perNetwork.get(network) ?? 0) < socketsPerNetwork;
  }

  add(socket: VisitorSocket, network: string, now: Millis): void {
    socket.network = network;
    socket.tokens = this.#limits.burst;
    socket.countedAt = now;
    this.#all.add(socket);
    this.#perNetwork.set(network, (this.#perNetwork.get(network) ?? 0) + 1);
  }

  remove(socket: VisitorSocket): void {
    if (!this.#all.delete(socket)) return;
    const left = (this.#perNetwork.get(socket.network) ?? 1) - 1;
    if (left > 0) this.#perNetwork.set(socket.network, left);
    else this.#perNetwork.delete(socket.network);
    this.#leave(socket);
  }

  join(socket: VisitorSocket, conversation: string): void {
    this.#leave(socket);
    socket.conversation = conversation;
    const others = this.#byConversation.get(conversation);
    if (others) others.push(socket);
    else this.#byConversation.set(conversation, [socket]);
  }

  of(conversation: string): readonly VisitorSocket[] {
    return this.#byConversation.get(conversation) ?? [];
  }

  /** @param cost in messages @returns whether it may send one more now */
  admits(socket: VisitorSocket, now: Millis, cost = 1): boolean {
    const { messagesPerSecond, burst } = this.#limits;
    const tokens = Math.min(burst, socket.tokens + ((now - socket.countedAt) / 1000) * messagesPerSecond);
    socket.countedAt = now;
    socket.tokens = tokens >= cost ? tokens - cost : tokens;
    return tokens >= cost;
  }

  /** To all live browsers of a conversation, but one. */
  tell(conversation: string, message: ToVisitor, but?: VisitorSocket): void {
    const sockets = this.#byConversation.get(conversation);
    if (sockets === undefined) return;
    const text = JSON.stringify(message);
    for (const socket of sockets) if (socket !== but && socket.live) sendText(socket, text);
  }

  close(): void {
    clearInterval(this.#timer);
    // 1012: the service restarts; browsers come back after a moment.
    for (const socket of this.#all) socket.close(1012);
    for (const socket of this.#all) socket.terminate();
  }

  #leave(socket: VisitorSocket): void {
    const { conversation } = socket;
    if (conversation === undefined) return;
    const rest = this.of(conversation).filter((one) => one !== socket);
    if (rest.length === 0) this.#byConversation.delete(conversation);
    else this.#byConversation.set(conversation, rest);
    socket.conversation = undefined;
    socket.live = false;
  }

  #ping(): void {
    this.#round ??= this.#all.values();
    for (let left = Math.ceil(this.#all.size / slices); left > 0; left--) {
      const next = this.#round.next();
      if (next.done) {
        this.#round = undefined;
        return;
      }
      const socket = next.value;
      if (!socket.alive) socket.terminate();
      else {
        socket.alive = false;
        socket.ping();
      }
    }
  }
}

export function send(socket: VisitorSocket, message: ToVisitor): void {
  sendText(socket, JSON.stringify(message));
}

function sendText(socket: VisitorSocket, text: string): void {
  if (socket.readyState !== WebSocket.OPEN) return;
  if (socket.bufferedAmount > mostBuffered) socket.terminate();
  else socket.send(text);
}
