// The connection to the SIP server (our edge, or a drachtio-server). drachtio-srf's own reconnection compounds its delay,
// forgets TCP_NODELAY, and keeps what was pending for ever (protocol facts §1, §16); so every connection is a new Srf, the
// delay is ours and bounded, and what was pending when a connection ends fails at once.
import { isIP } from 'node:net';
import type { Logger } from 'pino';
import type { SwitchroomError } from '../../../values/index.ts';
import { sipErrors } from './errors.ts';
import { noJson } from './raw-requests.ts';
import {
  gatherFrames,
  handleRequests,
  newSrf,
  type RawAck,
  type RawIncomingResponse,
  type RawRequest,
  type RawRequestOptions,
  type RawResponder,
  type RawSrf,
  routeHere,
  watchFrames,
} from './raw-srf.ts';
import { destroyConnection } from './raw-wire.ts';

/** One SIP server. */
export interface SipServerAddress {
  host: string;
  port: number;
  secret: string;
  /** The protocol goes through TLS; the certificate must be valid for `host` (NODE_EXTRA_CA_CERTS adds a site's own CA). */
  tls?: boolean | undefined;
}

export interface WireOptions extends SipServerAddress {
  /** Tried in turn, after the first, where one cannot be reached, refuses us or is lost. */
  others?: readonly SipServerAddress[] | undefined;
  /** Announced as tag `epoch-<n>`, so that the edge obeys only the newest server. */
  epoch?: number | undefined;
  logger: Logger;
  /** First delay before a new round of attempts, and the most it grows to. Default 50 and 1,000 ms. */
  retryMs?: { first: number; most: number } | undefined;
  /** How long the SIP server may take to say that a frame was taken. Default 5,000 ms. */
  echoMs?: number | undefined;
  /** How long one attempt to connect may take where there are others to try. Default 2,000 ms. */
  attemptMs?: number | undefined;
}

/** What happens to one request that we sent. Exactly one of a final `response` and `failed`, at the end. */
export interface RequestSink {
  /** It left; `request` is what went out. */
  sent?(request: RawRequest): void;
  response(response: RawIncomingResponse, ack: RawAck): void;
  /**
   * No final answer came in time. Whoever takes it back here (CANCEL) is given a while more for what comes of that; without
   * it the request fails at once.
   */
  overdue?(): void;
  failed(error: SwitchroomError): void;
}

export interface WireUser {
  /** A request outside dialogs of a served method, or any request inside a dialog. */
  request(request: RawRequest, responder: RawResponder): void;
  /** The INVITE of this transaction was cancelled; the SIP server has answered both. */
  cancelled(transactionId: string): void;
  up(): void;
  down(): void;
}

interface Pending {
  sink: RequestSink;
  what: string;
  /** Monotonic time by which its next stage must be reached. */
  due: number;
  echoed: boolean;
  /** Its sink was told that it is overdue. */
  overdue: boolean;
}

/**
 * It makes up a 408 after 32 s (INVITE: 185 s after the last provisional answer, timer C of RFC 3261 §16.6). This guards
 * against a frame that got lost, and against a phone that rings on for ever, saying so now and then.
 */
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
  readonly #servers: readonly SipServerAddress[];
  /** Which of them is connected, or tried now. */
  #at = 0;
  /** Attempts that failed since the last connection. */
  #failures = 0;
  #attempt: NodeJS.Timeout | undefined;
  /** Why each server could not be had at its last attempt, by its number. */
  readonly #troubles = new Map<number, SwitchroomError>();
  /** `udp/192.0.2.1:5060`, as the SIP server listens. */
  addresses: string[] = [];

  constructor(options: WireOptions, user: WireUser) {
    this.#options = options;
    this.#user = user;
    this.#log = options.logger;
    this.#retryMs = options.retryMs ?? { first: 50, most: 1_000 };
    this.#echoMs = options.echoMs ?? 5_000;
    this.#servers = [options, ...(options.others ?? [])];
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

  /** Number of the server that is connected, or was last; in the order of the options. */
  get server(): number {
    return this.#at;
  }

  /**
   * Resolves when it is connected for the first time.
   * @throws sip-server-unreachable; sip-server-refused as soon as every server has refused us. It is closed then
   */
  start(withinMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#first?.reject(this.#unreached(withinMs)), withinMs);
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
      if (this.#srf) routeHere(this.#srf, method);
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
    const pending: Pending = { sink, what, due: performance.now() + this.#echoMs, echoed: false, overdue: false };
    const srf = this.#srf;
    if (!srf || this.#state !== 'up') {
      queueMicrotask(() => sink.failed(sipErrors['sip-server-down']()));
      return;
    }
    this.#pending.add(pending);
    try {
      srf.app.request({ ...options, ...noJson }, (error, request) => this.#echoed(pending, error, request));
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
    clearTimeout(this.#attempt);
    clearInterval(this.#sweep);
    const srf = this.#srf;
    this.#srf = undefined;
    if (wasUp) srf?.disconnect();
    else if (srf) destroyConnection(srf);
    this.#failAll();
  }

  #connect(): void {
    const { epoch } = this.#options;
    const at = this.#at;
    const { host, port, secret, tls } = this.#here;
    this.#state = 'connecting';
    const srf = newSrf(epoch === undefined ? [] : [`epoch-${epoch}`]);
    this.#srf = srf;
    srf.on('connect', (error: unknown, addresses?: string) =>
      this.#connected(
        srf,
        error,
        (addresses ?? '').split(',').filter((address) => address !== ''),
      ),
    );
    srf.on('error', (error: Error) => {
      if (srf !== this.#srf) return;
      this.#log.debug({ err: error, address: this.#address }, 'SIP server connection error');
      if (this.#state === 'connecting') this.#troubles.set(at, this.#unreachable(error.message));
    });
    srf.on('close', () => this.#closed(srf));
    // One attempt only: trying again is done here.
    const secure = tls ? { tls: isIP(host) === 0 ? { servername: host } : {} } : {};
    srf.connect({ host, port, secret, ...secure, reconnect: { maxAttempts: 1 } });
    handleRequests(srf, (request, responder) => this.#received(srf, request, responder));
    for (const method of this.#serving) routeHere(srf, method);
    gatherFrames(srf);
    watchFrames(srf, {
      cancelled: (transactionId) => {
        if (srf === this.#srf) this.#user.cancelled(transactionId);
      },
      failed: (error) => this.#log.error({ err: error }, 'frame of the SIP server could not be handled'),
    });
    // A host that is off says nothing at all, and TCP would wait for minutes.
    clearTimeout(this.#attempt);
    if (this.#servers.length > 1) {
      this.#attempt = setTimeout(() => this.#giveUpAttempt(srf), this.#options.attemptMs ?? 2_000);
    }
  }

  /** The server that is connected or tried. */
  get #here(): SipServerAddress {
    return this.#servers[this.#at] ?? this.#options;
  }

  get #address(): string {
    const { host, port } = this.#here;
    return `${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  #unreachable(reason: string): SwitchroomError {
    return sipErrors['sip-server-lost']({ address: this.#address, reason });
  }

  /** All that is known of why there was no first connection in time. */
  #unreached(withinMs: number): SwitchroomError {
    const address = this.#servers
      .map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
      .join(', ');
    const reasons = [...this.#troubles.values()].map(({ message }) => message);
    const why = reasons.length === 0 ? 'no answer' : reasons.join(' ');
    return sipErrors['sip-server-unreachable']({ address, withinMs, why });
  }

  #giveUpAttempt(srf: RawSrf): void {
    if (srf !== this.#srf || this.#state !== 'connecting') return;
    this.#troubles.set(this.#at, this.#unreachable('no answer'));
    destroyConnection(srf);
  }

  /** A connection that is lost is tried again where it was; then the next server, and a pause after each round. */
  #again(wasUp: boolean): void {
    this.#state = 'waiting';
    if (!wasUp) {
      this.#failures++;
      this.#at = (this.#at + 1) % this.#servers.length;
    }
    const pause = this.#failures % this.#servers.length === 0;
    this.#retry = setTimeout(() => this.#connect(), pause ? this.#delay : 0);
    if (pause) this.#delay = Math.min(this.#delay * 2, this.#retryMs.most);
  }

  #received(srf: RawSrf, request: RawRequest, responder: RawResponder): void {
    const { method } = request;
    if (request.stackDialogId || method === 'PRACK' || this.#serving.has(method)) {
      this.#deliver(srf, request, responder);
    } else if (method !== 'ACK') {
      // It stands in a dialog that there is not (RFC 3261 §12.2.2).
      responder.send(481, undefined, {});
    }
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
    const address = this.#address;
    if (error) {
      const refused = sipErrors['sip-server-refused']({ address, reason: reasonOf(error) });
      this.#log.error({ address, reason: reasonOf(error) }, 'SIP server refused us');
      this.#troubles.set(this.#at, refused);
      this.#delay = this.#retryMs.most;
      const all = this.#servers.every((_, at) => this.#troubles.get(at)?.code === 'sip-server-refused');
      if (all) this.#first?.reject(refused);
      destroyConnection(srf);
      return;
    }
    clearTimeout(this.#attempt);
    this.#state = 'up';
    this.#delay = this.#retryMs.first;
    this.#failures = 0;
    this.#troubles.clear();
    this.addresses = addresses;
    this.#log.info({ address, listening: addresses }, 'connected to the SIP server');
    this.#first?.resolve();
    this.#user.up();
  }

  #closed(srf: RawSrf): void {
    if (srf !== this.#srf || this.#state === 'closed') return;
    const wasUp = this.#state === 'up';
    this.#srf = undefined;
    clearTimeout(this.#attempt);
    const address = this.#address;
    this.#again(wasUp);
    if (!wasUp) return;
    this.#log.warn({ address }, 'connection to the SIP server lost');
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
      const { sink } = pending;
      if (pending.echoed && !pending.overdue && sink.overdue) {
        pending.overdue = true;
        pending.due = now + finalMs.other;
        this.#guard(() => sink.overdue?.());
        continue;
      }
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
