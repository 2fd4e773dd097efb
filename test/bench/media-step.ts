// One step of the relay bench: so many held calls, and probe calls beside them that measure what the relay adds.
import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { HeldCalls } from './held-calls.ts';
import type { Peer } from './load.ts';
import { Meter, machineSeconds, residentMbTogether } from './meter.ts';
import type { ProbeResult } from './probe/messages.ts';
import { Prober, probeSipPort } from './probe/prober.ts';
import { round, say } from './report.ts';
import { datagramsDropped, datagramsSent } from './udp.ts';

const probeCalls = 10;
const packetsPerSecond = 50;

export interface MediaStepOptions {
  calls: number;
  measureMs: number;
  /** Calls per second while they are set up. */
  rate: number;
}

export interface MediaStep {
  calls: number;
  probe: ProbeResult;
  /** Datagrams of the load that were sent, of those that should have been, 0 to 1. */
  loadShare: number;
  /** Datagrams per second that the relay's sockets dropped since their buffers were full. */
  dropsPerSecond: number;
  /** CPU of each part, in thousandths of a core per bridged call. */
  cpuPerCall: Record<string, number>;
  /** CPU of each part, in cores. */
  cores: Record<string, number>;
  /** Cores that programs other than relay, load and prober used. */
  others: number;
  idle: number;
  memoryMb: number;
  /** Calls in which both sides hung up as they should. */
  completed: number;
}

/** @param peer without one, load and probes go from one end to the other directly: the generator alone */
export async function runMediaStep(
  peer: Peer | undefined,
  agentPorts: number[],
  { calls, measureMs, rate }: MediaStepOptions,
): Promise<MediaStep> {
  const settleMs = 1000;
  const held = await HeldCalls.start({
    calls,
    rate,
    // Beside the measuring: setting up the probe calls, and waiting for packets under way.
    holdMs: settleMs + measureMs + 3000,
    agentPorts: peer?.agentPorts ?? agentPorts,
    ...(peer === undefined ? {} : { through: { target: peer.target, service: peer.service } }),
  });
  let prober: Prober | undefined;
  try {
    const [host = '', port] = peer?.target.split(':') ?? [];
    prober = await Prober.start({
      calls: probeCalls,
      sipPort: peer?.probePort ?? probeSipPort,
      ...(peer === undefined ? {} : { through: { host, port: Number(port), service: peer.probeService } }),
    });
    await pause(settleMs);
    const parts = peer?.pids() ?? {};
    const meter = new Meter({ ...parts, sipp: held.pids, prober: [prober.pid] });
    const drops = () => (peer === undefined ? 0 : datagramsDropped(peer.rtpPorts));
    const before = { sent: datagramsSent(), drops: drops() };
    const probe = await prober.measure(measureMs);
    const { seconds, cpu, idle } = meter.read();
    const sent = datagramsSent() - before.sent;
    const dropped = drops() - before.drops;
    const stillUp = held.up;
    if (stillUp < calls) say(`  only ${stillUp} of ${calls} calls were still up at the end of the measuring`);
    const memoryMb = residentMbTogether(Object.values(parts).flat());
    await prober.end();
    const completed = await held.finish();
    const bridged = calls + probeCalls;
    const hops = peer === undefined ? 1 : 2;
    const cpuPerCall: Record<string, number> = {};
    const cores: Record<string, number> = {};
    for (const [name, used] of Object.entries(cpu)) {
      cores[name] = round(used / seconds);
      if (name in parts) cpuPerCall[name] = round((used * 1000) / seconds / bridged, 3);
    }
    const busy = (1 - idle) * cpus().length;
    const own = Object.values(cores).reduce((a, b) => a + b, 0);
    return {
      calls,
      probe,
      loadShare: round(sent / (bridged * 2 * packetsPerSecond * hops * seconds), 3),
      dropsPerSecond: round(dropped / seconds, 1),
      cpuPerCall,
      cores,
      others: round(Math.max(0, busy - own)),
      idle: round(idle, 3),
      memoryMb: Math.round(memoryMb),
      completed,
    };
  } catch (error) {
    await prober?.end();
    await held.end();
    throw error;
  }
}

/** Waits until the machine is idle, so that what ran before does not blur the next step. @returns the idle share, 0 to 1 */
export async function waitUntilIdle(wanted: number, mostMs: number): Promise<number> {
  const until = performance.now() + mostMs;
  for (;;) {
    const before = machineSeconds();
    await pause(1000);
    const after = machineSeconds();
    const idle = (after.idle - before.idle) / Math.max(0.01, after.all - before.all);
    if (idle >= wanted || performance.now() > until) return round(idle, 3);
  }
}
