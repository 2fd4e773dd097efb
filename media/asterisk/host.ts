// One Asterisk: its connection, what runs on it, and whether new calls may go there.
import type { Logger } from 'pino';
import { machine } from '../../values/index.ts';
import { Ari, type AriEvents, basic, type ChannelName } from './ari.ts';
import { Manager } from './manager.ts';

export interface AsteriskHostOptions {
  name: string;
  /** Of its HTTP server: http:// or https://. */
  url: string;
  /** PEM: whom an https:// url's certificate must come from; default: whom this machine trusts. */
  ca?: string | undefined;
  user: string;
  secret: string;
  /** `192.0.2.10:5080` */
  sip: string;
  weight: number;
}

type State = 'away' | 'up' | 'lost';
type Event = 'up' | 'down';

/**
 * ```
 *   away ──connected──▶ up ──connection lost──▶ lost
 *                        ▲───────connected───────┘
 * ```
 */
const states = machine<State, Event>('asterisk-host', {
  away: { up: 'up' },
  up: { down: 'lost' },
  lost: { up: 'up' },
});

/** What the driver hears of a host. */
export interface HostEvents extends Pick<AriEvents, 'left' | 'digit' | 'playbackEnded' | 'bridgeGone'> {
  /** The channel of an endpoint has come to the application. */
  entered(host: AsteriskHost, endpoint: string, channel: ChannelName): void;
  /** `same`: nothing of what ran there was lost with a restart. */
  up(host: AsteriskHost, same: boolean): void;
  down(host: AsteriskHost): void;
  /** It could not be reached, and is tried again. */
  refused(host: AsteriskHost): void;
}

export class AsteriskHost {
  readonly options: AsteriskHostOptions;
  readonly ari: Ari;
  readonly manager: Manager;
  /** No new calls. */
  draining = false;
  /** Endpoints that are here, or on their way. */
  endpoints = 0;
  /** As it says itself: another time is another life. */
  startedAt: string | undefined;
  #state: State = 'away';
  readonly #events: HostEvents;
  readonly #log: Logger;
  /** Channels that we make beside endpoints, by the id that we gave them: waited for. */
  readonly #awaited = new Map<string, () => void>();

  constructor(options: AsteriskHostOptions, events: HostEvents, logger: Logger) {
    this.options = options;
    this.#events = events;
    this.#log = logger;
    this.ari = new Ari(
      options,
      {
        ...{ left: events.left, digit: events.digit, playbackEnded: events.playbackEnded },
        bridgeGone: events.bridgeGone,
        entered: (channel, args) => this.#entered(channel, args),
        up: () => void this.#up(),
        down: () => {
          // Lost again before it had said when it started: nobody was told that it was up.
          if (!states.can(this.#state, 'down')) return;
          this.#state = states.next(this.#state, 'down') ?? this.#state;
          events.down(this);
        },
        refused: () => events.refused(this),
      },
      logger,
    );
    this.manager = new Manager(options);
  }

  get name(): string {
    return this.options.name;
  }

  get state(): State {
    return this.#state;
  }

  get up(): boolean {
    return this.#state === 'up';
  }

  /** Endpoints by weight: the smallest takes the next. Infinite where none shall come. */
  get load(): number {
    if (!this.up || this.draining || this.options.weight === 0) return Number.POSITIVE_INFINITY;
    return (this.endpoints + 1) / this.options.weight;
  }

  start(): void {
    this.ari.start();
  }

  close(): void {
    this.ari.close();
  }

  /** Resolves when a channel that we make by this id has come. @throws media-unavailable after 5 s */
  comes(channel: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#awaited.delete(channel);
        reject(this.ari.unavailable('a channel did not come'));
      }, 5_000);
      this.#awaited.set(channel, () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** A file of a recording, or undefined where there is none. @throws media-unavailable */
  async storedFile(name: string): Promise<Response | undefined> {
    const { url } = this.options;
    const response = await fetch(`${url}/ari/recordings/stored/${encodeURIComponent(name)}/file`, {
      headers: { authorization: basic(this.options) },
      signal: AbortSignal.timeout(60_000),
    }).catch((error: unknown) => {
      throw this.ari.unavailable((error as Error).message);
    });
    if (response.ok) return response;
    await response.body?.cancel();
    if (response.status === 404) return undefined;
    throw this.ari.unavailable(`the file of a recording: ${response.status}`);
  }

  #entered(channel: ChannelName, args: readonly string[]): void {
    const awaited = this.#awaited.get(channel.id);
    if (awaited) {
      this.#awaited.delete(channel.id);
      awaited();
    }
    const [endpoint] = args;
    if (endpoint !== undefined && endpoint !== helper) this.#events.entered(this, endpoint, channel);
  }

  async #up(): Promise<void> {
    const before = this.startedAt;
    try {
      const info = await this.ari.ask((client) => client.asterisk.getInfo({}));
      this.startedAt = String(info.status?.startup_time);
    } catch (error) {
      this.#log.warn({ err: error, asterisk: this.name }, 'Asterisk does not say when it started');
    }
    if (!this.ari.up) return;
    this.#state = states.next(this.#state, 'up') ?? this.#state;
    this.#events.up(this, before === undefined || before === this.startedAt);
  }
}

/** Argument of channels that carry no endpoint of their own (snoops). */
export const helper = '-';
