import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, expect, test, vi } from 'vitest';
import { type PortPair, PortPool } from '../../../../edge/rtp/ports/pool.ts';

const closing: (() => void)[] = [];
afterAll(() => {
  for (const close of closing) close();
});

async function peer(): Promise<{ socket: Socket; port: number; heard: string[] }> {
  const socket = createSocket('udp4');
  const heard: string[] = [];
  socket.on('message', (packet) => heard.push(packet.toString()));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  let open = true;
  socket.on('close', () => {
    open = false;
  });
  closing.push(() => {
    if (open) socket.close();
  });
  return { socket, port: socket.address().port, heard };
}

function pool(address: string): { pair: PortPair; heard: string[]; errors: string[]; again(): PortPair } {
  const errors: string[] = [];
  const ports = new PortPool({
    ...{ from: 41_000, to: 41_999, restMs: 0, now: () => performance.now() },
    onerror: (error) => errors.push(error.message),
  });
  closing.push(() => ports.close());
  const heard: string[] = [];
  const user = { rtp: (packet: Buffer) => heard.push(packet.toString()), rtcp: () => undefined };
  const pair = ports.take(address, user);
  return {
    ...{ pair, heard, errors },
    again() {
      ports.give(pair);
      return ports.take(address, user);
    },
  };
}

test('a connected pair hears and reaches one peer only; disconnected or given back, anybody', async () => {
  const [one, other] = [await peer(), await peer()];
  const { pair, heard, errors, again } = pool('127.0.0.1');
  pair.connect(one.port, '127.0.0.1');
  pair.send(Buffer.from('to one'), other.port, '127.0.0.1');
  other.socket.send('foreign', pair.port, '127.0.0.1');
  one.socket.send('known', pair.port, '127.0.0.1');
  await vi.waitFor(() => expect(heard).toEqual(['known']));
  await vi.waitFor(() => expect(one.heard).toEqual(['to one']));

  pair.disconnect();
  pair.send(Buffer.from('to other'), other.port, '127.0.0.1');
  other.socket.send('welcome', pair.port, '127.0.0.1');
  await vi.waitFor(() => expect(heard).toEqual(['known', 'welcome']));
  await vi.waitFor(() => expect(other.heard).toEqual(['to other']));

  pair.connect(one.port, '127.0.0.1');
  expect(again()).toBe(pair);
  other.socket.send('next call', pair.port, '127.0.0.1');
  await vi.waitFor(() => expect(heard).toEqual(['known', 'welcome', 'next call']));
  expect(errors).toEqual([]);
});

test('a peer that closed its port is no error, and a pair on every address is never tied to one', async () => {
  const gone = await peer();
  const there = await peer();
  const { pair, heard, errors } = pool('127.0.0.1');
  pair.connect(gone.port, '127.0.0.1');
  await new Promise<void>((done) => gone.socket.close(() => done()));
  for (let i = 0; i < 5; i++) {
    pair.send(Buffer.from('hello?'), gone.port, '127.0.0.1');
    await new Promise((turn) => setImmediate(turn));
  }
  pair.disconnect();
  there.socket.send('still here', pair.port, '127.0.0.1');
  await vi.waitFor(() => expect(heard).toEqual(['still here']));
  expect(errors).toEqual([]);

  const everywhere = pool('0.0.0.0');
  everywhere.pair.connect(gone.port, '127.0.0.1');
  there.socket.send('by another way', everywhere.pair.port, '127.0.0.1');
  await vi.waitFor(() => expect(everywhere.heard).toEqual(['by another way']));
});

test('a packet from port 0, where nothing can be sent to, is nobody’s', () => {
  const { pair, heard } = pool('127.0.0.1');
  const from = { address: '127.0.0.1', family: 'IPv4' as const, size: 7 };
  pair.rtp.emit('message', Buffer.from('nowhere'), { ...from, port: 0 });
  pair.rtp.emit('message', Buffer.from('somewhere'), { ...from, port: 4000 });
  expect(heard).toEqual(['somewhere']);
  expect(pair.stray).toBe(1);
});

test('ports that cannot be bound while the address is away are there again when it is back', () => {
  let now = 0;
  // Two pairs, of which the system refuses all for another reason than that somebody has them.
  const ports = new PortPool({ from: 41_000, to: 41_003, restMs: 0, now: () => now, onerror: () => undefined });
  closing.push(() => ports.close());
  const nobody = { rtp: () => undefined, rtcp: () => undefined };
  const away = '192.0.2.77';
  for (let i = 0; i < 2; i++) expect(() => ports.take(away, nobody)).toThrow(/EADDRNOTAVAIL/);
  // All are left alone for a while, and then tried anew.
  expect(() => ports.take(away, nobody)).toThrow(/in use or resting/);
  now += 30_000;
  expect(() => ports.take(away, nobody)).toThrow(/EADDRNOTAVAIL/);
});
