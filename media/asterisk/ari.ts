// The one owner of ari-client: a connection to one Asterisk that comes back by itself, and requests that always settle.
// What ari-client leaves open is closed here: it keeps one login for all hosts of a process, never settles a request whose
// connection fails, lets an event that it does not know throw in the socket, and gives up after some tries.
import { createRequire } from 'node:module';
import { type Client, connect } from 'ari-client';
import type { Logger } from 'pino';
import type { SwitchroomError } from '../../values/index.ts';
import { mediaErrors } from '../errors.ts';

export const application = 'switchroom';

export interface AriAddress {
  /** For logs. */
  name: string;
  /** `http://192.0.2.10:8088` */
  url: string;
  user: string;
  secret: string;
}

export interface ChannelName {
  id: string;
  /** `PJSIP/switchroom-0000001a` */
  name: string;
}

/** Events that the driver lives on; fields that it reads. */
export interface AriEvents {
  entered(channel: ChannelName, args: readonly string[]): void;
  /** The channel left Stasis: it is over. */
  left(channel: string): void;
  digit(channel: string, digit: string, ms: number): void;
  /** @param target `channel:<id>` or `bridge:<id>` */
  playbackEnded(target: string, playback: string, failed: boolean): void;
  bridgeGone(bridge: string): void;
  up(): void;
  down(): void;
  /** It could not be reached, and is tried again. */
  refused(): void;
}

/** What ari-client hides: its WebSocket, and swagger-client's logins, which are the process's. */
interface HiddenClient {
  _ws: {
    listeners(event: 'message'): ((data: unknown) => void)[];
    removeAllListeners(event: 'message'): void;
    on(event: 'message', listener: (data: unknown) => void): void;
    terminate(): void;
  };
}
interface SwaggerLogins {
  authorizations: {
    add(name: string, login: { apply(request: { url: string; headers: Record<string, string> }): boolean }): void;
  };
}

const fromAriClient = createRequire(import.meta.resolve('ari-client'));
const swagger = fromAriClient('swagger-client') as SwaggerLogins;
// It prints to the terminal, and keeps for ever what it printed.
(globalThis as { log?: () => void }).log = () => {};
/** Origin → header. */
const logins = new Map<string, string>();

const askMs = 5_000;
const connectMs = 5_000;
const retryMs = { first: 100, most: 2_000 };
const pingMs = 5_000;

type State = 'connecting' | 'up' | 'down' | 'closed';

export class Ari {
  readonly #address: AriAddress;
  readonly #events: AriEvents;
  readonly #log: Logger;
  #state: State = 'connecting';
  #client: Client | undefined;
  #delay = retryMs.first;
  #retry: NodeJS.Timeout | undefined;
  #ping: NodeJS.Timeout | undefined;
  #ponged = true;

  constructor(address: AriAddress, events: AriEvents, logger: Logger) {
    this.#address = address;
    this.#events = events;
    this.#log = logger.child({ asterisk: address.name });
    logins.set(new URL(address.url).origin, basic(address));
  }

  get up(): boolean {
    return this.#state === 'up';
  }

  start(): void {
    this.#ping = setInterval(() => this.#beat(), pingMs).unref();
    void this.#connect();
  }

  close(): void {
    this.#state = 'closed';
    clearTimeout(this.#retry);
    clearInterval(this.#ping);
    this.#drop();
  }

  /**
   * Asks something of this Asterisk.
   * @throws media-unavailable (not connected, no answer in 5 s), media-unknown (404), media-failed
   */
  async ask<Answer>(work: (client: Client) => Promise<Answer>): Promise<Answer> {
    const client = this.#client;
    if (!client || this.#state !== 'up') throw this.unavailable('it is not connected');
    return this.#settled(work(client), askMs, 'it does not answer');
  }

  unavailable(reason: string): SwitchroomError {
    return mediaErrors['media-unavailable']({ reason: `Asterisk ${this.#address.name}: ${reason}` });
  }

  async #connect(): Promise<void> {
    const { url, user, secret } = this.#address;
    try {
      const connecting = connect(url, user, secret);
      // ari-client has just made this host's login that of all.
      swagger.authorizations.add('basic-auth', { apply: logIn });
      const client = await this.#settled(connecting, connectMs, 'its API does not answer');
      if (this.#closed) return;
      this.#client = client;
      this.#listen(client);
      await this.#settled(client.start(application), connectMs, 'its events do not come');
    } catch (error) {
      if (this.#closed) return;
      this.#log.debug({ err: error }, 'Asterisk cannot be reached yet');
      this.#drop();
      this.#later();
      this.#events.refused();
    }
  }

  get #closed(): boolean {
    return this.#state === 'closed';
  }

  #later(): void {
    this.#retry = setTimeout(() => void this.#connect(), this.#delay);
    this.#delay = Math.min(this.#delay * 2, retryMs.most);
  }

  /** Forgets the client; what it still tries by itself is told to nobody. */
  #drop(): void {
    const client = this.#client;
    this.#client = undefined;
    if (!client) return;
    (client as unknown as NodeJS.EventEmitter).removeAllListeners();
    const { _ws: socket } = client as unknown as Partial<HiddenClient>;
    if (socket) client.stop();
  }

  #listen(client: Client): void {
    const mine = () => client === this.#client;
    client.on('WebSocketConnected', () => {
      if (!mine()) return;
      this.#guard(client);
      this.#ponged = true;
      this.#delay = retryMs.first;
      if (this.#state === 'up') return;
      this.#state = 'up';
      this.#log.info('Asterisk is connected');
      this.#events.up();
    });
    client.on('WebSocketReconnecting', () => {
      if (!mine() || this.#state !== 'up') return;
      this.#state = 'down';
      this.#log.warn('Asterisk is lost');
      this.#events.down();
    });
    client.on('WebSocketMaxRetries', () => {
      if (!mine()) return;
      this.#drop();
      this.#later();
    });
    client.on('pong', () => {
      this.#ponged = true;
    });
    client.on('StasisStart', ({ channel, args }) => this.#events.entered(channel, [args].flat()));
    client.on('StasisEnd', ({ channel }) => this.#events.left(channel.id));
    client.on('ChannelDestroyed', ({ channel }) => this.#events.left(channel.id));
    client.on('ChannelDtmfReceived', ({ channel, digit, duration_ms: ms }) =>
      this.#events.digit(channel.id, digit, ms),
    );
    client.on('PlaybackFinished', ({ playback }) =>
      this.#events.playbackEnded(playback.target_uri, playback.id, playback.state === 'failed'),
    );
    client.on('BridgeDestroyed', ({ bridge }) => this.#events.bridgeGone(bridge.id));
  }

  /** What throws in a listener of a socket ends the process: an event that ari-client does not know, or a mistake of ours. */
  #guard(client: Client): void {
    const socket = (client as unknown as HiddenClient)._ws;
    const listeners = socket.listeners('message');
    socket.removeAllListeners('message');
    socket.on('message', (data) => {
      for (const listener of listeners) {
        try {
          listener(data);
        } catch (error) {
          this.#log.error({ err: error }, 'event of Asterisk could not be handled');
        }
      }
    });
  }

  /** A connection that died without a word is noticed by pings. */
  #beat(): void {
    const client = this.#client;
    if (!client || this.#state !== 'up') return;
    if (!this.#ponged) {
      (client as unknown as HiddenClient)._ws.terminate();
      return;
    }
    this.#ponged = false;
    client.ping();
  }

  #settled<Answer>(asked: Promise<Answer>, ms: number, late: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(this.unavailable(late)), ms);
      asked.then(
        (answer) => {
          clearTimeout(timer);
          resolve(answer);
        },
        (error: unknown) => {
          clearTimeout(timer);
          reject(this.#named(error));
        },
      );
    });
  }

  #named(error: unknown): SwitchroomError {
    const text = error instanceof Error ? error.message : String(error);
    const reason = messageOf(text);
    // ari-client keeps the message and drops the status.
    if (/not found/i.test(reason)) return mediaErrors['media-unknown']({ reason }, { cause: error });
    if (/ECONN|ENOTFOUND|ETIMEDOUT|EHOST|socket hang up/.test(reason)) return this.unavailable(reason);
    return mediaErrors['media-failed']({ reason }, { cause: error });
  }
}

export function basic({ user, secret }: Pick<AriAddress, 'user' | 'secret'>): string {
  return `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;
}

function logIn(request: { url: string; headers: Record<string, string> }): boolean {
  const login = logins.get(new URL(request.url).origin);
  if (login !== undefined) request.headers.Authorization = login;
  return login !== undefined;
}

/** `{"message":"Channel not found"}` → its message. */
function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : text;
  } catch {
    return text === '' ? 'no reason was given' : text;
  }
}
