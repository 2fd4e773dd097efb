// The control connection to FreeSWITCH: commands with answers in time, conference events, and a new connection when one is
// lost. Each is a new MediaServer of drachtio-fsmrf: its own reconnection would give the answers of new commands to old ones.
import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import { mediaErrors } from '../errors.ts';
import { askEventSocket, type EventSocketAddress, profileAddress } from './event-socket.ts';
import { mustListen } from './listen-probe.ts';
import type { RawEndpoint, RawEvent, RawMediaServer, RawMrf } from './raw-fsmrf.ts';

export interface ControlOptions extends EventSocketAddress {
  profile: string;
  /** Where FreeSWITCH reaches us, for one connection a call. */
  listen: string;
  listenPort: number;
  logger: Logger;
  /** How long a command may take, ms. Default 5,000. */
  withinMs?: number | undefined;
  retryMs?: { first: number; most: number } | undefined;
}

export interface ControlEvents {
  lost: [];
  restored: [];
  /** conference::maintenance */
  conference: [RawEvent];
}

export class Control extends EventEmitter<ControlEvents> {
  readonly #options: ControlOptions;
  readonly #mrf: RawMrf;
  readonly #log: Logger;
  #server: RawMediaServer | undefined;
  #closed = false;
  #retry: NodeJS.Timeout | undefined;
  #delay: number;

  constructor(mrf: RawMrf, options: ControlOptions) {
    super();
    this.#mrf = mrf;
    this.#options = options;
    this.#log = options.logger;
    this.#delay = options.retryMs?.first ?? 100;
  }

  get connected(): boolean {
    return this.#server !== undefined;
  }

  /** @throws media-unavailable with a sentence: unreachable, wrong password, no such profile */
  async start(): Promise<void> {
    await this.#connect();
  }

  /** @returns what FreeSWITCH says @throws media-unavailable where there is no connection or no answer in time */
  async api(command: string): Promise<string> {
    const server = this.#server;
    if (!server) throw mediaErrors['media-unavailable']({ reason: 'there is no connection to FreeSWITCH' });
    const { withinMs = 5_000 } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const reason = `FreeSWITCH did not answer within ${withinMs} ms`;
      timer = setTimeout(() => reject(mediaErrors['media-unavailable']({ reason })), withinMs);
    });
    try {
      return await Promise.race([server.api(command), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** As api, where anything but +OK is an error. @throws media-failed too */
  async command(command: string): Promise<string> {
    const answer = await this.api(command);
    if (/^-(ERR|USAGE)/.test(answer)) {
      const [what = ''] = command.split(' ');
      throw mediaErrors['media-failed']({ reason: `${what}: ${answer.trim().slice(0, 200)}` });
    }
    return answer;
  }

  /** @throws media-unavailable; media-sdp-rejected where FreeSWITCH answers 488 or 415 */
  async createEndpoint(remoteSdp: string | undefined): Promise<RawEndpoint> {
    const server = this.#server;
    if (!server) throw mediaErrors['media-unavailable']({ reason: 'there is no connection to FreeSWITCH' });
    try {
      return await server.createEndpoint(remoteSdp === undefined ? {} : { remoteSdp });
    } catch (cause) {
      const status = (cause as { status?: number }).status;
      if (status === 488 || status === 415) {
        throw mediaErrors['media-sdp-rejected']({ reason: 'FreeSWITCH cannot speak it' }, { cause });
      }
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw mediaErrors['media-unavailable']({ reason }, { cause });
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#server?.disconnect();
    this.#server = undefined;
  }

  async #connect(): Promise<void> {
    const { host, port, secret, profile, listen, listenPort } = this.#options;
    try {
      const status = await askEventSocket({ host, port, secret }, 'sofia status');
      if (profileAddress(status, profile) === undefined) {
        throw new Error(`it has no Sofia profile "${profile}" on an IPv4 address`);
      }
      await mustListen(listen, listenPort);
      const server = await this.#mrf.connect({
        address: host,
        port,
        secret,
        listenAddress: listen,
        listenPort,
        profile,
      });
      if (this.#closed) {
        server.disconnect();
        return;
      }
      this.#hold(server);
    } catch (cause) {
      const reason = `FreeSWITCH: ${cause instanceof Error ? cause.message : String(cause)}`;
      throw mediaErrors['media-unavailable']({ reason }, { cause });
    }
  }

  #hold(server: RawMediaServer): void {
    this.#server = server;
    this.#delay = this.#options.retryMs?.first ?? 100;
    server.on('error', (error: Error) => this.#log.debug({ err: error }, 'FreeSWITCH connection error'));
    server.conn.subscribe(['CUSTOM', 'conference::maintenance']);
    server.conn.on('esl::event::CUSTOM::**', (event: RawEvent) => {
      if (event.getHeader('Event-Subclass') === 'conference::maintenance') this.emit('conference', event);
    });
    server.once('end', () => {
      if (this.#closed || server !== this.#server) return;
      this.#log.error({}, 'connection to FreeSWITCH lost');
      this.#server = undefined;
      // After a reset it is on its way already, and would stand beside ours, heard by nobody.
      clearTimeout(server.conn.reconnectVars.retryTimer ?? undefined);
      server.disconnect();
      this.emit('lost');
      this.#again();
    });
  }

  #again(): void {
    this.#retry = setTimeout(() => {
      this.#connect().then(
        () => {
          if (!this.#closed) this.emit('restored');
        },
        (error: unknown) => {
          this.#log.debug({ err: error }, 'FreeSWITCH is still away');
          if (!this.#closed) this.#again();
        },
      );
    }, this.#delay);
    this.#delay = Math.min(this.#delay * 2, this.#options.retryMs?.most ?? 2_000);
  }
}
