// did add|list
import type { Command } from 'commander';
import type { DidRecord } from '../../server/index.ts';
import { withConnection } from '../connection.ts';
import { print } from '../output.ts';

export function addDidCommands(switchroom: Command): void {
  const did = switchroom.command('did').description('numbers that are dialled, and their flows: add, list');
  did
    .command('add <number> <flow>')
    .description('let a number run a flow')
    .option('--language <code>', 'language of callers who are not known: en or zh', 'en')
    .option('--team <team>', 'team')
    .action(async (number: string, flow: string, options: { language: string; team?: string }) => {
      const { language, team } = options;
      await withConnection((connection) =>
        connection.put(`/dids/${encodeURIComponent(number)}`, {
          flow,
          language,
          ...(team === undefined ? {} : { team }),
        }),
      );
      process.stdout.write(`Calls to ${number} run the flow ${flow}.\n`);
    });
  did
    .command('list')
    .description('all numbers')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const { dids } = await withConnection((connection) => connection.get<{ dids: DidRecord[] }>('/dids'));
      print(dids, {
        json: options.json,
        columns: [
          { title: 'number', of: (row) => row.number },
          { title: 'flow', of: (row) => row.flow },
          { title: 'language', of: (row) => row.language },
          { title: 'team', of: (row) => row.team },
        ],
      });
    });
}
