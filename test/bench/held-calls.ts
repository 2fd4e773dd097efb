// Calls that stay up and carry RTP both ways: SIPp's rtp_stream at the caller and at the agent (PCMU, 20 ms). SIPp sends
// only; what comes back to it is dropped by the kernel unread, so that it costs little of the machine that is shared with
// the relay.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freeUdpPorts } from './ports.ts';
import { Sipp } from './sipp.ts';

const tones = join(import.meta.dirname, '..', 'engines', 'asterisk', 'tones.mjs');
/** After so long SIPp's statistics surely show a call. */
const statisticsMs = 1500;

export interface HeldCallsOptions {
  calls: number;
  /** Calls per second while they are set up. */
  rate: number;
  /** How long all of them must stay up together. */
  holdMs: number;
  /** Where the agents' SIPp listens. */
  agentPorts: number[];
  /** What the callers dial; without it they call the first agent directly. */
  through?: { target: string; service: string };
}

export class HeldCalls {
  readonly #folder: string;
  readonly #agents: Sipp[];
  readonly #callers: Sipp;

  private constructor(folder: string, agents: Sipp[], callers: Sipp) {
    this.#folder = folder;
    this.#agents = agents;
    this.#callers = callers;
  }

  /** Sets the calls up and resolves when all of them are bridged. @throws Error where some are not, in time */
  static async start(options: HeldCallsOptions): Promise<HeldCalls> {
    const { calls, rate, through } = options;
    const folder = mkdtempSync(join(tmpdir(), 'switchroom-rtp-'));
    execFileSync(process.execPath, [tones, folder]);
    copyFileSync(join(folder, 'moh', 'hold.ulaw'), join(folder, 'hold.ulaw'));
    const setUpMs = (calls / rate) * 1000 + 1000;
    const talkMs = Math.round(setUpMs + statisticsMs + options.holdMs + 1500);
    const ports = through === undefined ? options.agentPorts.slice(0, 1) : options.agentPorts;
    const agents = ports.map(
      (port, i) =>
        new Sipp({
          scenario: 'agent-rtp.xml',
          folder,
          name: `agent${i}`,
          port,
          controlPort: 18700 + i,
          mediaPort: 30200 + i * 10,
          args: ['-d', String(talkMs)],
        }),
    );
    await pause(700);
    const callers = new Sipp({
      scenario: 'caller-rtp.xml',
      folder,
      name: 'callers',
      port: await freeUdpPorts(),
      controlPort: 18690,
      mediaPort: 30500,
      target: through?.target ?? `127.0.0.1:${options.agentPorts[0]}`,
      args: [
        ...['-s', through?.service ?? 'agent', '-r', String(rate), '-rp', '1000', '-m', String(calls)],
        ...['-l', String(calls + 1), '-timeout', String(Math.ceil((setUpMs + talkMs) / 1000) + 20)],
      ],
    });
    const held = new HeldCalls(folder, agents, callers);
    const until = performance.now() + setUpMs + 15_000;
    while (held.up < calls) {
      if (performance.now() > until || callers.process.exitCode !== null) {
        const { up } = held;
        await held.end();
        throw new Error(`${up} of ${calls} calls reached an agent`);
      }
      await pause(200);
    }
    return held;
  }

  /** Calls that are with an agent now; up to 1 s old. */
  get up(): number {
    return this.#agents.reduce((sum, agent) => sum + Number(agent.statistics().CurrentCall ?? 0), 0);
  }

  get pids(): number[] {
    return [this.#callers, ...this.#agents].map((one) => one.pid);
  }

  /** Waits until the agents have hung up. @returns calls in which caller and agent both completed */
  async finish(): Promise<number> {
    await this.#callers.ended;
    const ok = Number(this.#callers.statistics()['SuccessfulCall(C)'] ?? 0);
    await this.#close();
    return ok;
  }

  /** Ends them now, by ending SIPp: for a peer that is given up after this. */
  async end(): Promise<void> {
    this.#callers.process.kill('SIGKILL');
    for (const agent of this.#agents) agent.process.kill('SIGKILL');
    await this.#close();
  }

  async #close(): Promise<void> {
    await Promise.all([this.#callers, ...this.#agents].map((one) => one.stop()));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
