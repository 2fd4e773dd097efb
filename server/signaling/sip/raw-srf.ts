// What we use of drachtio-srf, typed by us: its own declarations are incomplete and partly wrong (protocol facts §16).
// Nothing outside this folder sees these.
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import Srf from 'drachtio-srf';
import { GatheredWrites } from '../../../link/index.ts';
import './raw-messages.ts';

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

export type RawHandler = (req: RawRequest, res: RawResponder, next: () => void) => void;

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
  use(handler: RawHandler): void;
  use(method: string, handler: RawHandler): void;
  readonly app: {
    request(options: RawRequestOptions, callback: (error: unknown, req?: RawRequest) => void): void;
    /** There once it was told to connect. */
    readonly client?: { readonly wp: RawWire };
  };
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

/**
 * Lets frames leave in few writes: drachtio-srf writes each by itself, and a write to a socket costs more than all else
 * that is done for a frame. After `connect`.
 */
export function gatherFrames(srf: RawSrf): void {
  const wp = srf.app.client?.wp;
  if (!wp) throw new Error('drachtio-srf has no connection to gather frames on');
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

/** Lets one frame that cannot be handled (a peer's text that nobody foresaw) cost that frame only. After `connect`. */
export function guardFrames(srf: RawSrf, failed: (error: unknown) => void): void {
  const wp = srf.app.client?.wp;
  if (!wp) throw new Error('drachtio-srf has no connection to guard frames on');
  const emit = wp.emit.bind(wp);
  wp.emit = (event, ...args) => {
    if (event !== 'msg') return emit(event, ...args);
    try {
      return emit(event, ...args);
    } catch (error) {
      failed(error);
      return true;
    }
  };
}

/**
 * Tells which INVITE a CANCEL of the network is for, by its transaction. drachtio-srf looks by Call-ID alone: of two at once
 * with one Call-ID it takes the newer, whichever was meant, and then forgets both. After `connect`.
 */
export function hearCancels(srf: RawSrf, cancelled: (transactionId: string) => void): void {
  const wp = srf.app.client?.wp;
  if (!wp) throw new Error('drachtio-srf has no connection to hear CANCEL on');
  const emit = wp.emit.bind(wp);
  wp.emit = (event, ...args) => {
    const frame = args[1];
    if (event === 'msg' && typeof frame === 'string') {
      const text = frame.indexOf('\r\n') + 2;
      if (frame.startsWith('CANCEL ', text)) {
        const [, kind, source, , , , , , transactionId] = frame.slice(0, text - 2).split('|');
        if (kind === 'sip' && source === 'network' && transactionId) cancelled(transactionId);
      }
    }
    return emit(event, ...args);
  };
}
