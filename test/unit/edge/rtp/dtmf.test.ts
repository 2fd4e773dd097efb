import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dtmfFrequencies, toneSamples } from '../../../../edge/rtp/audio/tones.ts';
import { codecs } from '../../../../edge/rtp/codec/g711.ts';
import { Collector, Habit, TypeAhead } from '../../../../edge/rtp/dtmf/collector.ts';
import { InbandDetector } from '../../../../edge/rtp/dtmf/goertzel.ts';
import { DtmfReceiver } from '../../../../edge/rtp/dtmf/receiver.ts';
import { DtmfSender } from '../../../../edge/rtp/dtmf/sender.ts';

function receiver() {
  const log: string[] = [];
  const made = new DtmfReceiver({
    keyDown: (digit) => log.push(`${digit}↓`),
    keyUp: (digit, ms) => log.push(`${digit}↑${ms}`),
  });
  const send = (event: number, timestamp: number, duration: number, end: boolean, now: number) => {
    made.packet(timestamp, Buffer.from([event, end ? 0x8a : 0x0a, duration >> 8, duration & 0xff]), 0, 4, now);
  };
  return { made, log, send };
}

test('an event is one digit, however many packets and ends there are', () => {
  const { log, send } = receiver();
  for (let i = 1; i <= 5; i++) send(5, 1000, i * 160, false, i * 20);
  for (let i = 0; i < 3; i++) send(5, 1000, 960, true, 120);
  send(5, 1000, 800, false, 125); // late
  expect(log).toEqual(['5↓', '5↑120']);
  send(5, 3000, 160, false, 300);
  send(5, 3000, 320, true, 320);
  expect(log).toEqual(['5↓', '5↑120', '5↓', '5↑40']);
});

test('lost ends: the next event, or a silence, ends the digit', () => {
  const { made, log, send } = receiver();
  send(1, 1000, 160, false, 0);
  send(2, 3000, 160, false, 100);
  expect(log).toEqual(['1↓', '1↑20', '2↓']);
  made.sweep(250);
  expect(log).toHaveLength(3);
  made.sweep(301);
  expect(log.at(-1)).toBe('2↑20');
  send(2, 3000, 320, true, 310);
  expect(log).toHaveLength(4);
});

test('only ends arrive, events wrap, old packets of another event and flash are nothing', () => {
  const { log, send } = receiver();
  send(11, 0xffffff00, 800, true, 0);
  send(10, 0x100, 160, false, 50);
  send(11, 0xffffff00, 800, true, 55);
  send(16, 0x2000, 160, false, 60);
  send(10, 0x100, 320, true, 70);
  expect(log).toEqual(['#↓', '#↑100', '*↓', '*↑40']);
});

test('a key held for longer than the duration field holds is one key, in however many segments (RFC 4733 §2.5.1.3)', () => {
  /** A packet each 50 ms, the segments cut at `most` ticks; `lost` says which packets do not arrive. */
  const hold = (heldMs: number, most: number, lost: (ms: number) => boolean) => {
    const { made, log, send } = receiver();
    let [segment, begun] = [0xfffff000, 0];
    for (let ms = 50; ms <= heldMs; ms += 50) {
      const last = ms === heldMs;
      let duration = (ms - begun) * 8;
      if (duration > most) {
        if (!lost(ms - 1)) send(7, segment, most, false, ms);
        segment = (segment + most) >>> 0;
        begun += most / 8;
        duration = (ms - begun) * 8;
      }
      if (last || !lost(ms)) send(7, segment, duration, last, ms);
      made.sweep(ms);
    }
    send(7, (segment + 40_000) >>> 0, 160, true, heldMs + 5_000);
    return log;
  };
  expect(hold(9_000, 0xffff, () => false)).toEqual(['7↓', '7↑9000', '7↓', '7↑20']);
  // The full segment's own packet is lost; a sender that cuts at whole packets.
  expect(hold(9_000, 0xffff, (ms) => ms % 50 !== 0)).toHaveLength(4);
  expect(hold(9_000, 65_440, () => false)).toEqual(['7↓', '7↑9000', '7↓', '7↑20']);
  // Released for us after 10 s: the segments that still come are nothing new, the next press is.
  expect(hold(30_000, 0xffff, () => false)).toEqual(['7↓', '7↑10100', '7↓', '7↑20']);
});

test('two presses of one key are two, also where the ends of the first are lost', () => {
  const { log, send } = receiver();
  send(7, 1000, 8_000, false, 1_000);
  send(7, 9_400, 160, false, 1_050);
  send(7, 9_400, 320, true, 1_070);
  expect(log).toEqual(['7↓', '7↑1000', '7↓', '7↑40']);
});

test('random packets: ups and downs alternate and nothing throws', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.uint8Array({ maxLength: 8 }), fc.nat(5000), fc.nat(400))), (packets) => {
      const { made, log } = receiver();
      let now = 0;
      for (const [bytes, timestamp, wait] of packets) {
        now += wait;
        made.packet(timestamp, Buffer.from(bytes), 0, bytes.length, now);
        made.sweep(now);
      }
      made.sweep(now + 1000);
      expect(log.length % 2).toBe(0);
      for (const [i, entry] of log.entries()) expect(entry[1]).toBe(i % 2 ? '↑' : '↓');
    }),
  );
});

test('sends what the receiver hears, with three ends and one timestamp per digit', () => {
  const { log, made } = receiver();
  let done = 0;
  let stamp = 0;
  let events = 0;
  const path = {
    event: (payload: Buffer, timestamp: number | undefined) => {
      events++;
      if (timestamp === undefined) stamp += 2000;
      made.packet(timestamp ?? stamp, payload, 0, 4, events * 20);
      return timestamp ?? stamp;
    },
    audio: () => {
      throw new Error('no audio where events are taken');
    },
  };
  const sender = new DtmfSender('1a#', () => done++);
  let ticks = 0;
  while (sender.tick(path, true, codecs.PCMA)) ticks++;
  sender.finish();
  expect(log).toEqual(['1↓', '1↑100', 'A↓', 'A↑100', '#↓', '#↑100']);
  expect([events, ticks + 1, done]).toEqual([3 * 7, 3 * 9, 1]);
});

test('hears tones of every key, in noise and at unequal levels, and no digit in single tones or noise', () => {
  const listen = (samples: Int16Array) => {
    let heard = '';
    const detector = new InbandDetector({
      keyDown: () => {},
      keyUp: (digit) => {
        heard += digit;
      },
    });
    for (let at = 0; at + 160 <= samples.length; at += 160) detector.frame(samples.subarray(at, at + 160));
    for (let i = 0; i < 5; i++) detector.frame(undefined);
    return heard;
  };
  let seed = 1;
  const noise = () => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return (seed / 2 ** 31 - 0.5) * 1200;
  };
  for (const digit of '0123456789*#ABCD') {
    const [low, high] = dtmfFrequencies(digit);
    expect(listen(toneSamples([low, high], 100).map((sample) => sample + noise()))).toBe(digit);
    const unequal = toneSamples([low], 100).map((sample, i) => sample * 0.5 + (toneSamples([high], 100)[i] as number));
    expect(listen(unequal)).toBe(digit);
    expect(listen(toneSamples([low], 200))).toBe('');
  }
  const two = Int16Array.from([
    ...toneSamples(dtmfFrequencies('7'), 80),
    ...new Int16Array(800),
    ...toneSamples(dtmfFrequencies('7'), 80),
  ]);
  expect(listen(two)).toBe('77');
  expect(listen(new Int16Array(80_000).map(() => noise() * 10))).toBe('');
  expect(listen(toneSamples([440, 480], 500))).toBe('');
});

test('collects by its rule, with no time running while a key is down', () => {
  const run = (act: (collector: Collector) => void, terminator?: string) => {
    let ended: unknown;
    const rule = { max: 3, terminator, firstMs: 1000, betweenMs: 500 };
    act(
      new Collector('c', rule, 0, (digits, end) => {
        ended = [digits, end];
      }),
    );
    return ended;
  };
  expect(run((c) => c.sweep(999))).toBeUndefined();
  expect(run((c) => c.sweep(1000))).toEqual(['', 'timeout']);
  expect(
    run((c) =>
      [1, 2, 3, 4].forEach((d) => {
        c.digit(String(d), 10);
      }),
    ),
  ).toEqual(['123', 'max']);
  expect(
    run((c) => {
      c.digit('1', 10);
      c.digit('#', 20);
    }, '#'),
  ).toEqual(['1', 'terminator']);
  expect(
    run((c) => {
      c.digit('1', 900);
      c.sweep(1399);
    }),
  ).toBeUndefined();
  expect(
    run((c) => {
      c.digit('1', 900);
      c.sweep(1400);
    }),
  ).toEqual(['1', 'timeout']);
  expect(
    run((c) => {
      c.keyDown();
      c.sweep(5000);
    }),
  ).toBeUndefined();
  const ahead = new TypeAhead();
  ahead.add('1', 0);
  ahead.add('2', 1500);
  expect([ahead.waits(3500), ahead.waits(3501)]).toEqual([true, false]);
  expect(ahead.take(2500)).toEqual(['2']);
  expect(ahead.take(2500)).toEqual([]);
  expect(ahead.waits(2500)).toBe(false);
});

test('the terminator after the last digit is forgotten once, as the next digit, within 2 s', () => {
  const habit = new Habit();
  expect(habit.takes('#', 0)).toBe(false);
  habit.expect('#', 0);
  expect([habit.awaits('1', 10), habit.awaits('#', 2000), habit.awaits('#', 2001)]).toEqual([false, true, false]);
  expect([habit.takes('#', 2000), habit.takes('#', 2000)]).toEqual([true, false]);
  habit.expect('#', 3000);
  expect([habit.takes('1', 3010), habit.takes('#', 3020)]).toEqual([false, false]);
});
