import { expect, test } from 'vitest';
import { Sources } from '../../../../edge/drachtio/sources.ts';

const limits = { burst: 3, perSecond: 2, knownMs: 10_000, remembered: 100 };

test('a source that nobody knows has a burst, then so many a second; one does not take from another', () => {
  const sources = new Sources(limits);
  const takes = (address: string, now: number, times: number) =>
    Array.from({ length: times }, () => sources.take(address, now)).filter(Boolean).length;
  expect(takes('192.0.2.1', 0, 10)).toBe(3);
  expect(takes('192.0.2.2', 0, 10)).toBe(3);
  expect(takes('192.0.2.1', 499, 10)).toBe(0);
  expect(takes('192.0.2.1', 500, 10)).toBe(1);
  expect(takes('192.0.2.1', 1_500, 10)).toBe(2);
  // However long it was silent, no more than a burst.
  expect(takes('192.0.2.1', 1_000_000, 10)).toBe(3);
});

test('whoever has one address of an IPv6 network has all of it', () => {
  const sources = new Sources(limits);
  for (let i = 1; i <= 3; i++) expect(sources.take(`2001:db8::${i}`, 0)).toBe(true);
  expect(sources.take('2001:db8::4', 0)).toBe(false);
  expect(sources.take('2001:db8:0:1::4', 0)).toBe(true);
  expect(sources.take('::ffff:192.0.2.1', 0)).toBe(true);
  sources.accepted('2001:db8::9', 0);
  expect(sources.knows('2001:db8::1', 1)).toBe(true);
});

test('who was accepted is known for a time, and for longer each time', () => {
  const sources = new Sources(limits);
  sources.accepted('192.0.2.1', 0);
  expect(sources.knows('192.0.2.1', 9_999)).toBe(true);
  sources.accepted('192.0.2.1', 9_999);
  expect(sources.knows('192.0.2.1', 19_998)).toBe(true);
  expect(sources.knows('192.0.2.1', 19_999)).toBe(false);
  expect(sources.knows('192.0.2.2', 0)).toBe(false);
});

test('memory is bounded, and strangers do not push out who is known', () => {
  const sources = new Sources(limits);
  sources.accepted('10.0.0.1', 0);
  for (let i = 0; i < 5_000; i++) sources.take(`192.168.${i >> 8}.${i & 255}`, 1);
  expect(sources.size).toBe(101);
  expect(sources.knows('10.0.0.1', 1)).toBe(true);
  // One that goes on sending is not forgotten for those that come and go.
  const loud = new Sources(limits);
  for (let i = 0; i < 5_000; i++) {
    if (i % 50 === 0) expect(loud.take('203.0.113.1', 1)).toBe(i < 150);
    loud.take(`192.168.${i >> 8}.${i & 255}`, 1);
  }
});
