// npm run check: types, lint and format, layers. Runs all of them and fails if one does.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bin = (name: string) => join(root, 'node_modules', '.bin', name);

const steps: [name: string, command: string, args: string[]][] = [
  ['types', bin('tsc'), ['--noEmit', '-p', '.']],
  ...(existsSync(join(root, 'web', 'tsconfig.json'))
    ? ([['types of the panels', bin('tsc'), ['--noEmit', '-p', 'web']]] as [string, string, string[]][])
    : []),
  ['lint and format', bin('biome'), ['check', '--error-on-warnings', '.']],
  ['layers', process.execPath, ['tools/layers.ts']],
];

let bad = 0;
for (const [name, command, args] of steps) {
  const run = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  console.log(`${run.status === 0 ? 'ok    ' : 'FAILED'} ${name}`);
  if (run.status !== 0) bad++;
}
process.exit(bad === 0 ? 0 : 1);
