// POSTs over kept connections, with as little work as can be: what a bench burns itself is taken from what it measures.
import { connect, type Socket } from 'node:net';

interface Asked {
  text: string;
  answered(status: number): void;
  failed(error: Error): void;
}

export class LeanPosts {
  readonly #host: string;
  readonly #port: number;
  readonly #most: number;
  readonly #free: Line[] = [];
  readonly #lines = new Set<Line>();
  readonly #waiting: Asked[] = [];

  /** @param url `http://127.0.0.1:8090` @param most connections */
  constructor(url: string, most: number) {
    const { hostname, port } = new URL(url);
    this.#host = hostname;
    this.#port = Number(port);
    this.#most = most;
  }

  /** @returns the status @throws Error where the connection broke, or nothing came within 5 s */
  post(path: string, body: string): Promise<number> {
    const text = `POST ${path} HTTP/1.1\r\nHost: ${this.#host}:${this.#port}\r\nContent-Type: text/xml\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    return new Promise((answered, failed) => {
      const asked = { text, answered, failed };
      const line = this.#free.pop() ?? (this.#lines.size < this.#most ? this.#open() : undefined);
      if (line) line.ask(asked);
      else this.#waiting.push(asked);
    });
  }

  close(): void {
    for (const line of this.#lines) line.socket.destroy();
  }

  #open(): Line {
    const line = new Line(connect(this.#port, this.#host), {
      free: () => {
        const next = this.#waiting.shift();
        if (next) line.ask(next);
        else this.#free.push(line);
      },
      gone: () => {
        this.#lines.delete(line);
        const at = this.#free.indexOf(line);
        if (at >= 0) this.#free.splice(at, 1);
        const next = this.#waiting.shift();
        if (next) this.#open().ask(next);
      },
    });
    this.#lines.add(line);
    return line;
  }
}

/** One connection, one request at a time. */
class Line {
  readonly socket: Socket;
  readonly #told: { free(): void; gone(): void };
  #asked: Asked | undefined;
  #read = '';

  constructor(socket: Socket, told: { free(): void; gone(): void }) {
    this.socket = socket;
    this.#told = told;
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.setTimeout(5_000, () => socket.destroy(this.#asked && new Error('no answer within 5 s')));
    socket.on('data', (part) => this.#take(String(part)));
    let broke: Error | undefined;
    socket.on('error', (error) => {
      broke = error;
    });
    socket.on('close', () => {
      const asked = this.#asked;
      this.#asked = undefined;
      told.gone();
      asked?.failed(broke ?? new Error('the connection was closed'));
    });
  }

  ask(asked: Asked): void {
    this.#asked = asked;
    this.#read = '';
    this.socket.write(asked.text, 'latin1');
  }

  #take(part: string): void {
    this.#read += part;
    const head = this.#read.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = /^content-length: (\d+)/im.exec(this.#read)?.[1];
    if (length === undefined) {
      this.socket.destroy(new Error('an answer without a length'));
      return;
    }
    if (this.#read.length < head + 4 + Number(length)) return;
    const status = Number(this.#read.slice(9, 12));
    const asked = this.#asked;
    this.#asked = undefined;
    this.#told.free();
    asked?.answered(status);
  }
}
