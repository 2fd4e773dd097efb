// The connector of the documentation runs, and does what the documentation says.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { FakeServer } from './fake-server.ts';

const example = join(import.meta.dirname, '..', '..', '..', 'docs', 'examples', 'connector.mjs');
const server = new FakeServer();
const folder = mkdtempSync(join(tmpdir(), 'switchroom-example-'));
let child: ChildProcess | undefined;
let app: Server | undefined;

afterEach(async () => {
  if (child && child.exitCode === null) {
    const gone = once(child, 'exit');
    child.kill();
    await gone;
  }
  app?.close();
  app?.closeAllConnections();
  await server.stop();
  rmSync(folder, { recursive: true });
});

test('the connector of the documentation: a message in, an answer out, what became of it', async () => {
  await server.start();
  const posted: { id: string; user: string; text: string }[] = [];
  app = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += String(part);
    posted.push(JSON.parse(body) as (typeof posted)[number]);
    response.end();
  });
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  child = spawn(process.execPath, [example], {
    cwd: folder,
    env: {
      API: server.url,
      TOKEN: server.token,
      CHANNEL: 'parcels',
      BACK: `http://127.0.0.1:${(app.address() as AddressInfo).port}/`,
      PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  const port = /(\d+)/.exec(String(line))?.[1];
  const body = JSON.stringify({ id: 'm-1', user: 'u-7', text: 'Where is my parcel?' });
  expect((await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body })).status).toBe(200);
  expect(server.of('message')[0]).toMatchObject({
    key: 'm-1',
    thread: 'u-7',
    content: { text: 'Where is my parcel?' },
  });
  const pushed = server.push({ thread: 'u-7', content: { type: 'text', text: 'Tomorrow.' } });
  await server.until(() => server.of('delivery').length === 1, 'it is told');
  expect(posted).toEqual([{ id: pushed.message, user: 'u-7', text: 'Tomorrow.' }]);
  expect(server.of('delivery')[0]).toMatchObject({ message: pushed.message, state: 'sent' });
});
