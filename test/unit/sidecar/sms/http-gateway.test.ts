// The HTTP gateway: signatures by the providers' published examples; sending and callbacks against a gateway on loopback.
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { inboundItem, type OutboundMessage } from '../../../../connector/index.ts';
import { HttpConnector } from '../../../../sidecar/channels/sms/http-connector.ts';
import { smsSettings } from '../../../../sidecar/channels/sms/settings.ts';
import { signedRequest } from '../../../../sidecar/channels/sms/signed-request.ts';
import { type Callback, type Delivery, SecretText } from '../../../../sidecar/connector.ts';
import { memoryTools } from '../memory-tools.ts';

const sendOf = (send: object) => {
  const { http } = smsSettings.parse({ http: { send } });
  if (!http) throw new Error('no http');
  return http.send;
};

/** Aliyun's RPC signature, HMAC-SHA1 over the sorted query. */
const aliyun = {
  method: 'GET',
  url: 'http://{{host0}}/',
  query: {
    Timestamp: '{{time}}',
    Format: 'XML',
    AccessKeyId: '{{accessKeyId}}',
    Action: '{{action}}',
    SignatureMethod: 'HMAC-SHA1',
    SignatureNonce: '{{nonce}}',
    Version: '{{version}}',
    SignatureVersion: '1.0',
    Signature: '{{signature}}',
  },
  signature: {
    algorithm: 'sha1',
    key: '{{secret}}&',
    over: '{{method}}&{{encode path}}&{{encode canonicalQuery}}',
    encoding: 'base64',
  },
};

/** Tencent's TC3-HMAC-SHA256. */
const tencent = {
  url: 'https://{{host0}}/',
  headers: {
    host: '{{host0}}',
    'content-type': 'application/json; charset=utf-8',
    'x-tc-timestamp': '{{timestamp}}',
    authorization:
      'TC3-HMAC-SHA256 Credential={{secretId}}/{{date}}/{{service}}/tc3_request, SignedHeaders=content-type;host, Signature={{signature}}',
  },
  body: '{{payload}}',
  signature: {
    key: 'TC3{{secret}}',
    chain: ['{{date}}', '{{service}}', 'tc3_request'],
    over: 'TC3-HMAC-SHA256\n{{timestamp}}\n{{date}}/{{service}}/tc3_request\n{{#sha256}}{{method}}\n/\n\ncontent-type:application/json; charset=utf-8\nhost:{{host}}\n\ncontent-type;host\n{{sha256 body}}{{/sha256}}',
  },
};

describe('signatures', () => {
  it('of Aliyun, as its documentation shows', () => {
    const { url } = signedRequest(sendOf(aliyun), {
      host0: 'ecs.aliyuncs.com',
      time: '2016-02-23T12:46:24Z',
      accessKeyId: 'testid',
      action: 'DescribeRegions',
      nonce: '3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf',
      version: '2014-05-26',
      secret: 'testsecret',
    });
    expect(new URL(url).searchParams.get('Signature')).toBe('OLeaidS1JvxuMvnyHOwuJ+uX5qY=');
  });

  it('of Tencent, as its documentation shows', () => {
    const request = signedRequest(sendOf(tencent), {
      host0: 'cvm.tencentcloudapi.com',
      service: 'cvm',
      timestamp: '1551113065',
      date: '2019-02-25',
      secretId: 'AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******',
      secret: 'Gu5t9xGARNpq86cd98joQYCN3*******',
      payload: '{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}',
    });
    expect(request.headers.authorization).toContain(
      'Signature=2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c',
    );
  });

  it('never leave the secret where a template could show it', () => {
    expect(() => signedRequest(sendOf({ url: 'https://gw.example/{{secret}}' }), { secret: 's' })).toThrow(
      /secret.*not known there/,
    );
    expect(() => signedRequest(sendOf({ url: 'https://gw.example/', json: { a: '{{nope}}' } }), {})).toThrow(/nope/);
    expect(() => signedRequest(sendOf({ url: 'https://gw.example/', json: { a: '{{eval x}}' } }), { x: '' })).toThrow(
      /no function/,
    );
  });

  it('fill JSON safely: what a customer wrote stays a string', () => {
    const request = signedRequest(
      sendOf({ url: 'https://gw.example/', json: { a: 'x{{text}}', list: '{{values}}' } }),
      {
        text: '","admin":"1',
        values: ['1', '2'],
      },
    );
    expect(JSON.parse(request.body ?? '')).toEqual({ a: 'x","admin":"1', list: ['1', '2'] });
  });
});

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

interface Asked {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

async function gateway() {
  const asked: Asked[] = [];
  const answers: { status: number; body: string }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked.push({
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
      const { status, body } = answers.shift() ?? { status: 200, body: '{"Code":"OK","BizId":9007199254740993123}' };
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { asked, answers, url: `http://127.0.0.1:${address.port}/sms` };
}

const now = 1_800_000_000_000;

function channel(url: string, more: { receive?: object } = {}) {
  const settings = smsSettings.parse({
    signature: '【示例银行】',
    http: {
      secret: new SecretText('hush'),
      values: { app: 'bank' },
      number: '1069',
      send: {
        url,
        headers: { 'x-signature': '{{signature}}', 'x-time': '{{timestamp}}' },
        json: {
          to: '{{toNational}}',
          text: '{{text}}',
          app: '{{app}}',
          id: '{{message}}',
          template: '{{template}}',
          params: '{{templateList}}',
        },
        signature: { over: '{{timestamp}}.{{body}}' },
        accepted: { path: 'Code', equals: ['OK'] },
        again: { path: 'Code', equals: ['isv.BUSINESS_LIMIT_CONTROL'] },
        idPath: 'BizId',
        reasonPath: 'Code',
      },
      receive: {
        verify: { by: 'hmac', header: 'X-Sign', over: '{{header.x-time}}{{body}}', timestampHeader: 'X-Time' },
        secret: new SecretText('inbound'),
        message: {
          when: { path: 'kind', equals: ['up'] },
          id: 'id',
          from: 'phone',
          text: 'content',
          to: 'dest',
          at: 'send_time',
        },
        receipt: {
          when: { path: 'kind', equals: ['report'] },
          id: 'biz_id',
          state: 'status',
          delivered: ['DELIVERED'],
          reason: 'err_code',
        },
        ...more.receive,
      },
    },
  });
  if (!settings.http) throw new Error('no http');
  const tools = memoryTools({ clock: { now: () => now, monotonic: () => 0 } });
  return { connector: new HttpConnector(settings.http, settings, tools), tools };
}

const message = (id: string, content: OutboundMessage['content']): OutboundMessage => ({
  item: 'message',
  seq: 1,
  message: id,
  thread: '+8613800138000',
  at: 1,
  content,
  author: 'agent',
});

function callback(things: unknown, more: { secret?: string; at?: number; tamper?: boolean } = {}): Callback {
  const body = Buffer.from(JSON.stringify(things));
  const time = String(Math.floor((more.at ?? now) / 1_000));
  const sign = createHmac('sha256', more.secret ?? 'inbound')
    .update(`${time}${body}`)
    .digest('hex');
  return {
    method: 'POST',
    path: '/',
    query: new URLSearchParams(),
    headers: { 'x-sign': sign, 'x-time': time, 'content-type': 'application/json' },
    body: more.tamper ? Buffer.concat([body, Buffer.from(' ')]) : body,
    remote: '127.0.0.1',
  };
}

async function received(connector: HttpConnector, things: unknown): Promise<Delivery[]> {
  const got = await connector.receive(callback(things));
  if (!('deliveries' in got)) throw new Error(`answered ${got.status}`);
  expect(await got.answer(1)).toMatchObject({ status: 200, body: '{"code":0,"msg":"OK"}' });
  return got.deliveries;
}

describe('sending', () => {
  it('makes the request that the settings describe, once for a message', async () => {
    const { asked, url } = await gateway();
    const { connector } = channel(url);
    const one = message('m1', { type: 'text', text: '您好 "1"' });
    // The provider's 64-bit id is whole.
    expect(await connector.send(one)).toEqual({ ok: true, provider: '9007199254740993123' });
    expect(await connector.send(one)).toEqual({ ok: true, provider: '9007199254740993123' });
    expect(asked).toHaveLength(1);
    const { headers, body } = asked[0] ?? { headers: {} as IncomingHttpHeaders, body: '' };
    expect(JSON.parse(body)).toEqual({
      to: '13800138000',
      text: '【示例银行】您好 "1"',
      app: 'bank',
      id: 'm1',
      template: '',
      params: [],
    });
    expect(headers['x-signature']).toBe(createHmac('sha256', 'hush').update(`1800000000.${body}`).digest('hex'));
  });

  it('fills a provider’s template', async () => {
    const { asked, url } = await gateway();
    const { connector } = channel(url);
    await connector.send(
      message('m2', { type: 'template', template: 'SMS_1', values: { code: '1234', minutes: '5' } }),
    );
    expect(JSON.parse(asked[0]?.body ?? '')).toMatchObject({ template: 'SMS_1', params: ['1234', '5'], text: '' });
  });

  it('tells answers apart', async () => {
    const { answers, url } = await gateway();
    const { connector } = channel(url);
    const next = async (status: number, body: string) => {
      answers.push({ status, body });
      return await connector.send(message(`n${status}${body}`, { type: 'text', text: 'x' }));
    };
    expect(await next(200, '{"Code":"isv.BUSINESS_LIMIT_CONTROL"}')).toMatchObject({
      ok: false,
      code: 'busy',
      again: true,
    });
    expect(await next(200, '{"Code":"isv.MOBILE_NUMBER_ILLEGAL"}')).toMatchObject({
      code: 'rejected',
      again: false,
      reason: 'isv.MOBILE_NUMBER_ILLEGAL',
    });
    expect(await next(503, 'oh')).toMatchObject({ code: 'busy', again: true });
    expect(await next(403, '{}')).toMatchObject({ code: 'token-expired', again: true });
    expect(connector.trouble()).toMatch(/refuses our signature/);
    expect(await next(200, 'not json')).toMatchObject({ code: 'rejected' });
    expect(await next(200, '{"Code":"OK"}')).toMatchObject({ ok: true });
    expect(connector.trouble()).toBeUndefined();
  });

  it('waits where nobody listens', async () => {
    const { url } = await gateway();
    await open.pop()?.();
    expect(await channel(url).connector.send(message('m', { type: 'text', text: 'x' }))).toMatchObject({
      code: 'unreachable',
      again: true,
    });
  });
});

describe('callbacks', () => {
  const up = {
    kind: 'up',
    id: '1',
    phone: '8613800138000',
    content: '我要挂失',
    dest: '106901',
    send_time: '2026-11-22 12:00:00',
  };

  it('become texts and opt-outs', async () => {
    const { connector } = channel('http://127.0.0.1:1/');
    const [text, out] = await received(connector, [up, { ...up, id: '2', content: '退订' }]);
    if (!text || !out) throw new Error('not both');
    const [item] = await connector.normalise(text);
    expect(inboundItem.parse(item)).toMatchObject({
      item: 'message',
      thread: '+8613800138000~01',
      at: Date.UTC(2026, 10, 22, 4),
      content: { text: '我要挂失' },
    });
    expect(await connector.normalise(out)).toMatchObject([{ item: 'event', name: 'opt-out' }]);
    expect((await received(connector, up))[0]?.key).toBe(text.key);
  });

  it('and receipts', async () => {
    const { url } = await gateway();
    const { connector } = channel(url);
    const report = { kind: 'report', biz_id: '9007199254740993123', status: 'DELIVERED', err_code: '0' };
    const [early] = await received(connector, report);
    if (!early) throw new Error('none');
    await expect(connector.normalise(early)).rejects.toMatchObject({ code: 'sms-receipt-early' });
    await connector.send(message('m1', { type: 'text', text: 'x' }));
    expect(await connector.normalise(early)).toMatchObject([{ item: 'delivery', message: 'm1', state: 'delivered' }]);
    const [bad] = await received(connector, { ...report, status: 'FAILED', err_code: 'MK:0001' });
    if (!bad) throw new Error('none');
    expect(await connector.normalise(bad)).toMatchObject([{ state: 'failed', reason: 'the gateway says MK:0001' }]);
  });

  it('are refused unsigned, changed, of another secret, or old', async () => {
    const { connector } = channel('http://127.0.0.1:1/');
    for (const wrong of [{ secret: 'guess' }, { tamper: true }, { at: now - 600_000 }]) {
      expect(await connector.receive(callback(up, wrong))).toEqual({ status: 401 });
    }
    expect(await connector.receive({ ...callback(up), headers: {} })).toEqual({ status: 401 });
    const byQuery = channel('http://127.0.0.1:1/', { receive: { verify: { by: 'query' } } }).connector;
    expect(await byQuery.receive({ ...callback(up), query: new URLSearchParams({ key: 'no' }) })).toEqual({
      status: 401,
    });
    expect(await byQuery.receive({ ...callback(up), query: new URLSearchParams({ key: 'inbound' }) })).toHaveProperty(
      'deliveries',
    );
  });

  it('of what nobody maps are answered, so that they do not come for ever', async () => {
    const { connector } = channel('http://127.0.0.1:1/');
    expect(await received(connector, [{ kind: 'news' }, null, 'x', 1])).toEqual([]);
  });
});

describe('settings', () => {
  it('name one gateway, and no secrets in the clear', () => {
    const reasons = (value: unknown) =>
      smsSettings
        .safeParse(value)
        .error?.issues.map((issue) => issue.message)
        .join();
    expect(reasons({})).toMatch(/exactly one/);
    expect(reasons({ cmpp: { host: 'h', account: 'a', secret: 'clear', number: '1' } })).toMatch(
      /secrets never stand in the file/,
    );
  });
});
