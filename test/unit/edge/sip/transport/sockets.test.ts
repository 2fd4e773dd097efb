// Real UDP and TCP sockets on loopback, free ports.
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import pino from 'pino';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { SipMessage, type Via } from '../../../../../edge/sip/message/index.ts';
import type { Listener, Protocol, ServerTransaction } from '../../../../../edge/sip/stack.ts';
import {
  type CountedTransactions,
  openTransactions,
  type TransactionOptions,
} from '../../../../../edge/sip/transaction/index.ts';
import { UdpProbe } from '../../../../../edge/sip/transport/udp-probe.ts';
import { ManualTicker } from '../manual-ticker.ts';
import { crlf } from '../message/samples.ts';
import { Listening, makeRequest, Reports, respond } from '../transaction/fake-network.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const everywhere: Listener[] = [
  { protocol: 'udp', address: '127.0.0.1', port: 0 },
  { protocol: 'udp', address: '::1', port: 0 },
  { protocol: 'tcp', address: '127.0.0.1', port: 0 },
  { protocol: 'tcp', address: '::1', port: 0 },
];

async function open(
  options: Partial<TransactionOptions> = {},
): Promise<{ layer: CountedTransactions; user: Listening }> {
  const user = new Listening();
  user.answer = (transaction) => void respond(transaction, 200);
  const layer = await openTransactions({ listen: everywhere, logger: pino({ level: 'silent' }), user, ...options });
  closers.push(() => layer.close());
  return { layer, user };
}

const portOf = (layer: CountedTransactions, protocol: Protocol, address: string): number =>
  layer.listening.find((one) => one.protocol === protocol && one.address === address)!.port;

function ask(from: CountedTransactions, to: { protocol: Protocol; host: string; port: number }, method = 'OPTIONS') {
  return new Promise<{ outcome: string; connection: string | undefined }>((resolve) => {
    from.request(makeRequest(method), to, {
      response: (response, arrival) => resolve({ outcome: String(response.status), connection: arrival.connection }),
      failed: (why) => resolve({ outcome: why, connection: undefined }),
    });
  });
}

async function dial(layer: CountedTransactions, address = '127.0.0.1'): Promise<Socket & { text: () => string }> {
  const socket = connect(portOf(layer, 'tcp', address), address);
  closers.push(() => socket.destroy());
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  await once(socket, 'connect');
  return Object.assign(socket, { text: () => text });
}

const options = (branch: string, extra: string[] = [], body = '') =>
  crlf(
    [
      'OPTIONS sip:x@127.0.0.1 SIP/2.0',
      `Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK${branch}`,
      'From: <sip:a@x>;tag=1',
      'To: <sip:b@x>',
      `Call-ID: ${branch}`,
      'CSeq: 1 OPTIONS',
      ...extra,
      `Content-Length: ${body.length}`,
    ],
    body,
  );

describe('there and back', () => {
  test.each([
    ['udp', '127.0.0.1'],
    ['udp', '::1'],
    ['tcp', '127.0.0.1'],
    ['tcp', '::1'],
  ] as const)('%s %s', async (protocol, host) => {
    const [one, other] = [await open(), await open()];
    const port = portOf(other.layer, protocol, host);
    // Once it is answered, its Via is forgotten.
    const vias: Via[] = [];
    other.user.answer = (transaction) => {
      vias.push(transaction.request.topVia);
      respond(transaction, 200);
    };
    expect((await ask(one.layer, { protocol, host, port })).outcome).toBe('200');
    const seen = other.user.requests[0]!;
    expect(seen.arrival).toMatchObject({ protocol, localAddress: host, localPort: port, remoteAddress: host });
    expect(vias[0]).toMatchObject({ host, port: portOf(one.layer, protocol, host) });
    other.user.answer = (transaction) => void respond(transaction, 486);
    expect((await ask(one.layer, { protocol, host, port }, 'INVITE')).outcome).toBe('486');
    await vi.waitFor(() => expect(other.layer.counters().receivedMessages).toBe(3)); // the ACK too
    expect(other.user.acks).toEqual([]);
  });

  test('a connection is used again, in both directions', async () => {
    const [one, other] = [await open(), await open()];
    const to = { protocol: 'tcp', host: '127.0.0.1', port: portOf(other.layer, 'tcp', '127.0.0.1') } as const;
    const first = await ask(one.layer, to);
    const second = await ask(one.layer, to);
    expect(second.connection).toBe(first.connection);
    const { arrival } = other.user.requests[0]!;
    // The other side cannot dial the ephemeral port, but it has the connection: as with a registered phone.
    const back = await ask(other.layer, {
      protocol: 'tcp',
      host: 'phone.invalid',
      port: 0,
      connection: arrival.connection,
    } as never);
    expect(back.outcome).toBe('200');
    expect([one.layer.counts().connections, other.layer.counts().connections]).toEqual([1, 1]);
    expect(one.user.requests).toHaveLength(1);
  });

  test('a host name is looked up', async () => {
    const dns = { srv: async () => [], addresses: async () => ['127.0.0.1'] };
    const [one, other] = [await open({ dns }), await open()];
    const port = portOf(other.layer, 'udp', '127.0.0.1');
    expect((await ask(one.layer, { protocol: 'udp', host: 'pbx.example', port })).outcome).toBe('200');
  });

  test('a large body over UDP and TCP', async () => {
    const [one, other] = [await open(), await open()];
    for (const protocol of ['udp', 'tcp'] as const) {
      const message = makeRequest('MESSAGE');
      message.body = Buffer.alloc(40_000, 'ü');
      const reports = new Reports();
      one.layer.request(
        message,
        { protocol, host: '127.0.0.1', port: portOf(other.layer, protocol, '127.0.0.1') },
        reports,
      );
      await vi.waitFor(() => expect(reports.heard).toEqual(['200']));
      expect(other.user.requests.at(-1)!.request.body.equals(message.body)).toBe(true);
    }
  });
});

describe('nobody there', () => {
  test('a closed UDP port is noticed without waiting for timer B', async () => {
    const { layer } = await open({ timing: { t1: 50 } });
    const closed = createSocket('udp4').bind(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address();
    closed.close();
    await once(closed, 'close');
    expect((await ask(layer, { protocol: 'udp', host: '127.0.0.1', port })).outcome).toBe('transport');
  });

  test('a UDP peer that is silent for a while is not taken for dead', async () => {
    const { layer } = await open({ timing: { t1: 20 } });
    const peer: UdpSocket = createSocket('udp4').bind(0, '127.0.0.1');
    closers.push(() => peer.close());
    await once(peer, 'listening');
    let sipMessages = 0;
    peer.on('message', (bytes, remote) => {
      if (bytes.length < 10 || ++sipMessages < 4) return;
      const response = SipMessage.response(SipMessage.parse(bytes), 200);
      peer.send(response.toBuffer(), remote.port, remote.address);
    });
    const { port } = peer.address();
    expect((await ask(layer, { protocol: 'udp', host: '127.0.0.1', port })).outcome).toBe('200');
  });

  test('a refused TCP connect', async () => {
    const { layer } = await open();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    expect((await ask(layer, { protocol: 'tcp', host: '127.0.0.1', port })).outcome).toBe('transport');
    expect(layer.counts()).toEqual({ server: 0, client: 0, connections: 0 });
  });

  test('a connection that ends while an answer is due', async () => {
    const { layer } = await open();
    const server = createServer((socket) => socket.once('data', () => socket.destroy())).listen(0, '127.0.0.1');
    closers.push(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const closed = once(layer, 'connection-closed');
    expect((await ask(layer, { protocol: 'tcp', host: '127.0.0.1', port }, 'INVITE')).outcome).toBe('transport');
    expect(await closed).toHaveLength(1);
  });

  test('no listener of that protocol', async () => {
    const { layer } = await open({ listen: [everywhere[0]!] });
    expect(layer.listenerFor({ protocol: 'tcp', host: '127.0.0.1', port: 1 })).toBeUndefined();
    expect((await ask(layer, { protocol: 'tcp', host: '127.0.0.1', port: 1 })).outcome).toBe('transport');
  });

  test('an answer whose connection is gone goes to the address of the Via (RFC 3261 §18.2.2)', async () => {
    const { layer, user } = await open();
    let pending: ServerTransaction | undefined;
    user.answer = (transaction) => {
      pending = transaction;
    };
    const back = createServer().listen(0, '127.0.0.1');
    closers.push(() => back.close());
    await once(back, 'listening');
    const { port } = back.address() as { port: number };
    const socket = await dial(layer);
    socket.write(options('gone').replace('127.0.0.1:9', `127.0.0.1:${port}`));
    await vi.waitFor(() => expect(pending).toBeDefined());
    const closed = once(layer, 'connection-closed');
    socket.destroy();
    await closed;
    const incoming = once(back, 'connection');
    respond(pending!, 200);
    const [connection] = (await incoming) as [Socket];
    const [bytes] = (await once(connection, 'data')) as [Buffer];
    expect(SipMessage.parse(bytes).status).toBe(200);
  });
});

describe('binding', () => {
  test('a port in use is said in one sentence, and nothing stays bound', async () => {
    const { layer } = await open();
    const udp = portOf(layer, 'udp', '127.0.0.1');
    const tcp = portOf(layer, 'tcp', '127.0.0.1');
    const logger = pino({ level: 'silent' });
    const free: Listener = { protocol: 'udp', address: '127.0.0.1', port: 0 };
    for (const [protocol, port] of [
      ['udp', udp],
      ['tcp', tcp],
    ] as const) {
      const failure = openTransactions({ listen: [free, { protocol, address: '127.0.0.1', port }], logger });
      await expect(failure).rejects.toMatchObject({
        code: 'sip-port-in-use',
        message: `SIP cannot listen on ${protocol} 127.0.0.1 port ${port}: another program uses it.`,
      });
    }
  });

  test('an address that this machine does not have', async () => {
    const failure = openTransactions({
      listen: [{ protocol: 'udp', address: '192.0.2.77', port: 0 }],
      logger: pino({ level: 'silent' }),
    });
    await expect(failure).rejects.toMatchObject({ code: 'sip-address-unavailable' });
  });

  test('until somebody is on top, requests get 503', async () => {
    const [one, other] = [await open(), await open({ user: undefined })];
    const port = portOf(other.layer, 'udp', '127.0.0.1');
    expect((await ask(one.layer, { protocol: 'udp', host: '127.0.0.1', port })).outcome).toBe('503');
  });
});

describe('bad guests', () => {
  test('malformed datagrams are answered where possible, counted and survived', async () => {
    const { layer } = await open();
    const peer = createSocket('udp4').bind(0, '127.0.0.1');
    closers.push(() => peer.close());
    await once(peer, 'listening');
    const answers: string[] = [];
    peer.on('message', (bytes) => answers.push(bytes.toString().split('\r\n')[0]!));
    const send = (text: string) => peer.send(text, portOf(layer, 'udp', '127.0.0.1'), '127.0.0.1');
    const good = options('m').replace('/TCP 127.0.0.1:9;', '/UDP 127.0.0.1:9;rport;');
    send('\r\n\r\n');
    send('rubbish');
    send(good.replace('SIP/2.0\r\n', 'SIP/3.0\r\n'));
    send(good.replace('Call-ID: m\r\n', ''));
    send(good.replace('Content-Length: 0', 'Content-Length: 10'));
    send(good.replace('OPTIONS sip', 'ACK sip'));
    send(good);
    await vi.waitFor(() => expect(answers).toHaveLength(4));
    expect(answers.map((line) => line.slice(0, 11))).toEqual([
      'SIP/2.0 505',
      'SIP/2.0 400',
      'SIP/2.0 400',
      'SIP/2.0 200',
    ]);
    expect(layer.counters()).toMatchObject({ malformed: 5, dropped: 2, keepalives: 1, receivedMessages: 1 });
  });

  test('TCP: pings are answered, a bad message gets 400 and the stream goes on, a broken stream is closed', async () => {
    const { layer } = await open();
    const socket = await dial(layer);
    socket.write('\r\n\r\n');
    await vi.waitFor(() => expect(socket.text()).toBe('\r\n'));
    socket.write(options('1').replace('CSeq: 1 OPTIONS', 'CSeq: x') + options('2'));
    await vi.waitFor(() => expect(socket.text()).toMatch(/SIP\/2\.0 400 [\s\S]*SIP\/2\.0 200 /));
    const closed = once(socket, 'close');
    socket.write(options('3').replace('Content-Length: 0', 'X: y'));
    await closed;
    expect(socket.text().split('SIP/2.0 400').length).toBe(3);
    await vi.waitFor(() => expect(layer.counts().connections).toBe(0));
  });

  test('connections of one source that say nothing are limited, and closed in time', async () => {
    const { layer } = await open({ limits: { halfOpenPerSource: 2, firstMessageMs: 100 } });
    const silent = [await dial(layer), await dial(layer)];
    const closed = silent.map((socket) => once(socket, 'close'));
    const third = await dial(layer);
    await once(third, 'close');
    expect(layer.counters().connectionsRefused).toBeGreaterThanOrEqual(1);
    await Promise.all(closed);
    const spoken = await dial(layer); // there is room again, and one who speaks may stay
    spoken.write(options('s'));
    await vi.waitFor(() => expect(spoken.text()).toContain('200'));
    const more = [await dial(layer), await dial(layer)];
    await Promise.all(more.map((socket) => once(socket, 'close')));
    expect(spoken.closed).toBe(false);
    expect(layer.counts().connections).toBe(1);
  });

  test('those who speak do not count as half open: one source may have many', async () => {
    const { layer } = await open({ limits: { halfOpenPerSource: 1 } });
    for (let number = 1; number <= 5; number++) {
      const socket = await dial(layer);
      socket.write(options(`n${number}`));
      await vi.waitFor(() => expect(socket.text()).toContain('SIP/2.0 200'));
      expect(layer.counts().connections).toBe(number);
    }
  });

  test('but not all: one source leaves room for others', async () => {
    const { layer } = await open({ limits: { perSource: 2 } });
    const speakers = [await dial(layer), await dial(layer)];
    for (const [at, socket] of speakers.entries()) {
      socket.write(options(`p${at}`));
      await vi.waitFor(() => expect(socket.text()).toContain('SIP/2.0 200'));
    }
    await once(await dial(layer), 'close');
    speakers[0]!.destroy();
    await vi.waitFor(() => expect(layer.counts().connections).toBe(1));
    const next = await dial(layer);
    next.write(options('next'));
    await vi.waitFor(() => expect(next.text()).toContain('SIP/2.0 200'));
  });

  test('connections in all are limited, and outgoing ones too', async () => {
    const { layer, user } = await open({ limits: { connections: 1 } });
    const first = await dial(layer);
    first.write(options('f'));
    await vi.waitFor(() => expect(user.requests).toHaveLength(1));
    const second = await dial(layer);
    await once(second, 'close');
    const other = await open();
    const to = { protocol: 'tcp', host: '127.0.0.1', port: portOf(other.layer, 'tcp', '127.0.0.1') } as const;
    expect((await ask(layer, to)).outcome).toBe('transport');
  });

  test('a message that is never finished', async () => {
    const { layer } = await open({ limits: { messageMs: 100 } });
    const socket = await dial(layer);
    socket.write(options('a') + options('b').slice(0, 40));
    await once(socket, 'close');
    expect(socket.text()).toContain('200');
  });

  test('but not one whose reads always end within a message, as those of a busy trunk may', async () => {
    const ticker = new ManualTicker();
    const { layer } = await open({ limits: { messageMs: 100 }, ticker });
    const socket = await dial(layer);
    const messages = ['a', 'b', 'c', 'd', 'e', 'f'].map((branch) => options(branch));
    for (const [i, message] of messages.entries()) {
      const begun = i === 0 ? message : message.slice(40);
      socket.write(begun + (messages[i + 1] ?? '').slice(0, 40));
      await vi.waitFor(() => expect(socket.text().match(/SIP\/2\.0 200/g)).toHaveLength(i + 1));
      ticker.advance(60);
    }
    expect(layer.counts().connections).toBe(1);
  });

  test('an idle connection, after it has spoken', async () => {
    const { layer } = await open({ limits: { idleMs: 100 } });
    const socket = await dial(layer);
    socket.write(options('a'));
    await once(socket, 'close');
    expect(socket.text()).toContain('200');
  });
});

test('a probe towards a place that has no way there harms nobody', async () => {
  const probe = new UdpProbe();
  closers.push(() => probe.close());
  const broken = vi.fn();
  process.prependOnceListener('uncaughtException', broken);
  closers.push(() => process.off('uncaughtException', broken));
  const refused = vi.fn();
  // The system refuses to connect to it, as it does where the interface is down.
  probe.ask('255.255.255.255', 5060, refused);
  await new Promise((turn) => setImmediate(turn));
  expect([broken.mock.calls, refused.mock.calls]).toEqual([[], []]);
});
