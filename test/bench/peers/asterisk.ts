// Asterisk 22 with app_queue as a peer, unpacked into a folder of its own (test/engines/asterisk).
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Peer } from '../load.ts';
import { say } from '../report.ts';

const engine = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'engines', 'asterisk');
const root = join(tmpdir(), 'switchroom-asterisk-22');

/** Unpacks Asterisk where it is not there yet (about 10 s). @returns why it cannot be had, or undefined */
export function prepareAsterisk(): string | undefined {
  if (existsSync(join(root, 'usr', 'sbin', 'asterisk'))) return undefined;
  say('Unpacking Asterisk 22 …');
  try {
    execFileSync(join(engine, 'install.sh'), [root], { stdio: ['ignore', 'pipe', 'pipe'] });
    return undefined;
  } catch (error) {
    return `Asterisk 22 could not be unpacked: ${(error as Error).message.split('\n')[0]}`;
  }
}

/**
 * Starts Asterisk afresh: it does not give memory back, so each step gets its own.
 * @param service `queueany` agents take any number of calls; `queue` one each
 */
export async function startAsterisk(service: 'queueany' | 'queue'): Promise<Peer> {
  const state = mkdtempSync(join(tmpdir(), 'switchroom-asterisk-'));
  const env = { ...process.env, ROOT: root, VARDIR: state };
  const control = (...args: string[]) => execFileSync(join(engine, 'ctl.sh'), args, { env, encoding: 'utf8' });
  control('start');
  const pid = Number(control('pid'));
  return {
    name: 'asterisk',
    target: '127.0.0.1:5080',
    service,
    probeService: 'probe',
    // test/engines/asterisk/etc/rtp.conf
    rtpPorts: { from: 10_000, to: 19_999 },
    agentPorts: Array.from({ length: 20 }, (_, i) => 5101 + i),
    pids: () => ({ asterisk: [pid] }),
    async close() {
      control('stop');
    },
  };
}
