// HTTPS on one port with plain HTTP sent there, and certificates that change while it runs.
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type RequestListener, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { selfSigned } from '../../cli/self-signed.ts';
import { readCertificate, watchCertificate } from '../../config/index.ts';
import { createSecureWebServer, type SecureWebServer } from '../../server/web-server.ts';

let folder: string;
let files: { certificate: string; key: string };
let server: SecureWebServer | undefined;
let stopWatching = () => {};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchroom-tls-'));
  files = { certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') };
  put(selfSigned(['localhost', '127.0.0.1'], span));
});
afterEach(() => {
  stopWatching();
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true });
});

const span = { from: new Date(Date.now() - 1_000), to: new Date(Date.now() + 3_600_000) };

function put({ certificate, key }: { certificate: string; key: string }): void {
  for (const [file, text] of [
    [files.key, key],
    [files.certificate, certificate],
  ] as const) {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  }
}

async function start(headMs = 2_000, requestMs = 30_000): Promise<number> {
  const app: RequestListener = (request, response) => {
    request.resume().on('end', () => response.end('safe'));
  };
  server = createSecureWebServer(app, readCertificate(files), { headMs, requestMs, checkMs: 10 });
  server.listener.listen(0, '127.0.0.1');
  await once(server.listener, 'listening');
  return (server.listener.address() as AddressInfo).port;
}

/** Handshakes with a client that trusts only `ca`. */
async function shownTo(port: number, ca: string): Promise<PeerCertificate> {
  const socket = connectTls({ port, host: '127.0.0.1', ca, servername: 'localhost' });
  await once(socket, 'secureConnect');
  const shown = socket.getPeerCertificate();
  socket.destroy();
  return shown;
}

it('answers over TLS, to a client that checks the certificate', async () => {
  const port = await start();
  const { cert } = readCertificate(files);
  const socket = connectTls({ port, host: '127.0.0.1', ca: cert, servername: 'localhost' });
  await once(socket, 'secureConnect');
  expect(socket.authorized).toBe(true);
  socket.end('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  let text = '';
  for await (const part of socket) text += String(part);
  expect(text).toMatch(/^HTTP\/1\.1 200[\s\S]*safe/);
});

it('carries WebSockets (WSS)', async () => {
  const port = await start();
  const sockets = new WebSocketServer({ noServer: true });
  server!.https.on('upgrade', (asked, socket, head) => {
    sockets.handleUpgrade(asked, socket, head, (open) => open.send('over TLS'));
  });
  const { cert } = readCertificate(files);
  const client = new WebSocket(`wss://localhost:${port}/`, { ca: cert, host: '127.0.0.1' });
  const [message] = (await once(client, 'message')) as [Buffer];
  expect(message.toString()).toBe('over TLS');
  client.terminate();
  sockets.close();
});

it('sends plain HTTP that reads to HTTPS, and refuses plain HTTP that writes', async () => {
  const port = await start();
  const ask = async (method: string) => {
    const asked = request({ port, host: '127.0.0.1', path: '/desk?x=1', method });
    asked.end(method === 'POST' ? 'password=1' : undefined);
    const [response] = await once(asked, 'response');
    response.resume();
    return response as { statusCode: number; headers: Record<string, string> };
  };
  const moved = await ask('GET');
  expect(moved.statusCode).toBe(308);
  expect(moved.headers.location).toBe(`https://127.0.0.1:${port}/desk?x=1`);
  expect((await ask('POST')).statusCode).toBe(400);
});

it('ends connections that say nothing', async () => {
  const socket = connect(await start(50), '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'close');
});

it('ends requests whose head or body never ends, over TLS as well', async () => {
  const port = await start(50, 100);
  for (const begun of ['GET / HTTP/1.1\r\nHost: a\r\n', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1']) {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => socket.write(begun));
    socket.on('error', () => {});
    socket.resume();
    await once(socket, 'close');
  }
});

it('shows a new certificate to new connections once the pair is whole, and keeps the old one until then', async () => {
  const port = await start();
  const before = readCertificate(files).cert;
  const changes: number[] = [];
  stopWatching = watchCertificate(files, {
    everyMs: 5,
    logger: pino({ level: 'error' }, { write: () => changes.push(-1) }),
    changed: (now) => {
      server!.use(now);
      changes.push(1);
    },
  });
  const next = selfSigned(['localhost'], span);
  writeFileSync(files.certificate, next.certificate);
  await expect.poll(() => changes).toContain(-1);
  expect((await shownTo(port, before)).subjectaltname).toContain('127.0.0.1');
  writeFileSync(files.key, next.key);
  await expect.poll(() => changes).toContain(1);
  expect((await shownTo(port, next.certificate)).subjectaltname).toBe('DNS:localhost');
});

it.each([
  ['a missing file', () => rmSync(files.certificate), /certificate\.pem cannot be used: ENOENT/],
  ['no certificate', () => writeFileSync(files.certificate, 'hello'), /holds no certificate in PEM/],
  ['the key of another', () => writeFileSync(files.key, selfSigned(['x'], span).key), /is not the key of/],
])('says what is wrong: %s', (_what, spoil, sentence) => {
  spoil();
  expect(() => readCertificate(files)).toThrow(sentence);
});
