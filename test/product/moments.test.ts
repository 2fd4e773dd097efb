// Moments in the whole product: what other systems tell becomes a tag, a message on the channel where the customer writes, and
// a callback; what is said in public gets priority and is counted. Over the public API alone.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Product } from './product.ts';
import { until } from './until.ts';

let product: Product;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'switchroom-moments-'));
  cpSync(join(import.meta.dirname, '../../moments'), join(folder, 'moments'), { recursive: true });
  const hello = {
    moment: 'hello',
    rank: 10,
    class: 'minutes',
    when: { event: 'signed-up' },
    do: [{ tag: 'new', for: '1d' }, { message: { en: 'Welcome, just ask here.' } }],
  };
  writeFileSync(join(folder, 'moments', 'hello.json'), JSON.stringify(hello));
  // The hour of the test is anybody's.
  writeFileSync(join(folder, 'switchroom.json'), '{ "moments": { "quiet": { "from": "00:00", "until": "00:00" } } }');
  product = await Product.start({ data: folder });
  const channel = { kind: 'webhook', to: { queue: 'service' } };
  await product.must('PUT', '/channels/app', { ...channel, channel: 'chat' });
  await product.must('PUT', '/channels/weibo-bank', { ...channel, channel: 'social' });
}, 60_000);
afterAll(async () => {
  await product?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const account = { kind: 'account', value: 'A1', verified: true };
const message = (key: string, thread: string, text: string, identities: object[], more = {}) => ({
  items: [
    { item: 'message', key, at: Date.now(), thread, from: { identities }, content: { type: 'text', text }, ...more },
  ],
});
const happens = (name: string, data?: object) =>
  product.must<{ events: { result: string; customer: string }[] }>('POST', '/customers/events', {
    events: [
      {
        key: `${name}-${Math.random()}`,
        identities: [account, { kind: 'phone', value: '13800138000', verified: true }],
        name,
        data,
      },
    ],
  });

it('writes to her where she writes to us, and calls her back', async () => {
  await product.must(
    'POST',
    '/channels/app/inbound',
    message('m1', 't1', 'Hello', [{ kind: 'app', value: 'u1' }, account]),
  );
  const { events } = await happens('signed-up');
  const id = events[0]!.customer;
  const conversations = () => product.must<{ conversations: { interaction: string }[] }>('GET', '/conversations');
  const { conversations: open } = await conversations();
  const texts = async () =>
    JSON.stringify(await product.must('GET', `/conversations/${open[0]?.interaction}/messages`));
  await until(async () => (await texts()).includes('Welcome, just ask here.'), 'the message of the moment');
  const { tags } = await product.must<{ tags: { tag: string }[] }>('GET', `/customers/${id}`);
  expect(tags.map(({ tag }) => tag)).toEqual(['new']);

  await happens('upgrade-failed', { to: '4G' });
  type Callbacks = { callbacks: { number: string; customer: string; note: string }[] };
  const callbacks = async () => (await product.must<Callbacks>('GET', '/callbacks')).callbacks;
  await until(async () => (await callbacks()).length === 1, 'the callback of the moment');
  expect((await callbacks())[0]).toMatchObject({ number: '+8613800138000', note: 'upgrade-failed' });

  const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  const { rows } = await product.must<{ rows: object[] }>('GET', `/reports/moments?from=${day(-1)}&until=${day(1)}`);
  expect(rows).toMatchObject([
    { moment: 'hello', fired: 1, acted: { 'tag done': 1, 'message done': 1 } },
    { moment: 'upgrade-failed', fired: 1, acted: { 'callback done': 1 } },
  ]);
  const { moments } = await product.must<{ moments: { moment: string; state: string }[] }>('GET', '/moments');
  expect(moments).toHaveLength(4);
  // One timeline: the chat, and what happened outside.
  const timeline = async () =>
    (await product.must<{ entries: { entry: string }[] }>('GET', `/customers/${id}/timeline`)).entries
      .map(({ entry }) => entry)
      .sort();
  // The record of the chat is written a moment after its events.
  await until(async () => (await timeline()).includes('interaction'), 'the chat in the timeline');
  expect(await timeline()).toEqual(['event', 'event', 'interaction']);
}, 60_000);

it('judges what is said in public', async () => {
  const post = { public: { post: 'p1', kind: 'mention', reach: 50_000, likes: 25 } };
  const text = '骗子银行，太差了';
  await product.must(
    'POST',
    '/channels/weibo-bank/inbound',
    message('w1', 'w1', text, [{ kind: 'weibo', value: '9' }], post),
  );
  const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  const rows = async () =>
    (await product.must<{ rows: object[] }>('GET', `/reports/social?from=${day(-1)}&until=${day(1)}`)).rows;
  await until(async () => (await rows()).length === 1, 'the figures of the public item');
  expect(await rows()).toMatchObject([
    { via: 'weibo-bank', items: 1, awareness: 50_000, resonance: 0.5, satisfaction: -1 },
  ]);
}, 60_000);
