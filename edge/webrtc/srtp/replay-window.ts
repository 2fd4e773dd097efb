// Which packet indices were seen (RFC 3711 §3.3.2): a window of 128 behind the newest.
const words = 4;
const size = words * 32;

// Indices have up to 48 bits, more than bit operators take: hence the divisions.

export class ReplayWindow {
  #newest = -1;
  readonly #bits = new Uint32Array(words);

  /** Newest index that was added; -1 before the first. */
  get newest(): number {
    return this.#newest;
  }

  /** Whether it is new, and not too old to tell. */
  admits(index: number): boolean {
    if (index > this.#newest) return true;
    if (index <= this.#newest - size) return false;
    return ((this.#bits[Math.floor(index / 32) % words] as number) & (1 << (index % 32))) === 0;
  }

  /** Adds one that it admits. */
  add(index: number): void {
    if (index > this.#newest) {
      if (index - this.#newest >= size) this.#bits.fill(0);
      else for (let skipped = this.#newest + 1; skipped < index; skipped++) this.#clear(skipped);
      this.#newest = index;
    }
    const word = Math.floor(index / 32) % words;
    this.#bits[word] = (this.#bits[word] as number) | (1 << (index % 32));
  }

  #clear(index: number): void {
    const word = Math.floor(index / 32) % words;
    this.#bits[word] = (this.#bits[word] as number) & ~(1 << (index % 32));
  }
}
