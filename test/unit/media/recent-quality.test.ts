// The quality that a panel's light shows: of counters that run for a whole shift, what came lately.
import { expect, test } from 'vitest';
import { type Counted, RecentQuality } from '../../../media/webrtc/index.ts';

/** A look every 5 s at counters to which each adds. */
function looks(...added: { up?: Counted; down?: Counted | undefined }[]) {
  const recent = new RecentQuality('PCMU');
  const sum = { up: { packets: 0, lost: 0 }, down: { packets: 0, lost: 0 } };
  const add = (one: Counted, more: Counted = { packets: 0, lost: 0 }): Counted => {
    one.packets += more.packets;
    one.lost += more.lost;
    return { ...more, packets: one.packets, lost: one.lost };
  };
  return added.map(({ up, down }) => recent.next({ up: add(sum.up, up), down: add(sum.down, down), rttMs: 20.04 }));
}

const good = { packets: 250, lost: 0, jitterMs: 2 };
const bad = { packets: 200, lost: 50, jitterMs: 30 };
const shift = Array.from({ length: 5_760 }, () => ({ up: good, down: good }));

test('after eight good hours a line that is bad now shows as bad within 10 s, and as good again 10 s later', () => {
  const seen = looks(
    ...shift,
    { up: bad, down: good },
    { up: bad, down: bad },
    { up: good, down: bad },
    ...shift.slice(-2),
  );
  expect(seen[5_759]).toEqual({
    codec: 'PCMU',
    up: { packets: 500, lost: 0, jitterMs: 2, mos: expect.closeTo(4.37, 1) },
    down: { packets: 500, lost: 0, jitterMs: 2, mos: expect.closeTo(4.37, 1) },
    rttMs: 20,
  });
  const both = seen.slice(5_760).map((one) => [one?.up.lost, one?.down?.lost, (one?.up.mos ?? 0) < 3.6]);
  expect(both).toEqual([
    [50, 0, true],
    [100, 50, true],
    [50, 100, true],
    [0, 50, false],
    [0, 0, false],
  ]);
});

test('while nothing is sent to her, nothing is said of it; a new stream counts from nothing', () => {
  const recent = new RecentQuality('PCMA');
  const up = (packets: number) => ({ packets, lost: 0 });
  recent.next({ up: up(250), down: { packets: 200, lost: 50 } });
  expect(recent.next({ up: up(500) })?.down).toBeUndefined();
  expect(recent.next({ up: up(750), down: up(100) })?.down).toMatchObject({ packets: 100, lost: 0 });
  // The same counters again: the call is over, and they stand still.
  recent.next({ up: up(1_000), down: up(100) });
  expect(recent.next({ up: up(1_250), down: up(100) })?.down).toBeUndefined();
  // Another stream in the middle of a look.
  expect(recent.next({ up: up(1_500), down: { packets: 60, lost: 20 } })?.down).toMatchObject({
    packets: 60,
    lost: 20,
  });
});

test('a report that comes late, of more than was sent since, is no new stream', () => {
  const recent = new RecentQuality('PCMU');
  const up = { packets: 1, lost: 0 };
  recent.next({ up, down: { packets: 10_000, lost: 0 } });
  recent.next({ up, down: { packets: 10_250, lost: 0 } });
  expect(recent.next({ up, down: { packets: 10_125, lost: 375 } })?.down).toMatchObject({ packets: 125, lost: 375 });
});

test('a connection that has just come up is not a bad one; one that falls silent is', () => {
  const [first, second, , fourth] = looks({}, { up: good }, {}, {});
  expect(first).toBeUndefined();
  expect(second?.up.mos).toBeGreaterThan(4);
  expect(fourth?.up).toEqual({ packets: 0, lost: 0, mos: 1 });
});
