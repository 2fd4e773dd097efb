// An answer that is there while the provider still waits for ours goes in our answer to its callback: that costs no quota.
// The provider asks again when it did not hear it, so what was said to a message is kept a little, and said again.
import type { XmlFields } from '../weixin/index.ts';

interface Waiting {
  key: string;
  reply(fields: XmlFields): void;
}

const keptReplies = 1_000;

export class PassiveReplies {
  readonly #waitMs: number;
  readonly #waiting = new Map<string, Waiting>();
  readonly #said = new Map<string, XmlFields>();

  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /** Waits for an answer to that message. @returns undefined where none came in time: it will go as a message of its own */
  async answerTo(key: string, thread: string, fresh: boolean): Promise<XmlFields | undefined> {
    const said = this.#said.get(key);
    if (said !== undefined) return said;
    if (this.#waitMs === 0 || !fresh) return undefined;
    return new Promise((resolve) => {
      const over = (fields: XmlFields | undefined) => {
        clearTimeout(timer);
        if (this.#waiting.get(thread) === waiting) this.#waiting.delete(thread);
        resolve(fields);
      };
      const timer = setTimeout(() => over(undefined), this.#waitMs);
      const waiting: Waiting = { key, reply: over };
      this.#waiting.set(thread, waiting);
    });
  }

  /** @returns whether it could go that way */
  reply(thread: string, fields: XmlFields): boolean {
    const waiting = this.#waiting.get(thread);
    if (waiting === undefined) return false;
    this.#said.set(waiting.key, fields);
    const [oldest] = this.#said.keys();
    if (this.#said.size > keptReplies && oldest !== undefined) this.#said.delete(oldest);
    waiting.reply(fields);
    return true;
  }
}
