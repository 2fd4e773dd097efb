// The edge process. `node edge/main.ts <socket>` runs under the supervisor, which sends the configuration; with `-` it
// reads one JSON object from standard input, prints one JSON line when it is ready, and stops on SIGTERM or, when it was
// forked, on the message `stop`.

import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import { runUnderSupervisor } from '../supervisor/index.ts';
import { type Edge, type EdgeConfiguration, edgeOptions, startEdge } from './index.ts';

export { type Edge, type EdgeOptions, startEdge } from './index.ts';

const beatMs = 1_000;

interface Ready {
  drachtioPort: number;
  /** `udp/127.0.0.1:5060` … */
  sip: string[];
}

async function run(configuration: EdgeConfiguration): Promise<{ edge: Edge; ready: Ready }> {
  const log = pino({ level: configuration.settings.logLevel, name: 'edge', redact: ['pii'] });
  const edge = await startEdge(edgeOptions(configuration, log));
  const sip = edge.sip.map(({ protocol, address, port }) => {
    return `${protocol}/${address.includes(':') ? `[${address}]` : address}:${port}`;
  });
  return { edge, ready: { drachtioPort: edge.drachtio.port, sip } };
}

function supervised(socket: string): void {
  let edge: Edge | undefined;
  runUnderSupervisor({
    socket,
    program: 'edge',
    start: async (configuration) => {
      const started = await run(configuration as EdgeConfiguration);
      edge = started.edge;
      return started.ready;
    },
    stop: async () => edge?.stop(),
    // Calls are worth more than the supervisor: the next one finds us.
    whenOrphaned: 'outlive',
  });
}

async function alone(): Promise<void> {
  const { edge, ready } = await run(JSON.parse(await text(process.stdin)) as EdgeConfiguration);
  process.stdout.write(`${JSON.stringify({ ready })}\n`);
  process.send?.({ ready });
  const beat = setInterval(() => process.send?.({ beat: Date.now() }), beatMs);
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    clearInterval(beat);
    await edge.stop();
    process.exit(0);
  };
  process.on('SIGINT', () => undefined); // a terminal's Ctrl-C is for whoever started us
  process.on('SIGTERM', () => void stop());
  process.on('message', (message) => {
    if (message === 'stop') void stop();
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const socket = process.argv[2] ?? '-';
  if (socket !== '-') supervised(socket);
  else {
    alone().catch((error: unknown) => {
      process.stderr.write(`edge: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    });
  }
}
