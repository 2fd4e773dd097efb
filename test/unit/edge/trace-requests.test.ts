// The trace over a real link, from sockets to the server's question.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { type Edge, startEdge } from '../../../edge/index.ts';
import { LinkClient, type TraceRequests } from '../../../link/index.ts';

const log = pino({ level: 'silent' });
const opened: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function open(traceBytes: number | undefined): Promise<{ edge: Edge; link: LinkClient }> {
  const edge = await startEdge({
    sip: [
      { protocol: 'udp', address: '127.0.0.1', port: 0 },
      { protocol: 'tcp', address: '127.0.0.1', port: 0 },
    ],
    drachtio: { port: 0, secret: 's' },
    link: { secret: 's' },
    log,
    traceBytes,
  });
  opened.push(() => edge.stop());
  if ('path' in edge.link) throw new Error('the link listens on TCP here');
  const link = new LinkClient({ address: edge.link, secret: 's', epoch: 1, logger: log });
  const up = once(link, 'up');
  link.start();
  opened.push(() => link.close());
  await up;
  return { edge, link };
}

const portOf = (edge: Edge, protocol: string) => edge.sip.find((one) => one.protocol === protocol)?.port ?? 0;
const invite = (port: number, protocol: string, callId: string) =>
  [
    'INVITE sip:95500@127.0.0.1 SIP/2.0',
    `Via: SIP/2.0/${protocol} 127.0.0.1:${port};branch=z9hG4bK${callId}`,
    'From: <sip:1@127.0.0.1>;tag=1',
    'To: <sip:95500@127.0.0.1>',
    `i: ${callId}`,
    'CSeq: 1 INVITE',
    'Max-Forwards: 70',
    'Contact: <sip:1@127.0.0.1>',
    'Proxy-Authorization: Digest username="1", response="5ec2e7"',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
const read = (link: LinkClient, callIds: string[]) =>
  link.request<TraceRequests['trace.read']['ok']>('trace.read', { callIds });

describe('the trace of an edge', () => {
  it('has what came and what left, by UDP and by TCP, with both ends as they are on the wire', async () => {
    const { edge, link } = await open(64 * 1024);
    expect(link.welcome?.capabilities).toContain('trace');

    const udp = createSocket('udp4').bind(0, '127.0.0.1');
    opened.push(() => void udp.close());
    await once(udp, 'listening');
    const { port } = udp.address();
    udp.send(invite(port, 'UDP', 'u@test'), portOf(edge, 'udp'), '127.0.0.1');
    const [answer] = (await once(udp, 'message')) as [Buffer];

    const tcp = connect(portOf(edge, 'tcp'), '127.0.0.1');
    opened.push(() => void tcp.destroy());
    await once(tcp, 'connect');
    // In two pieces: what is kept is the message, not what a read happened to bring.
    const text = invite(tcp.localPort ?? 0, 'TCP', 't@test');
    tcp.write(text.slice(0, 100));
    tcp.write(text.slice(100));
    const [streamed] = (await once(tcp, 'data')) as [Buffer];

    const { messages, truncated } = await read(link, ['u@test', 't@test']);
    expect(truncated).toBe(false);
    const [udpIn, udpOut] = messages.filter(({ callId }) => callId === 'u@test');
    const ends = {
      localAddress: '127.0.0.1',
      localPort: portOf(edge, 'udp'),
      remoteAddress: '127.0.0.1',
      remotePort: port,
    };
    expect(udpIn).toMatchObject({ way: 'in', protocol: 'udp', ...ends });
    expect(udpIn?.bytes).toBe(invite(port, 'UDP', 'u@test').replace('5ec2e7', '******'));
    expect(udpOut).toMatchObject({ way: 'out', protocol: 'udp', ...ends, bytes: String(answer) });
    const [tcpIn, tcpOut] = messages.filter(({ callId }) => callId === 't@test');
    expect(tcpIn).toMatchObject({ way: 'in', protocol: 'tcp', remotePort: tcp.localPort, localAddress: '127.0.0.1' });
    expect(tcpIn?.bytes).toBe(text.replace('5ec2e7', '******'));
    expect(String(streamed).startsWith(tcpOut?.bytes ?? '-')).toBe(true);
  });

  it('refuses what is no list of Call-IDs', async () => {
    const { link } = await open(64 * 1024);
    await expect(link.request('trace.read', { callIds: 'u@test' })).rejects.toMatchObject({ code: 'request-invalid' });
    await expect(link.request('trace.read', { callIds: Array(201).fill('x') })).rejects.toMatchObject({
      code: 'request-invalid',
    });
  });

  it('is not there where it is switched off', async () => {
    const { link } = await open(undefined);
    expect(link.welcome?.capabilities).not.toContain('trace');
    await expect(read(link, ['u@test'])).rejects.toMatchObject({ code: 'request-unknown' });
  });
});
