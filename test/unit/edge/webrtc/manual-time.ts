import type { GatewayTime } from '../../../../edge/webrtc/host.ts';

/** Time that stands still until it is moved. */
export class ManualTime implements GatewayTime {
  #now = 1_000;
  readonly #waiting = new Set<{ at: number; fire: () => void }>();

  now(): number {
    return this.#now;
  }

  wall(): number {
    return 1_800_000_000_000 + this.#now;
  }

  after(ms: number, fire: () => void): () => void {
    const one = { at: this.#now + ms, fire };
    this.#waiting.add(one);
    return () => this.#waiting.delete(one);
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#waiting].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#waiting.delete(next);
      this.#now = next.at;
      next.fire();
    }
    this.#now = end;
  }
}
