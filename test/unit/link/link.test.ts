import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import {
  LinkClient,
  type LinkClientOptions,
  LinkFailure,
  LinkServer,
  type LinkServerOptions,
} from '../../../link/index.ts';

const logger = pino({ level: 'silent' });
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function server(options: Partial<LinkServerOptions> = {}): Promise<LinkServer> {
  const link = await LinkServer.listen({
    secret: 's3',
    edge: 'edg_1',
    version: '0',
    capabilities: ['media'],
    logger,
    ...options,
  });
  open.push(link);
  return link;
}

function client(address: LinkClientOptions['address'], options: Partial<LinkClientOptions> = {}): LinkClient {
  const link = new LinkClient({ address, secret: 's3', epoch: 1, logger, retryMs: { first: 5, most: 20 }, ...options });
  open.push(link);
  return link;
}

/** A TCP relay between the two, whose connections can be cut. */
async function relay(to: { host: string; port: number }) {
  const sockets = new Set<Socket>();
  let frozen = false;
  const listener: Server = createServer((near) => {
    const far = connect(to);
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => frozen || into.write(bytes));
      from.on('close', () => frozen || into.destroy());
      from.on('error', () => into.destroy());
    }
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const at = listener.address();
  if (at === null || typeof at === 'string') throw new Error('no port');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  open.push({
    close: () => {
      cut();
      listener.close();
    },
  });
  return {
    address: { host: '127.0.0.1', port: at.port },
    cut,
    freeze: () => {
      frozen = true;
    },
  };
}

test('requests reach the handler of their prefix and failures keep their code', async () => {
  const edge = await server();
  edge.serve('echo', (name, body) => ({ name, body }));
  edge.serve('bad', () => {
    throw new LinkFailure('media-no-ports', 'all taken');
  });
  edge.serve('broken', () => {
    throw new TypeError('a defect');
  });
  const link = client(edge.address);
  link.start();
  await link.ready(5_000);
  expect(await link.request('echo.it', { a: 'é\n世' })).toEqual({ name: 'echo.it', body: { a: 'é\n世' } });
  await expect(link.request('bad.it', {})).rejects.toMatchObject({ code: 'media-no-ports', reason: 'all taken' });
  await expect(link.request('broken.it', {})).rejects.toMatchObject({ code: 'internal' });
  await expect(link.request('nobody.it', {})).rejects.toMatchObject({ code: 'request-unknown' });
});

test('events come in order and once, across a cut, and are forgotten when acknowledged', async () => {
  const edge = await server();
  const between = await relay(edge.address as { host: string; port: number });
  const link = client(between.address);
  const heard: number[] = [];
  link.hear('count', (_, body) => heard.push(body as number));
  const ups: boolean[] = [];
  link.on('up', ({ sameEdge }) => ups.push(sameEdge));
  link.start();
  await link.ready(5_000);
  for (let i = 0; i < 100; i++) edge.publish('count.up', i);
  await vi.waitFor(() => expect(heard).toHaveLength(100));
  const down = once(edge, 'down');
  between.cut();
  await down;
  for (let i = 100; i < 200; i++) edge.publish('count.up', i);
  await vi.waitFor(() => expect(heard).toHaveLength(200));
  expect(heard).toEqual(Array.from({ length: 200 }, (_, i) => i));
  expect(ups).toEqual([false, true]);
});

test('a pending request fails clearly when the link drops, and the next one works after it is back', async () => {
  const edge = await server();
  edge.serve('slow', (name) => (name === 'slow.never' ? new Promise(() => {}) : 1));
  const between = await relay(edge.address as { host: string; port: number });
  const link = client(between.address);
  link.start();
  await link.ready(5_000);
  const pending = link.request('slow.never', {});
  const fails = expect(pending).rejects.toMatchObject({ code: 'link-down' });
  between.cut();
  await fails;
  await expect(link.request('slow.never', {})).rejects.toMatchObject({ code: 'link-down' });
  await link.ready(5_000);
  expect(await link.request('slow.now', {})).toBe(1);
});

test('each request has its own time for the reply', async () => {
  const edge = await server();
  edge.serve('slow', (name) => (name === 'slow.never' ? new Promise(() => {}) : 1));
  const link = client(edge.address as { host: string; port: number });
  link.start();
  await link.ready(5_000);
  const fails = (withinMs: number) =>
    expect(link.request('slow.never', {}, withinMs)).rejects.toMatchObject({
      code: 'link-timeout',
      message: expect.stringContaining(`no reply to slow.never within ${withinMs} ms`),
    });
  let settled = 0;
  const pending = link.request('slow.never', {}, 60_000).finally(() => settled++);
  const failing = [60, 20, 40].map(fails);
  expect(await link.request('slow.now', {})).toBe(1);
  await Promise.all(failing);
  // The timer is not left as it was.
  await fails(10);
  expect(settled).toBe(0);
  link.close();
  await expect(pending).rejects.toMatchObject({ code: 'link-down' });
});

test('a silent connection is given up by both sides', async () => {
  const edge = await server({ silenceMs: 80 });
  const between = await relay(edge.address as { host: string; port: number });
  const link = client(between.address, { pingMs: 20 });
  link.start();
  await link.ready(5_000);
  const downs = Promise.all([once(edge, 'down'), once(link, 'down')]);
  between.freeze();
  const [[atEdge], [atServer]] = await downs;
  expect(atEdge).toMatchObject({ reason: 'silent' });
  expect(atServer).toMatchObject({ reason: 'the edge is silent' });
});

test('a higher epoch displaces, a lower or equal one is refused', async () => {
  const edge = await server();
  const first = client(edge.address, { epoch: 5 });
  first.start();
  await first.ready(5_000);
  const twin = client(edge.address, { epoch: 5 });
  const twinRefused = once(twin, 'refused');
  twin.start();
  expect((await twinRefused)[0]).toMatchObject({ refused: 'epoch' });
  twin.close();
  const displaced = once(first, 'down');
  const second = client(edge.address, { epoch: 6 });
  second.start();
  await second.ready(5_000);
  await displaced;
  expect((await once(first, 'refused'))[0]).toMatchObject({ refused: 'epoch' });
  expect(edge.epoch).toBe(6);
  expect(second.connected).toBe(true);
});

test('a wrong secret and garbage are refused', async () => {
  const edge = await server();
  const thief = client(edge.address, { secret: 'guess', epoch: 99 });
  const refused = once(thief, 'refused');
  thief.start();
  expect((await refused)[0]).toEqual({ refused: 'secret', reason: 'wrong secret' });
  expect(edge.connected).toBe(false);
  for (const garbage of ['{"hello":1}\n', 'GET / HTTP/1.1\r\n\r\n', `${'x'.repeat(10_000)}`, '[]\n', 'null\n']) {
    const socket = connect(edge.address as { host: string; port: number });
    socket.on('error', () => {});
    socket.resume();
    socket.write(garbage);
    await once(socket, 'close');
  }
  const good = client(edge.address);
  good.start();
  await good.ready(5_000);
});

test('events beyond the bound are lost from the front, and the welcome says so', async () => {
  const edge = await server({ keepEvents: 10 });
  for (let i = 1; i <= 25; i++) edge.publish('count.up', i);
  const link = client(edge.address);
  const heard: number[] = [];
  link.hear('count', (_, body) => heard.push(body as number));
  link.start();
  const welcome = await link.ready(5_000);
  expect(welcome.from).toBe(16);
  await vi.waitFor(() => expect(heard).toEqual([16, 17, 18, 19, 20, 21, 22, 23, 24, 25]));
});

test('a restarted edge is told apart, and its events count from 1 again', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'link-')), 'edge.sock');
  const one = await LinkServer.listen({
    listen: { path },
    secret: 's3',
    edge: 'edg_a',
    version: '0',
    capabilities: [],
    logger,
  });
  const link = client({ path });
  const heard: string[] = [];
  link.hear('say', (_, body) => heard.push(body as string));
  link.start();
  await link.ready(5_000);
  for (const word of ['a', 'b', 'c']) one.publish('say.it', word);
  await vi.waitFor(() => expect(heard).toEqual(['a', 'b', 'c']));
  const down = once(link, 'down');
  await one.close();
  await down;
  await writeFile(path, ''); // what a killed edge leaves behind
  const up = once(link, 'up');
  const two = await server({ listen: { path }, edge: 'edg_b' });
  two.publish('say.it', 'new');
  expect((await up)[0]).toMatchObject({ sameEdge: false });
  await vi.waitFor(() => expect(heard).toEqual(['a', 'b', 'c', 'new']));
});

test('every request of the adoption capability stands in docs/engines.md', async () => {
  const text = (path: string) => readFile(join(import.meta.dirname, '..', '..', '..', path), 'utf8');
  const requests = [...(await text('link/protocol.ts')).matchAll(/^ {2}'(dialogs\.[a-z]+)':/gm)].map(
    ([, name]) => name,
  );
  expect(requests.length).toBeGreaterThan(5);
  const documented = await text('docs/engines.md');
  for (const name of requests) expect(documented).toContain(`| \`${name}\` |`);
});
