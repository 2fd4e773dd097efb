import pino from 'pino';
import { expect, it } from 'vitest';
import type { ConnectorReport } from '../../../connector/index.ts';
import { Reporting } from '../../../sidecar/reporting.ts';

const figures = {
  channel: 'weibo',
  kind: 'weibo',
  ...{ received: 3, fresh: 3, handedOver: 3, sent: 2, failures: 1, retries: 0, strange: 0 },
  ...{ toRead: 0, setAside: 1, toServer: 0, refused: 0, toSend: 4 },
};

it('reports every ten seconds and at once when something is wrong, and tries again when it is told to', async () => {
  let trouble: string[] = [];
  let retried = 0;
  let orders = { retry: false };
  let away = false;
  let disk = true;
  const clock = { at: 1_000, now: () => clock.at, monotonic: () => clock.at };
  const sent: ConnectorReport[] = [];
  const channel = {
    figures() {
      if (!disk) throw new Error('disk I/O error');
      return { ...figures, trouble };
    },
    policy: { windows: { message: { forMs: 60_000, most: 5 } }, free: ['template' as const] },
    trouble: () => trouble,
    retry: async () => ++retried,
  };
  const reporting = new Reporting({
    channels: new Map([['weibo', channel]]),
    async send(name, report) {
      expect(name).toBe('weibo');
      sent.push(report);
      if (away) throw new Error('away');
      return orders;
    },
    clock,
    logger: pino({ level: 'silent' }),
  });
  const look = async () => {
    reporting.look();
    // Its answer, and what is done for it, come in the microtasks after.
    await new Promise((done) => setImmediate(done));
    return sent.length;
  };
  expect(await look()).toBe(1);
  expect(sent[0]).toEqual({
    kind: 'weibo',
    trouble: [],
    policy: { windows: { message: { forMs: 60_000, most: 5 } }, free: ['template'] },
    ...{ received: 3, sent: 2, failures: 1, toRead: 0, setAside: 1, toServer: 0, refused: 0, toSend: 4 },
  });
  clock.at += 9_000;
  expect(await look()).toBe(1);
  trouble = ['token refused'];
  expect(await look()).toBe(2);
  expect(sent[1]?.trouble).toEqual(['token refused']);
  away = true;
  clock.at += 10_000;
  expect(await look()).toBe(3);
  away = false;
  orders = { retry: true };
  clock.at += 10_000;
  expect(await look()).toBe(4);
  expect(retried).toBe(1);
  // What cannot be counted now is no reason to end.
  disk = false;
  clock.at += 10_000;
  expect(await look()).toBe(4);
  disk = true;
  clock.at += 10_000;
  expect(await look()).toBe(5);
});
