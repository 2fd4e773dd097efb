// The server is restarted as planned, again and again, while so many calls talk: how long nothing could be commanded, and
// what the callers heard of it.
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { HeldCalls } from '../held-calls.ts';
import { startSwitchroom } from '../peers/switchroom.ts';
import { percentile, round } from '../report.ts';

export interface PlannedRestartFigures {
  calls: number;
  /** One value a restart: from the last answer of the old server until the next one lists every call as talking, ms. */
  gapsMs: number[];
  /** Their median, ms. */
  gapMs: number;
  /** What `switchroom restart server` says, median, ms. */
  saidMs: number;
  /** Calls that ended properly after the last restart, by the agent's BYE. */
  completed: number;
}

const between = 1_500;

export async function measurePlannedRestart(calls: number, restarts = 5): Promise<PlannedRestartFigures> {
  const peer = await startSwitchroom({ capacity: 1_000, record: false, firstAgentPort: 5721 });
  let held: HeldCalls | undefined;
  try {
    held = await HeldCalls.start({
      calls,
      rate: 10,
      holdMs: restarts * (6_000 + between) + 5_000,
      agentPorts: peer.agentPorts,
      through: { target: peer.target, service: peer.service },
    });
    const socketPath = join(peer.product.settings.data, 'run', 'server.sock');
    const talking = () => listed(socketPath);
    const gapsMs: number[] = [];
    const said: number[] = [];
    for (let i = 0; i < restarts; i++) {
      const before = await talking();
      if (before !== calls) throw new Error(`${before} of ${calls} calls talk before restart ${i + 1}`);
      let last = performance.now();
      const restarted = peer.product.supervisor.restart('server').then((ms) => said.push(ms));
      const { server } = peer.product.pids;
      let lost = false;
      for (;;) {
        // A new connection each time, as a command of the command line is.
        const now = await talking().catch(() => -1);
        if (now === calls && (lost || peer.product.pids.server !== server)) break;
        if (now === calls) last = performance.now();
        else lost = true;
        if (performance.now() - last > 30_000) throw new Error('the server did not come back');
        await pause(10);
      }
      gapsMs.push(round(performance.now() - last));
      await restarted;
      await pause(between);
    }
    const completed = await held.finish();
    return {
      calls,
      gapsMs,
      gapMs: percentile(gapsMs, 0.5) ?? Number.NaN,
      saidMs: percentile(said, 0.5) ?? Number.NaN,
      completed,
    };
  } catch (error) {
    await held?.end();
    throw error;
  } finally {
    await peer.close();
  }
}

/** How many calls talk. @throws Error where there is no server */
function listed(socketPath: string): Promise<number> {
  return new Promise((done, fail) => {
    const asked = request({ socketPath, path: '/api/v1/live/calls', agent: false, timeout: 10_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => {
        if (response.statusCode !== 200) return fail(new Error(text));
        const { calls } = JSON.parse(text) as { calls: { phase: string }[] };
        done(calls.filter(({ phase }) => phase === 'talking').length);
      });
      response.on('error', fail);
    });
    asked.on('error', fail);
    asked.end();
  });
}
