import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Content } from '../../../../connector/index.ts';
import { asJson } from '../../../simulators/provider-server.ts';
import { type Pair, startPair } from './harness.ts';

let pair: Pair;
afterEach(async () => {
  await pair.stop();
});

async function begin(settings: Record<string, unknown> = {}): Promise<void> {
  pair = await startPair({}, settings);
  await pair.harness.server.until(() => pair.harness.server.streams === 1, 'the outbound stream');
}

/** The customer wrote: we may answer. */
async function wrote(from = 'oMary'): Promise<void> {
  const before = pair.harness.server.items.length;
  await pair.wechat.message(from, { MsgType: 'text', Content: 'hello' });
  await pair.harness.server.until(() => pair.harness.server.items.length > before, 'the message of the customer');
}

/** Sends, and says what became of it. */
async function sent(content: Content, thread = 'oMary') {
  const { message } = pair.harness.server.push({ thread, content });
  const found = () => pair.harness.server.of('delivery').find((one) => one.message === message);
  await pair.harness.server.until(() => found() !== undefined, 'what became of it');
  return found();
}

const bytes = Buffer.from('\x89PNG\r\n\x1a\npicture', 'latin1');

/** Bytes that an agent has put at the server. */
async function kept(kind: 'image' | 'voice' | 'video' | 'file', mime: string) {
  const { server, channel } = pair.harness;
  const query = new URLSearchParams({ channel, key: `test ${kind}`, kind, name: `it.${kind}` });
  const headers = { authorization: `Bearer ${server.token}`, 'content-type': mime };
  const response = await fetch(`${server.url}/api/v1/attachments?${query}`, { method: 'PUT', headers, body: bytes });
  return (await response.json()) as Extract<Content, { type: 'media' }>['attachment'];
}

const text = (words: string): Content => ({ type: 'text', text: words });

test('five answers to a message, not six; the customer’s next one opens anew; what is left is told', async () => {
  await begin();
  await wrote();
  const left: unknown[] = [];
  for (let n = 0; n < 5; n++) left.push((await sent(text(`answer ${n}`)))?.window?.left);
  expect(left).toEqual([4, 3, 2, 1, 0]);
  expect(await sent(text('the sixth'))).toMatchObject({ state: 'failed', code: 'quota-spent' });
  // Not even asked.
  expect(pair.wechat.said).toHaveLength(5);
  pair.wechat.clock.pass(2_000);
  await wrote();
  expect(await sent(text('again'))).toMatchObject({ state: 'sent', window: { left: 4 } });
  pair.wechat.clock.pass(49 * 3_600_000);
  expect(await sent(text('too late'))).toMatchObject({ state: 'failed', code: 'window-closed' });
});

test('a caption and its picture cost two, and go only where both may', async () => {
  await begin();
  const { harness, wechat } = pair;
  await wrote();
  const picture: Content = { type: 'media', attachment: await kept('image', 'image/png'), caption: 'Look' };
  expect((await sent(picture))?.window?.left).toBe(3);
  expect((await sent(picture))?.window?.left).toBe(1);
  expect(await sent(picture)).toMatchObject({ state: 'failed', code: 'quota-spent' });
  expect(wechat.said).toHaveLength(4);
  expect(await sent(text('and one word'))).toMatchObject({ state: 'sent', window: { left: 0 } });
  expect(harness.figures().failures).toBe(1);
});

test('nothing to somebody who never wrote; three within a minute of a menu click', async () => {
  await begin();
  expect(await sent(text('buy!'), 'oStranger')).toMatchObject({ state: 'failed', code: 'window-closed' });
  await pair.wechat.event('oClicks', 'CLICK', { EventKey: 'BALANCE' });
  await pair.harness.server.until(() => pair.harness.server.of('event').length === 1, 'the click');
  for (let n = 0; n < 3; n++) expect(await sent(text(`${n}`), 'oClicks')).toMatchObject({ state: 'sent' });
  expect(await sent(text('4'), 'oClicks')).toMatchObject({ state: 'failed', code: 'quota-spent' });
});

test('the provider’s own count wins: 45047 and 45015 close the window, whatever we counted', async () => {
  await begin({ windows: { message: { seconds: 172_800, most: 20 } } });
  await wrote();
  for (let n = 0; n < 5; n++) await sent(text(`${n}`));
  expect(await sent(text('sixth'))).toMatchObject({ state: 'failed', code: 'quota-spent', window: { left: 0 } });
  pair.wechat.instead.push(() => asJson({ errcode: 45015, errmsg: 'response out of time limit' }));
  expect(await sent(text('seventh'))).toMatchObject({ state: 'failed', code: 'window-closed', window: { left: 0 } });
  const { reason } = pair.harness.server.of('delivery').at(-1) ?? {};
  expect(reason).toBe('45015 response out of time limit');
});

test('a long text goes in parts of 2,048 bytes', async () => {
  await begin();
  await wrote();
  const long = '您好，这是一条很长的消息。'.repeat(120);
  expect(await sent(text(long))).toMatchObject({ state: 'sent', window: { left: 2 } });
  const parts = pair.wechat.said.map((one) => (one.text as { content: string }).content);
  expect(parts.length).toBe(3);
  expect(Math.max(...parts.map((part) => Buffer.byteLength(part)))).toBeLessThanOrEqual(2_048);
  expect(parts.join('')).toBe(long);
});

test('a menu has buttons, and the one that is pressed comes back; many choices are numbered lines', async () => {
  await begin({ kfAccount: 'kf2001@gh_account' });
  await wrote();
  const choices = [
    { key: 'lost', label: '挂失' },
    { key: 'agent', label: 'Agent' },
  ];
  await sent({ type: 'menu', text: 'What is it?', choices });
  expect(pair.wechat.said.at(-1)).toEqual({
    touser: 'oMary',
    msgtype: 'msgmenu',
    msgmenu: {
      head_content: 'What is it?',
      list: [
        { id: 'lost', content: '挂失' },
        { id: 'agent', content: 'Agent' },
      ],
      tail_content: '',
    },
    customservice: { kf_account: 'kf2001@gh_account' },
  });
  await pair.wechat.message('oMary', { MsgType: 'text', Content: '挂失', bizmsgmenuid: 'lost' });
  const many = Array.from({ length: 12 }, (_, n) => ({ key: `k${n}`, label: `Choice ${n}` }));
  await pair.harness.server.until(() => pair.harness.server.of('message').length === 2, 'the choice');
  await sent({ type: 'menu', text: 'Which?', choices: many });
  expect(pair.wechat.said.at(-1)).toMatchObject({ msgtype: 'text' });
  await pair.wechat.message('oMary', { MsgType: 'text', Content: '12' });
  await pair.harness.server.until(() => pair.harness.server.of('message').length === 3, 'the number');
  expect(pair.harness.server.of('message').map(({ content }) => content)).toEqual([
    text('hello'),
    { type: 'choice', key: 'lost', label: '挂失' },
    { type: 'choice', key: 'k11', label: 'Choice 11' },
  ]);
});

test('pictures, voices and videos are uploaded; a link is news; a file cannot be sent', async () => {
  await begin();
  await wrote();
  await sent({ type: 'media', attachment: await kept('image', 'image/png'), caption: 'Look' });
  await sent({ type: 'media', attachment: await kept('voice', 'audio/amr') });
  await sent({ type: 'link', url: 'https://bank.example/a', title: 'Card', description: 'About' });
  expect(await sent({ type: 'media', attachment: await kept('file', 'application/pdf') })).toMatchObject({
    state: 'failed',
    code: 'rejected',
    reason: 'an Official Account cannot send files',
  });
  expect(pair.wechat.said).toMatchObject([
    { msgtype: 'text', text: { content: 'Look' } },
    { msgtype: 'image', image: { media_id: 'UPLOAD_1' } },
    { msgtype: 'voice', voice: { media_id: 'UPLOAD_2' } },
    { msgtype: 'news', news: { articles: [{ title: 'Card', description: 'About', url: 'https://bank.example/a' }] } },
  ]);
  expect(pair.wechat.media.get('UPLOAD_1')).toEqual({ bytes, mime: 'image/png' });
});

test('a template: sent, and what became of it by its own 64-bit id, also when that comes first', async () => {
  await begin({ templates: { 'card-sent': { id: 'TEMPLATE-ID' } } });
  // Nobody wrote: templates need no window.
  const content: Content = {
    type: 'template',
    template: 'card-sent',
    values: { first: 'Mary' },
    url: 'https://bank.example/t',
  };
  const { message } = pair.harness.server.push({ thread: 'oMary', content });
  const states = (of: string) =>
    pair.harness.server
      .of('delivery')
      .filter((one) => one.message === of)
      .map(({ state }) => state)
      .sort();
  await pair.harness.server.until(() => states(message).length === 2, 'sent and delivered');
  expect(states(message)).toEqual(['delivered', 'sent']);
  const [asked] = pair.wechat.of('/cgi-bin/message/template/send');
  expect(asked?.json).toEqual({
    touser: 'oMary',
    template_id: 'TEMPLATE-ID',
    data: { first: { value: 'Mary' } },
    url: 'https://bank.example/t',
  });
  const blocked = pair.harness.server.push({
    thread: 'oMary',
    content: { type: 'template', template: 'BLOCKED', values: {} },
  });
  await pair.harness.server.until(() => states(blocked.message).length === 2, 'sent and failed');
  expect(states(blocked.message)).toEqual(['failed', 'sent']);
});

test('a subscription message goes its own way, and so does what became of it', async () => {
  await begin({ templates: { bill: { id: 'SUB', kind: 'subscription' } } });
  pair.wechat.instead.push(
    () => undefined,
    () => asJson({ errcode: 0, errmsg: 'ok', msgid: 1_700_827_132 }),
  );
  expect(await sent({ type: 'template', template: 'bill', values: { amount1: '7.50' } })).toMatchObject({
    state: 'sent',
  });
  expect(pair.wechat.of('/cgi-bin/message/subscribe/bizsend')[0]?.json).toEqual({
    touser: 'oMary',
    template_id: 'SUB',
    data: { amount1: { value: '7.50' } },
  });
  const list =
    '<SubscribeMsgSentEvent><List><TemplateId>SUB</TemplateId><MsgID>1700827132</MsgID><ErrorCode>43101</ErrorCode><ErrorStatus>refused</ErrorStatus></List></SubscribeMsgSentEvent>';
  await pair.wechat.event('oMary', 'subscribe_msg_sent_event', {}, list);
  await pair.harness.server.until(() => pair.harness.server.of('delivery').length === 2, 'the refusal');
  expect(pair.harness.server.of('delivery')[1]).toMatchObject({
    state: 'failed',
    code: 'rejected',
    reason: '43101 refused',
  });
});

test('one token for all; withdrawn in the middle: renewed once, by force, and everything comes through', async () => {
  await begin({ identify: false });
  for (const name of ['oA', 'oB', 'oC', 'oD']) await wrote(name);
  await Promise.all(['oA', 'oB', 'oC', 'oD'].map((name) => sent(text('one'), name)));
  expect(pair.wechat.of('/cgi-bin/stable_token')).toHaveLength(1);
  pair.wechat.tokens.withdraw();
  await Promise.all(['oA', 'oB', 'oC', 'oD'].map((name) => sent(text('two'), name)));
  expect(pair.wechat.said).toHaveLength(8);
  const fetched = pair.wechat.of('/cgi-bin/stable_token').map(({ json }) => json.force_refresh);
  expect(fetched).toEqual([false, true]);
});

test('a token near its end is renewed while the old one is used', async () => {
  await begin({ identify: false, accessToken: 'classic' });
  await wrote();
  await sent(text('one'));
  pair.wechat.clock.pass(7_200_000 - 30_000);
  await sent(text('two'));
  await sent(text('three'));
  await pair.wechat.until(() => pair.wechat.of('/cgi-bin/token').length === 2, 'the second token');
  expect(pair.wechat.said).toHaveLength(3);
  expect(pair.wechat.of('/cgi-bin/message/custom/send')).toHaveLength(3);
});

test('busy and cut connections are tried again, in order; a wrong secret is trouble that the administrator reads', async () => {
  await begin({ identify: false });
  await wrote();
  await sent(text('zero'));
  pair.wechat.instead.push(() => asJson({ errcode: -1, errmsg: 'system error' }));
  pair.harness.server.push({ thread: 'oMary', content: text('one') });
  pair.harness.server.push({ thread: 'oMary', content: text('two') });
  await pair.wechat.until(() => pair.wechat.said.length === 3, 'all three');
  expect(pair.wechat.said.map((one) => (one.text as { content: string }).content)).toEqual(['zero', 'one', 'two']);
  expect(pair.harness.figures().retries).toBe(1);
  pair.wechat.instead.push(() => asJson({ errcode: 48001, errmsg: 'api unauthorized' }));
  expect(await sent(text('three'))).toMatchObject({ state: 'failed', code: 'rejected' });
  expect(pair.harness.figures().trouble).toEqual(['WeChat refuses: 48001 api unauthorized']);
  expect(await sent(text('four'))).toMatchObject({ state: 'sent' });
  expect(pair.harness.figures().trouble).toEqual([]);
});

test('the menu of the account is set once; typing is shown, not too often', async () => {
  const menu = { button: [{ type: 'click', name: '余额', key: 'BALANCE' }] };
  await begin({ menu });
  await pair.wechat.until(() => pair.wechat.of('/cgi-bin/menu/create').length === 1, 'the menu');
  expect(pair.wechat.menu).toEqual(menu);
  pair.harness.server.pushTyping('oMary');
  pair.harness.server.pushTyping('oMary');
  await pair.wechat.until(() => pair.wechat.of('/cgi-bin/message/custom/typing').length === 1, 'typing');
  await wrote();
  await sent(text('done'));
  expect(pair.wechat.of('/cgi-bin/message/custom/typing').map(({ json }) => json)).toEqual([
    { touser: 'oMary', command: 'Typing' },
  ]);
});

beforeEach(() => expect.hasAssertions());
