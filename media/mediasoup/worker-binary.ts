// Where mediasoup's worker is. The package's install script, which would fetch or compile it, is never run (allowScripts in
// package.json): on a machine with no way out it would make the whole installation fail.
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * The first that can be run of: the setting, `MEDIASOUP_WORKER_BIN`, and what the package's own install script has left
 * (`npm rebuild mediasoup --foreground-scripts` runs it).
 * @param named from the settings; one that is named and cannot be run is an error of the caller's to tell
 * @returns undefined where there is none
 */
export function findWorkerBinary(named?: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (named !== undefined) return isProgram(named) ? named : undefined;
  const told = env.MEDIASOUP_WORKER_BIN;
  if (told !== undefined && told !== '') return isProgram(told) ? told : undefined;
  const own = ownBinary();
  return own !== undefined && isProgram(own) ? own : undefined;
}

function ownBinary(): string | undefined {
  try {
    const entrance = createRequire(import.meta.url).resolve('mediasoup');
    return join(dirname(entrance), '..', '..', 'worker', 'out', 'Release', 'mediasoup-worker');
  } catch {
    // The package itself is not there: a site that left it out.
    return undefined;
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
