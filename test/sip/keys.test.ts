// Callers who know the menus: keys pressed while a prompt is not yet there, while it is said, and where it must be heard out.
import { afterEach, expect, test } from 'vitest';
import type { SipPeer } from '../unit/edge/drachtio/sip-peer.ts';
import { Stage, until } from './stage.ts';

/** Far longer than a test may take: whoever has to hear it out fails. */
const longMs = 59_000;

let stage: Stage;
afterEach(() => stage.close());

const prompt = { en: 'Please.' };
const queue = { type: 'queue', queue: 'service', overflow: 'bye', error: 'bye' };
const ending = { wait: queue, bye: { type: 'hangup' } };

async function caller(nodes: object, start: string) {
  stage = await Stage.open({ main: { languages: ['en'], start, error: 'bye', nodes: { ...nodes, ...ending } } });
  const { prompts } = stage.server;
  const peer: SipPeer = await stage.peer();
  const call = peer.call('95500');
  return {
    prompts,
    call,
    press: async (digits: string): Promise<void> => {
      for (const digit of digits) {
        call.send('INFO', { headers: 'Content-Type: application/dtmf', body: digit });
        await peer.expect(200, (one) => one.cseq.endsWith('INFO'));
      }
    },
    /** So many prompts have been asked for. */
    said: (count: number) => until(() => prompts.said.length >= count, `${count} prompts`),
    /** She has come through the flow; what she chose and entered on the way. */
    through: async (): Promise<unknown[]> => {
      await until(() => stage.server.queueing.waiting.size === 1, 'the caller waits');
      const steps = stage.events('interaction.step').map(({ data }) => data as { node: string; value?: string });
      return steps
        .filter(({ value }) => value !== 'service')
        .flatMap(({ node, value }) => (value ? [[node, value]] : []));
    },
    over: async (): Promise<void> => {
      await call.bye();
      await stage.nothingLeft();
    },
  };
}

const account = { type: 'collect', prompt, variable: 'account', max: 4, next: 'wait' };

test('keys pressed before the first prompt is ready choose and enter all the same, and no prompt is said', async () => {
  const nodes = {
    menu: { type: 'menu', prompt, choices: { 1: 'hint' } },
    hint: { type: 'say', prompt, next: 'account' },
  };
  const { prompts, call, said, press, through, over } = await caller({ ...nodes, account }, 'menu');
  const { promise, resolve } = Promise.withResolvers<void>();
  prompts.ready = promise;
  prompts.ms = longMs;
  await call.establish();
  await said(1);
  // The hash after the last digit is habit: it does not count for anything else.
  await press('16217#');
  resolve();
  expect(await through()).toEqual([
    ['menu', '1'],
    ['account', '6217'],
  ]);
  await over();
});

test('a secret input is taken whole, wherever its keys meet the prompt', async () => {
  const pin = { ...account, variable: 'pin', secret: true };
  const nodes = { pin: { ...pin, next: 'again' }, again: { ...pin, variable: 'again', next: 'same' } };
  const same = { type: 'branch', cases: [{ if: { variable: 'again', equals: '{pin}' }, next: 'wait' }], next: 'bye' };
  const { prompts, call, said, press, through, over } = await caller({ ...nodes, same }, 'pin');
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  prompts.ready = gates[0]!.promise;
  prompts.ms = longMs;
  await call.establish();
  await said(1);
  // All of it before the prompt.
  await press('7391#');
  prompts.ready = gates[1]!.promise;
  gates[0]!.resolve();
  await said(2);
  // A part before it, the rest after it was cut short.
  await press('73');
  gates[1]!.resolve();
  await press('91');
  expect(await through()).toEqual([]);
  expect(JSON.stringify(stage.events().map(({ data }) => data))).not.toContain('7391');
  await over();
});

test('a prompt that must be heard out is: keys pressed until its end do not count for its own question', async () => {
  for (const secret of [false, true]) {
    const nodes = { account: { ...account, max: 2, secret, bargeIn: false, next: secret ? 'same' : 'wait' } };
    const same = { type: 'branch', cases: [{ if: { variable: 'account', equals: '34' }, next: 'wait' }], next: 'bye' };
    const { prompts, call, said, press, through, over } = await caller({ ...nodes, same }, 'account');
    const { promise, resolve } = Promise.withResolvers<void>();
    prompts.ready = promise;
    prompts.ms = 1_500;
    await call.establish();
    await said(1);
    await press('12');
    resolve();
    const playing = async () => (await stage.server.media.list()).playbacks.length;
    await until(async () => (await playing()) === 1, 'the prompt is said');
    await press('9');
    await until(async () => (await playing()) === 0, 'the prompt is over');
    await press('34');
    expect(await through()).toEqual(secret ? [] : [['account', '34']]);
    await over();
    if (!secret) await stage.close();
  }
});

test('keys pressed at the end of words that must be heard out count for the question after them', async () => {
  const notice = { type: 'say', prompt, bargeIn: false, next: 'account' };
  const { prompts, call, said, press, through, over } = await caller({ notice, account }, 'notice');
  const { promise, resolve } = Promise.withResolvers<void>();
  prompts.ms = 300;
  await call.establish();
  await said(1);
  prompts.ready = promise;
  await press('62');
  await said(2);
  prompts.ms = longMs;
  resolve();
  await press('17');
  expect(await through()).toEqual([['account', '6217']]);
  await over();
});
