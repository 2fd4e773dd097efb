import { afterEach, expect, test } from 'vitest';
import type { Content } from '../../../../connector/index.ts';
import { qq } from '../../../../sidecar/channels/qq/index.ts';
import { SecretText } from '../../../../sidecar/connector.ts';
import { QqSimulator } from '../../../simulators/qq/index.ts';
import { Harness } from '../harness.ts';

let simulator: QqSimulator;
let harness: Harness;
afterEach(async () => {
  await harness.stop();
  await simulator.stop();
});

async function begin(settings: Record<string, unknown> = {}) {
  simulator = await new QqSimulator({ appId: '11111111', secret: 'DG5g3B4j9X2KOErG' }).start();
  const read = qq.settings.parse({
    appId: '11111111',
    secret: new SecretText('DG5g3B4j9X2KOErG'),
    api: simulator.url,
    tokenApi: simulator.url,
    mediaHosts: ['127.0.0.1'],
    mediaByHttp: true,
    ...settings,
  });
  harness = await Harness.start({ kind: qq, settings: read, channel: 'bank-qq', clock: simulator.clock });
  simulator.callback = `${harness.url}/hooks/bank-qq`;
  await harness.server.until(() => harness.server.streams === 1, 'the outbound stream');
}

const items = (count: number) => harness.server.until(() => harness.server.items.length >= count, `${count} items`);
const text = (words: string): Content => ({ type: 'text', text: words });

async function sent(content: Content, thread = 'c2c/MARY') {
  const { message } = harness.server.push({ thread, content });
  const found = () => harness.server.of('delivery').find((one) => one.message === message);
  await harness.server.until(() => found() !== undefined, 'what became of it');
  return found();
}

async function wrote(words = 'hello') {
  const before = harness.server.items.length;
  const { id, sent: answered } = simulator.c2c('MARY', words);
  expect(await answered).toBe('{"op":12,"d":0}');
  await items(before + 1);
  return id;
}

test('op 13, signed and unsigned; nothing that could be a body is signed for a stranger', async () => {
  await begin();
  const token = 'Arq0D5A61EgUu4OxUvOp';
  for (const signed of [true, false]) {
    const { status, json } = await simulator.checkAddress(token, { signed });
    expect(status).toBe(200);
    expect(json.plain_token).toBe(token);
    expect(
      [0, 1].map((ago) => simulator.proof(String(Math.floor(simulator.clock.now() / 1_000) - ago) + token)),
    ).toContain(json.signature);
  }
  const forged = JSON.stringify({ op: 0, t: 'C2C_MESSAGE_CREATE', id: 'x', d: {} });
  expect(await simulator.checkAddress(forged, { signed: false })).toEqual({ status: 400, json: {} });
});

test('only what the provider signed is heard', async () => {
  await begin();
  const body = JSON.stringify({
    id: 'e',
    op: 0,
    t: 'C2C_MESSAGE_CREATE',
    d: { id: 'm', author: { user_openid: 'EVIL' }, content: 'x' },
  });
  const headers = simulator.headers(body);
  const status = async (change: Record<string, string>, changed = body) =>
    (await simulator.send(changed, { ...headers, ...change }))?.status;
  expect(await status({ 'x-signature-ed25519': `${'0'.repeat(128)}` })).toBe(401);
  expect(await status({ 'x-signature-timestamp': '1' })).toBe(401);
  expect(await status({ 'x-bot-appid': '222222' })).toBe(403);
  expect(await status({}, `${body} `)).toBe(401);
  const { 'x-signature-ed25519': _, ...unsigned } = headers;
  expect((await simulator.send(body, unsigned))?.status).toBe(401);
  simulator.clock.pass(1_000_000);
  expect(await status({})).toBe(401);
  expect(harness.figures()).toMatchObject({ received: 0 });
  expect((await simulator.send(body))?.status).toBe(200);
  expect((await simulator.send('{"op":1,"d":7}'))?.text).toBe('{"op":12,"d":0}');
  expect((await simulator.send('{"op":0}'))?.status).toBe(400);
});

test('private and group messages; the same message pushed as two events is one', async () => {
  await begin();
  const { id, sent: first } = simulator.c2c('MARY', ' 卡丢了 ');
  await first;
  await simulator.c2c('MARY', ' 卡丢了 ', {}, id).sent;
  await simulator.group('G1', 'TOM', ' balance?').sent;
  await items(2);
  expect(harness.figures()).toMatchObject({ received: 3, fresh: 2 });
  expect(harness.server.items).toMatchObject([
    {
      item: 'message',
      key: id,
      thread: 'c2c/MARY',
      from: { identities: [{ kind: 'qq', value: 'MARY', verified: true }] },
      content: text('卡丢了'),
      window: { left: 5 },
    },
    {
      thread: 'group/G1/TOM',
      from: { identities: [{ kind: 'qq-member', value: 'TOM', verified: true }] },
      content: text('balance?'),
      variables: { group: 'G1' },
    },
  ]);
});

test('replies: each with a msg_seq of its own, five to a message, within 60 minutes', async () => {
  await begin();
  const id = await wrote();
  for (let n = 1; n <= 5; n++)
    expect(await sent(text(`${n}`))).toMatchObject({ state: 'sent', window: { left: 5 - n } });
  expect(simulator.said.map(({ msg_id, msg_seq, content, place }) => [msg_id, msg_seq, content, place])).toEqual(
    [1, 2, 3, 4, 5].map((n) => [id, n, `${n}`, 'MARY']),
  );
  expect(await sent(text('6'))).toMatchObject({ state: 'failed', code: 'quota-spent' });
  simulator.clock.pass(2_000);
  const second = await wrote('again');
  expect(await sent(text('7'))).toMatchObject({ state: 'sent' });
  expect(simulator.said.at(-1)).toMatchObject({ msg_id: second, msg_seq: 1 });
  simulator.clock.pass(3_601_000);
  expect(await sent(text('8'))).toMatchObject({ state: 'failed', code: 'window-closed' });
  expect(simulator.said).toHaveLength(6);
});

test('in a group: five minutes, to the group, in answer to that member', async () => {
  await begin();
  const { id, sent: pushed } = simulator.group('G1', 'TOM', 'hi');
  await pushed;
  await items(1);
  expect(await sent(text('Hello Tom'), 'group/G1/TOM')).toMatchObject({ state: 'sent' });
  expect(simulator.said).toMatchObject([{ place: 'G1', msg_id: id, msg_seq: 1 }]);
  simulator.clock.pass(301_000);
  expect(await sent(text('late'), 'group/G1/TOM')).toMatchObject({ state: 'failed', code: 'window-closed' });
  expect(await sent(text('nobody'), 'c2c/NOBODY')).toMatchObject({ state: 'failed', code: 'window-closed' });
});

test('an answer that is lost: the next try has the same msg_seq, and the provider’s "repeated" means that it came through', async () => {
  await begin();
  await wrote();
  await sent(text('zero'));
  simulator.loseNext = 1;
  expect(await sent(text('one'))).toMatchObject({ state: 'sent' });
  const asked = simulator.asked.filter(({ path, json }) => path.endsWith('/messages') && json.content === 'one');
  expect(asked.map(({ json }) => json.msg_seq)).toEqual([2, 2]);
  expect(await sent(text('two'))).toMatchObject({ state: 'sent' });
  expect(simulator.said.at(-1)).toMatchObject({ msg_seq: 3 });
});

test('what was to be answered grew too old between two tries, and the customer wrote again: that is answered', async () => {
  await begin({ windows: { c2c: { seconds: 86_400, most: 50 } } });
  const old = await wrote();
  await sent(text('a token is there'));
  let second = '';
  const busy = () => {
    if (second === '') {
      simulator.clock.pass(3_601_000);
      second = simulator.c2c('MARY', 'still there?').id;
    }
    // Until that message is read.
    if (harness.server.of('message').length < 2) simulator.instead.push(busy);
    return { status: 429, headers: { 'retry-after': '1' }, body: '{"message":"busy"}' };
  };
  simulator.instead.push(busy);
  expect(await sent(text('yes'))).toMatchObject({ state: 'sent' });
  const asked = simulator.asked
    .filter(({ json }) => json.content === 'yes')
    .map(({ json }) => [json.msg_id, json.msg_seq]);
  expect(asked[0]).toEqual([old, 2]);
  expect(asked.at(-2)).toEqual([old, 2]);
  expect(asked.at(-1)).toEqual([second, 1]);
});

test('the provider’s own count and windows win', async () => {
  await begin({ windows: { c2c: { seconds: 86_400, most: 50 } } });
  await wrote();
  for (let n = 0; n < 5; n++) await sent(text(`${n}`));
  expect(await sent(text('6'))).toMatchObject({
    state: 'failed',
    code: 'quota-spent',
    window: { left: 0 },
    reason: '22009 msg limit exceed',
  });
  simulator.clock.pass(3_700_000);
  expect(await sent(text('7'))).toMatchObject({ state: 'failed', code: 'window-closed', window: { left: 0 } });
});

test('a token of which the life is a text; renewed near its end while both are good; withdrawn: once more', async () => {
  await begin();
  await wrote();
  await sent(text('1'));
  await sent(text('2'));
  expect(simulator.of('/app/getAppAccessToken')).toHaveLength(1);
  simulator.tokens.withdraw();
  await sent(text('3'));
  expect(simulator.of('/app/getAppAccessToken')).toHaveLength(2);
  simulator.clock.pass(7_200_000 - 40_000);
  await wrote('later');
  await sent(text('4'));
  await simulator.until(() => simulator.of('/app/getAppAccessToken').length === 3, 'the new token');
  await sent(text('5'));
  expect(simulator.said).toHaveLength(5);
});

test('attachments come in, from the provider’s hosts only', async () => {
  await begin();
  const jpeg = Buffer.from('\xff\xd8\xff\xe0picture', 'latin1');
  simulator.downloads.set('/photo', { bytes: jpeg, mime: 'image/jpeg' });
  simulator.downloads.set('/voice', { bytes: Buffer.from('\x02#!SILK_V3 sound', 'latin1'), mime: 'audio/silk' });
  const attachments = [
    { content_type: 'image/jpeg', filename: 'a.jpg', size: jpeg.length, url: `${simulator.url}/photo` },
    { content_type: 'voice', filename: 'a.silk', url: `${simulator.url}/voice`, asr_refer_text: '我要挂失' },
    { content_type: 'file', filename: 'x.txt', url: 'http://169.254.169.254/secret' },
    { content_type: 'file', filename: 'y.txt', url: 'file:///etc/passwd' },
    { content_type: 'image/png', filename: 'gone.png', url: `${simulator.url}/gone` },
  ];
  await simulator.c2c('MARY', 'look', { attachments }).sent;
  await items(6);
  expect(harness.server.of('message').map(({ content }) => content)).toMatchObject([
    text('look'),
    { type: 'media', attachment: { kind: 'image', mime: 'image/jpeg', bytes: jpeg.length } },
    { type: 'media', attachment: { kind: 'voice', transcript: '我要挂失' } },
    text('[附件被拒收] x.txt'),
    text('[附件被拒收] y.txt'),
    { type: 'text' },
  ]);
  expect(new Set(harness.server.items.map(({ key }) => key)).size).toBe(6);
});

test('pictures go out with their words as one reply; files not', async () => {
  await begin();
  await wrote();
  const put = async (kind: string, mime: string, body: string) => {
    const headers = { authorization: `Bearer ${harness.server.token}`, 'content-type': mime };
    const query = new URLSearchParams({ channel: 'bank-qq', key: kind, kind });
    const response = await fetch(`${harness.server.url}/api/v1/attachments?${query}`, { method: 'PUT', headers, body });
    return (await response.json()) as Extract<Content, { type: 'media' }>['attachment'];
  };
  const image = await put('image', 'image/png', 'a picture');
  expect(await sent({ type: 'media', attachment: image, caption: 'Our branch' })).toMatchObject({ state: 'sent' });
  expect(simulator.files).toMatchObject([{ place: 'MARY', type: 1, bytes: Buffer.from('a picture') }]);
  expect(simulator.said).toMatchObject([
    { msg_type: 7, content: 'Our branch', media: { file_info: 'FILE-MARY-1' }, msg_seq: 1 },
  ]);
  expect(await sent({ type: 'media', attachment: image })).toMatchObject({ state: 'sent' });
  expect(simulator.said[1]).toMatchObject({ content: ' ', msg_seq: 2 });
  expect(await sent({ type: 'media', attachment: await put('file', 'application/pdf', '%PDF-1') })).toMatchObject({
    state: 'failed',
    code: 'rejected',
  });
});

test('events: a new friend may be greeted; menus are numbered lines', async () => {
  await begin();
  await simulator.dispatch(
    'FRIEND_ADD',
    { openid: 'MARY', timestamp: Math.floor(simulator.clock.now() / 1_000) },
    'FRIEND_ADD:1',
  );
  await simulator.dispatch('GROUP_DEL_ROBOT', { group_openid: 'G', op_member_openid: 'TOM', timestamp: 1_768_442_400 });
  await simulator.dispatch('MESSAGE_AUDIT_PASS', { audit_id: '1' });
  await items(2);
  expect(harness.server.of('event').map(({ name, thread }) => [name, thread])).toEqual([
    ['follow', 'c2c/MARY'],
    ['group-left', 'group/G/TOM'],
  ]);
  const choices = [
    { key: 'cards', label: '银行卡' },
    { key: 'loans', label: '贷款' },
  ];
  expect(await sent({ type: 'menu', text: '您好', choices })).toMatchObject({ state: 'sent' });
  expect(simulator.said[0]).toMatchObject({
    event_id: 'FRIEND_ADD:1',
    msg_seq: 1,
    content: '您好\n1. 银行卡\n2. 贷款',
  });
  await wrote('2');
  expect(harness.server.of('message')[0]?.content).toEqual({ type: 'choice', key: 'loans', label: '贷款' });
});

test('with buttons a menu is a keyboard beneath Markdown; what is pressed comes back as the choice', async () => {
  await begin({ buttons: true });
  await wrote();
  const choices = Array.from({ length: 7 }, (_, at) => ({ key: `key-${at}`, label: `Card ${at}` }));
  expect(await sent({ type: 'menu', text: 'Which card_number?', choices })).toMatchObject({ state: 'sent' });
  const said = simulator.said[0] as unknown as {
    msg_type: number;
    markdown: { content: string };
    keyboard: {
      content: { rows: { buttons: { id: string; action: { type: number; data: string; enter: boolean } }[] }[] };
    };
  };
  expect(said).toMatchObject({ msg_type: 2, markdown: { content: 'Which card\\_number?' } });
  const { rows } = said.keyboard.content;
  expect(rows.map(({ buttons }) => buttons.length)).toEqual([2, 2, 2, 1]);
  const pressed = rows[1]?.buttons[1];
  expect(pressed?.action).toMatchObject({ type: 2, data: 'Card 3', enter: true });
  await wrote(pressed?.action.data);
  expect(harness.server.of('message').at(-1)?.content).toEqual({ type: 'choice', key: 'key-3', label: 'Card 3' });
});

test('a wrong secret is trouble that the administrator reads', async () => {
  await begin();
  await wrote();
  simulator.bot.secret = 'changed';
  harness.server.push({ thread: 'c2c/MARY', content: text('x') });
  await expect
    .poll(() => harness.figures().trouble)
    .toEqual(['QQ gives no access token: 100016 invalid appid or secret']);
});
