// The sidecar process: `node sidecar/main.ts <socket>` under the supervisor, which sends the configuration.
import { pathToFileURL } from 'node:url';
import type { Settings } from '../config/index.ts';
import {
  programLogger,
  runUnderSupervisor,
  type SidecarConfiguration,
  type SidecarReady,
} from '../supervisor/index.ts';
import { systemClock } from '../values/index.ts';
import { connectorKinds } from './channels/index.ts';
import { readChannels, startSidecar } from './index.ts';

/** Runs a sidecar in this process. @throws a SwitchroomError with one sentence where it cannot start */
export async function runSidecar(
  configuration: SidecarConfiguration,
): Promise<{ ready: SidecarReady; stop(): Promise<void> }> {
  if (configuration.now !== undefined) systemClock.goOnFrom(configuration.now);
  const logger = programLogger('sidecar', configuration.settings.logLevel);
  const { ready, stop } = await startSidecar(configuration, logger);
  return { ready, stop };
}

/** What the channels' file says, read and checked without starting anything. @throws channels-invalid, channels-unreadable */
export function checkChannels({ sidecar }: Settings): { name: string; kind: string }[] {
  return readChannels(sidecar.file, connectorKinds).map(({ name, kind }) => ({ name, kind: kind.kind }));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  let stop: (() => Promise<void>) | undefined;
  runUnderSupervisor({
    socket: process.argv[2] ?? '',
    program: 'sidecar',
    start: async (configuration) => {
      const running = await runSidecar(configuration as SidecarConfiguration);
      stop = running.stop;
      return running.ready;
    },
    stop: async () => stop?.(),
    // Without a supervisor nobody restarts it; what came is in its inbox.
    whenOrphaned: 'follow',
  });
}
