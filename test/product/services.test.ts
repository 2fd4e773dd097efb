// Edge and server as two services (docs/install.md, systemd): the server is stopped and started again under a call, as an
// upgrade does, and the caller notices nothing; then the edge's end ends the call properly.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort, has } from './sipp.ts';
import { until } from './until.ts';

const command = join(import.meta.dirname, '..', '..', 'cli', 'main.ts');
let folder: string;
let port: number;
const running = new Set<ChildProcess>();

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'switchroom-services-'));
  port = await freePort();
});
afterEach(async () => {
  for (const child of running) await end(child, 'SIGKILL');
  rmSync(folder, { recursive: true });
});

function environment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    SWITCHROOM_BIND: '127.0.0.1',
    SWITCHROOM_SIP_PORT: String(port),
    SWITCHROOM_HTTP_PORT: '0',
    SWITCHROOM_DATA: folder,
    SWITCHROOM_FLOWS: join(import.meta.dirname, '..', '..', 'ivr-flows'),
    SWITCHROOM_LOG_LEVEL: 'warn',
  };
}

/** Starts one program, and resolves when it says that it is ready. */
async function service(name: 'edge' | 'serve'): Promise<ChildProcess> {
  const child = spawn(process.execPath, [command, name], {
    cwd: folder,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part) => (said += String(part)));
  await until(() => {
    if (child.exitCode !== null) throw new Error(`${name} ended: ${said}`);
    return /^The (edge|server) is ready/m.test(said);
  }, `${name} is ready`);
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
  running.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const gone = once(child, 'exit') as Promise<[number | null]>;
  child.kill(signal);
  return (await gone)[0];
}

async function ready(...options: string[]): Promise<number | null> {
  const child = spawn(process.execPath, [command, 'ready', ...options], {
    cwd: folder,
    env: environment(),
    stdio: 'ignore',
  });
  return ((await once(child, 'exit')) as [number | null])[0];
}

interface Call {
  interaction: string;
  startedAt: number;
}

async function calls(): Promise<Call[]> {
  const asked = request({ socketPath: join(folder, 'run', 'server.sock'), path: '/api/v1/live/calls' }).end();
  const [response] = await once(asked, 'response');
  let text = '';
  for await (const part of response) text += String(part);
  return (JSON.parse(text) as { calls: Call[] }).calls;
}

/** A caller of the demo who hangs up after a while. @returns SIPp's exit code, when it is over */
function caller(talkMs: number): { over: Promise<number | null>; isOver: () => boolean; isAnswered: () => boolean } {
  const trace = join(folder, 'messages.log');
  const args = [
    '-sn',
    'uac',
    '-s',
    '95500',
    '-i',
    '127.0.0.1',
    '-m',
    '1',
    '-d',
    String(talkMs),
    '-timeout',
    '60',
    '-nostdin',
    '-trace_msg',
    '-message_file',
    trace,
  ];
  const child = spawn('sipp', [`127.0.0.1:${port}`, ...args], { cwd: folder, stdio: 'ignore' });
  running.add(child);
  const over = (once(child, 'exit') as Promise<[number | null]>).then(([code]) => code);
  return {
    over,
    isOver: () => child.exitCode !== null,
    isAnswered: () => existsSync(trace) && readFileSync(trace, 'utf8').includes('\nACK '),
  };
}

describe.skipIf(!has('sipp'))('edge and server as two services (needs sipp)', { timeout: 90_000 }, () => {
  test('the server restarts under a call: it is the same call afterwards, and ends as it should', async () => {
    await service('edge');
    expect(await ready('--edge')).toBe(0);
    expect(await ready()).toBe(1);
    const server = await service('serve');
    expect(await ready()).toBe(0);
    const call = caller(12_000);
    // Before that nobody has answered, and the caller would be told to come again.
    await until(call.isAnswered, 'the call is answered');
    const [before] = await calls();

    expect(await end(server)).toBe(0);
    expect(call.isOver()).toBe(false);
    await service('serve');
    const after = await calls();
    expect(after.map(({ interaction, startedAt }) => [interaction, startedAt])).toEqual([
      [before?.interaction, before?.startedAt],
    ]);
    expect(await call.over).toBe(0);
    await until(async () => (await calls()).length === 0, 'the call is over');
  });

  test('each ends with code 0 when it is asked to, whichever goes first', async () => {
    const edge = await service('edge');
    const server = await service('serve');
    expect(await end(edge)).toBe(0);
    expect(await ready('--edge')).toBe(1);
    const again = await service('edge');
    await until(async () => (await ready()) === 0, 'calls can come in again');
    expect(await caller(200).over).toBe(0);
    expect(await end(server)).toBe(0);
    expect(await end(again)).toBe(0);
  });
});
