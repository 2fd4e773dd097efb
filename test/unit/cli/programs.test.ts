// `switchroom edge` and `switchroom serve` as two services, as a service manager runs them.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';

const switchroom = join(import.meta.dirname, '../../../bin/switchroom.js');
const flows = join(import.meta.dirname, '../../../ivr-flows');

let folder: string;
const running: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sw-'));
});
afterEach(async () => {
  for (const child of running.splice(0).reverse()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
  rmSync(folder, { recursive: true });
});

function run(command: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [switchroom, command], {
    env: {
      PATH: process.env.PATH,
      SWITCHROOM_BIND: '127.0.0.1',
      SWITCHROOM_SIP_PORT: '0',
      SWITCHROOM_HTTP_PORT: '0',
      SWITCHROOM_DATA: join(folder, 'data'),
      SWITCHROOM_FLOWS: flows,
      SWITCHROOM_LOG_LEVEL: 'silent',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  let errors = '';
  child.stderr.on('data', (text: Buffer) => {
    errors += String(text);
  });
  return {
    child,
    line: once(createInterface({ input: child.stdout }), 'line').then(([line]) => String(line)),
    ended: once(child, 'close').then(([code]) => ({ code: code as number, errors })),
  };
}

it('run apart, and stop cleanly', async () => {
  const edge = run('edge');
  expect(await edge.line).toMatch(/^The edge is ready: SIP on udp\/127\.0\.0\.1:\d+ tcp\/127\.0\.0\.1:\d+\.$/);
  const server = run('serve');
  expect(await server.line).toMatch(/^The server is ready: web on http:\/\/127\.0\.0\.1:\d+\.$/);
  for (const program of [server, edge]) {
    program.child.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, errors: '' });
  }
});

it('say in one sentence that a port is in use', async () => {
  const first = run('edge');
  const port = /udp\/127\.0\.0\.1:(\d+)/.exec(await first.line)?.[1] ?? '';
  const second = run('edge', { SWITCHROOM_SIP_PORT: port, SWITCHROOM_DATA: join(folder, 'other') });
  const { code, errors } = await second.ended;
  expect(code).toBe(1);
  expect(errors).toMatch(/^switchroom: .*another program uses it\.\n$/);
});

it('say in one sentence that there is no edge', async () => {
  expect(await run('serve').ended).toEqual({
    code: 1,
    errors: `switchroom: No edge has run on ${join(folder, 'data')} yet: start it with "switchroom edge".\n`,
  });
});

it('never take the demo for the flows of a restored site, nor a part of it for the whole', async () => {
  const [restored, none] = [join(folder, 'data', 'restored', 'flows'), join(folder, 'none')];
  mkdirSync(restored, { recursive: true });
  const start = run('start', { SWITCHROOM_FLOWS: none });
  expect(await start.ended).toEqual({
    code: 1,
    errors: `switchroom: There is no folder ${none}, and what the restored site had there is still in ${restored}: move it, or name that folder in the settings.\n`,
  });
  writeFileSync(join(folder, 'data', 'restore.coming'), '{"manifest":"a.manifest"}');
  for (const command of ['start', 'edge', 'serve', 'sidecar']) {
    const { code, errors } = await run(command).ended;
    expect([code, errors]).toEqual([1, expect.stringContaining('The restore of a.manifest into')]);
  }
});
