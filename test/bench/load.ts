// One step of load: SIPp callers at a rate, SIPp agents, and what the server under them used.
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Meter, residentMbTogether } from './meter.ts';
import { freeUdpPorts } from './ports.ts';
import { percentile, round } from './report.ts';
import { Sipp, sinks } from './sipp.ts';

export interface Peer {
  name: string;
  /** `127.0.0.1:5080`. */
  target: string;
  /** Number that the callers dial. */
  service: string;
  /** Number that leads to the prober's agent (probe/). */
  probeService: string;
  /** Where its media come and go. */
  rtpPorts: { from: number; to: number };
  /** Where the agents' SIPp listens. */
  agentPorts: number[];
  /** How many agents there are; where they are more than ports, a port is the phone of several. */
  agents: number;
  /** From the 200 until a caller waits in the queue, milliseconds: the prompt, and what the peer does before it. */
  promptMs: number;
  /** Where the prober's SIP is that `probeService` leads to; default: the fixed one, which Asterisk's configuration names. */
  probePort?: number;
  /** Processes of the server, by part. */
  pids(): Record<string, number[]>;
  close(): Promise<void>;
}

export interface Step {
  rate: number;
  seconds: number;
  created: number;
  /** Calls in which caller and agent both completed, of those created. */
  okShare: number;
  /** Calls that got a 200. */
  answered: number;
  failed: number;
  retransmissions: number;
  agentOk: number;
  /** INVITE → 200, milliseconds. */
  answer: { p50?: number | undefined; p95?: number | undefined; p99?: number | undefined };
  /** Milliseconds of CPU per created call, by part of the server, and together. */
  cpuPerCall: Record<string, number>;
  cpuPerCallAll: number;
  /** CPU of the load generators, in shares of a core. */
  sippCpu: number;
  idle: number;
  /** Cores that programs which have nothing to do with it used meanwhile. */
  others: number;
  memoryMb: number;
  peakCalls: number;
}

export interface StepOptions {
  rate: number;
  seconds: number;
  talkMs: number;
  scenario?: { caller: string; agent: string };
  /** Calls at once that the callers allow. */
  limit?: number;
  graceSeconds?: number;
}

/** Runs one step and waits until all its calls have ended. Port range 53000–54999 is the generators' own. */
export async function runStep(peer: Peer, options: StepOptions): Promise<Step> {
  const folder = mkdtempSync(join(tmpdir(), 'switchroom-bench-'));
  mkdirSync(folder, { recursive: true });
  const media = await sinks(2);
  const scenario = options.scenario ?? { caller: 'caller.xml', agent: 'agent.xml' };
  const agents = peer.agentPorts.map(
    (port, i) =>
      new Sipp({
        scenario: scenario.agent,
        folder,
        name: `agent${i}`,
        port,
        controlPort: 18800 + i,
        mediaPort: 31000 + i * 50,
        args: ['-d', String(options.talkMs), '-key', 'rtp_port', String(media.ports[1])],
      }),
  );
  await pause(700);
  const calls = Math.round(options.rate * options.seconds);
  const callers = new Sipp({
    scenario: scenario.caller,
    folder,
    name: 'callers',
    port: await freeUdpPorts(),
    controlPort: 18790,
    mediaPort: 30100,
    target: peer.target,
    args: [
      ...['-s', peer.service, '-r', String(options.rate), '-rp', '1000', '-m', String(calls)],
      ...['-l', String(options.limit ?? 15_000), '-key', 'rtp_port', String(media.ports[0])],
      ...['-trace_rtt', '-rtt_freq', '1', '-timeout', String(options.seconds + (options.graceSeconds ?? 90))],
    ],
  });
  const parts = peer.pids();
  const all = Object.values(parts).flat();
  const groups = { ...parts, sipp: [callers.pid, ...agents.map((one) => one.pid)], bench: [process.pid] };
  let memoryMb = 0;
  const whole = new Meter(groups);
  // Only the steady part counts: not the first 4 s, not the run-out.
  let steady: Meter | undefined;
  let reading: ReturnType<Meter['read']> | undefined;
  const began = performance.now();
  let over = false;
  void callers.ended.then(() => {
    over = true;
  });
  const warmUp = options.seconds > 8 ? 4 : 0;
  while (!over) {
    await pause(500);
    const at = (performance.now() - began) / 1000;
    if (!steady && at >= warmUp) steady = new Meter(groups);
    if (steady && !reading && at >= options.seconds) reading = steady.read();
    memoryMb = Math.max(memoryMb, residentMbTogether(all));
  }
  reading ??= (steady ?? whole).read();
  for (const agent of agents) await agent.stop();
  media.close();

  const statistics = callers.statistics();
  const created = Number(statistics.TotalCallCreated ?? 0);
  const ok = Number(statistics['SuccessfulCall(C)'] ?? 0);
  const agentOk = agents.reduce((sum, agent) => sum + Number(agent.statistics()['SuccessfulCall(C)'] ?? 0), 0);
  const answers = callers.responseTimes(1);
  const measured = options.rate * reading.seconds;
  const cpuPerCall: Record<string, number> = {};
  for (const name of Object.keys(parts)) cpuPerCall[name] = round(((reading.cpu[name] ?? 0) * 1000) / measured);
  return {
    rate: options.rate,
    seconds: options.seconds,
    created,
    okShare: created === 0 ? 0 : round(Math.min(ok, peer.agentPorts.length > 0 ? agentOk : ok) / created, 4),
    answered: answers.length,
    failed: Number(statistics['FailedCall(C)'] ?? 0),
    retransmissions: Number(statistics['Retransmissions(C)'] ?? 0),
    agentOk,
    answer: { p50: percentile(answers, 0.5), p95: percentile(answers, 0.95), p99: percentile(answers, 0.99) },
    cpuPerCall,
    cpuPerCallAll: round(Object.values(cpuPerCall).reduce((a, b) => a + b, 0)),
    sippCpu: round((reading.cpu.sipp ?? 0) / reading.seconds),
    idle: round(reading.idle, 3),
    others: round(reading.others),
    memoryMb: Math.round(memoryMb),
    peakCalls: callers.peak('CurrentCall'),
  };
}
