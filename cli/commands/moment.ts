// moment check|test|list: on the files, without a server.
import type { Command } from 'commander';
import { readSettings } from '../../config/index.ts';
import { print } from '../output.ts';

interface Options {
  json?: boolean;
}

export function addMomentCommands(switchroom: Command): void {
  const moment = switchroom
    .command('moment')
    .description('moments (rules that react to what just happened): check, test, list');
  moment
    .command('check [folder]')
    .description('say what is wrong in the moments, with file, line and column')
    .option('--json', 'print JSON')
    .action(async (folder: string | undefined, options: Options) => {
      const { momentCheck } = await moments();
      show(await momentCheck(folder ?? readSettings().moments.folder), options);
    });
  moment
    .command('test [moments...]')
    .description('run the tests that stand beside the moments')
    .option('--json', 'print JSON')
    .action(async (names: string[], options: Options) => {
      const { momentTest } = await moments();
      show(await momentTest(readSettings().moments.folder, names), options);
    });
  moment
    .command('list')
    .description('all moments')
    .option('--json', 'print JSON')
    .action(async (options: Options) => {
      const { momentList } = await moments();
      show(await momentList(readSettings().moments.folder), options);
    });
}

/** Loaded when a command needs them: other commands start faster. */
function moments() {
  return import('../../server/moments/index.ts');
}

function show<Row>({ ok, rows, lines }: { ok: boolean; rows: Row[]; lines: string[] }, { json }: Options): void {
  if (json) print(rows, { json });
  else for (const line of lines) process.stdout.write(`${line}\n`);
  if (!ok) process.exitCode = 1;
}
