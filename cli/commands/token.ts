// token create
import type { Command } from 'commander';
import { withConnection } from '../connection.ts';
import { commaList, wholeNumber } from '../options.ts';
import { print } from '../output.ts';

interface Options {
  roles?: string;
  channels?: string;
  agent?: string;
  days?: string;
  json?: boolean;
}

export function addTokenCommands(switchroom: Command): void {
  const token = switchroom.command('token').description('tokens for programs that use the API');
  token
    .command('create <name>')
    .description('create a token; it is shown once')
    .option('--roles <list>', 'agent, supervisor, admin (default: supervisor)')
    .option('--channels <list>', 'a connector of these digital channels, without a role')
    .option('--agent <login>', 'the token acts as this agent (synthetic agents)')
    .option('--days <n>', 'ends after so many days (default: never)')
    .option('--json', 'print JSON')
    .action(async (name: string, options: Options) => {
      const { roles = options.channels === undefined ? 'supervisor' : '' } = options;
      const body = {
        name,
        roles: commaList(roles),
        ...(options.channels === undefined ? {} : { channels: commaList(options.channels) }),
        ...(options.agent === undefined ? {} : { agent: options.agent }),
        ...(options.days === undefined
          ? {}
          : { endsAt: Date.now() + wholeNumber('--days', options.days) * 86_400_000 }),
      };
      const { token: secret } = await withConnection((connection) =>
        connection.post<{ token: string }>('/tokens', body),
      );
      if (options.json) print([{ name, token: secret }], { json: true });
      else process.stdout.write(`${secret}\n`);
    });
}
