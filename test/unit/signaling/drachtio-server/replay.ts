// Plays captured frames against our server and compares, field by field, what it sends with what was captured.
import { expect } from 'vitest';
import { captured, type ReadFrame, readFrame } from './captured.ts';
import type { DrachtioServerDouble } from './server-double.ts';

export interface Differences {
  /** Headers that ours may add. */
  more?: readonly string[];
  /** Headers of the captured program that ours has no reason to send. */
  without?: readonly string[];
  /** Headers whose value is compared by the test itself. */
  values?: readonly string[];
  /** The body is another one, as the media is. */
  body?: boolean;
  /** Content-Length, where drachtio-srf does not give the bytes of the body. */
  length?: number;
  /** There is no SIP in it. */
  bare?: boolean;
}

/** The length of ours is checked against its body; drachtio-srf gives the type, which the real server would add. */
const always = ['content-length', 'content-type'];

/** Ids of the captured frames of the app that ours were compared with, in this file. */
export const compared = new Set<string>();

/** The meta tokens, start line, headers and body of a frame of ours against a captured one. */
export function expectSame(captured: string, ours: string, differences: Differences = {}): ReadFrame {
  const want = readFrame(captured);
  const got = readFrame(ours);
  compared.add(want.id);
  const {
    more = [],
    without = [],
    values = [],
    body = false,
    bare = false,
    length = Buffer.byteLength(got.body),
  } = differences;
  expect(got.tokens, 'tokens').toEqual(want.tokens);
  expect(got.start, 'start line').toBe(want.start);
  if (bare) return got;
  const skip = new Set([...always, ...values, ...more, ...without]);
  const others = (frame: ReadFrame) =>
    Object.fromEntries([...frame.headers].filter(([name]) => !skip.has(name)).sort());
  expect(others(got), 'headers').toEqual(others(want));
  for (const name of values) expect(got.headers.has(name), name).toBe(true);
  expect(Number(got.headers.get('content-length')), 'Content-Length').toBe(length);
  if (!body) expect(got.body, 'body').toBe(want.body);
  return got;
}

export class Replay {
  readonly #server: DrachtioServerDouble;
  readonly #frames: ReturnType<typeof captured>;
  /** Id of a captured frame of the app → id of ours that stands for it. */
  readonly #ids = new Map<string, string>();
  #at = 0;

  /** @param from number of the first frame */
  constructor(server: DrachtioServerDouble, section: string, from = 0) {
    this.#server = server;
    this.#frames = captured(section).slice(from);
  }

  /** The next captured frame leaves the server, answering ours where the captured one answered theirs. */
  says(): void {
    const frame = this.#frames[this.#at++];
    if (frame?.from !== 'server') throw new Error('the next captured frame is not the server’s');
    this.#server.send(
      frame.payload.replace(/^([^|]+\|response\|)([^|]+)/, (_whole, before: string, id: string) => {
        return before + (this.#ids.get(id) ?? id);
      }),
    );
  }

  /** The captured server's answer goes to a frame of ours that was not captured itself. */
  stands(ours: string): void {
    const frame = this.#frames[this.#at];
    const captured = readFrame(frame?.payload ?? '').tokens[1] ?? '';
    this.#ids.set(captured, readFrame(ours).id);
  }

  /** Our next frame must be as the captured one. */
  async expects(differences: Differences = {}): Promise<ReadFrame> {
    const frame = this.#frames[this.#at++];
    if (frame?.from !== 'app') throw new Error('the next captured frame is not the app’s');
    const ours = await this.#server.next();
    const read = expectSame(frame.payload, ours, differences);
    this.#ids.set(readFrame(frame.payload).id, read.id);
    return read;
  }

  /** Passes over a captured frame that has no counterpart here. */
  skip(): void {
    this.#at++;
  }

  get body(): string {
    return readFrame(this.#frames[this.#at]?.payload ?? '').body;
  }
}
