// Nothing that comes by the public door makes a connector throw: properly signed nonsense is refused, or read as what it is.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { inboundItem } from '../../../../connector/index.ts';
import { qq } from '../../../../sidecar/channels/qq/index.ts';
import { wechat } from '../../../../sidecar/channels/wechat/index.ts';
import { wecom } from '../../../../sidecar/channels/wecom/index.ts';
import { weibo } from '../../../../sidecar/channels/weibo/index.ts';
import type { Callback, Connector, ConnectorKind } from '../../../../sidecar/connector.ts';
import { SecretText } from '../../../../sidecar/connector.ts';
import { ProviderClock } from '../../../simulators/provider-server.ts';
import { QqSimulator } from '../../../simulators/qq/index.ts';
import { seal, sha1Of } from '../../../simulators/wechat/index.ts';
import { memoryTools } from '../memory-tools.ts';

const aesKey = 'jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C';
const clock = new ProviderClock();
const text = (value: string) => new SecretText(value);
const unreachable = 'http://127.0.0.1:9';

async function open<Settings>(
  kind: ConnectorKind<Settings>,
  settings: z.input<z.ZodType<Settings>>,
): Promise<Connector> {
  const tools = {
    ...memoryTools({ clock }),
    // Nobody is asked here: whatever needs the provider fails, as if it were away.
    fetch: () => Promise.reject(new Error('away')),
    token: () => ({ get: () => Promise.resolve('token'), refused: () => {} }),
    opened: () => {},
    window: () => undefined,
  };
  return kind.open(kind.settings.parse(settings), tools);
}

/** What is taken is read later: then it may be tried again (the provider is away), but what it becomes is always an item. */
async function swallows(connector: Connector, callback: Callback): Promise<void> {
  const received = await connector.receive?.(callback);
  if (received === undefined) throw new Error('it is called');
  if (!('deliveries' in received)) {
    expect([200, 400, 401, 403, 405]).toContain(received.status);
    return;
  }
  for (const delivery of received.deliveries) {
    expect(delivery.key.length).toBeLessThanOrEqual(200);
    const items = await connector.normalise(delivery).catch((error: unknown) => {
      expect(String(error)).toMatch(/could not be fetched|not noted yet/);
      return [];
    });
    for (const item of items) expect(inboundItem.safeParse(item).error?.issues ?? []).toEqual([]);
  }
}

const call = (
  query: Record<string, string>,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Callback => ({
  method: 'POST',
  path: '/',
  query: new URLSearchParams(query),
  headers,
  body: Buffer.from(body),
  remote: '127.0.0.1',
});

function signed(secret: string, nonce: string): Record<string, string> {
  const timestamp = String(Math.floor(clock.now() / 1_000));
  return { timestamp, nonce, signature: sha1Of(secret, timestamp, nonce) };
}

const word = fc.constantFrom(
  'text',
  'image',
  'voice',
  'location',
  'link',
  'event',
  'subscribe',
  'CLICK',
  'mention',
  'position',
  '1',
  '',
);
const value = fc.oneof(word, fc.string({ maxLength: 30 }), fc.integer().map(String), fc.constant('9007199254740993'));
const names = [
  'FromUserName',
  'ToUserName',
  'MsgType',
  'CreateTime',
  'MsgId',
  'Content',
  'Event',
  'EventKey',
  'MediaId',
];
const more = [
  'Location_X',
  'Location_Y',
  'Url',
  'Title',
  'bizmsgmenuid',
  'MsgID',
  'Status',
  'OpenKfId',
  'Token',
  'Recognition',
];
const xml = fc
  .array(fc.tuple(fc.constantFrom(...names, ...names, ...more), value), { minLength: 4, maxLength: 14 })
  .map(
    (fields) =>
      `<xml>${fields.map(([name, said]) => `<${name}><![CDATA[${said.replaceAll(']]>', '')}]]></${name}>`).join('')}</xml>`,
  );
const usual = xml.map((body) =>
  body
    .replace('<xml>', '<xml><FromUserName>oA</FromUserName><CreateTime>1768442400</CreateTime>')
    .replace(/(<FromUserName>.*?)<FromUserName>.*?<\/FromUserName>/, '$1'),
);
const runs = { seed: 5, numRuns: 400 };

test('WeChat', async () => {
  const connector = await open(wechat, {
    appId: 'wx49f0ab532d5d035a',
    appSecret: text('s'),
    token: text('tok'),
    mode: 'plain',
    api: unreachable,
  });
  const body = fc.oneof(
    xml,
    usual,
    fc.json(),
    fc.string(),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  );
  await fc.assert(
    fc.asyncProperty(body, (said) => swallows(connector, call(signed('tok', 'n'), said))),
    runs,
  );
});

test('WeCom', async () => {
  const corpId = 'ww5823bf96d3bd56c7';
  const connector = await open(wecom, {
    corpId,
    secret: text('s'),
    token: text('tok'),
    encodingAesKey: text(aesKey),
    api: unreachable,
  });
  const body = fc.oneof(xml, fc.json(), fc.string());
  await fc.assert(
    fc.asyncProperty(body, fc.boolean(), async (said, whole) => {
      const sealed = whole ? seal(said, aesKey, corpId) : Buffer.from(said).toString('base64');
      const { timestamp = '', nonce = '' } = signed('tok', 'n');
      const query = { timestamp, nonce, msg_signature: sha1Of('tok', timestamp, nonce, sealed) };
      await swallows(connector, call(query, `<xml><Encrypt>${sealed}</Encrypt></xml>`));
    }),
    runs,
  );
  await connector.stop();
  const message = fc.record({
    msgid: fc.string({ minLength: 1 }),
    open_kfid: fc.constant('wk'),
    external_userid: fc.oneof(fc.constant('wm'), fc.constant(undefined)),
    send_time: fc.constant(1_768_442_400),
    origin: fc.constantFrom(3, 4, 5),
    msgtype: fc.constantFrom('text', 'image', 'location', 'link', 'event', 'miniprogram', 'x', ''),
    text: fc.oneof(fc.object(), fc.record({ content: value, menu_id: value })),
    location: fc.record({ latitude: fc.double(), longitude: fc.double() }),
    link: fc.record({ url: fc.oneof(fc.webUrl(), value), title: value, desc: value }),
    event: fc.oneof(
      fc.object(),
      fc.record({ event_type: value, change_type: fc.constantFrom(1, 2, 3), fail_msgid: value }),
    ),
  });
  await fc.assert(
    fc.asyncProperty(message, async (said) => {
      const delivery = { key: 'k', at: 1_768_442_400_000, body: JSON.stringify(said) };
      const items = await connector.normalise(delivery).catch((error: unknown) => {
        expect(String(error)).toMatch(/could not be fetched/);
        return [];
      });
      for (const item of items) expect(inboundItem.safeParse(item).error?.issues ?? []).toEqual([]);
    }),
    runs,
  );
});

test('Weibo', async () => {
  const connector = await open(weibo, {
    appSecret: text('app'),
    accessToken: text('t'),
    api: unreachable,
    openApi: unreachable,
  });
  const push = fc
    .record({
      type: fc.oneof(word, fc.string()),
      sender_id: fc.oneof(fc.integer({ min: 1 }), fc.constant('4294917290000000001')),
      receiver_id: fc.constant(7),
      created_at: fc.oneof(fc.constant('Mon Jul 16 18:09:20 +0800 2012'), fc.string(), fc.nat()),
      text: fc.oneof(fc.string(), fc.integer(), fc.constant(null)),
      data: fc.oneof(
        fc.object(),
        fc.record({ subtype: value, key: value, latitude: value, longitude: value, tovfid: value }),
        fc.string(),
      ),
    })
    .map((one) => JSON.stringify(one));
  const body = fc.oneof(push, push, xml, fc.json(), fc.string());
  await fc.assert(
    fc.asyncProperty(body, (said) => swallows(connector, call(signed('app', 'n'), said))),
    runs,
  );
});

test('QQ', async () => {
  const simulator = new QqSimulator({ appId: '11111111', secret: 'DG5g3B4j9X2KOErG' }, clock);
  const connector = await open(qq, {
    appId: '11111111',
    secret: text('DG5g3B4j9X2KOErG'),
    api: unreachable,
    tokenApi: unreachable,
  });
  const event = fc
    .record({
      id: value,
      op: fc.constantFrom(0, 0, 0, 12, 13, 'x'),
      t: fc.constantFrom('C2C_MESSAGE_CREATE', 'GROUP_AT_MESSAGE_CREATE', 'FRIEND_ADD', 'INTERACTION_CREATE', ''),
      d: fc.oneof(
        fc.object(),
        fc.record({
          id: value,
          content: fc.oneof(value, fc.integer()),
          author: fc.oneof(
            fc.object(),
            fc.record({ user_openid: fc.constantFrom('A', ''), member_openid: fc.constant('B') }),
          ),
          group_openid: fc.constantFrom('G', undefined),
          timestamp: fc.oneof(
            fc.constant('2024-10-15T16:33:15+08:00'),
            fc.constant('12024-09-04T13:12:43+08:00'),
            value,
            fc.nat(),
          ),
          attachments: fc.oneof(
            fc.object(),
            fc.array(fc.record({ url: fc.oneof(fc.webUrl(), value), content_type: value }), { maxLength: 2 }),
          ),
        }),
      ),
    })
    .map((one) => JSON.stringify(one));
  const body = fc.oneof(event, event, fc.json(), fc.string());
  await fc.assert(
    fc.asyncProperty(body, (said) => swallows(connector, call({}, said, simulator.headers(said)))),
    runs,
  );
});
