// trunk add|list
import type { Command } from 'commander';
import type { TrunkRecord } from '../../server/index.ts';
import { withConnection } from '../connection.ts';
import { failed } from '../errors.ts';
import { commaList, wholeNumber } from '../options.ts';
import { print } from '../output.ts';

interface AddOptions {
  sources?: string;
  uri?: string;
  user?: string;
  secretFile?: string;
  country: string;
  maxCalls?: string;
  team?: string;
}

type TrunkView = Omit<TrunkRecord, 'inboundAuth' | 'outboundAuth'> & {
  inboundAuth?: { user: string };
  outboundAuth?: { user: string };
};

export function addTrunkCommands(switchroom: Command): void {
  const trunk = switchroom.command('trunk').description('lines to carriers and PBXs: add, list');
  trunk
    .command('add <name>')
    .description('add a trunk; its secret is read from standard input or a file, never from the command line')
    .option('--sources <list>', 'addresses or networks that calls come from: 192.0.2.0/24')
    .option('--uri <uri>', 'where outgoing calls go: sip:gw.example:5060;transport=tcp')
    .option('--user <user>', 'they challenge us: our user there; the secret comes from --secret-file or standard input')
    .option('--secret-file <file>', 'file with the secret')
    .option('--country <code>', 'ISO 3166, for numbers without a country code', 'CN')
    .option('--max-calls <n>', 'calls at once')
    .option('--team <team>', 'team')
    .action(add);
  trunk
    .command('list')
    .description('all trunks')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const { trunks } = await withConnection((connection) => connection.get<{ trunks: TrunkView[] }>('/trunks'));
      print(trunks, {
        json: options.json,
        columns: [
          { title: 'trunk', of: (row) => row.name },
          { title: 'sources', of: (row) => row.sources.join(',') },
          { title: 'out to', of: (row) => row.uri },
          { title: 'our user', of: (row) => row.outboundAuth?.user },
          { title: 'their user', of: (row) => row.inboundAuth?.user },
          { title: 'country', of: (row) => row.country },
          { title: 'most calls', of: (row) => row.maxCalls },
        ],
      });
    });
}

async function add(name: string, options: AddOptions): Promise<void> {
  if (options.sources === undefined && options.uri === undefined) {
    throw failed['option-invalid']({ option: '--sources', reason: 'give --sources, --uri, or both' });
  }
  const secret = options.user === undefined ? undefined : await readSecret(options.secretFile);
  await withConnection((connection) =>
    connection.put(`/trunks/${encodeURIComponent(name)}`, {
      sources: commaList(options.sources),
      country: options.country,
      ...(options.uri === undefined ? {} : { uri: options.uri }),
      ...(options.user === undefined ? {} : { outboundAuth: { user: options.user, secret } }),
      ...(options.maxCalls === undefined ? {} : { maxCalls: wholeNumber('--max-calls', options.maxCalls) }),
      ...(options.team === undefined ? {} : { team: options.team }),
    }),
  );
  process.stdout.write(`Trunk ${name} is there.\n`);
}

/** A secret on a command line is seen by everybody who lists processes. */
async function readSecret(file: string | undefined): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  const text = file === undefined ? await readInput() : await readFile(file, 'utf8');
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') throw failed['option-invalid']({ option: '--secret-file', reason: 'the secret is empty' });
  return secret;
}

async function readInput(): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write('Secret (then Enter and Ctrl-D): ');
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const part of process.stdin) text += part as string;
  return text;
}
