// drain, restart, hold, retention: what those do who run the site.
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as rest } from 'node:timers/promises';
import type { Command } from 'commander';
import { readSettings } from '../../config/index.ts';
import { checkPolicy } from '../../server/retention/index.ts';
import { askRestart } from '../../supervisor/index.ts';
import { noteCommand, withRunningServer } from '../connection.ts';
import { failed } from '../errors.ts';
import { wholeNumber } from '../options.ts';
import { print } from '../output.ts';

interface Drain {
  since?: number;
  calls: number;
  conversations: number;
}

interface Hold {
  id: string;
  kind: string;
  subject: string;
  reason: string;
  at: number;
  by: string;
}

const lookMs = 1_000;
const say = (line: string) => process.stdout.write(`${line}\n`);

export function addOperateCommands(switchroom: Command): void {
  switchroom
    .command('drain')
    .description('take no new calls (503, Retry-After), and wait until those under way have ended')
    .option('--wait <seconds>', 'at most so long; then exit code 1, and still nothing new is taken', '3600')
    .option('--cancel', 'take new calls again')
    .option('--status', 'only say how it stands')
    .action(async ({ wait, cancel, status }: { wait: string; cancel?: boolean; status?: boolean }) => {
      const seconds = wholeNumber('--wait', wait);
      await withRunningServer(async (connection) => {
        if (cancel) {
          await connection.remove('/drain');
          return say('New calls are taken again.');
        }
        let now = status ? await connection.get<Drain>('/drain') : await connection.put<Drain>('/drain', {});
        if (status) {
          const how = now.since === undefined ? 'All is taken' : `Draining since ${new Date(now.since).toISOString()}`;
          return say(`${how}: ${now.calls} calls, ${now.conversations} digital conversations under way.`);
        }
        const end = performance.now() + seconds * 1_000;
        for (let said = -1; now.calls > 0 && performance.now() < end; now = await connection.get<Drain>('/drain')) {
          if (now.calls !== said) say(`${now.calls} calls are still under way.`);
          said = now.calls;
          await rest(lookMs);
        }
        if (now.calls > 0) {
          say(`After ${seconds} seconds ${now.calls} calls are still under way; no new ones are taken.`);
          process.exitCode = 1;
        } else say(`No call is under way. ${now.conversations} digital conversations stay over a restart.`);
      });
    });

  switchroom
    .command('restart <program>')
    .description('server or sidecar: a planned restart while calls go on; the next server takes them up (an upgrade)')
    .action(async (program: string) => {
      await noteCommand(`restart ${program}`);
      const answer = await askRestart(readSettings(), program);
      if ('refused' in answer) throw failed['cli-refused']({ reason: answer.refused });
      say(`The ${answer.restarted} runs again; there was none for ${answer.ms} ms.`);
    });

  addHoldCommands(switchroom);
  addRetentionCommands(switchroom);
}

function addHoldCommands(switchroom: Command): void {
  const hold = switchroom.command('hold').description('legal holds: what nothing and nobody may take away');
  hold
    .command('place <kind> <subject> <reason>')
    .description('kind is customer, interaction or queue; subject its id')
    .action(async (kind: string, subject: string, reason: string) => {
      const { id } = await withRunningServer((api) => api.post<Hold>('/holds', { kind, subject, reason }));
      say(`${id} holds ${kind} ${subject}.`);
    });
  hold
    .command('release <id>')
    .description('end a hold')
    .action(async (id: string) => {
      await withRunningServer((api) => api.remove(`/holds/${encodeURIComponent(id)}`));
      say(`${id} is released.`);
    });
  hold
    .command('list')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const { holds } = await withRunningServer((api) => api.get<{ holds: Hold[] }>('/holds'));
      if (json) return print(holds, { json });
      print(holds, {
        columns: [
          { title: 'hold', of: (one) => one.id },
          { title: 'since', of: (one) => new Date(one.at).toISOString() },
          { title: 'what', of: (one) => `${one.kind} ${one.subject}` },
          { title: 'reason', of: (one) => one.reason },
          { title: 'by', of: (one) => one.by },
        ],
      });
    });
}

function addRetentionCommands(switchroom: Command): void {
  const retention = switchroom.command('retention').description('how long what is kept: check, run');
  retention
    .command('check [file]')
    .description('say what is wrong in a policy (default: the configured retention.json), with line and column')
    .action((file: string | undefined) => {
      const path = file ?? readSettings().retention;
      if (file === undefined && !existsSync(path)) {
        say(`There is no ${path}: everything is kept.`);
        return;
      }
      const { findings, rules } = checkPolicy(readFileSync(path, 'utf8'));
      for (const { line, column, sentence } of findings) say(`${path}:${line}:${column} ${sentence}`);
      if (findings.length > 0) process.exitCode = 1;
      for (const { name, kind, days, queues } of rules)
        say(`${name}: ${kind} of ${queues?.join(', ') ?? 'all other queues'} go ${days} days after the contact ended`);
    });
  retention
    .command('run')
    .description('apply the rules now, as the daily job does')
    .option('--dry-run', 'only say how much would go')
    .option('--json', 'print JSON')
    .action(async ({ dryRun = false, json }: { dryRun?: boolean; json?: boolean }) => {
      const { rules } = await withRunningServer((api) =>
        api.post<{ rules: { rule: string; kind: string; days: number; count: number }[] }>('/retention/run', {
          dryRun,
        }),
      );
      if (json) return print(rules, { json });
      for (const { rule, kind, days, count } of rules)
        say(`${rule}: ${count} ${kind} older than ${days} days ${dryRun ? 'would go' : 'went'}`);
      if (rules.length === 0) say('There are no rules: everything is kept.');
    });
}
