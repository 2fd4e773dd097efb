// When something is really to be seen. Chromium says so of elements with an `elementtiming` attribute (W3C Element Timing): the
// entry comes once the frame with its text was presented. Elsewhere, and where it says nothing, frames are counted.
import { afterPaint } from './after-paint.ts';

declare module 'react' {
  interface HTMLAttributes<T> {
    /** Names the element in the browser's Element Timing. */
    elementtiming?: string | undefined;
  }
}

/** A browser draws at most a few frames ahead of its screen: after so many the first of them is out. */
const framesAhead = 6;
/** Names that are remembered: far more than a desk has in hand. */
const mostKnown = 64;

const presented = new Set<string>();
const waiting = new Map<string, Set<() => void>>();
let observer: PerformanceObserver | undefined;

function observe(): boolean {
  if (observer !== undefined) return true;
  if (!PerformanceObserver.supportedEntryTypes.includes('element')) return false;
  observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { identifier } = entry as PerformanceEntry & { identifier: string };
      presented.add(identifier);
      if (presented.size > mostKnown) presented.delete(presented.values().next().value ?? identifier);
      for (const then of [...(waiting.get(identifier) ?? [])]) then();
    }
  });
  observer.observe({ type: 'element', buffered: true });
  return true;
}

/**
 * Runs `then` once, when the element with this name has been presented; where the browser cannot say so, some frames later; at
 * once in a hidden tab, which presents none.
 * @param name the element's `elementtiming`; of its own for every element that is waited for
 * @returns takes it back
 */
export function whenPresented(name: string, then: () => void): () => void {
  if (document.hidden || !observe() || presented.has(name)) return afterPaint(then);
  let over = false;
  const stop = () => {
    over = true;
    const those = waiting.get(name);
    those?.delete(done);
    if (those?.size === 0) waiting.delete(name);
    document.removeEventListener('visibilitychange', done);
  };
  const done = () => {
    if (over) return;
    stop();
    then();
  };
  const those = waiting.get(name) ?? new Set();
  waiting.set(name, those.add(done));
  // A tab that is hidden meanwhile presents nothing any more.
  document.addEventListener('visibilitychange', done);
  let frames = 0;
  const count = () => {
    if (over) return;
    if (++frames > framesAhead) done();
    else requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
  return stop;
}
