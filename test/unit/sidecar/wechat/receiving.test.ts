import { afterEach, expect, test } from 'vitest';
import { elementOf, sha1Of } from '../../../simulators/wechat/index.ts';
import { account, type Pair, startPair } from './harness.ts';

let pair: Pair;
afterEach(async () => {
  await pair.stop();
});

test('the check of the address: the echo comes back as it was, and only to who signs', async () => {
  pair = await startPair();
  expect(await pair.wechat.checkAddress('5837267163')).toEqual({ status: 200, text: '5837267163' });
  expect(await pair.wechat.checkAddress('5837267163', 'anothertoken')).toMatchObject({ status: 403, text: '' });
});

test.each([
  { mode: 'plain' },
  { mode: 'compatible' },
  { mode: 'safe' },
  { mode: 'safe', json: true },
  { mode: 'plain', json: true },
] as const)('a text in mode $mode (JSON: $json) is one message, its 64-bit id kept', async (change) => {
  pair = await startPair(change);
  const { wechat, harness } = pair;
  wechat.people.set('oCustomer1', { unionid: 'uMary', remark: 'Mary', language: 'en' });
  const pushed = await wechat.message('oCustomer1', { MsgType: 'text', Content: '卡丢了 <help> & ]]' });
  expect(pushed).toMatchObject({ deliveries: 1, reply: undefined, raw: 'success' });
  await harness.server.until(() => harness.server.items.length === 1, 'the message');
  expect(harness.server.items[0]).toEqual({
    item: 'message',
    key: '24000000000000001',
    at: expect.closeTo(wechat.clock.now(), -4),
    thread: 'oCustomer1',
    from: {
      identities: [
        { kind: 'wechat', value: 'oCustomer1', verified: true },
        { kind: 'unionid', value: 'uMary', verified: true },
      ],
      name: 'Mary',
      language: 'en',
    },
    content: { type: 'text', text: '卡丢了 <help> & ]]' },
    window: { until: expect.closeTo(wechat.clock.now() + 48 * 3_600_000, -4), left: 5 },
  });
});

test('a slow disk: the push comes three times and is one message; events are told apart within a second', async () => {
  pair = await startPair();
  const { wechat, harness } = pair;
  const fields = {
    ToUserName: 'gh_account',
    FromUserName: 'oOne',
    CreateTime: 1_768_442_400,
    MsgType: 'text',
    Content: 'once',
    MsgId: '77',
  };
  // Answers that the provider never hears: it sends again.
  await Promise.all([wechat.push(fields), wechat.push(fields), wechat.push(fields)]);
  const event = { ToUserName: 'gh_account', FromUserName: 'oOne', CreateTime: 1_768_442_400, MsgType: 'event' };
  await Promise.all([
    wechat.push({ ...event, Event: 'subscribe', EventKey: 'qrscene_branch-7', Ticket: 'T' }),
    wechat.push({ ...event, Event: 'subscribe', EventKey: 'qrscene_branch-7', Ticket: 'T' }),
    wechat.push({ ...event, Event: 'LOCATION', Latitude: '23.13', Longitude: '113.35', Precision: '119' }),
  ]);
  await harness.server.until(() => harness.server.items.length >= 3, 'message and events');
  expect(harness.figures()).toMatchObject({ received: 6, fresh: 3 });
  expect(harness.server.of('message').map(({ key }) => key)).toEqual(['77']);
  expect(
    harness.server
      .of('event')
      .map(({ name, data }) => ({ name, data }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  ).toEqual([
    { name: 'follow', data: { scene: 'branch-7', ticket: 'T' } },
    { name: 'location', data: { latitude: '23.13', longitude: '113.35', precision: '119' } },
  ]);
});

test('nobody else is heard: wrong signature, wrong key, old request, plain text in safe mode', async () => {
  pair = await startPair();
  const { wechat, harness } = pair;
  const fields = {
    ToUserName: 'gh',
    FromUserName: 'oEvil',
    CreateTime: 1_768_442_400,
    MsgType: 'text',
    Content: 'x',
    MsgId: '9',
  };
  const { query, body } = wechat.envelope(fields);
  const status = async (change: (query: URLSearchParams) => void, text = body) => {
    const changed = new URLSearchParams(query);
    change(changed);
    return (await harness.hook({ query: `?${changed}`, body: text })).status;
  };
  expect(await status((q) => q.set('msg_signature', '0'.repeat(40)))).toBe(403);
  expect(await status((q) => q.set('signature', '0'.repeat(40)))).toBe(403);
  expect(await status((q) => q.set('nonce', 'other'))).toBe(403);
  expect(await status((q) => q.delete('msg_signature'))).toBe(403);
  expect(await status(() => {}, body.replace('<Encrypt>', '<Encrypt attribute="1">'))).toBe(400);
  expect(await status(() => {}, 'x')).toBe(400);
  // Signed, and plain: someone who knows an old address of a log.
  const plain = new URLSearchParams(query);
  plain.delete('encrypt_type');
  plain.delete('msg_signature');
  const open =
    '<xml><FromUserName>oEvil</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType><MsgId>1</MsgId></xml>';
  expect((await harness.hook({ query: `?${plain}`, body: open })).status).toBe(403);
  wechat.clock.pass(901_000);
  expect(await status(() => {})).toBe(403);
  expect((await harness.hook({ method: 'DELETE' })).status).toBe(405);
  expect(harness.figures()).toMatchObject({ received: 0 });
  const fresh = wechat.envelope(fields);
  expect((await harness.hook({ query: `?${fresh.query}`, body: fresh.body })).status).toBe(200);
});

test('compatible mode: what counts is the encrypted part, not the open one beside it', async () => {
  pair = await startPair({ mode: 'compatible' });
  const { wechat, harness } = pair;
  await wechat.push(
    { ToUserName: 'gh', FromUserName: 'oOne', CreateTime: 1_768_442_400, MsgType: 'text', Content: 'mine', MsgId: '9' },
    { twist: (body) => body.replace('<![CDATA[mine]]>', '<![CDATA[forged]]>') },
  );
  await harness.server.until(() => harness.server.items.length === 1, 'the message');
  expect(harness.server.of('message')[0]?.content).toEqual({ type: 'text', text: 'mine' });
});

test('every kind of message', async () => {
  pair = await startPair();
  const { wechat, harness } = pair;
  const png = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex');
  const amr = Buffer.from('#!AMR\n<some frames>');
  const mp4 = Buffer.concat([Buffer.from([0, 0, 0, 0x18]), Buffer.from('ftypmp42'), Buffer.alloc(32)]);
  wechat.media.set('MEDIA-IMAGE', { bytes: png, mime: 'image/png' });
  wechat.media.set('MEDIA-VOICE', { bytes: amr, mime: 'audio/amr' });
  wechat.media.set('MEDIA-VIDEO', { bytes: mp4, mime: 'video/mp4', videoUrl: `${wechat.url}/VIDEO-FILE` });
  wechat.media.set('VIDEO-FILE', { bytes: mp4, mime: 'video/mp4' });
  const from = 'oAll';
  await wechat.message(from, { MsgType: 'image', PicUrl: 'http://mmbiz/pic', MediaId: 'MEDIA-IMAGE' });
  await wechat.message(from, { MsgType: 'voice', Format: 'amr', MediaId: 'MEDIA-VOICE', Recognition: '我要挂失' });
  await wechat.message(from, { MsgType: 'video', MediaId: 'MEDIA-VIDEO', ThumbMediaId: 'T' });
  await wechat.message(from, {
    MsgType: 'location',
    Location_X: '23.134521',
    Location_Y: '113.358803',
    Scale: 20,
    Label: '广州',
  });
  await wechat.message(from, {
    MsgType: 'link',
    Title: 'Card',
    Description: 'about',
    Url: 'https://bank.example/card',
  });
  await wechat.message(from, { MsgType: 'text', Content: 'Lost card', bizmsgmenuid: 'lost-card' });
  await wechat.message(from, { MsgType: 'image', PicUrl: 'x', MediaId: 'GONE' });
  await wechat.message(from, { MsgType: 'hologram' });
  await harness.server.until(() => harness.server.items.length === 8, 'eight messages');
  const contents = harness.server.of('message').map(({ content }) => content);
  expect(contents).toMatchObject([
    { type: 'media', attachment: { kind: 'image', mime: 'image/png', bytes: png.length } },
    { type: 'media', attachment: { kind: 'voice', bytes: amr.length, transcript: '我要挂失' } },
    { type: 'media', attachment: { kind: 'video', bytes: mp4.length } },
    { type: 'location', latitude: 23.134521, longitude: 113.358803, label: '广州' },
    { type: 'link', url: 'https://bank.example/card', title: 'Card', description: 'about' },
    { type: 'choice', key: 'lost-card', label: 'Lost card' },
    { type: 'text', text: '[附件在平台上已过期]' },
    { type: 'text', text: '[暂不支持显示的消息类型] hologram' },
  ]);
  const [image] = [...harness.server.attachments.values()];
  expect(image?.bytes.equals(png)).toBe(true);
});

test('events: menu, scan, payment, leaving; what is about the account alone is no item', async () => {
  pair = await startPair();
  const { wechat, harness } = pair;
  await wechat.event('oE', 'CLICK', { EventKey: 'BALANCE' });
  await wechat.event('oE', 'SCAN', { EventKey: 'branch-9', Ticket: 'T9' });
  await wechat.event('oE', 'user_pay_from_pay_cell', { EventKey: '' });
  await wechat.event('gh', 'MASSSENDJOBFINISH', { MsgID: '1', Status: 'sendsuccess' });
  await wechat.event('oE', 'kf_close_session', { KfAccount: 'a@b' });
  await wechat.event('oE', 'unsubscribe', { EventKey: '' });
  await harness.server.until(() => harness.server.items.length === 6, 'six items');
  expect(
    harness.server.items.map((one) => [
      one.item,
      'name' in one ? one.name : '',
      'window' in one ? one.window?.left : 0,
    ]),
  ).toEqual([
    ['event', 'menu', 3],
    ['event', 'scan', 6],
    ['event', 'payment', undefined],
    ['event', 'kf-close-session', undefined],
    ['event', 'unfollow', undefined],
    ['left', '', 0],
  ]);
});

test('an image that cannot be fetched now is tried again, and nothing overtakes it in its thread', async () => {
  pair = await startPair({}, { identify: false });
  const { wechat, harness } = pair;
  wechat.media.set('M', { bytes: Buffer.from('GIF89a....'), mime: 'image/gif' });
  wechat.instead.push(
    () => undefined,
    () => ({ status: 500, body: 'busy' }),
  );
  wechat.cutNext = 0;
  await wechat.message('oOne', { MsgType: 'image', PicUrl: 'x', MediaId: 'M' });
  await wechat.message('oOne', { MsgType: 'text', Content: 'do you see it?' });
  await harness.server.until(() => harness.server.items.length === 2, 'both');
  expect(harness.server.of('message').map(({ content }) => content.type)).toEqual(['media', 'text']);
  expect(wechat.of('/cgi-bin/media/get')).toHaveLength(2);
});

test('killed between the callback and the server: nothing is lost, nothing doubled', async () => {
  pair = await startPair();
  const { wechat, harness } = pair;
  harness.server.failing = 503;
  for (let n = 0; n < 20; n++) await wechat.message(`oCustomer${n % 3}`, { MsgType: 'text', Content: `message ${n}` });
  const { folder, server } = harness;
  await harness.stop({ keep: true });
  server.failing = undefined;
  const second = await startPair({}, {}, { folder, server });
  await server.until(() => server.items.length === 20, 'all twenty');
  const texts = server
    .of('message')
    .map(({ thread, content }) => [thread, content.type === 'text' ? content.text : '']);
  for (const customer of [0, 1, 2]) {
    const said = texts
      .filter(([thread]) => thread === `oCustomer${customer}`)
      .map(([, text]) => Number(text?.slice(8)));
    expect(said).toEqual([...said].sort((a, b) => a - b));
  }
  await wechat.stop();
  pair = second;
});

test('a reply that is there at once goes in the answer, encrypted, and again when it was not heard', async () => {
  pair = await startPair({}, { passiveReplyMs: 3_000 });
  const { wechat, harness } = pair;
  await harness.server.until(() => harness.server.streams === 1, 'the outbound stream');
  const fields = {
    ToUserName: 'gh_account',
    FromUserName: 'oFast',
    CreateTime: 1_768_442_400,
    MsgType: 'text',
    Content: 'hi',
    MsgId: '501',
  };
  wechat.quota.grant('oFast', 'message', wechat.clock.now());
  const answered = wechat.push(fields);
  await harness.server.until(() => harness.server.items.length === 1, 'the message');
  const message = harness.server.push({
    thread: 'oFast',
    content: { type: 'text', text: '您好 <b> ]]>' },
    author: 'bot',
  });
  const { reply } = await answered;
  expect(elementOf(reply ?? '', 'ToUserName')).toBe('oFast');
  expect(elementOf(reply ?? '', 'FromUserName')).toBe('gh_account');
  expect(elementOf(reply ?? '', 'MsgType')).toBe('text');
  expect(reply).toContain('您好 <b> ]]');
  await harness.server.until(() => harness.server.of('delivery').length === 1, 'the delivery');
  expect(harness.server.of('delivery')[0]).toMatchObject({ message: message.message, state: 'sent' });
  const again = await wechat.push(fields);
  expect(again.reply).toContain('您好 <b> ]]');
  expect(wechat.said).toEqual([]);
  expect(sha1Of(account.token)).toHaveLength(40);
});
