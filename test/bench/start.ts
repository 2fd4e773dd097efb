// npm run bench:start: from `npm start` until it says that it is ready: after an install (no data, compiled is what npm ci
// compiles), and again on the same data. Five times each; with --quick once.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchOptions, finish, goal, percentile, round, say, table } from './report.ts';

const options = benchOptions();
const rounds = options.quick ? 1 : 5;
const mostSeconds = 5;
const root = join(import.meta.dirname, '..', '..');

/** Seconds until it was ready; it has stopped then. @throws Error with what it said, where it does not become ready */
async function timeStart(folder: string): Promise<number> {
  const { PATH = '', HOME = '' } = process.env;
  const env = {
    PATH,
    HOME,
    SWITCHROOM_SIP_PORT: '0',
    SWITCHROOM_HTTP_PORT: '0',
    SWITCHROOM_SIDECAR_PORT: '0',
    SWITCHROOM_DATA: join(folder, 'data'),
    SWITCHROOM_FLOWS: join(folder, 'ivr-flows'),
    SWITCHROOM_SIDECAR_FILE: join(folder, 'sidecar.json'),
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
  };
  const began = performance.now();
  // A group of its own, so that it can be stopped as Ctrl-C does it.
  const npm = spawn('npm', ['start'], { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(npm, 'close');
  let said = '';
  const seconds = await new Promise<number>((ready, fail) => {
    npm.on('error', fail);
    npm.on('close', () => fail(new Error(`npm start ended: ${said}`)));
    npm.stderr.on('data', (text: Buffer) => {
      said += String(text);
    });
    npm.stdout.on('data', (text: Buffer) => {
      said += String(text);
      if (said.includes('Switchroom is ready.')) ready((performance.now() - began) / 1_000);
    });
  });
  process.kill(-(npm.pid ?? 0), 'SIGINT');
  await ended;
  return seconds;
}

const times: { first: number; again: number }[] = [];
for (let done = 0; done < rounds; done++) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-start-'));
  try {
    // As npm ci leaves it; what this checkout has compiled meanwhile is more.
    const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') };
    spawnSync(process.execPath, [join(root, 'tools', 'compile-ahead.ts')], { env, stdio: 'inherit' });
    times.push({ first: await timeStart(folder), again: await timeStart(folder) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const first = times.map((one) => one.first);
const again = times.map((one) => one.again);
say('Seconds from "npm start" until it is ready:');
table(
  [
    { start: 'after an install', of: first },
    { start: 'again, same data', of: again },
  ].map(({ start, of }) => ({
    start,
    median: round(percentile(of, 0.5) ?? Number.NaN),
    slowest: round(Math.max(...of)),
  })),
);
finish('start', [goal('slowest first start', Math.max(...first), '≤', mostSeconds, 's')], { first, again }, options);
