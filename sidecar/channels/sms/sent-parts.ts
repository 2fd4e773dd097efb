// Which part of which message the gateway knows under which id, and what became of it. A message is delivered when all its
// parts are, and failed when one is.
import { defineErrors } from '../../../values/index.ts';
import type { ConnectorTools } from '../../connector.ts';

export const smsFailed = defineErrors({
  'sms-receipt-early': { status: 409, text: 'A receipt came for {id}, which no answer of the gateway has named yet.' },
});

interface Progress {
  parts: number;
  /** Part → the gateway's id. */
  ids: Record<string, string>;
  /** Part → its state. */
  states: Record<string, 'delivered' | 'failed'>;
}

export class SentParts {
  readonly #memory: ConnectorTools['memory'];

  constructor(memory: ConnectorTools['memory']) {
    this.#memory = memory;
  }

  /** Parts of the message that the gateway has taken. */
  taken(message: string): ReadonlySet<number> {
    return new Set(Object.keys(this.#get(message)?.ids ?? {}).map(Number));
  }

  firstId(message: string): string | undefined {
    return Object.values(this.#get(message)?.ids ?? {})[0];
  }

  took(message: string, part: number, parts: number, id: string): void {
    const progress = this.#get(message) ?? { parts, ids: {}, states: {} };
    progress.ids[part] = id;
    this.#memory.set(`part:${id}`, JSON.stringify({ message, part }));
    this.#set(message, progress);
  }

  /**
   * @returns what is known of the whole message now; `state` is undefined while other parts are on their way
   * @throws sms-receipt-early where the answer to the SUBMIT has not come yet: tried again
   */
  receipt(id: string, state: 'delivered' | 'failed'): { message: string; state?: 'delivered' | 'failed' | undefined } {
    const text = this.#memory.get(`part:${id}`);
    if (text === undefined) throw smsFailed['sms-receipt-early']({ id });
    const { message, part } = JSON.parse(text) as { message: string; part: number };
    const progress = this.#get(message);
    if (!progress) throw smsFailed['sms-receipt-early']({ id });
    progress.states[part] = state;
    this.#set(message, progress);
    if (state === 'failed') return { message, state };
    const all = Array.from({ length: progress.parts }, (_, at) => progress.states[at + 1]);
    return { message, state: all.every((one) => one === 'delivered') ? 'delivered' : undefined };
  }

  #get(message: string): Progress | undefined {
    const text = this.#memory.get(`sms:${message}`);
    return text === undefined ? undefined : (JSON.parse(text) as Progress);
  }

  #set(message: string, progress: Progress): void {
    this.#memory.set(`sms:${message}`, JSON.stringify(progress));
  }
}
