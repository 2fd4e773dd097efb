// SIP over TLS and over WebSocket (RFC 7118), on real sockets with free ports.
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { pino } from 'pino';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { selfSigned } from '../../../../../cli/self-signed.ts';
import type { Destination, Listener, Protocol } from '../../../../../edge/sip/stack.ts';
import {
  type CountedTransactions,
  openTransactions,
  type TransactionOptions,
} from '../../../../../edge/sip/transaction/index.ts';
import { Listening, makeRequest, respond } from '../transaction/fake-network.ts';

type Pair = { certificate: string; key: string };
let own: Pair;
let other: Pair;
const closers: (() => unknown)[] = [];

beforeAll(() => {
  const span = { from: new Date(Date.now() - 1_000), to: new Date(Date.now() + 3_600_000) };
  own = selfSigned(['localhost', '127.0.0.1'], span);
  other = selfSigned(['elsewhere.example'], span);
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(
  protocols: Protocol[],
  options: Partial<TransactionOptions> = {},
  pair = own,
): Promise<{ layer: CountedTransactions; user: Listening }> {
  const user = new Listening();
  user.answer = (transaction) => void respond(transaction, 200);
  const listen: Listener[] = protocols.map((protocol) => ({ protocol, address: '127.0.0.1', port: 0 }));
  const certificate = { cert: pair.certificate, key: pair.key };
  const logger = pino({ level: 'silent' });
  const layer = await openTransactions({ listen, logger, user, certificate, ...options });
  closers.push(() => layer.close());
  return { layer, user };
}

const portOf = (layer: CountedTransactions, protocol: Protocol): number =>
  layer.listening.find((one) => one.protocol === protocol)!.port;

function ask(from: CountedTransactions, to: Destination, method = 'OPTIONS') {
  return new Promise<{ outcome: string; protocol?: Protocol }>((resolve) => {
    from.request(makeRequest(method), to, {
      response: (response, { protocol }) => resolve({ outcome: String(response.status), protocol }),
      failed: (why) => resolve({ outcome: why }),
    });
  });
}

describe('TLS', () => {
  test('one connection carries requests both ways; Via says TLS', async () => {
    const { layer: one, user } = await open(['tls'], { trust: own.certificate });
    const { layer: two, user: userTwo } = await open(['tls'], { trust: own.certificate });
    const to: Destination = { protocol: 'tls', host: '127.0.0.1', port: portOf(two, 'tls') };
    expect(await ask(one, to)).toEqual({ outcome: '200', protocol: 'tls' });
    expect(await ask(one, to)).toMatchObject({ outcome: '200' });
    expect([one.counts().connections, two.counts().connections]).toEqual([1, 1]);
    const { request, arrival } = userTwo.requests[0]!;
    expect(request.headers.get('Via')).toMatch(/^SIP\/2\.0\/TLS 127\.0\.0\.1:\d+;/);
    expect(arrival.protocol).toBe('tls');
    // Back over the connection that the other side opened.
    const back: Destination = {
      protocol: 'tls',
      host: '127.0.0.1',
      port: arrival.remotePort,
      connection: arrival.connection,
    };
    expect(await ask(two, back)).toEqual({ outcome: '200', protocol: 'tls' });
    expect(user.requests).toHaveLength(1);
    expect(two.counts().connections).toBe(1);
  });

  test('a peer without a good certificate gets nothing: unknown authority, another name', async () => {
    const { layer: server, user } = await open(['tls']);
    const port = portOf(server, 'tls');
    const { layer: distrusting } = await open(['tls']);
    expect(await ask(distrusting, { protocol: 'tls', host: '127.0.0.1', port })).toEqual({ outcome: 'transport' });
    const { layer: wrong } = await open(['tls'], {}, other);
    const { layer: trusting } = await open(['tls'], { trust: other.certificate });
    expect(await ask(trusting, { protocol: 'tls', host: '127.0.0.1', port: portOf(wrong, 'tls') })).toEqual({
      outcome: 'transport',
    });
    expect(user.requests).toEqual([]);
    // By a name that the certificate bears, it is good.
    const { layer: byName } = await open(['tls'], { trust: own.certificate });
    expect(await ask(byName, { protocol: 'tls', host: 'localhost', port })).toMatchObject({ outcome: '200' });
  });

  test('a new certificate is shown to the connections that come after it', async () => {
    const { layer } = await open(['tls']);
    const shown = async (): Promise<string> => {
      const socket = connectTls({ host: '127.0.0.1', port: portOf(layer, 'tls'), rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { fingerprint256 } = socket.getPeerCertificate();
      socket.destroy();
      return fingerprint256;
    };
    const before = await shown();
    expect(await shown()).toBe(before);
    layer.useCertificate({ cert: other.certificate, key: other.key });
    expect(await shown()).not.toBe(before);
    expect(() => layer.useCertificate({ cert: own.certificate, key: other.key })).toThrow();
    expect(await shown()).not.toBe(before);
  });

  test('who does not come to the end of the handshake is let go, and counts among the half-open', async () => {
    const { layer } = await open(['tls'], { limits: { firstMessageMs: 100, halfOpenPerSource: 2 } });
    const sockets = [1, 2, 3].map(() => connectTcp(portOf(layer, 'tls'), '127.0.0.1'));
    for (const socket of sockets) socket.on('error', () => undefined);
    await Promise.all(sockets.map((socket) => once(socket, 'close')));
    expect(layer.counters().connectionsRefused).toBe(3);
    const good = connectTls({ host: '127.0.0.1', port: portOf(layer, 'tls'), rejectUnauthorized: false });
    await once(good, 'secureConnect');
    good.destroy();
  });

  test('without a certificate it is not opened', async () => {
    await expect(open(['tls'], { certificate: undefined })).rejects.toMatchObject({ code: 'sip-listen-failed' });
  });
});

/** A WebSocket that keeps what it hears. */
async function dial(layer: CountedTransactions, protocol: 'ws' | 'wss', options: ClientOptions = {}) {
  const url = `${protocol}://127.0.0.1:${portOf(layer, protocol)}/any/path`;
  const ws = new WebSocket(url, 'sip', { rejectUnauthorized: false, ...options });
  closers.push(() => ws.terminate());
  const heard: string[] = [];
  ws.on('message', (data) => heard.push(String(data)));
  await once(ws, 'open');
  const hears = (text: string) => vi.waitFor(() => expect(heard.join('\n')).toContain(text), { timeout: 5_000 });
  return { ws, heard, hears };
}

const request = (method: string, more: string[] = []): string =>
  [
    `${method} sip:switchroom SIP/2.0`,
    `Via: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bK${Math.random().toString(36).slice(2)}`,
    'From: <sip:1001@switchroom>;tag=a',
    'To: <sip:1001@switchroom>',
    'Call-ID: c1',
    `CSeq: 1 ${method}`,
    'Max-Forwards: 70',
    ...more,
    '',
    '',
  ].join('\r\n');

describe('WebSocket', () => {
  test.each(['ws', 'wss'] as const)(
    '%s: a request in one message, text or binary, is answered in one',
    async (kind) => {
      const { layer, user } = await open([kind]);
      const { ws, heard } = await dial(layer, kind);
      expect(ws.protocol).toBe('sip');
      ws.send(request('OPTIONS', ['Content-Length: 0']));
      ws.send(Buffer.from(request('OPTIONS'))); // RFC 7118 §5: Content-Length may be absent
      await vi.waitFor(() => expect(heard).toHaveLength(2), { timeout: 5_000 });
      for (const answer of heard) expect(answer).toMatch(/^SIP\/2\.0 200 /);
      expect(user.requests.map(({ arrival }) => arrival.protocol)).toEqual([kind, kind]);
      // A request of ours goes back over it: nobody could dial a page.
      const { connection } = user.requests[0]!.arrival;
      const page: Destination = { protocol: 'ws', host: 'df7jal23ls0d.invalid', port: 5060, connection };
      const outcome = ask(layer, page, 'MESSAGE');
      await vi.waitFor(() => expect(heard).toHaveLength(3), { timeout: 5_000 });
      expect(heard[2]).toContain(`Via: SIP/2.0/${kind.toUpperCase()} 127.0.0.1:${portOf(layer, kind)}`);
      const via = /^Via: .*$/m.exec(heard[2]!)![0].trim();
      ws.send(
        `SIP/2.0 200 OK\r\n${via}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: ${/Call-ID: (.*)\r/.exec(heard[2]!)![1]}\r\nCSeq: ${/CSeq: (.*)\r/.exec(heard[2]!)![1]}\r\n\r\n`,
      );
      expect(await outcome).toEqual({ outcome: '200', protocol: kind });
    },
  );

  test('whose connection is closed cannot be reached, and is not looked for in the DNS', async () => {
    const dns = { srv: vi.fn(async () => []), addresses: vi.fn(async () => ['127.0.0.1']) };
    const { layer, user } = await open(['ws', 'tcp', 'udp'], { dns });
    const { ws, hears } = await dial(layer, 'ws');
    ws.send(request('OPTIONS'));
    await hears('200');
    const closed = once(layer, 'connection-closed');
    ws.close();
    const { connection } = user.requests[0]!.arrival;
    expect(await closed).toEqual([connection]);
    for (const protocol of ['ws', 'tcp', 'udp'] as const) {
      const to: Destination = { protocol, host: 'df7jal23ls0d.invalid', port: 5060, connection };
      expect(await ask(layer, to)).toEqual({ outcome: 'transport' });
    }
    expect(dns.srv).not.toHaveBeenCalled();
    expect(dns.addresses).not.toHaveBeenCalled();
  });

  test('CRLF CRLF is answered with CRLF, what is no SIP with 400, and the connection lives', async () => {
    const { layer } = await open(['ws']);
    const { ws, heard, hears } = await dial(layer, 'ws');
    ws.send('\r\n\r\n');
    await vi.waitFor(() => expect(heard).toEqual(['\r\n']));
    ws.send('hello');
    ws.send(request('OPTIONS', ['CSeq: nonsense']));
    await hears('400');
    ws.send(request('OPTIONS'));
    await hears('SIP/2.0 200');
    expect(layer.counters()).toMatchObject({ keepalives: 1, malformed: 2, dropped: 1 });
  });

  test('pages of other hosts, clients without the subprotocol, and plain HTTP are turned away', async () => {
    const { layer } = await open(['ws'], { origins: ['https://desk.bank.example'] });
    const url = `ws://127.0.0.1:${portOf(layer, 'ws')}`;
    const outcome = (origin: string | undefined, protocol?: string) =>
      new Promise<number | 'open'>((resolve) => {
        const ws = new WebSocket(url, protocol === undefined ? [] : [protocol], { ...(origin && { origin }) });
        ws.on('open', () => {
          ws.terminate();
          resolve('open');
        });
        ws.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
        ws.on('error', () => undefined);
      });
    expect(await outcome('https://evil.example', 'sip')).toBe(403);
    expect(await outcome('null', 'sip')).toBe(403);
    expect(await outcome('https://desk.bank.example.evil.example', 'sip')).toBe(403);
    expect(await outcome('https://desk.bank.example', 'sip')).toBe('open');
    expect(await outcome('http://127.0.0.1:8080', 'sip')).toBe('open');
    expect(await outcome(undefined, 'sip')).toBe('open');
    expect(await outcome(undefined, 'mqtt')).toBe(400);
    expect(await outcome(undefined)).toBe(400);
    expect((await fetch(url.replace('ws', 'http'))).status).toBe(426);
  });

  test('a peer that does not answer pings is let go', async () => {
    const { layer } = await open(['ws'], { limits: { pingMs: 30 } });
    const { ws: alive } = await dial(layer, 'ws');
    const { ws: dead } = await dial(layer, 'ws', { autoPong: false });
    let pings = 0;
    alive.on('ping', () => pings++);
    await once(dead, 'close');
    await vi.waitFor(() => expect(pings).toBeGreaterThan(3));
    expect(alive.readyState).toBe(WebSocket.OPEN);
    expect(layer.counts().connections).toBe(1);
  });

  test('a message that is too long, or silence from the beginning, ends it', async () => {
    const { layer } = await open(['ws'], { limits: { messageBytes: 2_000, webSocketFirstMessageMs: 300 } });
    const { ws: long } = await dial(layer, 'ws');
    long.send(request('OPTIONS', [`Subject: ${'x'.repeat(3_000)}`]));
    expect((await once(long, 'close'))[0]).toBe(1009);
    const { ws: talks, hears } = await dial(layer, 'ws');
    talks.send(request('OPTIONS'));
    await hears('200');
    const { ws: silent } = await dial(layer, 'ws');
    await once(silent, 'close');
    expect(talks.readyState).toBe(WebSocket.OPEN);
  });
});
