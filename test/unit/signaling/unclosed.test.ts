// What could not be ended because the media engine was away: ended when it, or its host, is back.
import { EventEmitter } from 'node:events';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { mediaErrors } from '../../../media/errors.ts';
import type { Bridge, MediaServerEvents, Recording, SealedRecording } from '../../../media/media-server.ts';
import type { CallTools } from '../../../server/calls/call-tools.ts';
import { Talk } from '../../../server/calls/talk.ts';
import type { Leg } from '../../../server/signaling/index.ts';
import { Unclosed } from '../../../server/signaling/unclosed.ts';

const away = () => mediaErrors['media-unavailable']({ reason: 'the host is away' });
const gone = () => mediaErrors['media-unknown']({ reason: 'there is no recording' });
let unclosed: Unclosed;
let trouble: Error | undefined;
let asked: number;

beforeEach(() => {
  vi.useFakeTimers();
  unclosed = new Unclosed(pino({ level: 'silent' }));
  asked = 0;
});
afterEach(() => {
  unclosed.close();
  vi.useRealTimers();
});

const one = {
  async close() {
    asked++;
    if (trouble) throw trouble;
  },
};

test('is asked again for as long as it is away, and once it is not', async () => {
  trouble = away();
  unclosed.add(one);
  unclosed.retry();
  await vi.waitFor(() => expect(unclosed.size).toBe(1));
  trouble = undefined;
  unclosed.retry();
  expect(asked).toBe(2);
  expect(unclosed.size).toBe(0);
  unclosed.retry();
  expect(asked).toBe(2);
});

test('is asked again without an event, where its answer came late; and what fails otherwise is left', async () => {
  trouble = away();
  unclosed.add(one);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(asked).toBe(1);
  trouble = gone();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(asked).toBe(2);
  expect(unclosed.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

describe('a talk whose recording could not be sealed', () => {
  const talk = (stop: () => Promise<SealedRecording>) => {
    const media = new EventEmitter<MediaServerEvents>();
    media.on('host-restored', () => unclosed.retry());
    const tools = { logger: pino({ level: 'silent' }), signaling: { tools: { unclosed } } } as unknown as CallTools;
    const leg = {} as Leg;
    const made = new Talk(tools, leg, leg);
    const bridge = { close: async () => {} } as unknown as Bridge;
    made.adopt(bridge, { id: 'rec_1', stop } as unknown as Recording, { paused: false });
    return { media, ended: made.end() };
  };

  test('ends when the host is back, with its length', async () => {
    trouble = away();
    const { media, ended } = talk(async () => {
      if (trouble) throw trouble;
      return { ms: 1_000, bytes: 32_044 };
    });
    await vi.waitFor(() => expect(unclosed.size).toBe(1));
    media.emit('host-restored'); // another host
    await vi.waitFor(() => expect(unclosed.size).toBe(1));
    trouble = undefined;
    media.emit('host-restored');
    expect(await ended).toEqual({ recording: 'rec_1', ms: 1_000, bytes: 32_044 });
  });

  test('ends with nothing where nothing is left of it', async () => {
    trouble = away();
    const { media, ended } = talk(async () => {
      throw trouble as Error;
    });
    await vi.waitFor(() => expect(unclosed.size).toBe(1));
    trouble = gone();
    media.emit('host-restored');
    expect(await ended).toEqual({ recording: 'rec_1', ms: 0, bytes: 0 });
  });
});
