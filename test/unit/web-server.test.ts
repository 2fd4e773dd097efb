import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createWebServer } from '../../server/web-server.ts';

let stop = () => {};
afterEach(() => stop());

async function start(limits: Parameters<typeof createWebServer>[1]): Promise<number> {
  const http = createWebServer((request, response) => {
    request.resume().on('end', () => response.end('ok'));
  }, limits).listen(0, '127.0.0.1');
  stop = () => {
    http.close();
    http.closeAllConnections();
  };
  await once(http, 'listening');
  return (http.address() as AddressInfo).port;
}

it.each([
  ['a head that never ends', 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: '],
  ['nothing at all', ''],
  ['a body that never comes', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\na'],
])('ends a connection with %s', async (_what, sent) => {
  const socket = connect(await start({ headMs: 50, requestMs: 100, checkMs: 10 }), '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  socket.write(sent);
  await once(socket, 'close');
});

it('takes no more connections than it may, and goes on when one is free', async () => {
  const port = await start({ connections: 1 });
  const first = connect(port, '127.0.0.1');
  await once(first, 'connect');
  const second = connect(port, '127.0.0.1');
  second.on('error', () => {});
  await once(second, 'close');
  first.destroy();
  await once(first, 'close');
  await expect.poll(async () => (await fetch(`http://127.0.0.1:${port}`).catch(() => undefined))?.status).toBe(200);
});
