// A phone that says nothing is unreachable; a phone that we have not come to hear is not.
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Ringing, type RingResult } from '../../../server/calls/ringing.ts';
import type { LegTools } from '../../../server/signaling/index.ts';
import type { CallProgress, SipDialog } from '../../../server/signaling/sip/index.ts';
import { Unclosed } from '../../../server/signaling/unclosed.ts';
import { FakeMedia } from './fake-media.ts';

const logger = pino({ level: 'silent' });
const silentMs = 3_000;
let rung: CallProgress[];
let cancelled: number;
/** How long the SIP server takes to answer. */
let roundTripMs: number;
let unclosed: Unclosed;

beforeEach(() => {
  vi.useFakeTimers();
  rung = [];
  cancelled = 0;
  roundTripMs = 0;
  unclosed = new Unclosed(logger);
});
afterEach(() => {
  unclosed.close();
  vi.useRealTimers();
});

function ring(): { result(): RingResult | undefined } {
  const sip = {
    call: (_request: unknown, progress: CallProgress) => {
      rung.push(progress);
      return { callId: 'c', cancel: () => cancelled++ };
    },
    settled: () => new Promise<void>((done) => setTimeout(done, roundTripMs)),
    follow: () => undefined,
  };
  const tools = { sip, media: new FakeMedia(), logger, unclosed } as unknown as LegTools;
  const ringing = new Ringing(tools, {
    interaction: 'int_1',
    targets: [{ uri: 'sip:1001@192.0.2.50' }],
    role: 'agent',
    from: { user: '13800138000' },
    silentMs,
  });
  let result: RingResult | undefined;
  void ringing.result.then((one) => {
    result = one;
  });
  return { result: () => result };
}

const answer = { callId: 'c', remoteSdp: 'v=0\r\n' } as SipDialog;

test('a phone that is silent is unreachable after that time', async () => {
  const ringing = ring();
  await vi.advanceTimersByTimeAsync(silentMs - 1);
  expect(ringing.result()).toBeUndefined();
  await vi.advanceTimersByTimeAsync(2);
  expect(ringing.result()).toMatchObject({ answered: undefined, how: 'unreachable', status: 408 });
  expect(cancelled).toBe(1);
});

test('while the SIP server lags behind, its silence is not the phone’s', async () => {
  const ringing = ring();
  roundTripMs = 2_000;
  await vi.advanceTimersByTimeAsync(silentMs + roundTripMs + 500);
  expect(ringing.result()).toBeUndefined();
  rung[0]?.provisional(180, undefined);
  rung[0]?.answered(answer);
  await vi.advanceTimersByTimeAsync(10);
  expect(ringing.result()?.answered?.state).toBe('up');
  expect(cancelled).toBe(0);
});

test('what it had said before the SIP server answered is heard first', async () => {
  const ringing = ring();
  roundTripMs = 100;
  await vi.advanceTimersByTimeAsync(silentMs + 50);
  rung[0]?.provisional(180, undefined);
  await vi.advanceTimersByTimeAsync(10 * silentMs);
  expect(ringing.result()).toBeUndefined();
});

test('patience has an end', async () => {
  const ringing = ring();
  roundTripMs = 1_000;
  await vi.advanceTimersByTimeAsync(10 * (silentMs + roundTripMs) - 1);
  expect(ringing.result()).toBeUndefined();
  await vi.advanceTimersByTimeAsync(2);
  expect(ringing.result()).toMatchObject({ how: 'unreachable' });
});
