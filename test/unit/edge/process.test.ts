import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { settingsSchema } from '../../../config/index.ts';

const main = fileURLToPath(new URL('../../../edge/main.ts', import.meta.url));
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edge-'));
});
afterEach(() => rm(folder, { recursive: true }));

function configuration(more: object = {}): string {
  const settings = settingsSchema.parse({ bind: ['127.0.0.1'], sipPort: 0, data: folder, logLevel: 'warn', ...more });
  return JSON.stringify({
    settings,
    secret: 's',
    link: join(folder, 'link.sock'),
    drachtioPort: 0,
    ledger: join(folder, 'l'),
  });
}

test('the process says that it is ready, and ends cleanly on SIGTERM', async () => {
  const edge = spawn(process.execPath, [main, '-'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(edge, 'exit');
  edge.stdin.end(configuration());
  const [line] = await once(edge.stdout, 'data');
  const { ready } = JSON.parse(String(line));
  expect(ready.drachtioPort).toBeGreaterThan(0);
  expect(ready.sip).toEqual([expect.stringMatching(/^udp\/127\.0\.0\.1:\d+$/), expect.stringMatching(/^tcp\/127/)]);
  edge.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

test('a port in use is one clear sentence', async () => {
  const first = spawn(process.execPath, [main, '-'], { stdio: ['pipe', 'pipe', 'inherit'] });
  first.stdin.end(configuration());
  const [line] = await once(first.stdout, 'data');
  const port = Number(JSON.parse(String(line)).ready.sip[0].split(':')[1]);
  const second = spawn(process.execPath, [main, '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
  const said: string[] = [];
  second.stderr.on('data', (bytes) => said.push(String(bytes)));
  const ended = once(second, 'close');
  second.stdin.end(configuration({ sipPort: port }));
  expect(await ended).toEqual([1, null]);
  expect(said.join('')).toMatch(/^edge: .*port.*\n$/i);
  const stopped = once(first, 'exit');
  first.kill('SIGTERM');
  await stopped;
});
