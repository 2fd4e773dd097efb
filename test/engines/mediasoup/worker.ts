// Where test/engines/mediasoup/build.sh leaves the worker that it built: once per version and checkout.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');

/** The path, whether anything is there or not. */
export function workerPath(): string {
  const about = readFileSync(join(root, 'node_modules', 'mediasoup', 'package.json'), 'utf8');
  const { version } = JSON.parse(about) as { version: string };
  return join(root, 'node_modules', '.cache', 'switchroom', `mediasoup-worker-${version}`);
}

/** @returns undefined where none was built */
export function builtWorker(): string | undefined {
  const path = workerPath();
  return existsSync(path) ? path : undefined;
}
