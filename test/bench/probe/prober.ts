// The bench's hold of its prober process.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { FromProber, ProbeResult, ProbeSetup, ToProber } from './messages.ts';

/** UDP port of its SIP, as caller and as agent. Asterisk's configuration names it too (pjsip_agents.conf). */
export const probeSipPort = 5390;

export class Prober {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /** Starts it and sets its calls up. @throws Error where they cannot be */
  static async start(setup: ProbeSetup): Promise<Prober> {
    const prober = new Prober(fork(join(import.meta.dirname, 'main.ts')));
    try {
      await prober.#ask({ do: 'connect', setup });
    } catch (error) {
      prober.#process.kill('SIGKILL');
      throw error;
    }
    return prober;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  async measure(ms: number): Promise<ProbeResult> {
    const answer = await this.#ask({ do: 'measure', ms });
    if (!('measured' in answer)) throw new Error('the prober measured nothing');
    return answer.measured;
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.send({ do: 'end' } satisfies ToProber);
    await ended;
  }

  async #ask(message: ToProber): Promise<FromProber> {
    const gone = new AbortController();
    try {
      this.#process.send(message);
      const [answer] = (await Promise.race([
        once(this.#process, 'message', { signal: gone.signal }),
        once(this.#process, 'exit', { signal: gone.signal }).then(([code]) => {
          throw new Error(`the prober ended with ${code}`);
        }),
      ])) as [FromProber];
      if ('failed' in answer) throw new Error(answer.failed);
      return answer;
    } finally {
      gone.abort();
    }
  }
}
