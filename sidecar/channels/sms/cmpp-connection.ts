// A CMPP link that is kept: socket, timers, and again after each loss, with longer pauses.
import { connect, type Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Clock } from '../../../values/index.ts';
import { CmppLink, LinkLost, type LinkOptions } from './cmpp-link.ts';
import type { Deliver, Submit, SubmitResponse } from './cmpp-packets.ts';

export interface ConnectionOptions extends LinkOptions {
  host: string;
  port: number;
  clock: Clock;
  logger: Logger;
  deliver(deliver: Deliver): Promise<void>;
  pauseMs: { first: number; most: number };
}

/** A gateway that takes no bytes any more is given up before they fill the memory. */
const mostUnsent = 1_000_000;

export class CmppConnection {
  readonly #options: ConnectionOptions;
  #link: CmppLink | undefined;
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #stopped = false;
  #over: (() => void) | undefined;
  #sequence = 1;
  #trouble: string | undefined = 'not connected yet';

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  start(): void {
    if (!this.#stopped && !this.#socket) this.#connect();
  }

  /** @throws LinkLost */
  submit(submit: Submit): Promise<SubmitResponse> {
    const link = this.#link;
    if (link?.state !== 'open') return Promise.reject(new LinkLost(this.#trouble ?? 'not connected', false));
    const response = link.submit(submit);
    this.#arm();
    return response;
  }

  trouble(): string | undefined {
    return this.#trouble;
  }

  /** Waits for the answer to TERMINATE, not long. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const link = this.#link;
    if (!link) return;
    await new Promise<void>((resolve) => {
      const late = setTimeout(() => link.lost('no answer to TERMINATE'), 2_000);
      this.#over = () => {
        clearTimeout(late);
        resolve();
      };
      if (link.state === 'over') this.#over();
      else link.terminate();
    });
  }

  #connect(): void {
    const { host, port, clock, logger } = this.#options;
    const socket = connect({ host, port, noDelay: true });
    this.#socket = socket;
    const link = new CmppLink(
      this.#options,
      {
        write: (bytes) => {
          this.#sequence++;
          socket.write(bytes);
          if (socket.writableLength > mostUnsent) link.lost('the gateway takes no bytes');
        },
        opened: () => {
          this.#failures = 0;
          this.#trouble = undefined;
          logger.info({ host, port }, 'CMPP gateway accepted us');
        },
        deliver: (deliver) =>
          this.#options.deliver(deliver).catch((error: unknown) => {
            logger.error({ err: error }, 'a short message could not be kept; the gateway will send it again');
            throw error;
          }),
        over: (why) => this.#lost(socket, why),
      },
      clock.monotonic(),
      // Sequences go on: a late answer of the old connection is none of the new one's.
      this.#sequence,
    );
    this.#link = link;
    socket.setTimeout(Math.max(20_000, this.#options.answerMs), () => {
      if (socket.connecting) socket.destroy(new Error('the gateway cannot be reached'));
    });
    socket.on('connect', () => {
      link.connect(clock.now());
      this.#arm();
    });
    socket.on('data', (chunk) => {
      link.receive(chunk, clock.monotonic());
      this.#arm();
    });
    socket.on('error', (error) => link.lost(error.message));
    socket.on('close', () => link.lost('the gateway closed the connection'));
  }

  #lost(socket: Socket, why: string): void {
    const { logger, host, port, pauseMs } = this.#options;
    clearTimeout(this.#timer);
    // What was said last (an answer to TERMINATE) still goes out.
    socket.end();
    setTimeout(() => socket.destroy(), 1_000).unref();
    this.#over?.();
    if (this.#stopped) return;
    this.#failures++;
    this.#trouble = `the CMPP gateway is away: ${why}`;
    logger.warn({ host, port, why, failures: this.#failures }, 'CMPP connection lost; tried again');
    const pause =
      Math.min(pauseMs.most, pauseMs.first * 2 ** Math.min(this.#failures - 1, 20)) * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(() => this.#connect(), pause);
  }

  /** One timer, at what is due first. */
  #arm(): void {
    const link = this.#link;
    const due = link?.due();
    if (!link || link.state === 'over') return;
    clearTimeout(this.#timer);
    if (due === undefined) return;
    const { clock } = this.#options;
    this.#timer = setTimeout(
      () => {
        link.tick(clock.monotonic());
        this.#arm();
      },
      Math.max(1, due - clock.monotonic()),
    );
  }
}
