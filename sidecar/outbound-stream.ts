// server → outbox: the stream of what is to be sent (server-sent events), with a durable cursor. Each piece is committed with
// the cursor before the next is read, so that nothing is lost and the memory stays small.
import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import { type OutboundItem, outboundItem } from '../connector/index.ts';
import { type Backoff, pauseAfter, serverBackoff } from './backoff.ts';
import type { GroupCommit } from './group-commit.ts';
import type { Tables } from './tables.ts';

const mostFrameChars = 1_000_000;

export interface OutboundStreamOptions {
  channel: string;
  tables: Tables;
  commit: GroupCommit;
  /** Whether the connector wants to know what state a conversation is in. */
  states: boolean;
  open(channel: string, after: number, signal: AbortSignal): Promise<IncomingMessage>;
  /** New rows are in the outbox. */
  filled(): void;
  typing(thread: string): void;
  logger: Logger;
  backoff?: Backoff | undefined;
}

export class OutboundStream {
  readonly #options: OutboundStreamOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #attempt = 0;
  #wake: (() => void) | undefined;
  /** Why there is no stream just now. */
  trouble: string | undefined = 'not connected yet';
  /** Pieces of the stream that could not be understood. */
  strange = 0;

  constructor(options: OutboundStreamOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { channel, logger, backoff = serverBackoff } = this.#options;
    const { signal } = this.#stop;
    let known: string | undefined;
    while (!signal.aborted) {
      try {
        await this.#follow();
        this.trouble = 'the server ended the stream';
      } catch (error) {
        this.trouble = (error as Error).message;
      }
      if (signal.aborted) return;
      this.#attempt++;
      if (this.trouble !== known)
        logger.warn({ channel, reason: this.trouble }, 'the stream of what is to be sent broke');
      known = this.trouble;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pauseAfter(this.#attempt, backoff));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async #follow(): Promise<void> {
    const { channel, tables, open } = this.#options;
    const response = await open(channel, tables.streamPosition(channel), this.#stop.signal);
    response.setEncoding('utf8');
    this.trouble = undefined;
    let rest = '';
    for await (const part of response as AsyncIterable<string>) {
      this.#attempt = 0;
      rest += part;
      if (rest.length > mostFrameChars) throw new Error('the server sends a piece without end');
      const frames = rest.split(/\r?\n\r?\n/);
      rest = frames.pop() ?? '';
      await this.#take(frames.flatMap((frame) => this.#parse(frame)));
    }
  }

  async #take(items: OutboundItem[]): Promise<void> {
    const { channel, tables, commit, typing, filled, states } = this.#options;
    const kept = items.filter((item) => item.item !== 'typing');
    for (const item of items) if (item.item === 'typing') typing(item.thread);
    const last = kept.at(-1);
    if (last === undefined) return;
    await commit.run(
      () => {
        for (const item of kept) if (states || item.item === 'message') tables.addOutgoing(channel, item);
        tables.setStreamPosition(channel, last.seq);
      },
      { repeatable: true },
    );
    filled();
  }

  #parse(frame: string): OutboundItem[] {
    const data = frame
      .split(/\r?\n/)
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice(5).trimStart())
      .join('\n');
    if (data === '') return [];
    try {
      return [outboundItem.parse(JSON.parse(data))];
    } catch (error) {
      this.strange++;
      const { channel, logger } = this.#options;
      const issue = (error as { issues?: { path: PropertyKey[]; message: string }[] }).issues?.[0];
      const reason = issue ? `${issue.path.join('.')}: ${issue.message}` : 'no JSON';
      logger.error({ channel, reason }, 'the server sent what is not understood; it is left out');
      return [];
    }
  }
}
