// What we use of drachtio-srf, typed by us: its own declarations are incomplete and partly wrong (protocol facts §16).
// Nothing outside this folder sees these.
import './raw-messages.ts';
import './raw-requests.ts';
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import Srf from 'drachtio-srf';
import { GatheredWrites } from '../../../link/index.ts';

export interface RawMessage {
  readonly headers: Record<string, string>;
  readonly body?: string | undefined;
  readonly raw?: string | undefined;
  get(name: string): string | undefined;
}

export interface RawMeta {
  /** `network`, or `application` for what the SIP server sent by itself. */
  readonly source: string;
  readonly source_address: string;
  readonly source_port: number;
  readonly protocol: string;
  stackTxnId: string;
  readonly stackDialogId?: string | undefined;
}

export interface RawRequest extends RawMessage, RawMeta, EventEmitter {
  readonly method: string;
  readonly uri: string;
  readonly receivedOn?: string | undefined;
  readonly socket: unknown;
  cancel(options: { headers?: Record<string, string> }, callback: (error: unknown) => void): void;
}

export interface RawIncomingResponse extends RawMessage, RawMeta {
  readonly status: number;
  readonly reason: string;
}

export interface RawResponder extends RawMeta {
  /** The callback gets a bare string where the SIP server refused (facts §16). */
  send(
    status: number,
    reason: string | undefined,
    options: { headers?: Record<string, string>; body?: string | undefined },
    callback?: (error: unknown, sent?: RawMessage) => void,
  ): void;
}

export type RawAck = (options?: { headers?: Record<string, string>; body?: string }) => void;

export interface RawRequestOptions {
  uri?: string | undefined;
  method: string;
  headers?: Record<string, string>;
  body?: string | undefined;
  /** Next hop. */
  proxy?: string | undefined;
  stackDialogId?: string | undefined;
}

export type RawHandler = (req: RawRequest, res: RawResponder) => void;

export interface RawSrf extends EventEmitter {
  connect(options: {
    host: string;
    port: number;
    secret: string;
    /** Options of tls.connect. */
    tls?: { servername?: string };
    reconnect: { maxAttempts: number };
  }): unknown;
  disconnect(): void;
  readonly app: {
    request(options: RawRequestOptions, callback: (error: unknown, req?: RawRequest) => void): void;
    /** There once it was told to connect. */
    readonly client?: RawClient;
  };
}

interface RawClient {
  readonly wp: RawWire;
  set(what: 'handler', handler: RawHandler): void;
  /** Requests of this method (lower case) outside dialogs are to come here. @throws where they do already */
  route(method: string): void;
}

interface RawWire {
  /** Sends one frame of the protocol. @returns its message id */
  send(socket: Socket, payload: string): string;
  emit(event: string, ...args: unknown[]): boolean;
}

/** @param tags announced to the SIP server with the secret */
export function newSrf(tags: string[]): RawSrf {
  return new Srf(tags) as unknown as RawSrf;
}

/** All requests go to `handler` itself, not through layers of handlers that are asked one by one. After `connect`. */
export function handleRequests(srf: RawSrf, handler: RawHandler): void {
  clientOf(srf).set('handler', handler);
}

/** Has requests of this method outside dialogs come here. After `connect`; once for each. */
export function routeHere(srf: RawSrf, method: string): void {
  clientOf(srf).route(method.toLowerCase());
}

/**
 * Lets frames leave in few writes: drachtio-srf writes each by itself, and a write to a socket costs more than all else
 * that is done for a frame. After `connect`.
 */
export function gatherFrames(srf: RawSrf): void {
  const { wp } = clientOf(srf);
  const writes = new WeakMap<Socket, GatheredWrites>();
  let messages = 0;
  wp.send = (socket, payload) => {
    let to = writes.get(socket);
    if (!to) {
      to = new GatheredWrites(socket);
      writes.set(socket, to);
    }
    const id = String(++messages);
    to.write(`${Buffer.byteLength(payload) + id.length + 1}#${id}|${payload}`);
    return id;
  };
}

export interface FrameWatcher {
  /**
   * The network cancels the INVITE of this transaction. drachtio-srf looks by Call-ID alone: of two at once with one Call-ID
   * it takes the newer, whichever was meant, and then forgets both.
   */
  cancelled(transactionId: string): void;
  /** A frame could not be handled (a peer's text that nobody foresaw): that costs this frame only. */
  failed(error: unknown): void;
}

/** After `connect`. */
export function watchFrames(srf: RawSrf, watcher: FrameWatcher): void {
  const { wp } = clientOf(srf);
  const emit = wp.emit.bind(wp);
  wp.emit = (event, ...args) => {
    if (event !== 'msg') return emit(event, ...args);
    const [socket, frame] = args;
    try {
      const transactionId = cancelledBy(String(frame));
      if (transactionId) watcher.cancelled(transactionId);
      return emit(event, socket, frame);
    } catch (error) {
      watcher.failed(error);
      return true;
    }
  };
}

/** @returns the transaction that a CANCEL in the frame is for */
function cancelledBy(frame: string): string | undefined {
  const text = frame.indexOf('\r\n') + 2;
  if (!frame.startsWith('CANCEL ', text)) return undefined;
  const [, kind, source, , , , , , transactionId] = frame.slice(0, text - 2).split('|');
  return kind === 'sip' && source === 'network' ? transactionId : undefined;
}

function clientOf(srf: RawSrf): RawClient {
  const { client } = srf.app;
  if (!client) throw new Error('drachtio-srf was not told to connect');
  return client;
}
