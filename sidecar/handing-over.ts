// items → server: in order, as many at once as the protocol allows, again and again until the server took them. One request of
// a channel is under way at a time; what waits is in the table.
import type { Logger } from 'pino';
import { type InboundItem, limits } from '../connector/index.ts';
import { type Backoff, pauseAfter, serverBackoff } from './backoff.ts';
import type { GroupCommit } from './group-commit.ts';
import type { Delivered } from './server-api.ts';
import type { ItemRow, Tables } from './tables.ts';

/** A request stays below what the server takes of one. */
const mostRequestChars = 200_000;
const mostNotices = 500;
/** Asked again then at the latest. */
const longestSlowMs = 60_000;
/** Texts that are kept besides the table, so that what is handed over at once is not unsealed again. */
const mostFresh = 1_000;

export interface HandingOverOptions {
  channel: string;
  tables: Tables;
  commit: GroupCommit;
  /** @param items each as JSON */
  deliver(channel: string, items: readonly string[]): Promise<Delivered>;
  logger: Logger;
  backoff?: Backoff | undefined;
}

export class HandingOver {
  readonly #options: HandingOverOptions;
  /** Typing and the like, by thread and kind: the last one counts; gone with the process. */
  readonly #notices = new Map<string, InboundItem>();
  readonly #fresh = new Map<number, string>();
  /** Threads in which somebody writes faster than the server takes: they wait. */
  readonly #slow = new Map<string, NodeJS.Timeout>();
  #running: Promise<void> | undefined;
  #more = false;
  #attempt = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Why the server takes nothing just now. */
  trouble: string | undefined;
  refused = 0;
  taken = 0;

  constructor(options: HandingOverOptions) {
    this.#options = options;
  }

  notice(item: Extract<InboundItem, { thread: string }>): void {
    if (this.trouble !== undefined || this.#notices.size >= mostNotices) return;
    this.#notices.set(`${item.item} ${item.thread}`, item);
    this.kick();
  }

  /** @param rows just committed; without any, something else is new in the table */
  kick(rows?: readonly ItemRow[]): void {
    for (const { id, text } of rows ?? []) {
      if (this.#fresh.size < mostFresh) this.#fresh.set(id, text);
    }
    if (rows?.length === 0) return;
    this.#more = true;
    if (this.#running || this.#timer || this.#stopped) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#more && !this.#timer) this.kick();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#slow.values()) clearTimeout(timer);
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { logger, channel } = this.#options;
    try {
      while (this.#more && !this.#stopped && this.#timer === undefined) {
        this.#more = false;
        await this.#batch();
      }
    } catch (error) {
      logger.error({ channel, err: error }, 'the sidecar cannot read or write what waits for the server; tried later');
      this.#later();
    }
  }

  async #batch(): Promise<void> {
    const { channel, tables } = this.#options;
    const rows = tables.items(channel, limits.itemsAtOnce, this.#fresh, this.#slowOnes());
    const notices = [...this.#notices.values()].slice(0, limits.itemsAtOnce - Math.min(rows.length, 50));
    for (const item of notices) if ('thread' in item) this.#notices.delete(`${item.item} ${item.thread}`);
    if (rows.length === 0 && notices.length === 0) return;
    const batch = within(rows.slice(0, limits.itemsAtOnce - notices.length));
    if (batch.length < rows.length || rows.length === limits.itemsAtOnce || this.#notices.size > 0) this.#more = true;
    await this.#hand(batch, notices);
  }

  async #hand(batch: ItemRow[], notices: InboundItem[]): Promise<void> {
    const { channel, tables, commit, deliver, logger } = this.#options;
    const texts = [...batch.map(({ text }) => text), ...notices.map((item) => JSON.stringify(item))];
    const outcome = await deliver(channel, texts);
    if (outcome.taken) {
      const results = new Map(outcome.answer.items.map((one) => [one.key, one]));
      const refused: { key: string; reason: string }[] = [];
      await commit.run(
        () => {
          for (const { id, key } of batch) {
            const result = results.get(key);
            // What it does not speak of was not taken, and is offered again.
            if (result === undefined) this.#more = true;
            else if (result.result !== 'refused') tables.itemTaken(id);
            else {
              refused.push({ key, reason: result.reason ?? 'no reason given' });
              tables.itemRefused(id, result.reason ?? '');
            }
          }
          // The server knows the keys of what it took.
        },
        { repeatable: true },
      );
      for (const { id } of batch) this.#fresh.delete(id);
      for (const { thread, ms } of outcome.answer.slow ?? []) this.#goSlow(thread, ms);
      this.taken += batch.length - refused.length;
      this.refused += refused.length;
      for (const one of refused) logger.error({ channel, ...one }, 'the server refused an item; it is set aside');
      if (this.trouble !== undefined) logger.info({ channel }, 'the server takes items again');
      this.trouble = undefined;
      // A server that answers for none of them would be asked without end.
      if (batch.length > 0 && batch.every(({ key }) => !results.has(key))) this.#later();
      else this.#attempt = 0;
      return;
    }
    if (!outcome.refused) {
      if (this.trouble === undefined)
        logger.warn({ channel, reason: outcome.reason }, 'the server does not take items');
      this.trouble = outcome.reason;
      this.#later();
      return;
    }
    // One of them is what the server cannot read: each by itself shows which.
    if (batch.length + notices.length > 1) {
      for (const row of batch) {
        if (this.#stopped || this.#timer) return;
        await this.#hand([row], []);
      }
      return;
    }
    const [row] = batch;
    if (row === undefined) return;
    this.refused++;
    await commit.run(() => tables.itemRefused(row.id, outcome.reason));
    this.#fresh.delete(row.id);
    logger.error({ channel, key: row.key, reason: outcome.reason }, 'the server refused an item; it is set aside');
  }

  /** The server asks for it: the items of that thread wait, those of others go on. */
  #goSlow(thread: string, ms: number): void {
    if (this.#stopped || this.#slow.has(thread)) return;
    this.#options.logger.info({ channel: this.#options.channel, pii: { thread }, ms }, 'a thread goes slower');
    this.#slow.set(
      thread,
      setTimeout(
        () => {
          this.#slow.delete(thread);
          this.#more = true;
          this.kick();
        },
        Math.min(ms, longestSlowMs),
      ).unref(),
    );
  }

  #slowOnes(): string[] {
    return [...this.#slow.keys()];
  }

  #later(): void {
    if (this.#stopped || this.#timer) return;
    this.#attempt++;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.kick();
      },
      pauseAfter(this.#attempt, this.#options.backoff ?? serverBackoff),
    );
  }
}

/** As many of the first ones as one request may hold; at least one. */
function within(rows: ItemRow[]): ItemRow[] {
  let size = 0;
  const end = rows.findIndex(({ text }, at) => {
    size += text.length;
    return size > mostRequestChars && at > 0;
  });
  return end === -1 ? rows : rows.slice(0, end);
}
