// Hundreds of calls between callers and agents, recorded, for the price of a few: one socket for all of their SIP, and voices
// that speak five times a second.
import type { Floor, Line } from '../product/floor.ts';
import { until } from '../product/until.ts';
import { type Side, Switchboard } from './switchboard.ts';
import { paceMs, Voice } from './voice.ts';

/** Calls that one agent's phone takes at once. */
const each = 25;
/** Set up per second. */
const rate = 40;

export class Mass {
  readonly #switchboard: Switchboard;
  readonly #speaking: NodeJS.Timeout;
  readonly #voices: Voice[];

  private constructor(switchboard: Switchboard, voices: Voice[]) {
    this.#switchboard = switchboard;
    this.#voices = voices;
    let turn = 0;
    // A tenth of them at a time, so that they do not speak in chorus.
    this.#speaking = setInterval(() => {
      for (let i = turn; i < voices.length; i += 10) voices[i]?.speak();
      turn = (turn + 1) % 10;
    }, paceMs / 10);
  }

  /** So many calls that talk. */
  static async gather(floor: Floor, line: Line, count: number): Promise<Mass> {
    const switchboard = await Switchboard.open(floor.product.sip);
    const voices = await Promise.all(Array.from({ length: 2 * count }, (_, number) => Voice.open(number)));
    const mass = new Mass(switchboard, voices);
    switchboard.lend(voices.slice(count));
    for (let left = count; left > 0; left -= each)
      await floor.agent([line.queue], { port: switchboard.port }, { capacity: { voice: Math.min(each, left) } });
    const began = performance.now();
    for (let placed = 0; placed < count; ) {
      const due = Math.min(count, Math.floor(((performance.now() - began) * rate) / 1_000) + 1);
      while (placed < due) switchboard.call(line.number, voices[placed++] as Voice);
      await until(() => (performance.now() - began) * rate >= placed * 1_000, 'the next call is due');
    }
    await until(
      () => mass.talking() === count,
      () => `${mass.talking()} of ${count} calls talk: ${JSON.stringify(mass.tally())}`,
      60_000,
    );
    return mass;
  }

  get callers(): readonly Side[] {
    return this.#switchboard.callers;
  }

  get callIds(): string[] {
    return [...this.#switchboard.callers, ...this.#switchboard.agents].map(({ callId }) => callId);
  }

  /** Calls in which caller and agent have heard one another, and nobody else, within the last second. */
  talking(): number {
    const fresh = performance.now() - 1_000;
    return this.callers.filter(({ state, voice }) => {
      const other = voice.hears === undefined ? undefined : this.#voices[voice.hears];
      if (state !== 'talking' || !other || this.#voices[other.hears ?? -1] !== voice) return false;
      return voice.heardAt > fresh && other.heardAt > fresh;
    }).length;
  }

  measure(): void {
    for (const voice of this.#voices) voice.measure();
  }

  /** Longest pause beyond the pace at which they speak, ms. */
  gap(): number {
    return Math.max(0, ...this.#voices.map((voice) => voice.gap() - paceMs));
  }

  hangUp(): void {
    this.#switchboard.hangUp();
  }

  /** All parties have seen their end. */
  async over(ms = 60_000): Promise<void> {
    const open = () =>
      [...this.#switchboard.callers, ...this.#switchboard.agents].filter(({ state }) => state !== 'over');
    await until(
      () => open().length === 0,
      () => `${open().length} parties of the crowd never saw their end`,
      ms,
    );
  }

  close(): void {
    clearInterval(this.#speaking);
    this.#switchboard.close();
  }

  /** How many callers are in which state. */
  tally(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { state, status } of this.callers) {
      const key = `${state} ${status ?? ''}`.trim();
      counts[key] = (counts[key] ?? 0) + 1;
    }
    return counts;
  }
}
