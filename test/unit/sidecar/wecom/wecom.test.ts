import { afterEach, expect, test } from 'vitest';
import type { Content } from '../../../../connector/index.ts';
import { wecom } from '../../../../sidecar/channels/wecom/index.ts';
import { SecretText } from '../../../../sidecar/connector.ts';
import { WecomSimulator } from '../../../simulators/wecom/index.ts';
import { Harness } from '../harness.ts';

const aesKey = 'jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C';
const company = { corpId: 'ww5823bf96d3bd56c7', secret: 'the kf secret', token: 'QDG6eK', aesKey };
const thread = 'wkAccount/wmMary';

let simulator: WecomSimulator;
let harness: Harness;
afterEach(async () => {
  await harness.stop();
  await simulator.stop();
});

async function attach(
  settings: Record<string, unknown> = {},
  more: { folder?: string; server?: Harness['server'] } = {},
) {
  const read = wecom.settings.parse({
    corpId: company.corpId,
    secret: new SecretText(company.secret),
    token: new SecretText(company.token),
    encodingAesKey: new SecretText(company.aesKey),
    api: simulator.url,
    pollSeconds: 0,
    ...settings,
  });
  harness = await Harness.start({ ...more, kind: wecom, settings: read, channel: 'bank-kf', clock: simulator.clock });
  simulator.callback = `${harness.url}/hooks/bank-kf`;
}

async function begin(settings: Record<string, unknown> = {}) {
  simulator = await new WecomSimulator(company).start();
  await attach(settings);
  await harness.server.until(() => harness.server.streams === 1, 'the outbound stream');
}

const items = (count: number) => harness.server.until(() => harness.server.items.length >= count, `${count} items`);
const text = (content: string): Content => ({ type: 'text', text: content });

async function wrote(words = 'hello') {
  const before = harness.server.items.length;
  simulator.customer('wmMary', { msgtype: 'text', text: { content: words } });
  await simulator.nudge();
  await items(before + 1);
}

async function sent(content: Content, to = thread) {
  const { message } = harness.server.push({ thread: to, content, message: `msg_${++count}` });
  const found = () => harness.server.of('delivery').find((one) => one.message === message);
  await harness.server.until(() => found() !== undefined, 'what became of it');
  return found();
}
let count = 0;

test('the check of the address: decrypted, and only for who signs', async () => {
  await begin();
  expect(await simulator.checkAddress('8675309')).toEqual({ status: 200, text: '8675309' });
  expect(await simulator.nudge('wkAccount', (query) => query.set('msg_signature', '0'.repeat(40)))).toBe(403);
  expect(await simulator.nudge('wkAccount', (query) => query.set('timestamp', '1'))).toBe(403);
  expect(await simulator.nudge('wkAccount', () => {}, { agoSeconds: 901 })).toBe(403);
  expect(await simulator.nudge()).toBe(200);
});

test('a nudge brings all pages of messages, each once, however often it comes', async () => {
  await begin();
  simulator.page = 7;
  simulator.people.set('wmMary', { nickname: '玛丽', unionid: 'uMary' });
  for (let n = 0; n < 40; n++) simulator.customer('wmMary', { msgtype: 'text', text: { content: `message ${n}` } });
  await Promise.all([simulator.nudge(), simulator.nudge(), simulator.nudge()]);
  await items(40);
  expect(harness.server.of('message').map(({ content }) => (content.type === 'text' ? content.text : ''))).toEqual(
    Array.from({ length: 40 }, (_, n) => `message ${n}`),
  );
  expect(harness.server.items[0]).toMatchObject({
    thread,
    from: {
      name: '玛丽',
      identities: [
        { kind: 'wecom', value: 'wmMary', verified: true },
        { kind: 'unionid', value: 'uMary', verified: true },
      ],
    },
    window: { left: 5 },
  });
  expect(harness.server.known).toBe(0);
  // One fetch at a time: none brought what another one had brought.
  expect(harness.figures()).toMatchObject({ received: 40, fresh: 40 });
  expect(simulator.of('/cgi-bin/kf/customer/batchget')).toHaveLength(1);
});

test('what came while we were away is fetched at the start, from the cursor on', async () => {
  await begin();
  await wrote('before');
  const { folder, server } = harness;
  await harness.stop({ keep: true });
  simulator.customer('wmMary', { msgtype: 'text', text: { content: 'meanwhile' } });
  await attach({}, { folder, server });
  await items(2);
  const cursors = simulator.of('/cgi-bin/kf/sync_msg').map(({ json }) => json.cursor);
  expect(cursors[0]).toBeUndefined();
  expect(cursors.at(-1)).toBe(Buffer.from('c1').toString('base64'));
  expect(server.of('message').map(({ content }) => content)).toEqual([text('before'), text('meanwhile')]);
});

test('the fetch fails, or its nudge has an old token: it is fetched again, nothing is lost', async () => {
  await begin();
  simulator.customer('wmMary', { msgtype: 'text', text: { content: 'one' } });
  await simulator.nudge('wkAccount', () => {}, { ended: true });
  await items(1);
  simulator.tokens.withdraw();
  await wrote('two');
  expect(harness.server.of('message').map(({ content }) => content)).toEqual([text('one'), text('two')]);
});

test('every kind of message', async () => {
  await begin({ language: 'en', identify: false });
  const png = Buffer.from('\x89PNG\r\n\x1a\npicture', 'latin1');
  simulator.media.set('M1', { bytes: png, mime: 'image/png' });
  simulator.media.set('M2', { bytes: Buffer.from('#!AMR\nvoice'), mime: 'audio/amr' });
  simulator.media.set('M3', { bytes: Buffer.from('%PDF-1.7 bill'), mime: 'application/pdf' });
  const put = (msgtype: string, inside: unknown) => simulator.customer('wmMary', { msgtype, [msgtype]: inside });
  put('text', { content: 'Lost card', menu_id: 'lost' });
  put('image', { media_id: 'M1' });
  put('voice', { media_id: 'M2' });
  put('file', { media_id: 'M3' });
  put('video', { media_id: 'GONE' });
  put('location', { latitude: 23.1, longitude: 113.3, name: 'Branch', address: 'Road 1' });
  put('link', { title: 'T', desc: 'D', url: 'https://a.example/', pic_url: 'x' });
  put('business_card', { userid: 'wang' });
  put('miniprogram', { title: 'Pay', appid: 'wx', pagepath: 'p', thumb_media_id: 't' });
  put('channels_shop_order', { order_id: '9007199254740993', product_titles: 'Tea' });
  put('merged_msg', {});
  await simulator.nudge();
  await items(11);
  expect(harness.server.of('message').map(({ content }) => content)).toMatchObject([
    { type: 'choice', key: 'lost', label: 'Lost card' },
    { type: 'media', attachment: { kind: 'image', bytes: png.length } },
    { type: 'media', attachment: { kind: 'voice' } },
    { type: 'media', attachment: { kind: 'file', name: 'it.bin' } },
    { type: 'text', text: '[An attachment that is no longer at the provider]' },
    { type: 'location', latitude: 23.1, longitude: 113.3, label: 'Branch, Road 1' },
    { type: 'link', url: 'https://a.example/', title: 'T', description: 'D' },
    { type: 'text', text: '[Contact card] wang' },
    { type: 'text', text: '[Mini program] Pay' },
    { type: 'text', text: '[Order] 9007199254740993 Tea' },
    { type: 'text', text: '[A message of a kind that cannot be shown] merged_msg' },
  ]);
});

test('events, and what a person of the company wrote in WeCom', async () => {
  await begin({ identify: false });
  const about = { external_userid: 'wmMary' };
  simulator.event({ event_type: 'enter_session', scene: 'web', scene_param: 'from=card', ...about });
  simulator.event({ event_type: 'session_status_change', change_type: 1, new_servicer_userid: 'wang', ...about });
  simulator.event({ event_type: 'servicer_status_change', servicer_userid: 'wang', status: 1 });
  simulator.put({
    origin: 5,
    external_userid: 'wmMary',
    servicer_userid: 'wang',
    msgtype: 'text',
    text: { content: 'hi' },
  });
  simulator.event({ event_type: 'user_recall_msg', recall_msgid: '4sd1x', ...about });
  simulator.event({
    event_type: 'reject_customer_msg_switch_change',
    servicer_userid: 'wang',
    reject_switch: 1,
    ...about,
  });
  simulator.event({ event_type: 'session_status_change', change_type: 3, old_servicer_userid: 'wang', ...about });
  await simulator.nudge();
  await items(6);
  expect(
    harness.server.items.map((one) => ({
      item: one.item,
      ...('name' in one ? { name: one.name, data: one.data } : {}),
      ...('message' in one ? { message: one.message } : {}),
    })),
  ).toEqual([
    { item: 'event', name: 'enter', data: { scene: 'web', parameter: 'from=card' } },
    { item: 'event', name: 'session-taken', data: { after: 'wang' } },
    { item: 'event', name: 'servicer-message', data: { text: 'hi', servicer: 'wang' } },
    { item: 'recalled', message: '4sd1x' },
    { item: 'event', name: 'messages-refused', data: { on: 'true' } },
    { item: 'left' },
  ]);
});

test('a welcome within 20 s, once; later none', async () => {
  await begin({ welcome: 'Welcome to the bank' });
  const code = simulator.code('wmMary');
  simulator.event({ event_type: 'enter_session', external_userid: 'wmMary', welcome_code: code });
  await simulator.nudge();
  await simulator.until(() => simulator.said.length === 1, 'the welcome');
  expect(simulator.said).toEqual([
    { code, msgtype: 'text', text: { content: 'Welcome to the bank' }, to: 'wmMary', on: 'event' },
  ]);
  simulator.event({ event_type: 'enter_session', external_userid: 'wmLate', welcome_code: simulator.code('wmLate') });
  simulator.clock.pass(21_000);
  await simulator.nudge();
  await items(2);
  // Nothing was even asked for it by the time that a whole conversation has passed.
  await wrote();
  await sent(text('hello'));
  expect(simulator.of('/cgi-bin/kf/send_msg_on_event')).toHaveLength(1);
});

test('a flow may greet with the welcome_code: one message, then the customer must write', async () => {
  await begin();
  simulator.event({ event_type: 'enter_session', external_userid: 'wmMary', welcome_code: simulator.code('wmMary') });
  await simulator.nudge();
  await items(1);
  expect(harness.server.items[0]).toMatchObject({ item: 'event', name: 'enter', window: { left: 1 } });
  const choices = [{ key: 'lost', label: 'Lost card' }];
  expect(await sent({ type: 'menu', text: 'Hello', choices })).toMatchObject({ state: 'sent', window: { left: 0 } });
  expect(simulator.said[0]).toMatchObject({ on: 'event', msgtype: 'msgmenu', to: 'wmMary' });
  expect(await sent(text('more'))).toMatchObject({ state: 'failed', code: 'quota-spent' });
});

test('five messages within 48 hours; the provider’s count and its late failures are told', async () => {
  await begin({ windows: { message: { seconds: 172_800, most: 9 } } });
  await wrote();
  const states: unknown[] = [];
  for (let n = 0; n < 5; n++) states.push((await sent(text(`${n}`)))?.state);
  expect(states).toEqual(['sent', 'sent', 'sent', 'sent', 'sent']);
  expect(await sent(text('6'))).toMatchObject({ state: 'failed', code: 'quota-spent', window: { left: 0 } });
  // The msgid is ours: so a failure that is told later finds its message.
  const { msgid } = simulator.said[0] as { msgid: string };
  simulator.event({ event_type: 'msg_send_fail', external_userid: 'wmMary', fail_msgid: msgid, fail_type: 10 });
  await simulator.nudge();
  await harness.server.until(() => harness.server.of('delivery').length === 7, 'the failure');
  expect(harness.server.of('delivery').at(-1)).toMatchObject({
    message: msgid,
    state: 'failed',
    code: 'rejected',
    reason: 'the customer takes no messages',
  });
});

test('an id of a message that the provider would not take is replaced, and found again', async () => {
  await begin();
  await wrote();
  const message = 'msg_with.a.dot/and-more-than-thirty-two-characters';
  harness.server.push({ thread, message, content: text('x') });
  await simulator.until(() => simulator.said.length === 1, 'it came through');
  const { msgid } = simulator.said[0] as { msgid: string };
  expect(msgid).toMatch(/^[0-9a-zA-Z_-]{1,32}$/);
  simulator.event({ event_type: 'msg_send_fail', external_userid: 'wmMary', fail_msgid: msgid, fail_type: 6 });
  await simulator.nudge();
  await harness.server.until(() => harness.server.of('delivery').length === 2, 'both');
  expect(harness.server.of('delivery').at(-1)).toMatchObject({ message, code: 'quota-spent', window: { left: 0 } });
});

test('an answer that is lost on the way: tried again with the same msgid, and the customer reads it once', async () => {
  await begin({ identify: false });
  await wrote();
  // The token is there already, so that it is the message whose answer is lost.
  await sent(text('zero'));
  simulator.loseNext = 1;
  expect(await sent(text('once'))).toMatchObject({ state: 'sent' });
  const ids = simulator.of('/cgi-bin/kf/send_msg').map(({ json }) => json.msgid);
  expect(ids).toHaveLength(3);
  expect(ids[2]).toBe(ids[1]);
  expect(simulator.said.map(({ text: said }) => said)).toEqual([{ content: 'zero' }, { content: 'once' }]);
});

test('states: our agent answers, and the provider is told; the end with a farewell', async () => {
  await begin({ goodbye: 'Bye' });
  await wrote();
  harness.server.pushState(thread, 'active', { agentName: 'Ann' });
  await simulator.until(() => simulator.sessions.get('wmMary')?.state === 1, 'with the assistant');
  expect(await sent(text('I am here'))).toMatchObject({ state: 'sent' });
  harness.server.pushState(thread, 'closed');
  await simulator.until(() => simulator.sessions.get('wmMary')?.state === 4, 'ended');
  await simulator.until(() => simulator.said.length === 2, 'the farewell');
  expect(simulator.said[1]).toMatchObject({ on: 'event', text: { content: 'Bye' } });
  expect(await sent(text('one more'))).toMatchObject({ state: 'failed', code: 'window-closed', window: { left: 0 } });
  simulator.clock.pass(2_000);
  await wrote('again');
  expect(await sent(text('welcome back'))).toMatchObject({ state: 'sent' });
});

test('with a servicer the conversation goes to her in WeCom, and the provider takes nothing from us', async () => {
  await begin({ servicer: 'wang', identify: false });
  await wrote();
  harness.server.pushState(thread, 'active');
  await simulator.until(() => simulator.sessions.get('wmMary')?.state === 3, 'with the person');
  expect(simulator.sessions.get('wmMary')).toEqual({ state: 3, servicer: 'wang' });
  expect(await sent(text('from us'))).toMatchObject({ state: 'failed', code: 'window-closed' });
  // Not back to the assistant, which the provider does not allow.
  harness.server.pushState(thread, 'active');
  harness.server.pushState(thread, 'closed');
  await simulator.until(() => simulator.sessions.get('wmMary')?.state === 4, 'ended');
  // From the end no step leads anywhere: none is asked for.
  harness.server.pushState(thread, 'active');
  harness.server.pushState(thread, 'closed');
  await simulator.until(() => simulator.of('/cgi-bin/kf/service_state/get').length === 5, 'the state was looked at');
  expect(simulator.of('/cgi-bin/kf/service_state/trans').map(({ json }) => json.service_state)).toEqual([3, 4]);
});

test('media are uploaded, files too; a wrong secret is trouble that the administrator reads', async () => {
  await begin();
  await wrote();
  const headers = { authorization: `Bearer ${harness.server.token}`, 'content-type': 'application/pdf' };
  const query = new URLSearchParams({ channel: 'bank-kf', key: 'k', kind: 'file', name: 'bill.pdf' });
  const body = '%PDF-1.7 bill';
  const kept = await fetch(`${harness.server.url}/api/v1/attachments?${query}`, { method: 'PUT', headers, body });
  const attachment = (await kept.json()) as Extract<Content, { type: 'media' }>['attachment'];
  expect(await sent({ type: 'media', attachment, caption: 'Your bill' })).toMatchObject({ state: 'sent' });
  expect(simulator.said).toMatchObject([
    { msgtype: 'text', text: { content: 'Your bill' } },
    { msgtype: 'file', file: { media_id: 'UPLOAD_1' } },
  ]);
  expect(simulator.media.get('UPLOAD_1')?.bytes.toString()).toBe(body);
  simulator.company.secret = 'changed';
  simulator.tokens.withdraw();
  harness.server.push({ thread, content: text('x') });
  await simulator.until(() => simulator.of('/cgi-bin/gettoken').length >= 2, 'a refused secret');
  await expect.poll(() => harness.figures().trouble).toEqual(['WeCom refuses: 40001 invalid credential']);
});
