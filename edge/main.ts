// The edge process: `node edge/main.ts <socket>` under the supervisor, which sends the configuration.
import { pathToFileURL } from 'node:url';
import { programLogger, runUnderSupervisor } from '../supervisor/index.ts';
import { systemClock } from '../values/index.ts';
import { type EdgeConfiguration, edgeOptions, startEdge } from './index.ts';

export interface EdgeReady {
  drachtioPort: number;
  /** `udp/127.0.0.1:5060` … */
  sip: string[];
}

/** Runs an edge in this process. @throws a SwitchroomError with one sentence where it cannot start */
export async function runEdge(
  configuration: EdgeConfiguration,
): Promise<{ ready: EdgeReady; needed(): boolean; stop(why: string): Promise<void> }> {
  if (configuration.now !== undefined) systemClock.goOnFrom(configuration.now);
  const log = programLogger('edge', configuration.settings.logLevel);
  const edge = await startEdge(edgeOptions(configuration, log));
  const sip = edge.sip.map(({ protocol, address, port }) => {
    return `${protocol}/${address.includes(':') ? `[${address}]` : address}:${port}`;
  });
  return { ready: { drachtioPort: edge.drachtio.port, sip }, needed: () => edge.needed, stop: () => edge.stop() };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  let running: Awaited<ReturnType<typeof runEdge>> | undefined;
  runUnderSupervisor({
    socket: process.argv[2] ?? '',
    program: 'edge',
    start: async (configuration) => {
      running = await runEdge(configuration as EdgeConfiguration);
      return running.ready;
    },
    stop: async (why) => running?.stop(why),
    // Calls are worth more than the supervisor: the next one finds us.
    whenOrphaned: { needed: () => running?.needed() ?? false },
  });
}
