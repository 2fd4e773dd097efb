// The server process: `node server/main.ts <socket>` under the supervisor, which sends the configuration.
import { pathToFileURL } from 'node:url';
import { programLogger, runUnderSupervisor, type ServerConfiguration, type ServerReady } from '../supervisor/index.ts';
import { systemClock } from '../values/index.ts';
import { rehearse } from './rehearse.ts';
import { type Server, startServer } from './server.ts';

/** Runs a server in this process. @throws a SwitchroomError with one sentence where it cannot start */
export async function runServer(
  configuration: ServerConfiguration,
): Promise<{ ready: ServerReady; stop(why: string): Promise<void> }> {
  const { settings } = configuration;
  if (configuration.now !== undefined) systemClock.goOnFrom(configuration.now);
  const logger = programLogger('server', settings.logLevel);
  const server: Server = await startServer(configuration, logger);
  return { ready: server.ready, stop: (why) => server.stop(why) };
}

// Each look at process.env asks the C library, and drachtio-srf looks at every header of every message.
process.env = { ...process.env };

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  let stop: ((why: string) => Promise<void>) | undefined;
  runUnderSupervisor({
    socket: process.argv[2] ?? '',
    program: 'server',
    prepare: async (configuration) => {
      const { settings } = configuration as ServerConfiguration;
      await rehearse(settings, programLogger('server', settings.logLevel));
    },
    start: async (configuration) => {
      const running = await runServer(configuration as ServerConfiguration);
      stop = running.stop;
      return running.ready;
    },
    stop: async (why) => stop?.(why),
    // Without a supervisor nobody restarts it, and the next start brings its own; the edge keeps the calls meanwhile.
    whenOrphaned: 'follow',
  });
}
