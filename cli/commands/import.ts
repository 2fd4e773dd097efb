// import agents|numbers FILE: from CSV, all or nothing.
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { withConnection } from '../connection.ts';
import { failed } from '../errors.ts';
import { print } from '../output.ts';

interface Options {
  dryRun?: boolean;
  passwords?: boolean;
  json?: boolean;
}

interface Outcome {
  created: string[];
  changed: string[];
  secrets?: { login: string; password?: string; sipSecret?: string }[];
}

export function addImportCommands(switchroom: Command): void {
  const imports = switchroom.command('import').description('agents and numbers from CSV: all of it or nothing');
  imports
    .command('agents <file>')
    .description('columns: login, name, roles, language, phone, skills, queues, team, voice, auto_answer, disabled')
    .option('--dry-run', 'check everything, change nothing')
    .option('--passwords', 'generate passwords for who has none; they are shown once')
    .option('--json', 'print JSON')
    .action((file: string, options: Options) => run('agents', file, options));
  imports
    .command('numbers <file>')
    .description('columns: number, flow, language, team')
    .option('--dry-run', 'check everything, change nothing')
    .option('--json', 'print JSON')
    .action((file: string, options: Options) => run('dids', file, options));
}

async function run(what: 'agents' | 'dids', file: string, { dryRun = false, passwords, json }: Options): Promise<void> {
  let csv: string;
  try {
    csv = readFileSync(file, 'utf8');
  } catch (error) {
    throw failed['option-invalid']({ option: '<file>', reason: (error as Error).message });
  }
  const body = { csv, dryRun, ...(passwords ? { passwords } : {}) };
  const outcome = await withConnection((connection) => connection.post<Outcome>(`/imports/${what}`, body));
  if (json) {
    process.stdout.write(`${JSON.stringify(outcome, null, 2)}\n`);
    return;
  }
  const { created, changed, secrets = [] } = outcome;
  process.stdout.write(`${dryRun ? 'Would be' : 'Were'} made: ${created.length}; changed: ${changed.length}.\n`);
  if (secrets.length === 0) return;
  print(secrets, {
    columns: [
      { title: 'login', of: (row) => row.login },
      { title: 'password', of: (row) => row.password },
      { title: 'phone secret', of: (row) => row.sipSecret },
    ],
  });
  process.stdout.write('Shown only now.\n');
}
