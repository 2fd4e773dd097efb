// Finds a Node that can run TypeScript as it is (>= 22.18): the one that runs this file, else the one that npm brought
// along as an optional dependency, else says what to do. Plain JavaScript, so that an old Node can read it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const MAJOR = 22;
const MINOR = 18;

/** @param {string} version such as "v22.18.0" */
export function recentEnough(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  if (major === 23) return minor >= 6; // there it came later than in 22
  return major > MAJOR || (major === MAJOR && minor >= MINOR);
}

/** Path of a Node >= 22.18; prints one sentence and exits with 1 where there is none. */
export function findNode() {
  if (recentEnough(process.version)) return process.execPath;
  const require = createRequire(import.meta.url);
  for (const name of [`node-${process.platform}-${process.arch}`]) {
    try {
      const path = join(dirname(require.resolve(`${name}/package.json`)), 'bin', 'node');
      if (existsSync(path)) {
        const said = spawnSync(path, ['--version'], { encoding: 'utf8' });
        if (said.status === 0 && recentEnough(said.stdout.trim())) return path;
      }
    } catch (error) {
      if (error?.code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  console.error(
    `switchroom: needs Node ${MAJOR}.${MINOR} or newer, and this is ${process.version}. ` +
      'Run "npm ci" without --omit=optional to get one beside it, or install a newer Node.',
  );
  process.exit(1);
}
