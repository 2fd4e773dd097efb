// The server is killed while so many calls talk: how long until it has them all again, and what the callers heard of it.
import { setTimeout as pause } from 'node:timers/promises';
import { HeldCalls } from '../held-calls.ts';
import { startSwitchroom } from '../peers/switchroom.ts';
import { Prober } from '../probe/prober.ts';
import { round } from '../report.ts';

const probeCalls = 10;
const gapMs = 8_000;

export interface AdoptionFigures {
  calls: number;
  /** From kill -9 until the restarted server lists every call as talking, ms. */
  adoptedMs: number;
  /** Of 10 probe calls beside them, over 8 s around the kill: the latest packet, ms, and packets that never came. */
  latestPacketMs: number;
  lost: number;
  /** Calls that ended properly afterwards, by the agent's BYE through the new server. */
  completed: number;
}

export async function measureAdoption(calls: number): Promise<AdoptionFigures> {
  const peer = await startSwitchroom({ capacity: 1_000, record: false, firstAgentPort: 5601 });
  let held: HeldCalls | undefined;
  let prober: Prober | undefined;
  try {
    held = await HeldCalls.start({
      calls,
      rate: 20,
      holdMs: gapMs + 12_000,
      agentPorts: peer.agentPorts,
      through: { target: peer.target, service: peer.service },
    });
    const [host = '', port] = peer.target.split(':');
    prober = await Prober.start({
      calls: probeCalls,
      sipPort: peer.probePort ?? 0,
      through: { host, port: Number(port), service: peer.probeService },
    });
    const talking = async () => {
      const { calls: live } = await peer.product.must<{ calls: { phase: string }[] }>('GET', '/live/calls');
      return live.filter(({ phase }) => phase === 'talking').length;
    };
    const before = await talking();
    const measured = prober.measure(gapMs);
    await pause(1_000);
    const killed = performance.now();
    peer.product.kill('server');
    let adoptedMs = Number.NaN;
    while (performance.now() - killed < 30_000) {
      // The socket of the server before is gone: it refuses until the next one listens.
      const now = await talking().catch(() => 0);
      if (now >= before) {
        adoptedMs = performance.now() - killed;
        break;
      }
      await pause(20);
    }
    const { delay, lost } = await measured;
    await prober.end();
    const completed = await held.finish();
    return { calls, adoptedMs: round(adoptedMs), latestPacketMs: delay.max, lost, completed };
  } catch (error) {
    await prober?.end();
    await held?.end();
    throw error;
  } finally {
    await peer.close();
  }
}
