import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemTicker, TimerWheel } from '../../../../edge/sip/timer-wheel.ts';
import { ManualTicker } from './manual-ticker.ts';

function wheelWithLog() {
  const ticker = new ManualTicker();
  const errors: unknown[] = [];
  const fired: [name: string, at: number][] = [];
  const wheel = new TimerWheel((error) => errors.push(error), ticker);
  const owner = { onTimer: (name: string) => void fired.push([name, ticker.now()]) };
  return { ticker, wheel, owner, fired, errors };
}

test('fires once, not early, at most a tick late', () => {
  const { ticker, wheel, owner, fired } = wheelWithLog();
  wheel.arm(500, owner, 'a');
  wheel.arm(32_000, owner, 'b');
  wheel.arm(185_000, owner, 'c'); // more than a turn of the wheel
  wheel.arm(0, owner, 'now');
  expect(fired).toEqual([]);
  ticker.advance(200_000);
  expect(fired.map(([name]) => name)).toEqual(['now', 'a', 'b', 'c']);
  const due = [0, 500, 32_000, 185_000];
  for (const [index, [, at]] of fired.entries()) {
    expect(at).toBeGreaterThanOrEqual(due[index]!);
    expect(at).toBeLessThanOrEqual(due[index]! + 10);
  }
  expect(wheel.armed).toBe(0);
  expect(ticker.running).toBe(false); // an idle wheel costs nothing
});

test('cancelled ones do not fire, also where the one before them cancels them', () => {
  const { ticker, wheel, owner, fired } = wheelWithLog();
  const second = wheel.arm(100, owner, 'second');
  wheel.arm(90, { onTimer: () => second.cancel() }, 'first');
  const third = wheel.arm(100, owner, 'third');
  third.cancel();
  third.cancel();
  ticker.jump(1_000);
  expect(fired).toEqual([]);
  expect(wheel.armed).toBe(0);
});

test('after a stall longer than a turn everything due fires, in order', () => {
  const { ticker, wheel, owner, fired } = wheelWithLog();
  wheel.arm(50_000, owner, 'late');
  wheel.arm(100, owner, 'early');
  wheel.arm(300_000, owner, 'later');
  ticker.jump(100_000);
  expect(fired.map(([name]) => name)).toEqual(['early', 'late']);
  ticker.advance(200_010);
  expect(fired.map(([name]) => name)).toEqual(['early', 'late', 'later']);
});

test('one that throws is reported and stops no other; one that arms again goes on', () => {
  const { ticker, wheel, owner, fired, errors } = wheelWithLog();
  wheel.arm(
    10,
    {
      onTimer: () => {
        throw new Error('defect');
      },
    },
    'bad',
  );
  const again = {
    onTimer: () => {
      fired.push(['again', ticker.now()]);
      if (fired.length < 3) wheel.arm(100, again, 'x');
    },
  };
  wheel.arm(10, again, 'x');
  wheel.arm(20, owner, 'good');
  ticker.advance(1_000);
  expect(errors).toHaveLength(1);
  expect(fired.map(([name]) => name)).toEqual(['again', 'good', 'again']);
});

test('close cancels everything', () => {
  const { ticker, wheel, owner, fired } = wheelWithLog();
  wheel.arm(10, owner, 'a');
  wheel.close();
  ticker.advance(100);
  expect(fired).toEqual([]);
  expect(wheel.armed).toBe(0);
});

test('any set of timers, cancels and stalls: each fires once at its time, unless cancelled', () => {
  const step = fc.oneof(
    fc.record({ arm: fc.nat(100_000) }),
    fc.record({ cancel: fc.nat(50) }),
    fc.record({ pass: fc.nat(60_000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { ticker, wheel, fired } = wheelWithLog();
      const timers: { due: number; fired: number; cancelled: boolean; cancel: () => void }[] = [];
      const pass = (ms: number) => {
        ticker.jump(ms);
        for (const timer of timers) {
          if (timer.cancelled) continue;
          if (timer.due + 10 <= ticker.now()) expect(timer.fired).toBe(1);
          if (timer.due > ticker.now()) expect(timer.fired).toBe(0);
        }
      };
      for (const one of steps) {
        if ('arm' in one) {
          const timer = { due: ticker.now() + one.arm, fired: 0, cancelled: false, cancel: (): void => undefined };
          const armed = wheel.arm(one.arm, { onTimer: () => void timer.fired++ }, 't');
          timer.cancel = () => armed.cancel();
          timers.push(timer);
        } else if ('cancel' in one) {
          const timer = timers[one.cancel];
          if (timer !== undefined && timer.fired === 0) {
            timer.cancelled = true;
            timer.cancel();
          }
        } else pass(one.pass);
      }
      pass(200_000);
      for (const timer of timers) expect(timer.fired).toBe(timer.cancelled ? 0 : 1);
      expect(wheel.armed).toBe(0);
      expect(fired).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('after the process was held up, sockets are read before timers fire', async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const order: string[] = [];
  socket.on('message', () => order.push('heard'));
  const { promise: ticked, resolve } = Promise.withResolvers<void>();
  const heard = once(socket, 'message');
  const sender = createSocket('udp4');
  sender.connect(socket.address().port, '127.0.0.1');
  await once(sender, 'connect');
  const stop = systemTicker.every(20, () => {
    order.push('tick');
    resolve();
  });
  await nextTurn();
  sender.send('answer');
  const until = performance.now() + 150;
  while (performance.now() < until);
  await Promise.all([heard, ticked]);
  expect(order[0]).toBe('heard');
  stop();
  sender.close();
  socket.close();
});
