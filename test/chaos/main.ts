// npm run chaos -- [--calls=200] [--only=clock] [--table=FILE]
//   --calls  talks at once in each row (default CHAOS_CALLS, or 8)
//   --only   rows whose names contain this
//   --table  where the table is written, too (default: switchroom-chaos.md in the system's folder for temporary files)
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { calls: { type: 'string' }, only: { type: 'string' }, table: { type: 'string' } },
});
const calls = values.calls ?? process.env.CHAOS_CALLS ?? '8';
if (!/^[1-9]\d{0,3}$/.test(calls)) {
  process.stderr.write(`--calls=${calls} is not a number from 1 to 9999\n`);
  process.exit(2);
}
const root = join(import.meta.dirname, '..', '..');
const { status } = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    ...['--config', join(import.meta.dirname, 'vitest.config.ts')],
    ...(values.only === undefined ? [] : ['-t', values.only]),
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      CHAOS_CALLS: calls,
      ...(values.table === undefined ? {} : { CHAOS_TABLE: resolve(values.table) }),
    },
  },
);
process.exit(status ?? 1);
