// The SIP connection that drachtio-fsmrf places its calls to FreeSWITCH over: one of its own beside the server's, because
// fsmrf needs a raw Srf. Made anew when it is lost, on the next SIP server where there are several.
import { isIP } from 'node:net';
import type { Logger } from 'pino';
import { newSrf, type RawSrf, type UacMaker } from './raw-fsmrf.ts';

export interface SipServerPlace {
  host: string;
  port: number;
  secret: string;
  tls?: boolean | undefined;
}

const retryMs = { first: 50, most: 1_000 };

/** ```
 *   connecting ──authenticated──▶ up ──closed──▶ waiting ──delay──▶ connecting      any ──close──▶ closed
 * ``` */
export class Carrier implements UacMaker {
  readonly #places: readonly SipServerPlace[];
  readonly #log: Logger;
  #srf: RawSrf | undefined;
  #state: 'connecting' | 'up' | 'waiting' | 'closed' = 'connecting';
  #at = 0;
  #delay = retryMs.first;
  #retry: NodeJS.Timeout | undefined;
  #onup: (() => void) | undefined;

  constructor(places: readonly SipServerPlace[], log: Logger) {
    this.#places = places;
    this.#log = log;
  }

  get connected(): boolean {
    return this.#state === 'up';
  }

  /** Resolves when it is connected. @throws an Error where that takes too long */
  async start(withinMs: number): Promise<void> {
    const up = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no SIP server within ${withinMs} ms`)), withinMs);
      this.#onup = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#connect();
    await up;
  }

  createUAC(uri: string, options: object, progress?: object): Promise<unknown> {
    const srf = this.#srf;
    if (!srf || this.#state !== 'up') return Promise.reject(new Error('there is no connection to the SIP server'));
    return srf.createUAC(uri, options, progress);
  }

  close(): void {
    clearTimeout(this.#retry);
    const wasUp = this.#state === 'up';
    this.#state = 'closed';
    if (wasUp) this.#srf?.disconnect();
    this.#srf = undefined;
  }

  #connect(): void {
    const place = this.#places[this.#at % this.#places.length];
    if (!place) throw new Error('no SIP server to connect to');
    const { host, port, secret, tls } = place;
    this.#state = 'connecting';
    const srf = newSrf();
    this.#srf = srf;
    srf.on('connect', (error: unknown) => {
      if (srf !== this.#srf) {
        if (!error) srf.disconnect();
        return;
      }
      if (error) {
        this.#log.error({ host, port, reason: String(error) }, 'SIP server refused the media driver');
        return;
      }
      this.#state = 'up';
      this.#delay = retryMs.first;
      this.#onup?.();
    });
    srf.on('error', (error: Error) =>
      this.#log.debug({ err: error, host, port }, 'SIP connection of the media driver'),
    );
    srf.on('close', () => this.#closed(srf));
    const secure = tls ? { tls: isIP(host) === 0 ? { servername: host } : {} } : {};
    srf.connect({ host, port, secret, ...secure, reconnect: { maxAttempts: 1 } });
  }

  #closed(srf: RawSrf): void {
    if (srf !== this.#srf || this.#state === 'closed') return;
    if (this.#state !== 'up') this.#at++;
    else this.#log.warn({}, 'SIP connection of the media driver lost');
    this.#srf = undefined;
    this.#state = 'waiting';
    this.#retry = setTimeout(() => this.#connect(), this.#delay);
    this.#delay = Math.min(this.#delay * 2, retryMs.most);
  }
}
