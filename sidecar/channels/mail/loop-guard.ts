// Two machines that answer each other: no header is believed alone. So many automatic mails in one thread and hour, no more.
import type { Clock } from '../../../values/index.ts';
import type { ConnectorTools } from '../../connector.ts';

const hour = 3_600_000;

export class LoopGuard {
  readonly #memory: ConnectorTools['memory'];
  readonly #clock: Clock;
  readonly #most: number;

  constructor(memory: ConnectorTools['memory'], clock: Clock, most: number) {
    this.#memory = memory;
    this.#clock = clock;
    this.#most = most;
  }

  /** Whether one more may go. The same message counts once, however often it is tried. */
  allows(thread: string, message: string): boolean {
    const recent = this.#recent(thread);
    if (recent.some((one) => one.message === message)) return true;
    if (recent.length >= this.#most) return false;
    recent.push({ at: this.#clock.now(), message });
    this.#memory.set(`loop:${thread}`, JSON.stringify(recent));
    return true;
  }

  #recent(thread: string): { at: number; message: string }[] {
    const text = this.#memory.get(`loop:${thread}`);
    const all = text === undefined ? [] : (JSON.parse(text) as { at: number; message: string }[]);
    const now = this.#clock.now();
    return all.filter((one) => now - one.at < hour);
  }
}
