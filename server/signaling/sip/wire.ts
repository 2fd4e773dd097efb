// The connection to the SIP server (our edge, or a drachtio-server). drachtio-srf's own reconnection compounds its delay,
// forgets TCP_NODELAY, and keeps what was pending for ever (protocol facts §1, §16); so every connection is a new Srf, the
// delay is ours and bounded, and what was pending when a connection ends fails at once.
import type { Logger } from 'pino';
import type { SwitchroomError } from '../../../values/index.ts';
import { sipErrors } from './errors.ts';
import {
  gatherFrames,
  newSrf,
  type RawAck,
  type RawHandler,
  type RawIncomingResponse,
  type RawRequest,
  type RawRequestOptions,
  type RawResponder,
  type RawSrf,
} from './raw-srf.ts';

export interface WireOptions {
  host: string;
  port: number;
  secret: string;
  /** Announced as tag `epoch-<n>`, so that the edge obeys only the newest server. */
  epoch?: number | undefined;
  logger: Logger;
  /** First delay before a new attempt, and the most it grows to. Default 50 and 1,000 ms. */
  retryMs?: { first: number; most: number } | undefined;
  /** How long the SIP server may take to say that a frame was taken. Default 5,000 ms. */
  echoMs?: number | undefined;
}

/** What happens to one request that we sent. Exactly one of a final `response` and `failed`, at the end. */
export interface RequestSink {
  /** It left; `request` is what went out. */
  sent?(request: RawRequest): void;
  response(response: RawIncomingResponse, ack: RawAck): void;
  failed(error: SwitchroomError): void;
}

export interface WireUser {
  /** A request outside dialogs of a served method, or any request inside a dialog. */
  request(request: RawRequest, responder: RawResponder): void;
  up(): void;
  down(): void;
}

interface Pending {
  sink: RequestSink;
  what: string;
  /** Monotonic time by which its next stage must be reached. */
  due: number;
  echoed: boolean;
}

/** It makes up a 408 after 32 s (INVITE: timer C, 185 s); this only guards against a frame that got lost. */
const finalMs = { invite: 240_000, other: 40_000 };

/**
 * ```
 *   connecting ──authenticated──▶ up ──closed──▶ waiting ──delay──▶ connecting
 *        └──────failed, refused──▶ waiting            any ──close──▶ closed
 * ```
 */
export class Wire {
  readonly #options: WireOptions;
  readonly #log: Logger;
  readonly #user: WireUser;
  readonly #pending = new Set<Pending>();
  readonly #serving = new Set<string>();
  readonly #retryMs: { first: number; most: number };
  readonly #echoMs: number;
  #srf: RawSrf | undefined;
  #state: 'connecting' | 'up' | 'waiting' | 'closed' = 'connecting';
  #delay: number;
  #retry: NodeJS.Timeout | undefined;
  #sweep: NodeJS.Timeout;
  #first: { resolve: () => void; reject: (error: Error) => void } | undefined;
  /** `udp/192.0.2.1:5060`, as the SIP server listens. */
  addresses: string[] = [];

  constructor(options: WireOptions, user: WireUser) {
    this.#options = options;
    this.#user = user;
    this.#log = options.logger;
    this.#retryMs = options.retryMs ?? { first: 50, most: 1_000 };
    this.#echoMs = options.echoMs ?? 5_000;
    this.#delay = this.#retryMs.first;
    this.#sweep = setInterval(() => this.#expire(), Math.min(1_000, this.#echoMs));
    this.#sweep.unref();
  }

  get connected(): boolean {
    return this.#state === 'up';
  }

  get pending(): number {
    return this.#pending.size;
  }

  /** Resolves when it is connected for the first time. @throws sip-server-unreachable, sip-server-refused; it is closed then */
  start(withinMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const address = `${this.#options.host}:${this.#options.port}`;
      const timer = setTimeout(
        () => this.#first?.reject(sipErrors['sip-server-unreachable']({ address, withinMs })),
        withinMs,
      );
      const settle = (done: () => void) => {
        this.#first = undefined;
        clearTimeout(timer);
        done();
      };
      this.#first = {
        resolve: () => settle(resolve),
        reject: (error) => {
          this.close();
          settle(() => reject(error));
        },
      };
      this.#connect();
    });
  }

  /** From now on new requests of these methods come to us. */
  serve(methods: string[]): void {
    for (const method of methods) {
      if (this.#serving.has(method)) continue;
      this.#serving.add(method);
      if (this.#srf) this.#srf.use(method.toLowerCase(), this.#handler(this.#srf));
    }
  }

  /** Resolves when the SIP server has read all that was sent before, or is gone: frames of a connection are answered in order. */
  settled(): Promise<void> {
    return new Promise((done) => {
      // There is no such dialog, so this is refused, and nothing is sent to anybody.
      const nowhere = { method: 'OPTIONS', uri: 'sip:placeholder', stackDialogId: 'none' };
      this.request(nowhere, { response: () => done(), failed: () => done() });
    });
  }

  /** Sends a request; what comes of it goes to `sink`, never synchronously. */
  request(options: RawRequestOptions, sink: RequestSink): void {
    const what = options.method;
    const pending: Pending = { sink, what, due: performance.now() + this.#echoMs, echoed: false };
    const srf = this.#srf;
    if (!srf || this.#state !== 'up') {
      queueMicrotask(() => sink.failed(sipErrors['sip-server-down']()));
      return;
    }
    this.#pending.add(pending);
    try {
      srf.app.request(options, (error, request) => this.#echoed(pending, error, request));
    } catch (error) {
      // drachtio-srf asserts where its socket has just gone.
      queueMicrotask(() => this.#fail(pending, sipErrors['sip-not-sent']({ what, reason: reasonOf(error) })));
    }
  }

  /** Breaks the connection; it comes back. */
  cut(): void {
    if (this.#state === 'up') this.#srf?.disconnect();
  }

  close(): void {
    if (this.#state === 'closed') return;
    const wasUp = this.#state === 'up';
    this.#state = 'closed';
    clearTimeout(this.#retry);
    clearInterval(this.#sweep);
    const srf = this.#srf;
    this.#srf = undefined;
    if (wasUp) srf?.disconnect();
    this.#failAll();
  }

  #connect(): void {
    const { host, port, secret, epoch } = this.#options;
    this.#state = 'connecting';
    const srf = newSrf(epoch === undefined ? [] : [`epoch-${epoch}`]);
    this.#srf = srf;
    srf.use((request, responder, next) => {
      if (request.stackDialogId) this.#deliver(srf, request, responder);
      else next();
    });
    for (const method of this.#serving) srf.use(method.toLowerCase(), this.#handler(srf));
    srf.on('connect', (error: unknown, addresses?: string) =>
      this.#connected(
        srf,
        error,
        (addresses ?? '').split(',').filter((address) => address !== ''),
      ),
    );
    srf.on('error', (error: Error) => this.#log.debug({ err: error }, 'SIP server connection error'));
    srf.on('close', () => this.#closed(srf));
    // One attempt only: trying again is done here.
    srf.connect({ host, port, secret, reconnect: { maxAttempts: 1 } });
    gatherFrames(srf);
  }

  #handler(srf: RawSrf): RawHandler {
    return (request, responder) => this.#deliver(srf, request, responder);
  }

  #deliver(srf: RawSrf, request: RawRequest, responder: RawResponder): void {
    if (srf !== this.#srf) return; // of a connection that is over
    try {
      this.#user.request(request, responder);
    } catch (error) {
      this.#log.error({ err: error, method: request.method }, 'handler of a SIP request failed');
      if (request.method !== 'ACK') responder.send(500, undefined, {});
    }
  }

  #connected(srf: RawSrf, error: unknown, addresses: string[]): void {
    if (srf !== this.#srf) return;
    const address = `${this.#options.host}:${this.#options.port}`;
    if (error) {
      this.#log.error({ address, reason: reasonOf(error) }, 'SIP server refused us');
      this.#delay = this.#retryMs.most;
      this.#first?.reject(sipErrors['sip-server-refused']({ address, reason: reasonOf(error) }));
      return;
    }
    if (this.#state === 'closed') {
      srf.disconnect();
      return;
    }
    this.#state = 'up';
    this.#delay = this.#retryMs.first;
    this.addresses = addresses;
    this.#log.info({ address, listening: addresses }, 'connected to the SIP server');
    this.#first?.resolve();
    this.#user.up();
  }

  #closed(srf: RawSrf): void {
    if (srf !== this.#srf || this.#state === 'closed') return;
    const wasUp = this.#state === 'up';
    this.#srf = undefined;
    this.#state = 'waiting';
    this.#retry = setTimeout(() => this.#connect(), this.#delay);
    this.#delay = Math.min(this.#delay * 2, this.#retryMs.most);
    if (!wasUp) return;
    this.#log.warn({}, 'connection to the SIP server lost');
    this.#failAll();
    this.#user.down();
  }

  #echoed(pending: Pending, error: unknown, request: RawRequest | undefined): void {
    if (!this.#pending.has(pending)) return;
    if (error || !request) {
      this.#fail(pending, sipErrors['sip-not-sent']({ what: pending.what, reason: reasonOf(error) }));
      return;
    }
    pending.echoed = true;
    const isInvite = pending.what === 'INVITE';
    pending.due = performance.now() + (isInvite ? finalMs.invite : finalMs.other);
    request.on('response', (response: RawIncomingResponse, ack: RawAck) => {
      if (response.status >= 200 && !this.#pending.delete(pending)) return;
      this.#guard(() => pending.sink.response(response, ack));
    });
    if (pending.sink.sent) this.#guard(() => pending.sink.sent?.(request));
  }

  #fail(pending: Pending, error: SwitchroomError): void {
    if (this.#pending.delete(pending)) this.#guard(() => pending.sink.failed(error));
  }

  #failAll(): void {
    for (const pending of [...this.#pending]) this.#fail(pending, sipErrors['sip-server-down']());
  }

  #expire(): void {
    const now = performance.now();
    for (const pending of this.#pending) {
      if (pending.due > now) continue;
      const withinMs = pending.echoed ? (pending.what === 'INVITE' ? finalMs.invite : finalMs.other) : this.#echoMs;
      this.#log.error({ method: pending.what, echoed: pending.echoed }, 'SIP server left a request without an answer');
      this.#fail(pending, sipErrors['sip-server-timeout']({ what: pending.what, withinMs }));
    }
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#log.error({ err: error }, 'handler of a SIP response failed');
    }
  }
}

/** drachtio-srf rejects with an Error, or with a bare string (facts §13). */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
