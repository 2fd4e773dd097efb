// After an install: loads once what a start loads, so that the first start finds it compiled, as every later one does.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { compileAhead } from '../supervisor/index.ts';

const root = join(import.meta.dirname, '..');
const programs = ['edge/main.ts', 'server/main.ts', 'server/front.ts', 'sidecar/main.ts'].map((file) =>
  join(root, file),
);
const loaded = compileAhead(programs, join(root, 'node_modules', '.cache'));
const help = spawnSync(process.execPath, [join(root, 'bin', 'switchroom.js'), '--help'], { stdio: 'ignore' });
if (!loaded || help.status !== 0)
  console.warn('The programs could not be compiled ahead: the first start compiles them.');
