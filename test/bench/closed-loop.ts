// The closed loop: always 50 callers waiting for 20 one-call agents with talks of 2 s and no wrap-up. 10 calls/s would be
// perfect; what is missing is the time between an agent's hang-up and her next INVITE.
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Peer } from './load.ts';
import { percentile, round } from './report.ts';
import { Sipp, sinks } from './sipp.ts';

const WAITING = 50;
const TALK_MS = 2000;
const WARM_UP_S = 10;
const MEASURED_S = 60;

export interface ClosedLoop {
  callsPerSecond: number;
  /** From an agent's last BYE answered to her next INVITE, milliseconds. */
  gapP50: number | undefined;
  gapP95: number | undefined;
  gapP99: number | undefined;
}

export async function runClosedLoop(start: () => Promise<Peer>): Promise<ClosedLoop> {
  const peer = await start();
  const folder = mkdtempSync(join(tmpdir(), 'switchroom-loop-'));
  const media = await sinks(2);
  const agents = peer.agentPorts.map(
    (port, i) =>
      new Sipp({
        scenario: 'agent-timed.xml',
        folder,
        name: `agent${i}`,
        port,
        controlPort: 18800 + i,
        mediaPort: 31000 + i * 50,
        args: ['-d', String(TALK_MS), '-key', 'rtp_port', String(media.ports[1]), '-trace_logs'],
      }),
  );
  await pause(700);
  const callers = new Sipp({
    scenario: 'caller.xml',
    folder,
    name: 'callers',
    port: 5380,
    controlPort: 18790,
    mediaPort: 30100,
    target: peer.target,
    // A new call as soon as one ends: `-l` keeps the number of calls constant.
    args: [
      ...['-s', peer.service, '-r', '60', '-rp', '1000', '-m', '100000'],
      ...['-l', String(WAITING + peer.agentPorts.length), '-key', 'rtp_port', String(media.ports[0])],
    ],
  });
  try {
    const done = () => agents.reduce((sum, agent) => sum + Number(agent.statistics()['SuccessfulCall(C)'] ?? 0), 0);
    await pause(WARM_UP_S * 1000);
    const before = done();
    const began = performance.now();
    await pause(MEASURED_S * 1000);
    const calls = done() - before;
    const seconds = (performance.now() - began) / 1000;
    callers.process.kill('SIGKILL');
    for (const agent of agents) await agent.stop(6000);
    const gaps = readGaps(folder);
    return {
      callsPerSecond: round(calls / seconds),
      gapP50: percentile(gaps, 0.5),
      gapP95: percentile(gaps, 0.95),
      gapP99: percentile(gaps, 0.99),
    };
  } finally {
    callers.process.kill('SIGKILL');
    for (const agent of agents) agent.process.kill('SIGKILL');
    media.close();
    await peer.close();
  }
}

/** The agents' logs hold lines `free <time>` and `invite <time>`. */
function readGaps(folder: string): number[] {
  const gaps: number[] = [];
  for (const file of readdirSync(folder)) {
    if (!file.endsWith('_logs.log')) continue;
    let free: number | undefined;
    for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
      const match = /(free|invite) .*?(\d{2}):(\d{2}):(\d{2}\.\d+)/.exec(line);
      if (!match) continue;
      const at = (Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4])) * 1000;
      if (match[1] === 'free') free = at;
      else if (free !== undefined && at >= free) {
        gaps.push(round(at - free, 1));
        free = undefined;
      }
    }
  }
  return gaps;
}
