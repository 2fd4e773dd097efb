// Session timers (RFC 4028): who refreshes, when, and when a session that nobody refreshed is over.
import { parseParams, parseUnsigned, type SipMessage } from '../message/index.ts';

/** Value of Session-Expires, read. */
export interface SessionExpires {
  seconds: number;
  refresher: 'uac' | 'uas' | undefined;
}

/** @returns undefined where the header is absent or malformed */
export function readSessionExpires(value: string | undefined): SessionExpires | undefined {
  if (value === undefined) return undefined;
  const semicolon = value.indexOf(';');
  const seconds = parseUnsigned((semicolon === -1 ? value : value.slice(0, semicolon)).trim());
  if (seconds === undefined) return undefined;
  let refresher: string | undefined;
  if (semicolon !== -1) {
    try {
      refresher = parseParams(value, semicolon).get('refresher')?.toLowerCase();
    } catch {
      return undefined; // malformed parameters: the header means nothing
    }
  }
  return { seconds, refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined };
}

export function sessionExpiresOf(message: SipMessage): SessionExpires | undefined {
  return readSessionExpires(message.headers.get('Session-Expires'));
}

/** What a timer of Node's can wait for: 24 days. Who asks for more is refreshed more often. */
const longestSeconds = 2_000_000;
/** Between two refreshes of which the first failed. */
const leastPauseMs = 5_000;

/** The one running timer of a dialog. */
export class SessionTimer {
  readonly seconds: number;
  readonly weRefresh: boolean;
  readonly #refresh: () => void;
  readonly #expired: () => void;
  #timeout: NodeJS.Timeout | undefined;
  /** When it is over unless somebody refreshes it, monotonic ms. */
  #ends = 0;
  #stopped = false;

  constructor(seconds: number, weRefresh: boolean, refresh: () => void, expired: () => void) {
    this.seconds = seconds;
    this.weRefresh = weRefresh;
    this.#refresh = refresh;
    this.#expired = expired;
    this.restart();
  }

  /** The session was refreshed just now. */
  restart(): void {
    const ms = Math.min(this.seconds, longestSeconds) * 1000;
    // RFC 4028 §10: the refresher at half the interval; the other side gives up a little before its end.
    const lifeMs = ms - Math.min(32_000, ms / 3);
    this.#ends = performance.now() + lifeMs;
    if (this.weRefresh) this.#after(ms / 2, this.#refresh);
    else this.#after(lifeMs, this.#expired);
  }

  /** Tries to refresh again soon (491, or another INVITE was under way); where no time is left for it, it is over. */
  retry(afterMs: number): void {
    const leftMs = this.#ends - performance.now();
    if (afterMs < leftMs) this.#after(afterMs, this.#refresh);
    else this.#after(Math.max(0, leftMs), this.#expired);
  }

  /** The refresh failed: tries again when half of the time is over that is left, and at its end no more. */
  retryLater(): void {
    this.retry(Math.max(leastPauseMs, (this.#ends - performance.now()) / 2));
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timeout);
  }

  #after(ms: number, act: () => void): void {
    clearTimeout(this.#timeout);
    if (!this.#stopped) this.#timeout = setTimeout(act, ms);
  }
}
