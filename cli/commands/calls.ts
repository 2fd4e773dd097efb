// calls: what is going on now.
import type { Command } from 'commander';
import type { CallView } from '../../server/index.ts';
import { withRunningServer } from '../connection.ts';
import { print } from '../output.ts';

export function addCallsCommand(switchroom: Command): void {
  switchroom
    .command('calls')
    .description('the calls of this moment')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const { calls } = await withRunningServer((connection) => connection.get<{ calls: CallView[] }>('/live/calls'));
      const now = Date.now();
      print(calls, {
        json: options.json,
        columns: [
          { title: 'interaction', of: (row) => row.interaction },
          { title: 'from', of: (row) => row.from },
          { title: 'to', of: (row) => row.to },
          { title: 'phase', of: (row) => row.phase },
          { title: 'for s', of: (row) => Math.round((now - row.since) / 1000) },
          { title: 'in all s', of: (row) => Math.round((now - row.startedAt) / 1000) },
          { title: 'where', of: (row) => row.queue ?? (row.flow && `${row.flow}/${row.node ?? ''}`) },
          { title: 'agent', of: (row) => row.agent },
          { title: 'recording', of: (row) => row.recording },
        ],
      });
    });
}
