// How a driver of the edge's own engines lives with the link: hears its events, says once that the edge is lost and that it
// is back, compares after a gap, and closes what was perhaps opened while the reply got lost.
import type { Logger } from 'pino';
import { CatchUp, type GatewayRequests, type LinkClient, type MediaRequests } from '../../link/index.ts';
import { type Ask, asking } from './asking.ts';

export interface EngineLinkOptions {
  /** Not closed here. */
  link: LinkClient;
  logger: Logger;
  /** For logs. */
  what: string;
  /** Of the names of its events. */
  prefixes: readonly string[];
  /** How long after a failed comparison with the edge the next is tried; see CatchUp. */
  compareRetryMs?: { first: number; most: number } | undefined;
}

export interface EngineLinkUser {
  event(name: string, body: unknown): void;
  /** Events were lost: what the edge has no more has ended. May fail, and is tried again then. */
  compare(): Promise<void>;
  /** Another edge process is there: nothing of what we knew lives on. */
  emptied(): void;
  lost(): void;
  restored(): void;
}

/** Requests that end something by its id. */
type Closing = Extract<keyof (MediaRequests & GatewayRequests), `${string}.close`>;

export class EngineLink {
  readonly ask: Ask;
  readonly #link: LinkClient;
  readonly #prefixes: readonly string[];
  readonly #user: EngineLinkUser;
  readonly #comparison: CatchUp;
  /** Perhaps opened on the edge, and known to nobody. */
  readonly #doubtful = new Map<string, Closing>();
  readonly #up = ({ sameEdge, missed }: { sameEdge: boolean; missed: number }) => this.#linkUp(sameEdge, missed > 0);
  readonly #down = () => this.#linkDown();
  /** Told `lost`, and not yet `restored`. */
  #lost = false;

  constructor({ link, logger, what, prefixes, compareRetryMs }: EngineLinkOptions, user: EngineLinkUser) {
    this.#link = link;
    this.#prefixes = prefixes;
    this.#user = user;
    this.ask = asking(link);
    this.#comparison = new CatchUp({
      run: () => user.compare(),
      able: () => link.connected,
      logger,
      what,
      retryMs: compareRetryMs,
    });
    link.on('up', this.#up);
    link.on('down', this.#down);
    for (const prefix of prefixes) link.hear(prefix, (name, body) => user.event(name, body));
  }

  get connected(): boolean {
    return this.#link.connected;
  }

  /** What is there stays on the edge, for the next server. */
  close(): void {
    this.#comparison.close();
    this.#link.off('up', this.#up);
    this.#link.off('down', this.#down);
    for (const prefix of this.#prefixes) this.#link.unhear(prefix);
  }

  /** An opening failed. Whether it was opened nobody knows where the reply is missing: it is closed when that can be. */
  maybeOpened(error: unknown, close: Closing, id: string): void {
    if ((error as { code?: string }).code !== 'media-unavailable') return;
    this.#doubtful.set(id, close);
    if (this.#link.connected) this.#closeDoubtful();
  }

  #closeDoubtful(): void {
    for (const [id, close] of this.#doubtful) {
      this.#doubtful.delete(id);
      // Most were never opened.
      this.ask(close, { id }).catch((error: { code?: string }) => {
        if (error.code === 'media-unavailable') this.#doubtful.set(id, close);
      });
    }
  }

  #linkDown(): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#user.lost();
  }

  #linkUp(sameEdge: boolean, missed: boolean): void {
    if (!sameEdge) {
      this.#doubtful.clear();
      this.#user.emptied();
    }
    if (missed) this.#comparison.due();
    else this.#comparison.resume();
    this.#closeDoubtful();
    if (!this.#lost) return;
    this.#lost = false;
    this.#user.restored();
  }
}
