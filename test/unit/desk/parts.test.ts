import { expect, test } from 'vitest';
import { callErrors } from '../../../server/calls/errors.ts';
import { startOfDay } from '../../../server/desk/day.ts';
import { failed } from '../../../server/desk/errors.ts';
import { EventStream } from '../../../server/desk/event-stream.ts';
import { RateLimit } from '../../../server/desk/rate-limit.ts';
import { chinese, sentence } from '../../../server/desk/sentences.ts';
import { Tally } from '../../../server/desk/tally.ts';
import type { AgentLive } from '../../../server/ports/index.ts';
import { routingErrors } from '../../../server/routing/errors.ts';
import { notThere } from '../../../values/index.ts';

test('the site’s midnight, also on days on which the clocks change', () => {
  const midnight = (at: string, zone: string) => new Date(startOfDay(Date.parse(at), zone)).toISOString();
  expect(midnight('2026-05-05T20:30:00.5Z', 'Asia/Shanghai')).toBe('2026-05-05T16:00:00.000Z');
  expect(midnight('2026-05-05T16:00:00Z', 'Asia/Shanghai')).toBe('2026-05-05T16:00:00.000Z');
  expect(midnight('2026-03-29T10:00:00Z', 'Europe/Berlin')).toBe('2026-03-28T23:00:00.000Z');
  expect(midnight('2026-10-25T10:00:00Z', 'Europe/Berlin')).toBe('2026-10-24T22:00:00.000Z');
});

test('a stream gives what it keeps and nothing else', () => {
  const stream = new EventStream(3);
  for (let i = 0; i < 5; i++) stream.write('call-gone', { interaction: `i${i}` });
  expect(stream.after(2)?.map((text) => JSON.parse(text).seq)).toEqual([3, 4, 5]);
  expect(stream.after(5)).toEqual([]);
  expect(stream.after(1)).toBeUndefined();
  expect(stream.after(6)).toBeUndefined();
});

test('the rate limit lets a burst through, then its rate', () => {
  const limit = new RateLimit(10, 3, 0);
  expect([0, 0, 0, 0].map((at) => limit.take(at))).toEqual([true, true, true, false]);
  expect(limit.take(99)).toBe(false);
  expect(limit.take(200)).toBe(true);
});

test('talk and wrap-up are counted per part, also when one contact comes back during its wrap-up', () => {
  const tally = new Tally();
  type Contact = AgentLive['contacts'][number];
  const contact = (offer: string, state: Contact['state'], since: number): Contact => ({
    interaction: 'i',
    channel: 'voice',
    state,
    since,
    offer,
  });
  const live = (...contacts: Contact[]): AgentLive => ({
    agent: 'a',
    presence: 'ready',
    since: 0,
    contacts,
    occupied: {},
  });
  tally.follow(live(contact('o1', 'offered', 0)), 0);
  tally.follow(live(contact('o1', 'connected', 10)), 10);
  tally.follow(live(contact('o1', 'wrap-up', 110)), 110);
  tally.follow(live(contact('o1', 'wrap-up', 110), contact('o2', 'connected', 120)), 120);
  const left = tally.follow(live(contact('o2', 'connected', 120)), 150);
  expect(left).toEqual([{ interaction: 'i', channel: 'voice', outcome: 'handled', talkMs: 100, wrapUpMs: 40 }]);
  tally.follow(live(), 170);
  expect(tally.today).toEqual({ handled: 2, missed: 0, declined: 0, talkMs: 150, wrapUpMs: 40 });
});

test('every error that can reach a panel has a Chinese sentence with no value that the English one lacks', () => {
  const values = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
  for (const [code, make] of Object.entries({ ...failed, ...callErrors, ...routingErrors, ...notThere })) {
    expect(chinese[code], code).toBeDefined();
    for (const value of values(chinese[code] ?? '')) expect(values(make().message), code).toContain(value);
  }
  expect(sentence(failed['reason-unknown']({ reason: 'nap' }), 'zh')).toBe('没有名为 nap 的示忙原因。');
  expect(sentence(failed['reason-unknown']({ reason: 'nap' }), 'en')).toContain('There is no reason nap');
});
