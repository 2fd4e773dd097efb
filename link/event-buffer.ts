// Numbered events that the server has not acknowledged yet, bounded.

export class EventBuffer {
  readonly #most: number;
  #lines: string[] = [];
  /** Index in #lines of the oldest event that is kept. */
  #head = 0;
  #next = 1;

  constructor(most: number) {
    this.#most = most;
  }

  /** Number of the oldest event kept, or of the next one where none is. */
  get first(): number {
    return this.#next - this.size;
  }

  get size(): number {
    return this.#lines.length - this.#head;
  }

  /** @returns the event's frame as a line */
  add(event: string, body: unknown): string {
    const line = JSON.stringify({ seq: this.#next++, event, with: body });
    this.#lines.push(line);
    if (this.size > this.#most) this.#head++;
    this.#compact();
    return line;
  }

  /** Forgets events up to `seq`. */
  acknowledge(seq: number): void {
    this.#head += Math.min(this.size, Math.max(0, seq - this.first + 1));
    this.#compact();
  }

  *kept(): Iterable<string> {
    for (let i = this.#head; i < this.#lines.length; i++) yield this.#lines[i] as string;
  }

  #compact(): void {
    if (this.#head === this.#lines.length) {
      this.#lines = [];
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#lines.length) {
      this.#lines = this.#lines.slice(this.#head);
      this.#head = 0;
    }
  }
}
