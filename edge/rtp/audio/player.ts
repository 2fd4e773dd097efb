// One playback: a list of pieces, played some times or for ever, read 20 ms at a time in the codec of the listener.
import { type Law, sampleRate } from '../codec/g711.ts';
import type { Clip } from './clip.ts';

/** `undefined` in `clip`: the file is on its way. Silence has no clip. */
export type Piece = { kind: 'clip'; clip: Clip | undefined; hash?: string } | { kind: 'silence'; samples: number };

export type PlayerEnd = 'finished' | 'stopped' | 'barged' | 'closed' | 'failed';

export function silencePiece(ms: number): Piece {
  return { kind: 'silence', samples: Math.round((ms * sampleRate) / 1000) };
}

/**
 * ```
 *   loading ──all pieces there──► playing ──list done──► ended
 *      └───────────── stop, barge-in, close, failure ──────┘
 * ```
 */
export class Player {
  readonly id: string;
  readonly bargeIn: boolean;
  ended = false;
  readonly #pieces: Piece[];
  readonly #onend: (end: PlayerEnd, reason?: string) => void;
  #times: number;
  #index = 0;
  #offset = 0;
  #missing: number;

  /** @param times 0 = for ever */
  constructor(
    id: string,
    pieces: Piece[],
    times: number,
    bargeIn: boolean,
    onend: (end: PlayerEnd, reason?: string) => void,
  ) {
    this.id = id;
    this.bargeIn = bargeIn;
    this.#pieces = pieces;
    this.#times = times === 0 ? Number.POSITIVE_INFINITY : times;
    this.#onend = onend;
    this.#missing = pieces.filter((piece) => piece.kind === 'clip' && !piece.clip).length;
  }

  get ready(): boolean {
    return this.#missing === 0;
  }

  /** A file came. @returns whether all are there now */
  load(hash: string, clip: Clip): boolean {
    for (const piece of this.#pieces) {
      if (piece.kind === 'clip' && piece.hash === hash && !piece.clip) {
        piece.clip = clip;
        this.#missing--;
      }
    }
    return this.ready;
  }

  waitsFor(hash: string): boolean {
    return this.#pieces.some((piece) => piece.kind === 'clip' && piece.hash === hash && !piece.clip);
  }

  /**
   * Fills `into[at … at + count)` with the next samples, silence where it waits or the list ends within.
   * @returns false where nothing is left: the playback is over with the frame before
   */
  read(law: Law, silence: number, into: Buffer, at: number, count: number): boolean {
    if (this.ended) return false;
    if (this.#missing > 0) {
      into.fill(silence, at, at + count);
      return true;
    }
    const end = at + count;
    let place = at;
    while (place < end) {
      const piece = this.#pieces[this.#index];
      if (!piece) {
        this.#times--;
        // A list without a sample would turn here for ever.
        if (this.#times <= 0 || this.#samples() === 0) break;
        this.#index = 0;
        continue;
      }
      const length = piece.kind === 'clip' ? (piece.clip?.samples ?? 0) : piece.samples;
      const take = Math.min(end - place, length - this.#offset);
      if (piece.kind === 'clip' && piece.clip) piece.clip[law].copy(into, place, this.#offset, this.#offset + take);
      else into.fill(silence, place, place + take);
      place += take;
      this.#offset += take;
      if (this.#offset >= length) {
        this.#offset = 0;
        this.#index++;
      }
    }
    if (place === at) return false;
    if (place < end) {
      into.fill(silence, place, end);
      // What is left is known to be nothing: the next read says so.
      this.#times = 0;
      this.#index = this.#pieces.length;
    }
    return true;
  }

  /** Ends it; only the first end counts. */
  end(end: PlayerEnd, reason?: string): void {
    if (this.ended) return;
    this.ended = true;
    this.#onend(end, reason);
  }

  #samples(): number {
    let sum = 0;
    for (const piece of this.#pieces) sum += piece.kind === 'clip' ? (piece.clip?.samples ?? 0) : piece.samples;
    return sum;
  }
}
