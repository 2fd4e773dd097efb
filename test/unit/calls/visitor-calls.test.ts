// How many visitors of web pages may call at once, also where their connections are still on their way.
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { CallTools } from '../../../server/calls/call-tools.ts';
import { VisitorCalls } from '../../../server/calls/visitor-calls.ts';

/** Connections that were asked for, to be refused by the test. */
function calling(): { visitors: VisitorCalls; asked: PromiseWithResolvers<never>[] } {
  const asked: PromiseWithResolvers<never>[] = [];
  const gateway = {
    connect: () => {
      const one = Promise.withResolvers<never>();
      asked.push(one);
      return one.promise;
    },
  };
  const tools = {
    signaling: { gateway, mediaLost: false, tools: { media: { capabilities: { codecs: ['PCMA'] } } } },
    directory: {
      site: { country: 'US' },
      dids: { get: (number: string) => ({ number, flow: 'bank' }) },
    },
    flows: { current: () => ({ flows: new Map([['bank', {}]]) }) },
    logger: pino({ level: 'silent' }),
  } as unknown as CallTools;
  return { visitors: new VisitorCalls(tools, {} as never), asked };
}

const request = (thread: string) => ({ via: 'web', thread, number: '5000', offer: 'v=0' });

test('one visitor begins one call, however fast she asks again', async () => {
  const { visitors, asked } = calling();
  const first = visitors.begin(request('her'), undefined);
  await expect(visitors.begin(request('her'), undefined)).rejects.toMatchObject({ code: 'visitor-busy' });
  expect(asked).toHaveLength(1);
  asked[0]?.reject(new Error('no ports'));
  await expect(first).rejects.toThrow('no ports');
  const again = visitors.begin(request('her'), undefined);
  expect(asked).toHaveLength(2);
  asked[1]?.reject(new Error('no ports'));
  await expect(again).rejects.toThrow('no ports');
});

test('a burst of strangers gets no more than what is allowed at once', async () => {
  const { visitors, asked } = calling();
  const all = Array.from({ length: 250 }, (_, i) => visitors.begin(request(`stranger ${i}`), undefined));
  const settled = Promise.allSettled(all);
  expect(asked).toHaveLength(200);
  for (const one of asked) one.reject(new Error('no ports'));
  const busy = (await settled).filter((one) => one.status === 'rejected' && one.reason.code === 'visitor-busy');
  expect(busy).toHaveLength(50);
});
