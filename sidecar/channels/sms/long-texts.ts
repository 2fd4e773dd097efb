// Long messages that come in parts, in any order, also across a restart. What is not whole within the time limit is given as
// far as it came: a bank's customer is never silently ignored because one part got lost.
import type { ConnectorTools } from '../../connector.ts';
import type { PartOf } from './sms-text.ts';

interface Joining {
  at: number;
  total: number;
  /** Part number → its text, and the delivery that brought it. */
  parts: Record<string, { text: string; key: string }>;
  /** Where its answer goes. */
  thread: string;
  /** Of the part that came first. */
  key: string;
  over?: 'whole' | 'late' | undefined;
}

const index = 'joining';

export class LongTexts {
  readonly #memory: ConnectorTools['memory'];
  readonly #limitMs: number;

  constructor(memory: ConnectorTools['memory'], limitMs: number) {
    this.#memory = memory;
    this.#limitMs = limitMs;
  }

  /**
   * @param part of which text; `source` says whose
   * @returns the whole text with the part that completed it; undefined: not yet
   */
  add(
    source: string,
    part: PartOf,
    text: string,
    about: { key: string; at: number; thread: string },
  ): string | undefined {
    const name = `join:${source}:${part.reference}:${part.total}`;
    let joining = this.#get(name);
    // The numbers go round: another text under the same one.
    const another =
      joining && (joining.over || about.at - joining.at > this.#limitMs || String(part.number) in joining.parts);
    // A delivery that is read a second time, after a crash, is not another text.
    if (another && joining?.parts[part.number]?.key !== about.key) joining = undefined;
    joining ??= { at: about.at, total: part.total, parts: {}, thread: about.thread, key: about.key };
    joining.parts[part.number] = { text, key: about.key };
    const done = Object.keys(joining.parts).length === joining.total;
    if (done) joining.over = 'whole';
    this.#memory.set(name, JSON.stringify(joining), { came: true });
    this.#list((all) => (done ? all.filter((one) => one !== name) : [...new Set([...all, name])]));
    return done ? inOrder(joining) : undefined;
  }

  /** What has waited too long: its name, and where it belongs. */
  overdue(now: number): { name: string; key: string; thread: string }[] {
    return this.#all().flatMap((name) => {
      const joining = this.#get(name);
      const late = joining !== undefined && !joining.over && now - joining.at >= this.#limitMs;
      return late ? [{ name, key: joining.key, thread: joining.thread }] : [];
    });
  }

  /** When the next one will have. */
  nextDue(): number | undefined {
    const times = this.#all().flatMap((name) => this.#get(name)?.at ?? []);
    return times.length === 0 ? undefined : Math.min(...times) + this.#limitMs;
  }

  /** As far as it came, with a mark for each part that is missing. The same call gives the same. */
  giveUp(name: string): { text: string; thread: string; key: string; at: number } | undefined {
    const joining = this.#get(name);
    if (!joining || joining.over === 'whole') return undefined;
    joining.over = 'late';
    this.#memory.set(name, JSON.stringify(joining), { came: true });
    this.#list((all) => all.filter((one) => one !== name));
    return { text: inOrder(joining), thread: joining.thread, key: joining.key, at: joining.at };
  }

  #get(name: string): Joining | undefined {
    const text = this.#memory.get(name);
    return text === undefined ? undefined : (JSON.parse(text) as Joining);
  }

  #all(): string[] {
    return JSON.parse(this.#memory.get(index) ?? '[]') as string[];
  }

  #list(change: (all: string[]) => string[]): void {
    const before = this.#memory.get(index) ?? '[]';
    const after = JSON.stringify(change(JSON.parse(before) as string[]));
    if (after !== before) this.#memory.set(index, after);
  }
}

function inOrder(joining: Joining): string {
  return Array.from({ length: joining.total }, (_, at) => joining.parts[at + 1]?.text ?? '[…]').join('');
}
