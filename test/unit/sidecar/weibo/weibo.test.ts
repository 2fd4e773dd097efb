import { afterEach, expect, test } from 'vitest';
import type { Content } from '../../../../connector/index.ts';
import { weibo } from '../../../../sidecar/channels/weibo/index.ts';
import { SecretText } from '../../../../sidecar/connector.ts';
import { asJson } from '../../../simulators/provider-server.ts';
import { WeiboSimulator, weiboDate } from '../../../simulators/weibo/index.ts';
import { Harness } from '../harness.ts';

// Both lie beyond 2^53: as doubles they would be one and the same.
const mary = '4294917290000000001';
const anna = '4294917290000000003';

let simulator: WeiboSimulator;
let harness: Harness;
afterEach(async () => {
  await harness.stop();
  await simulator.stop();
});

async function begin(settings: Record<string, unknown> = {}, xml = false) {
  simulator = await new WeiboSimulator({
    appSecret: 'the app secret',
    accessToken: '2.00token',
    uid: '1902538057000000007',
    xml,
  }).start();
  const read = weibo.settings.parse({
    appSecret: new SecretText('the app secret'),
    accessToken: new SecretText('2.00token'),
    api: simulator.url,
    openApi: simulator.url,
    uploadApi: simulator.url,
    operatorIp: '211.156.0.1',
    ...settings,
  });
  harness = await Harness.start({ kind: weibo, settings: read, channel: 'bank-weibo', clock: simulator.clock });
  simulator.callback = `${harness.url}/hooks/bank-weibo`;
  await harness.server.until(() => harness.server.streams === 1, 'the outbound stream');
}

const items = (count: number) => harness.server.until(() => harness.server.items.length >= count, `${count} items`);
const text = (words: string): Content => ({ type: 'text', text: words });

async function sent(content: Content, thread: string) {
  const { message } = harness.server.push({ thread, content });
  const found = () => harness.server.of('delivery').find((one) => one.message === message);
  await harness.server.until(() => found() !== undefined, 'what became of it');
  return found();
}

test('dates as the provider writes them', async () => {
  await begin();
  const createdAt = 'Mon Jul 16 18:09:20 +0800 2012';
  expect(weiboDate(Date.parse('2012-07-16T10:09:20Z'))).toBe(createdAt);
  await simulator.push({ type: 'text', sender: mary, text: 'long ago', createdAt });
  await items(1);
  expect(harness.server.items[0]?.at).toBe(Date.parse('2012-07-16T10:09:20Z'));
});

test('the check of the address', async () => {
  await begin();
  expect(await simulator.checkAddress('echo me')).toEqual({ status: 200, text: 'echo me' });
  expect(await simulator.checkAddress('echo me', 'another secret')).toMatchObject({ status: 403, text: '' });
});

test('neighbouring 64-bit ids are two customers, there and back', async () => {
  await begin();
  await simulator.push({ type: 'text', sender: mary, text: 'I am Mary' });
  await simulator.push({ type: 'text', sender: anna, text: 'I am Anna' });
  await items(2);
  expect(
    harness.server.of('message').map(({ thread, from, content }) => [thread, from.identities[0]?.value, content]),
  ).toEqual([
    [mary, mary, text('I am Mary')],
    [anna, anna, text('I am Anna')],
  ]);
  expect(await sent(text('Hello Mary'), mary)).toMatchObject({ state: 'sent' });
  expect(await sent(text('Hello Anna'), anna)).toMatchObject({ state: 'sent' });
  expect(simulator.said).toEqual([
    { receiver: mary, type: 'text', data: { text: 'Hello Mary' } },
    { receiver: anna, type: 'text', data: { text: 'Hello Anna' } },
  ]);
});

test('three deliveries are one message; two messages of one second are two', async () => {
  await begin();
  const createdAt = weiboDate(simulator.clock.now());
  const push = { type: 'text', sender: mary, createdAt };
  expect(await simulator.push({ ...push, text: 'one' }, { deliveries: 3 })).toEqual({ deliveries: 3, text: '' });
  await simulator.push({ ...push, text: 'two' });
  await items(2);
  expect(harness.figures()).toMatchObject({ received: 4, fresh: 2 });
  expect(harness.server.of('message').map(({ content }) => content)).toEqual([text('one'), text('two')]);
});

test('unsigned and unreadable pushes are refused', async () => {
  await begin();
  expect(await simulator.push({ type: 'text', sender: mary, text: 'x' }, { unsigned: true })).toMatchObject({
    deliveries: 3,
  });
  expect(harness.figures()).toMatchObject({ received: 0 });
  simulator.body = () => '{"type":"text"}';
  expect(await simulator.push({ type: 'text', sender: mary, text: 'x' })).toMatchObject({ deliveries: 3 });
  expect(harness.figures()).toMatchObject({ received: 0 });
});

test('pictures, positions, events', async () => {
  await begin();
  const jpeg = Buffer.from('\xff\xd8\xff\xe0picture', 'latin1');
  simulator.pictures.set('9007199254740993', { bytes: jpeg, mime: 'image/jpeg' });
  await simulator.push({
    type: 'image',
    sender: mary,
    text: '发了一张图片',
    data: '{"vfid":821804459,"tovfid":9007199254740993}',
  });
  await simulator.push({ type: 'image', sender: mary, text: 'old', data: '{"tovfid":1}' });
  await simulator.push({
    type: 'position',
    sender: mary,
    text: 'here',
    data: '{"longitude":"116.308586","latitude":"39.982525"}',
  });
  await simulator.push({ type: 'event', sender: mary, text: '关注事件消息', data: '{"subtype":"follow"}' });
  await simulator.push({
    type: 'event',
    sender: mary,
    text: '',
    data: '{"subtype":"scan_follow","key":"qr_scene_7","ticket":"T"}',
  });
  await simulator.push({ type: 'event', sender: mary, text: '', data: '{"subtype":"unfollow"}' });
  await items(6);
  expect(
    harness.server.items.map((one) => ('content' in one ? one.content : 'name' in one ? [one.name, one.data] : one)),
  ).toMatchObject([
    { type: 'media', attachment: { kind: 'image', mime: 'image/jpeg', bytes: jpeg.length } },
    { type: 'text', text: '[附件在平台上已过期] old' },
    { type: 'location', latitude: 39.982525, longitude: 116.308586, label: 'here' },
    ['follow', { subtype: 'follow' }],
    ['follow', { subtype: 'scan_follow', key: 'qr_scene_7', ticket: 'T' }],
    ['unfollow', {}],
  ]);
});

const status = `{"id":5000000000000000001,"text":"@bank","reposts_count":12,"comments_count":5,"attitudes_count":40,
  "user":{"id":${mary},"screen_name":"玛丽","followers_count":120000}}`;

test('a mention is public, with its reach; it is answered under the post, cut at 140 characters', async () => {
  await begin();
  simulator.posts.set('5000000000000000001', status);
  await simulator.push({
    type: 'mention',
    sender: mary,
    text: '@bank my card!',
    data: '{"subtype":"status","key":"5000000000000000001"}',
  });
  await items(1);
  const thread = 'status/5000000000000000001';
  expect(harness.server.items[0]).toMatchObject({
    thread,
    from: { name: '玛丽', identities: [{ kind: 'weibo', value: mary }] },
    content: text('@bank my card!'),
    public: {
      post: '5000000000000000001',
      kind: 'mention',
      url: `https://weibo.com/${mary}/5000000000000000001`,
      reach: 120_000,
      likes: 40,
      shares: 12,
      comments: 5,
    },
  });
  const answer = '我们马上帮您处理。'.repeat(20);
  expect(await sent(text(answer), thread)).toMatchObject({ state: 'sent', provider: '4900000000000000002' });
  expect(simulator.comments).toMatchObject([
    { id: '5000000000000000001', rip: '211.156.0.1' },
    { id: '5000000000000000001', rip: '211.156.0.1' },
  ]);
  expect(simulator.comments.map(({ comment }) => comment).join('')).toBe(answer);
  expect(simulator.said).toEqual([]);
});

test('a mention in a comment is answered there; without its post it is an ordinary mention', async () => {
  await begin();
  simulator.posts.set(
    '4800000000000000001',
    `{"id":4800000000000000001,"status":${status},"user":{"id":${mary},"followers_count":7}}`,
  );
  await simulator.push({
    type: 'mention',
    sender: mary,
    text: '@bank',
    data: '{"subtype":"comment","key":"4800000000000000001"}',
  });
  await simulator.push({ type: 'mention', sender: anna, text: '@bank!', data: '{"subtype":"status","key":"1"}' });
  await items(2);
  const [comment, other] = harness.server.of('message');
  expect(comment?.public).toMatchObject({ kind: 'comment', reach: 7 });
  expect(other?.public).toEqual({ post: '1', kind: 'mention' });
  await sent(text('Sorry!'), comment?.thread ?? '');
  expect(simulator.comments).toMatchObject([
    { cid: '4800000000000000001', id: '5000000000000000001', comment: 'Sorry!' },
  ]);
});

test('a mention answered privately: one message within 48 hours', async () => {
  await begin({ mentionReply: 'private', lookUp: false });
  await simulator.push({ type: 'mention', sender: mary, text: '@bank', data: '{"subtype":"status","key":"77"}' });
  await items(1);
  expect(harness.server.items[0]).toMatchObject({ window: { left: 1 } });
  expect(await sent(text('one'), 'status/77')).toMatchObject({ state: 'sent' });
  expect(await sent(text('two'), 'status/77')).toMatchObject({ state: 'failed', code: 'quota-spent' });
  expect(simulator.said).toEqual([{ receiver: mary, type: 'text', data: { text: 'one' } }]);
});

test('menus are numbered lines, and the number is the choice; no media, no templates', async () => {
  await begin();
  await simulator.push({ type: 'text', sender: mary, text: 'hi' });
  await items(1);
  const choices = [
    { key: 'a', label: 'Cards' },
    { key: 'b', label: 'Loans' },
  ];
  await sent({ type: 'menu', text: 'What?', choices }, mary);
  expect(simulator.said[0]?.data).toEqual({ text: 'What?\n1. Cards\n2. Loans' });
  await simulator.push({ type: 'text', sender: mary, text: ' 2 ' });
  await harness.server.until(() => harness.server.of('message').length === 2, 'the choice');
  expect(harness.server.of('message')[1]?.content).toEqual({ type: 'choice', key: 'b', label: 'Loans' });
  expect(await sent({ type: 'template', template: 't', values: {} }, mary)).toMatchObject({
    state: 'failed',
    code: 'rejected',
  });
});

test('errors: no quota at the provider, the token ended, busy', async () => {
  await begin();
  await simulator.push({ type: 'text', sender: mary, text: 'hi' });
  await items(1);
  simulator.instead.push(() => asJson({ error: 'out of message quota', error_code: 20207 }, 400));
  expect(await sent(text('x'), mary)).toMatchObject({ state: 'failed', code: 'quota-spent', window: { left: 0 } });
  simulator.instead.push(() => asJson({ error: 'system is busy', error_code: 10009 }, 503));
  expect(await sent(text('y'), mary)).toMatchObject({ state: 'sent' });
  simulator.tokenEnded = true;
  harness.server.push({ thread: mary, content: text('z') });
  await expect.poll(() => harness.figures().trouble[0]).toMatch(/expired_token.*get a new one/);
});

test('an account that is switched to XML', async () => {
  await begin({}, true);
  await simulator.push({ type: 'text', sender: mary, text: 'in <XML>' }, { deliveries: 2 });
  await items(1);
  expect(harness.server.items[0]).toMatchObject({ thread: mary, content: text('in <XML>') });
  expect(harness.figures()).toMatchObject({ received: 2, fresh: 1 });
});
