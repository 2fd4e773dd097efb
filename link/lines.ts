// Frames on the link: one JSON object a line. This cuts a byte stream into lines, and writes them.
import type { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { GatheredWrites } from './gathered-writes.ts';

/** A line longer than this is no frame of ours (audio and recordings come in pieces of 256 KiB at most). */
export const maxLineChars = 4 * 1024 * 1024;

/** Cuts incoming bytes into lines without their LF. */
export class LineReader {
  readonly #decoder = new StringDecoder('utf8');
  readonly #limit: () => number;
  #rest: string[] = [];
  #restChars = 0;

  /** @param limit most characters that a line may have now; a handshake allows less than a link that is up */
  constructor(limit: () => number = () => maxLineChars) {
    this.#limit = limit;
  }

  /**
   * Calls `each` for every line that `bytes` completes.
   * @returns false where a line outgrew the limit: the connection is to be closed
   */
  push(bytes: Buffer, each: (line: string) => void): boolean {
    const text = this.#decoder.write(bytes);
    let from = 0;
    for (let lf = text.indexOf('\n'); lf >= 0; lf = text.indexOf('\n', from)) {
      let line = text.slice(from, lf);
      from = lf + 1;
      if (this.#rest.length > 0) {
        line = this.#rest.join('') + line;
        this.#rest = [];
        this.#restChars = 0;
      }
      if (line.length > this.#limit()) return false;
      if (line.length > 0) each(line);
    }
    if (from < text.length) {
      this.#rest.push(text.slice(from));
      this.#restChars += text.length - from;
    }
    return this.#restChars <= this.#limit();
  }
}

/** Writes lines. */
export class LineWriter {
  readonly #writes: GatheredWrites;

  constructor(socket: Socket) {
    this.#writes = new GatheredWrites(socket);
  }

  /** Characters that were written and have not left this process. */
  get unsent(): number {
    return this.#writes.unsent;
  }

  write(line: string): void {
    this.#writes.write(`${line}\n`);
  }

  /** What was written leaves now: before the end of the socket, for one. */
  flush(): void {
    this.#writes.flush();
  }
}
