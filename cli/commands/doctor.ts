// doctor: what is wrong, and how to mend it. Looks only; changes nothing.
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Command } from 'commander';
import { edgeParts, readSettings, type Settings } from '../../config/index.ts';
import { SwitchroomError } from '../../values/index.ts';
import { channelFindings } from '../channel-checks.ts';
import { serverAnswers } from '../connection.ts';
import { engineFindings } from '../engine-checks.ts';
import type { Finding } from '../finding.ts';
import { print } from '../output.ts';

export function addDoctorCommand(switchroom: Command): void {
  switchroom
    .command('doctor')
    .description('look at the settings, ports, disk, limits and the running server, and say how to mend what is wrong')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const findings = await examine();
      if (options.json) print(findings, { json: true });
      else for (const finding of findings) process.stdout.write(sentence(finding));
      if (findings.some((finding) => finding.state === 'bad')) process.exitCode = 1;
    });
}

function sentence({ what, state, says, mend }: Finding): string {
  const mark = { ok: 'ok  ', warn: 'note', bad: 'BAD ' }[state];
  return `${mark}  ${what.padEnd(16)} ${says}${mend && state !== 'ok' ? `\n      ${' '.repeat(16)} → ${mend}` : ''}\n`;
}

async function examine(): Promise<Finding[]> {
  let settings: Settings;
  try {
    settings = readSettings();
  } catch (error) {
    if (!(error instanceof SwitchroomError)) throw error;
    return [
      {
        what: 'settings',
        state: 'bad',
        says: error.message,
        mend: 'correct it in switchroom.json or in the environment',
      },
    ];
  }
  const running = await serverAnswers(settings);
  const found: Finding[] = [
    { what: 'settings', state: 'ok', says: 'can be read' },
    { what: 'node', state: 'ok', says: `${process.version} ${process.arch}` },
    dataFolder(settings),
    disk(settings),
    openFiles(settings),
    receiveBuffer(),
    await nativeParts(),
    speech(),
    ...(await engineFindings(settings)),
    ...(await channelFindings(settings)),
  ];
  if (running)
    found.push({ what: 'server', state: 'ok', says: 'is running and answers' }, ...(await readiness(running)));
  else {
    found.push({ what: 'server', state: 'warn', says: 'is not running', mend: 'npm start' });
    for (const address of settings.bind) {
      if (edgeParts(settings)?.sip) {
        found.push(await udpPort(address, settings.sipPort, 'SIP'), await tcpPort(address, settings.sipPort, 'SIP'));
      }
      found.push(await tcpPort(address, settings.httpPort, 'web'));
    }
  }
  found.push(...exposure(settings));
  return found;
}

function dataFolder({ data }: Settings): Finding {
  if (!existsSync(data)) return { what: 'data', state: 'ok', says: `${data} will be made at the first start` };
  try {
    accessSync(data, constants.W_OK | constants.R_OK);
  } catch (error) {
    return {
      what: 'data',
      state: 'bad',
      says: (error as Error).message,
      mend: `give this user ${data}, or set SWITCHROOM_DATA`,
    };
  }
  const others = statSync(data).mode & 0o007;
  if (others !== 0) {
    return {
      what: 'data',
      state: 'warn',
      says: `${data} can be read by everybody on this machine`,
      mend: `chmod o-rwx ${data}`,
    };
  }
  return { what: 'data', state: 'ok', says: data };
}

function disk({ data }: Settings): Finding {
  const space = statfsSync(existsSync(data) ? data : '.');
  const free = (space.bavail * space.bsize) / 2 ** 30;
  const says = `${free.toFixed(1)} GiB free where the data is`;
  // An hour of stereo recording at 8 kHz is 115 MB.
  if (free < 1) return { what: 'disk', state: 'bad', says, mend: 'make room: recordings stop when the disk is full' };
  return { what: 'disk', state: free < 10 ? 'warn' : 'ok', says, mend: 'an hour of recorded talk takes 115 MB' };
}

function openFiles({ rtpPorts }: Settings): Finding {
  const match = /^Max open files\s+(\d+)/m.exec(
    existsSync('/proc/self/limits') ? readFileSync('/proc/self/limits', 'utf8') : '',
  );
  const limit = Number(match?.[1] ?? Number.POSITIVE_INFINITY);
  const wanted = Math.min(rtpPorts[1] - rtpPorts[0] + 1, 8192) + 1024;
  const says = `${limit} files and sockets at once`;
  return limit < wanted
    ? {
        what: 'open files',
        state: 'warn',
        says,
        mend: `ulimit -n ${wanted} (or LimitNOFILE in the unit): a call takes 4 to 6`,
      }
    : { what: 'open files', state: 'ok', says };
}

function receiveBuffer(): Finding {
  const file = '/proc/sys/net/core/rmem_max';
  if (!existsSync(file)) return { what: 'UDP buffer', state: 'ok', says: 'not known on this system' };
  const bytes = Number(readFileSync(file, 'utf8'));
  return {
    what: 'UDP buffer',
    state: bytes < 2 ** 20 ? 'warn' : 'ok',
    says: `at most ${Math.round(bytes / 1024)} KiB`,
    mend: 'sysctl -w net.core.rmem_max=4194304: a burst of calls is lost in a small one',
  };
}

async function nativeParts(): Promise<Finding> {
  try {
    await import('better-sqlite3');
    await import('@node-rs/argon2');
    return { what: 'native parts', state: 'ok', says: 'SQLite and Argon2 load' };
  } catch (error) {
    return { what: 'native parts', state: 'bad', says: (error as Error).message, mend: 'npm ci, on this machine' };
  }
}

function speech(): Finding {
  const there = spawnSync('espeak-ng', ['--version']).status === 0;
  return {
    what: 'speech',
    state: 'ok',
    says: there ? 'espeak-ng is there: prompts given as text are spoken' : 'no synthesis; prompts are WAV files',
  };
}

async function readiness(health: { ready: boolean; reasons: string[] }): Promise<Finding[]> {
  if (health.ready) return [{ what: 'ready', state: 'ok', says: 'calls can come in' }];
  return health.reasons.map((reason) => ({ what: 'ready', state: 'bad' as const, says: reason, mend: 'see the log' }));
}

function exposure(settings: Settings): Finding[] {
  const open = settings.bind.filter((address) => address !== '127.0.0.1' && address !== '::1');
  if (open.length === 0) return [{ what: 'exposure', state: 'ok', says: 'listens on this machine only' }];
  return [
    {
      what: 'exposure',
      state: 'warn',
      says: `listens on ${open.join(', ')}`,
      mend: `let only trunks, phones and agents reach it (firewall)${settings.tls ? '' : ', and set tls (docs/install.md): browsers give no microphone without HTTPS'}`,
    },
  ];
}

function udpPort(address: string, port: number, what: string): Promise<Finding> {
  return new Promise((done) => {
    const socket = address.includes(':') ? createSocket({ type: 'udp6', ipv6Only: true }) : createSocket('udp4');
    socket.once('error', (error) => done(taken(what, `udp ${address}:${port}`, error)));
    socket.bind(port, address, () => socket.close(() => done(free(what, `udp ${address}:${port}`))));
  });
}

function tcpPort(address: string, port: number, what: string): Promise<Finding> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', (error) => done(taken(what, `tcp ${address}:${port}`, error)));
    server.listen({ port, host: address, ipv6Only: true }, () =>
      server.close(() => done(free(what, `tcp ${address}:${port}`))),
    );
  });
}

function free(what: string, where: string): Finding {
  return { what: `${what} port`, state: 'ok', says: `${where} is free` };
}

function taken(what: string, where: string, error: Error): Finding {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return {
      what: `${what} port`,
      state: 'bad',
      says: `${where} is in use by another program`,
      mend: 'stop it, or choose another port',
    };
  }
  return { what: `${what} port`, state: 'bad', says: `${where}: ${error.message}`, mend: 'correct SWITCHROOM_BIND' };
}
