import { describe, expect, test } from 'vitest';
import type { AcdEvent } from '../../../server/acd/index.ts';
import { type Counts, serviceLevel } from '../../../server/reports/index.ts';
import { QueueDay } from '../../../server/routing/queue-day.ts';

// Vectors worked out by hand from the published definitions: 100 offered, 80 answered (60 within 20 s), 15 abandoned
// (5 within 20 s), 5 overflowed.
const vector: Counts = { offered: 100, answered: 80, answeredInTime: 60, abandoned: 15, abandonedInTime: 5 };

describe('service level', () => {
  test.each([
    ['a', 60 / 80],
    ['b', 60 / 95],
    ['c', 65 / 100],
    ['d', 60 / 95],
  ] as const)('variant %s', (variant, expected) => {
    expect(serviceLevel(variant, vector)).toBeCloseTo(expected, 12);
  });

  test('b and d part where contacts overflow or abandon late', () => {
    const other: Counts = { offered: 50, answered: 30, answeredInTime: 24, abandoned: 10, abandonedInTime: 2 };
    expect(serviceLevel('b', other)).toBeCloseTo(0.6, 12);
    expect(serviceLevel('d', other)).toBeCloseTo(0.5, 12);
  });

  test('is not known before anything happened', () => {
    const none: Counts = { offered: 0, answered: 0, answeredInTime: 0, abandoned: 0, abandonedInTime: 0 };
    for (const variant of ['a', 'b', 'c', 'd'] as const) expect(serviceLevel(variant, none)).toBeUndefined();
  });
});

describe('the day of a queue', () => {
  const at = Date.parse('2026-03-02T02:00:00Z');
  const queued = (contact: string, more: Partial<Extract<AcdEvent, { type: 'contact-queued' }>> = {}): AcdEvent => ({
    at,
    type: 'contact-queued',
    contact,
    channel: 'voice',
    queue: 'service',
    priority: 0,
    skills: [],
    since: at,
    until: at + 1,
    moved: false,
    ...more,
  });
  const answered = (waitedMs: number): AcdEvent => ({
    at,
    type: 'offer-accepted',
    offer: 'off',
    contact: 'int',
    agent: '1001',
    queue: 'service',
    waitedMs,
  });
  const left = (reason: string, state: 'waiting' | 'connected', waitedMs: number): AcdEvent => ({
    at,
    type: 'contact-left',
    contact: 'int',
    queue: 'service',
    reason,
    state,
    waitedMs,
  });

  test('counts by the definitions', () => {
    const day = new QueueDay('Asia/Shanghai', () => 20_000);
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) day.count(queued(id));
    day.count(answered(5_000));
    day.count(answered(20_000)); // on the threshold: in time
    day.count(answered(35_000));
    day.count(left('customer', 'connected', 99_000)); // hung up in the talk: not an abandon
    day.count(left('abandoned', 'waiting', 10_000));
    day.count(left('flow', 'waiting', 10_000));
    day.count(queued('g'));
    day.count(left('answered', 'waiting', 10_000)); // in writing, by a supervisor: not an abandon either
    day.count(queued('f', { queue: 'vip', from: 'service', moved: true }));
    day.count(queued('f', { queue: 'vip', from: 'vip', moved: true })); // to one agent within the queue
    const ended = { at, agent: '1001', work: 'off', contact: 'int', queue: 'service' } as const;
    day.count({ ...ended, type: 'work-ended', connectedMs: 100_000 });
    day.count({ ...ended, type: 'wrap-up-ended', wrapUpMs: 20_000, by: 'time' });
    expect(day.figures('service', 'b', at)).toEqual({
      offered: 7,
      answered: 3,
      abandoned: 1,
      overflowed: 2,
      serviceLevel: 2 / 4,
      averageAnswerMs: 20_000,
      averageHandleMs: 120_000,
    });
    expect(day.counts('service').longestWaitMs).toBe(35_000);
    expect(day.figures('vip', 'b', at).offered).toBe(1);
  });

  test("ends at the site's midnight", () => {
    const day = new QueueDay('Asia/Shanghai', () => 20_000);
    day.count(queued('a'));
    expect(day.figures('service', 'b', Date.parse('2026-03-02T15:59:59.999Z')).offered).toBe(1);
    expect(day.figures('service', 'b', Date.parse('2026-03-02T16:00:00Z')).offered).toBe(0);
  });
});
