// Asterisk 22 with app_queue as a peer, unpacked into a folder of its own (test/engines/asterisk).
import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Peer } from '../load.ts';
import { say } from '../report.ts';

const engine = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'engines', 'asterisk');
const root = join(tmpdir(), 'switchroom-asterisk-22');
/** test/engines/asterisk/etc/pjsip_agents.conf */
const FIRST_AGENT_PORT = 5101;
const AGENTS = 20;

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
 * @param many agents of `queue` where they shall not be the 20 of the configuration, and the ports that are their phones
 */
export async function startAsterisk(
  service: 'queueany' | 'queue',
  many?: { agents: number; phones: number },
): Promise<Peer> {
  const state = mkdtempSync(join(tmpdir(), 'switchroom-asterisk-'));
  const own = many && withAgents(many);
  const env = { ...process.env, ROOT: root, VARDIR: state, B: own ?? engine };
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
    agentPorts: Array.from({ length: many?.phones ?? AGENTS }, (_, i) => FIRST_AGENT_PORT + i),
    agents: many?.agents ?? AGENTS,
    // Answer() waits up to 500 ms for the caller's first RTP, and there is none.
    promptMs: 1500,
    pids: () => ({ asterisk: [pid] }),
    async close() {
      control('stop');
      if (own !== undefined) rmSync(own, { recursive: true });
    },
  };
}

/** A copy of its configuration whose queue of one-call agents has other agents. @returns the folder */
function withAgents({ agents, phones }: { agents: number; phones: number }): string {
  const folder = mkdtempSync(join(tmpdir(), 'switchroom-asterisk-engine-'));
  cpSync(engine, folder, { recursive: true });
  const names = Array.from({ length: agents }, (_, i) => `many${i + 1}`);
  const endpoints = names.map((name, i) => {
    const uri = `sip:${name}@127.0.0.1:${FIRST_AGENT_PORT + (i % phones)}`;
    return `[${name}](agent)\naors = ${name}\n[${name}](agent-aor)\ncontact = ${uri}\n`;
  });
  appendFileSync(join(folder, 'etc', 'pjsip_agents.conf'), endpoints.join(''));
  writeFileSync(join(folder, 'etc', 'queue_members.conf'), names.map((name) => `member => PJSIP/${name}\n`).join(''));
  return folder;
}
