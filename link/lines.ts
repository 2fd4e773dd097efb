// Frames on the link: one JSON object a line. This cuts a byte stream into lines and gathers what is written in one turn
// of the event loop into one write.
import type { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';

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

/** Writes lines. Those of one turn of the event loop leave together: a write per line is what a busy link would cost most. */
export class LineWriter {
  readonly #socket: Socket;
  #waiting = '';
  #planned = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Characters that were written and have not left this process. */
  get unsent(): number {
    return this.#waiting.length + this.#socket.writableLength;
  }

  write(line: string): void {
    this.#waiting += line;
    this.#waiting += '\n';
    if (this.#planned) return;
    this.#planned = true;
    setImmediate(this.flush);
  }

  /** Hands what was written to the socket now: before its end, for one. */
  readonly flush = (): void => {
    this.#planned = false;
    const text = this.#waiting;
    this.#waiting = '';
    if (text.length > 0 && this.#socket.writable) this.#socket.write(text);
  };
}
