// Runs inside a network namespace that has nothing but its own loopback: installs the bundle, starts it, waits until it is
// ready, calls it with SIPp, and stops it. Prints what it saw as one JSON object.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';

const [unpacked = '', folder = ''] = process.argv.slice(2);
const prefix = join(folder, 'opt');
const command = join(prefix, 'current', 'bin', 'switchroom');

const loopback = spawnSync('ip', ['link', 'set', 'lo', 'up'], { encoding: 'utf8' });
if (loopback.status !== 0) throw new Error(loopback.stderr);
const installed = spawnSync(join(unpacked, 'install.sh'), ['--prefix', prefix, '--no-system'], { encoding: 'utf8' });
if (installed.status !== 0) throw new Error(installed.stderr);

const program = spawn(command, ['start'], {
  cwd: folder,
  env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', SWITCHROOM_DATA: join(folder, 'data'), SWITCHROOM_BIND: '127.0.0.1' },
  stdio: ['ignore', 'pipe', 'pipe'],
});
let said = '';
program.stdout.on('data', (part) => {
  said += String(part);
});
program.stderr.on('data', (part) => {
  said += String(part);
});
const ended = once(program, 'exit');

async function until<Found>(what: string, look: () => Promise<Found | undefined>): Promise<Found> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline || program.exitCode !== null) throw new Error(`${what} did not come:\n${said}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const get = async (path: string) => {
  try {
    const response = await fetch(`http://127.0.0.1:8080${path}`);
    return response.ok ? await response.text() : undefined;
  } catch (error) {
    // Nobody listens yet.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
};

const ready: unknown = JSON.parse(await until('/ready', () => get('/ready')));
const panel = await until('the panel', () => get('/'));
const call = spawnSync(
  'sipp',
  [
    '127.0.0.1:5060',
    '-sn',
    'uac',
    '-s',
    '95500',
    '-i',
    '127.0.0.1',
    '-p',
    '5070',
    '-m',
    '1',
    '-d',
    '1500',
    '-timeout',
    '20',
    '-nostdin',
  ],
  { encoding: 'utf8', cwd: folder },
);
const metrics = await until('the metrics', () => get('/metrics'));
program.kill('SIGTERM');
const [code] = (await ended) as [number | null];
console.log(
  JSON.stringify({
    interfaces: Object.keys(networkInterfaces()),
    version: spawnSync(command, ['--version'], { encoding: 'utf8' }).stdout.trim(),
    ready,
    panel: panel.includes('<div id="'),
    sipp: call.status,
    sippSaid: call.status === 0 ? '' : `${call.stdout}${call.stderr}`.slice(-3_000),
    events: Number(/^switchroom_journal_events_total (\d+)/m.exec(metrics)?.[1]),
    stopped: code,
    firstLogins: readFileSync(join(folder, 'data', 'first-logins.txt'), 'utf8').split('\n').length - 1,
  }),
);
