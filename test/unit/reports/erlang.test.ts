import { describe, expect, it } from 'vitest';
import { agentsNeeded, erlangA, erlangC, serviceLevelC } from '../../../server/reports/index.ts';

/** Published vectors: contacts per second, seconds. */
const half = 100 / 1_800;
const hour = (calls: number) => calls / 3_600;

describe('Erlang C', () => {
  it.each([
    [half, 180, 14, 0.1741, 0.8884, 7.84],
    [half, 180, 12, 0.4494, 0.6402, 40.4],
    [hour(360), 240, 30, 0.1729, 0.8952, 6.91],
    [hour(1_000), 300, 90, 0.3673, 0.7645, 16.5],
  ])('%d/s, %d s, %d agents', (arrivals, handle, agents, waiting, level, asa) => {
    const given = { arrivals, handle, agents };
    const found = erlangC(given);
    expect(found.waiting).toBeCloseTo(waiting, 4);
    expect(serviceLevelC(given, 20)).toBeCloseTo(level, 4);
    expect(Math.abs(found.wait - asa)).toBeLessThan(asa > 10 ? 0.05 : 0.005);
  });

  it('says that it cannot be done, and how many could', () => {
    expect(erlangC({ arrivals: half, handle: 180, agents: 10 })).toMatchObject({ waiting: 1, wait: Infinity });
    expect(serviceLevelC({ arrivals: half, handle: 180, agents: 9 }, 20)).toBe(0);
    expect(agentsNeeded({ arrivals: half, handle: 180 }, { serviceLevel: 0.8, within: 20 })).toBe(14);
    // Far beyond what factorials would hold.
    expect(erlangC({ arrivals: 10, handle: 300, agents: 3_100 }).waiting).toBeGreaterThan(0);
  });
});

describe('Erlang A', () => {
  it.each([
    [half, 180, 120, 10, 0.4969, 0.1375, 16.5],
    [half, 180, 120, 12, 0.2798, 0.0616, 7.39],
    [hour(360), 240, 60, 22, 0.4901, 0.1566, 9.4],
  ])('%d/s, %d s, patience %d s, %d agents', (arrivals, handle, patience, agents, waiting, abandoned, wait) => {
    const found = erlangA({ arrivals, handle, agents }, patience);
    expect(found.waiting).toBeCloseTo(waiting, 4);
    expect(found.abandoned).toBeCloseTo(abandoned, 4);
    expect(Math.abs(found.wait - wait)).toBeLessThan(0.005);
  });

  it('holds where hardly anybody gives up and thousands wait', () => {
    // Who is not served in the long run gives up: 3 of 10, after 0.3 of a day each on average.
    const found = erlangA({ arrivals: 600 / 3_600, handle: 60, agents: 7 }, 86_400);
    expect(found.waiting).toBeCloseTo(1, 6);
    expect(found.abandoned).toBeCloseTo(0.3, 6);
    expect(found.wait / 86_400).toBeCloseTo(0.3, 6);
    expect(found.occupancy).toBeCloseTo(1, 6);
  });

  it('is Erlang C where nobody gives up', () => {
    const given = { arrivals: half, handle: 180, agents: 14 };
    expect(erlangA(given, Infinity)).toEqual(erlangC(given));
    expect(erlangA(given, 1e9).waiting).toBeCloseTo(erlangC(given).waiting, 5);
    expect(agentsNeeded({ arrivals: half, handle: 180 }, { abandoned: 0.07, patience: 120 })).toBe(12);
  });
});
