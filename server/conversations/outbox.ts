// What connectors are to do: rows with a number that only rises, read by each connector from its own cursor, and, for who
// listens now, what is not kept (typing).
import type { Database, Statement } from 'better-sqlite3';
import { type OutboundItem, outboundItem } from '../../connector/index.ts';
import type { InteractionId, Millis } from '../../values/index.ts';

type Kept<T> = T extends { seq: number } ? Omit<T, 'seq'> : never;
/** As it is written; its number comes with the commit. */
export type NewOutbound = Kept<Exclude<OutboundItem, { item: 'typing' }>>;
export type Typing = Extract<OutboundItem, { item: 'typing' }>;

export interface OutboundListener {
  /** There may be more to read. */
  wake(): void;
  typing(item: Typing): void;
}

export class Outbox {
  readonly #insert: Statement;
  readonly #read: Statement<[string, number, number], { seq: number; item: string }>;
  readonly #last: Statement<[], number>;
  readonly #prune: Statement;
  readonly #listeners = new Map<string, Set<OutboundListener>>();

  constructor(database: Database) {
    this.#insert = database.prepare('INSERT INTO outbound (via, interaction, at, item) VALUES (?, ?, ?, ?)');
    this.#read = database.prepare('SELECT seq, item FROM outbound WHERE via = ? AND seq > ? ORDER BY seq LIMIT ?');
    this.#last = database
      .prepare<[], number>("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbound'), 0)")
      .pluck();
    this.#prune = database.prepare('DELETE FROM outbound WHERE at < ?');
  }

  /** Number of the last item ever, of any channel. */
  get last(): number {
    return this.#last.get() ?? 0;
  }

  /** Inside a commit. @param text the item as JSON, made when it was decided */
  write(via: string, interaction: InteractionId, at: Millis, text: string): void {
    this.#insert.run(via, interaction, at, text);
  }

  read(via: string, after: number, limit: number): OutboundItem[] {
    return this.#read.all(via, after, limit).map(({ seq, item }) => outboundItem.parse({ ...JSON.parse(item), seq }));
  }

  /** After a commit. */
  wake(via: string): void {
    for (const listener of this.#listeners.get(via) ?? []) listener.wake();
  }

  typing(via: string, thread: string, at: Millis): void {
    const listeners = this.#listeners.get(via);
    if (!listeners) return;
    const item: Typing = { item: 'typing', seq: this.last, thread, at };
    for (const listener of listeners) listener.typing(item);
  }

  /** @returns how to stop */
  listen(via: string, listener: OutboundListener): () => void {
    const listeners = this.#listeners.get(via) ?? new Set();
    this.#listeners.set(via, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(via) === listeners) this.#listeners.delete(via);
    };
  }

  /** Whether a connector of that channel listens now. */
  connected(via: string): boolean {
    return (this.#listeners.get(via)?.size ?? 0) > 0;
  }

  /** Inside a commit: what is older no connector will ask for any more. */
  prune(before: Millis): void {
    this.#prune.run(before);
  }
}
