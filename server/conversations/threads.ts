// Threads in memory: those of open conversations, and the ones used last. All changes go through here.

import type { ThreadData } from './conversation-data.ts';
import type { ConversationRows } from './conversation-rows.ts';

/** Kept beside those of open conversations. */
const mostKnown = 10_000;

export class Threads {
  readonly #rows: ConversationRows;
  readonly #known = new Map<string, ThreadData>();
  /** Changes that wait for the disk, by thread: until then memory is the only place that knows them. */
  readonly #waiting = new Map<string, number>();

  constructor(rows: ConversationRows) {
    this.#rows = rows;
  }

  get(via: string, thread: string): ThreadData {
    const key = keyOf(via, thread);
    const known = this.#known.get(key) ?? this.#rows.thread(via, thread) ?? { via, thread, number: 0, public: false };
    this.#known.delete(key);
    this.#known.set(key, known);
    if (this.#known.size > mostKnown) this.#forget();
    return known;
  }

  /** Who changed a thread writes it. @returns to be run in the commit */
  saving(data: ThreadData): () => void {
    const key = keyOf(data.via, data.thread);
    const text = JSON.stringify(data);
    this.#waiting.set(key, (this.#waiting.get(key) ?? 0) + 1);
    return () => {
      this.#rows.saveThread(data, text);
      const left = (this.#waiting.get(key) ?? 1) - 1;
      if (left > 0) this.#waiting.set(key, left);
      else this.#waiting.delete(key);
    };
  }

  /** A person was erased: what is known of her here comes anew from the rows. */
  clear(): void {
    for (const key of this.#known.keys()) if (!this.#waiting.has(key)) this.#known.delete(key);
  }

  #forget(): void {
    for (const key of this.#known.keys()) {
      if (this.#known.size <= mostKnown) return;
      if (!this.#waiting.has(key)) this.#known.delete(key);
    }
  }
}

function keyOf(via: string, thread: string): string {
  return `${via} ${thread}`;
}
