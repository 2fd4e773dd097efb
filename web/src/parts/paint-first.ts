// Some changes must be on the screen before anything else takes the browser's time: they are rendered at once, and what comes
// meanwhile waits for their frame.

export interface PaintFirstOptions<Change> {
  /** Whether the change is one of those. */
  isUrgent: (change: Change) => boolean;
  /** Takes a change up, to be rendered soon. */
  dispatch: (change: Change) => void;
  /** Renders what is dispatched inside before it returns: React's flushSync. */
  flush: (inside: () => void) => void;
  /** Runs it after the next frame; never, where none comes. */
  afterPaint: (then: () => void) => void;
}

/** A frame that does not come (a tab that was hidden this moment) holds nothing up for longer. */
const longestMs = 100;

export class PaintFirst<Change> {
  readonly #options: PaintFirstOptions<Change>;
  /** Changes that wait for a frame, in order; undefined where none is waited for. */
  #held: Change[] | undefined;

  constructor(options: PaintFirstOptions<Change>) {
    this.#options = options;
  }

  /** Takes a change, now or after the frame; all in the order in which they came. */
  change(change: Change): void {
    const { isUrgent, dispatch, flush, afterPaint } = this.#options;
    if (this.#held !== undefined) {
      this.#held.push(change);
      return;
    }
    if (!isUrgent(change)) {
      dispatch(change);
      return;
    }
    const held: Change[] = [];
    this.#held = held;
    const release = () => {
      if (this.#held !== held) return;
      clearTimeout(late);
      this.#held = undefined;
      for (const one of held) this.change(one);
    };
    const late = setTimeout(release, longestMs);
    flush(() => dispatch(change));
    afterPaint(release);
  }
}
