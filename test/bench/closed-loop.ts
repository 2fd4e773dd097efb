// A closed loop: as many callers under way as keep every one-call agent busy and WAITING more in the queue, each followed
// by another as soon as its call ends. Agents talk for 2 s without wrap-up, so n agents could at best take n / 2 calls a
// second, and every offer follows an agent's becoming free: what is missing is the time between her hang-up and her next
// INVITE.
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { agentGaps } from './agent-gaps.ts';
import type { Peer } from './load.ts';
import { Meter, residentMbTogether } from './meter.ts';
import { percentile, round } from './report.ts';
import { Sipp, sinks } from './sipp.ts';

const WAITING = 50;
const TALK_MS = 2000;
/** What a call takes beside prompt, queue and talk: until it is answered, and until both have hung up. */
const AROUND_MS = 200;
/** The agents are taken up at the rate at which they can become free, so that they don't all become free together. */
const EVEN_S = 4;
const WARM_UP_S = 12;
const MEASURED_S = 60;

interface Percentiles {
  p50: number | undefined;
  p95: number | undefined;
  p99: number | undefined;
}

export interface ClosedLoop {
  agents: number;
  callsPerSecond: number;
  /** From an agent's BYE to her next INVITE, milliseconds. */
  gap: Percentiles;
  /** INVITE → 200, milliseconds. */
  answer: Percentiles;
  /** What 95 of 100 callers waited at least, milliseconds: above 0, there was always somebody for who became free. */
  waitP5: number | undefined;
  failed: number;
  /** Milliseconds of CPU per completed call, all parts of the server together. */
  cpuPerCallAll: number;
  /** CPU of the load generators, in shares of a core. */
  sippCpu: number;
  idle: number;
  /** Cores that programs which have nothing to do with it used meanwhile. */
  others: number;
  memoryMb: number;
}

export async function runClosedLoop(start: () => Promise<Peer>, seconds = MEASURED_S): Promise<ClosedLoop> {
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
  const rate = Math.ceil((peer.agents * 1000) / TALK_MS);
  const onTheirWay = Math.ceil((rate * (peer.promptMs + AROUND_MS)) / 1000);
  const callers = new Sipp({
    scenario: 'caller.xml',
    folder,
    name: 'callers',
    port: 5380,
    controlPort: 18790,
    mediaPort: 30100,
    target: peer.target,
    // A new call as soon as one ends: `-l` keeps the number of calls constant, the rate is only as high as that needs.
    args: [
      ...['-s', peer.service, '-r', String(rate), '-rp', '1000', '-m', '1000000'],
      ...['-rate_increase', String(WAITING), '-rate_interval', String(EVEN_S)],
      ...['-rate_max', String(rate + WAITING), '-no_rate_quit'],
      ...['-l', String(peer.agents + onTheirWay + WAITING), '-key', 'rtp_port', String(media.ports[0])],
      ...['-trace_rtt', '-rtt_freq', '1'],
    ],
  });
  const callersBegan = performance.now();
  try {
    const done = () => agents.reduce((sum, agent) => sum + Number(agent.statistics()['SuccessfulCall(C)'] ?? 0), 0);
    await pause(WARM_UP_S * 1000);
    const parts = peer.pids();
    const meter = new Meter({ ...parts, sipp: [callers.pid, ...agents.map((one) => one.pid)], bench: [process.pid] });
    const since = Date.now();
    const began = performance.now();
    const before = done();
    await pause(seconds * 1000);
    const calls = done() - before;
    const reading = meter.read();
    const memoryMb = residentMbTogether(Object.values(parts).flat());
    callers.process.kill('SIGKILL');
    for (const agent of agents) await agent.stop(6000);
    const gaps = readdirSync(folder)
      .filter((file) => file.endsWith('_logs.log'))
      .flatMap((file) => agentGaps(readFileSync(join(folder, file), 'utf8'), since));
    const inCall = callers.responseTimes(2, began - callersBegan);
    const wait = percentile(inCall, 0.05);
    const cpu = Object.keys(parts).reduce((sum, part) => sum + (reading.cpu[part] ?? 0), 0);
    return {
      agents: peer.agents,
      callsPerSecond: round(calls / reading.seconds),
      gap: percentiles(gaps),
      answer: percentiles(callers.responseTimes(1, began - callersBegan)),
      waitP5: wait === undefined ? undefined : round(wait - peer.promptMs - TALK_MS, 0),
      failed: Number(callers.statistics()['FailedCall(C)'] ?? 0),
      cpuPerCallAll: round((cpu * 1000) / calls),
      sippCpu: round((reading.cpu.sipp ?? 0) / reading.seconds),
      idle: round(reading.idle, 3),
      others: round(reading.others),
      memoryMb: Math.round(memoryMb),
    };
  } finally {
    callers.process.kill('SIGKILL');
    for (const agent of agents) agent.process.kill('SIGKILL');
    media.close();
    await peer.close();
  }
}

function percentiles(values: number[]): Percentiles {
  const at = (share: number) => {
    const value = percentile(values, share);
    return value === undefined ? undefined : round(value, 1);
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
