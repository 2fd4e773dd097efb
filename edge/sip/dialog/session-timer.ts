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

/** The one running timer of a dialog. */
export class SessionTimer {
  readonly seconds: number;
  readonly weRefresh: boolean;
  readonly #refresh: () => void;
  readonly #expired: () => void;
  #timeout: NodeJS.Timeout | undefined;
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
    if (this.#stopped) return;
    clearTimeout(this.#timeout);
    const ms = this.seconds * 1000;
    // RFC 4028 §10: the refresher at half the interval; the other side gives up a little before its end.
    if (this.weRefresh) this.#timeout = setTimeout(this.#refresh, ms / 2);
    else this.#timeout = setTimeout(this.#expired, ms - Math.min(32_000, ms / 3));
  }

  /** Tries to refresh again soon (491, or another INVITE was under way). */
  retry(afterMs: number): void {
    if (this.#stopped) return;
    clearTimeout(this.#timeout);
    this.#timeout = setTimeout(this.#refresh, afterMs);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timeout);
  }
}
