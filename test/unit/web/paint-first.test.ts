// What must be painted first is rendered at once, and everything that comes before its frame waits for it, in order.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PaintFirst } from '../../../web/src/parts/paint-first.ts';

let log: string[];
let frames: (() => void)[];

beforeEach(() => {
  vi.useFakeTimers();
  log = [];
  frames = [];
});
afterEach(() => {
  vi.useRealTimers();
});

const made = () =>
  new PaintFirst<string>({
    isUrgent: (change) => change.startsWith('pop'),
    dispatch: (change) => log.push(change),
    flush: (inside) => {
      log.push('(');
      inside();
      log.push(')');
    },
    afterPaint: (then) => frames.push(then),
  });
const frame = () => {
  log.push('frame');
  for (const then of frames.splice(0)) then();
};

test('a pop is rendered at once; what comes before its frame waits, a second pop for a frame of its own', () => {
  const first = made();
  first.change('call');
  first.change('pop 1');
  first.change('agent');
  first.change('pop 2');
  first.change('beat');
  expect(log).toEqual(['call', '(', 'pop 1', ')']);
  frame();
  frame();
  first.change('call gone');
  expect(log).toEqual(['call', '(', 'pop 1', ')', 'frame', 'agent', '(', 'pop 2', ')', 'frame', 'beat', 'call gone']);
});

test('a frame that never comes holds nothing up, and one that comes late changes nothing', () => {
  const first = made();
  first.change('pop 1');
  first.change('agent');
  vi.advanceTimersByTime(100);
  expect(log).toEqual(['(', 'pop 1', ')', 'agent']);
  first.change('pop 2');
  first.change('beat');
  frames.shift()?.();
  expect(log.at(-1)).toBe(')');
  frame();
  expect(log.at(-1)).toBe('beat');
});
