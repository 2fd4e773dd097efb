// flow check|test|list: on the files, without a server.
import type { Command } from 'commander';
import { readSettings } from '../../config/index.ts';
import type { Outcome } from '../../server/flows/index.ts';
import { print } from '../output.ts';

interface Options {
  json?: boolean;
}

export function addFlowCommands(switchroom: Command): void {
  const flow = switchroom.command('flow').description('IVR flows: check, test, list');
  flow
    .command('check [folder]')
    .description('say what is wrong in the flows, with file, line and column')
    .option('--json', 'print JSON')
    .action(async (folder: string | undefined, options: Options) => {
      const { flowCheck } = await flows();
      show(await flowCheck(folder ?? readSettings().flows), options);
    });
  flow
    .command('test [flows...]')
    .description('run the tests that stand beside the flows, without a call')
    .option('--json', 'print JSON')
    .action(async (names: string[], options: Options) => {
      const { flowTest } = await flows();
      show(await flowTest(readSettings().flows, names), options);
    });
  flow
    .command('list')
    .description('all flows')
    .option('--json', 'print JSON')
    .action(async (options: Options) => {
      const { flowList } = await flows();
      show(await flowList(readSettings().flows), options);
    });
}

/** Loaded when a command needs them: other commands start faster. */
function flows() {
  return import('../../server/flows/index.ts');
}

function show<Row>(outcome: Outcome<Row>, { json }: Options): void {
  if (json) print(outcome.rows, { json });
  else for (const line of outcome.lines) process.stdout.write(`${line}\n`);
  if (!outcome.ok) process.exitCode = 1;
}
