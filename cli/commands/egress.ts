// uplink, egress: what leaves the site for the cloud, and the key with which it signs.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { newSiteKey } from '../../uplink/index.ts';
import { withConnection } from '../connection.ts';
import { failed } from '../errors.ts';
import { wholeNumber } from '../options.ts';
import { print } from '../output.ts';

interface Options {
  json?: boolean;
}

interface Finding {
  line: number;
  column: number;
  sentence: string;
}

interface Batch {
  batch: number;
  at: number;
  after: number;
  upto: number;
  sent: Record<string, number>;
  kept: number;
  wire: number;
  digest: string;
}

export function addEgressCommands(switchroom: Command): void {
  const uplink = switchroom.command('uplink').description('the line to the cloud: key, status');
  uplink
    .command('key <file>')
    .description("make this site's key; prints the public half, which the cloud is given")
    .action((file: string) => {
      if (existsSync(file)) throw failed['site-key-there']({ file });
      const { privateKey, publicKey } = newSiteKey();
      writeFileSync(file, privateKey, { mode: 0o600, flag: 'wx' });
      process.stdout.write(`${publicKey}\n`);
    });
  uplink
    .command('status')
    .description('how far the cloud has the journal of this site')
    .option('--json', 'print JSON')
    .action(async ({ json }: Options) => {
      const { uplink: status } = await withConnection((connection) =>
        connection.get<{ uplink?: Record<string, unknown> }>('/uplink'),
      );
      if (json) print([status ?? {}], { json });
      else if (!status) process.stdout.write('No cloud is configured: everything stays here.\n');
      else for (const [name, value] of Object.entries(status)) process.stdout.write(`${name.padEnd(10)} ${value}\n`);
    });

  const egress = switchroom.command('egress').description('what may leave the site: check, sample, log, verify');
  egress
    .command('check <file>')
    .description('say what is wrong in an egress policy, with line and column')
    .option('--json', 'print JSON')
    .action(async (file: string, { json }: Options) => {
      const policy = readFileSync(file, 'utf8');
      const { findings } = await withConnection((connection) =>
        connection.post<{ findings: Finding[] }>('/egress/check', { policy }),
      );
      if (json) print(findings, { json });
      for (const { line, column, sentence } of json ? [] : findings)
        process.stdout.write(`${file}:${line}:${column} ${sentence}\n`);
      if (findings.length > 0) process.exitCode = 1;
      else if (!json) process.stdout.write(`${file} is in order.\n`);
    });
  egress
    .command('sample')
    .description('show what would leave of the newest events: one JSON line each, `-` what stays')
    .option('--last <n>', 'so many events', '20')
    .option('--policy <file>', 'as that policy says, instead of the one in use')
    .action(async ({ last, policy }: { last: string; policy?: string }) => {
      const body = {
        last: wholeNumber('--last', last),
        ...(policy === undefined ? {} : { policy: readFileSync(policy, 'utf8') }),
      };
      const { events } = await withConnection((connection) =>
        connection.post<{ events: { event: Record<string, unknown>; leaves?: Record<string, unknown> }[] }>(
          '/egress/sample',
          body,
        ),
      );
      for (const { event, leaves } of events)
        process.stdout.write(leaves ? `+ ${JSON.stringify(leaves)}\n` : `- ${event.seq} ${event.type}\n`);
    });
  egress
    .command('log')
    .description('what left, batch by batch, newest first')
    .option('--limit <n>', 'so many', '20')
    .option('--json', 'print JSON')
    .action(async ({ limit, json }: Options & { limit: string }) => {
      const count = wholeNumber('--limit', limit);
      const { batches } = await withConnection((connection) =>
        connection.get<{ batches: Batch[] }>(`/egress/log?limit=${count}`),
      );
      if (json) return print(batches, { json });
      print(batches, {
        columns: [
          { title: 'batch', of: (one) => one.batch },
          { title: 'at', of: (one) => new Date(one.at).toISOString() },
          { title: 'events', of: (one) => `${one.after + 1}–${one.upto}` },
          { title: 'sent', of: (one) => Object.values(one.sent).reduce((sum, many) => sum + many, 0) },
          { title: 'kept', of: (one) => one.kept },
          { title: 'bytes', of: (one) => one.wire },
          { title: 'digest', of: (one) => one.digest.slice(0, 12) },
        ],
      });
    });
  egress
    .command('verify <batch>')
    .description('make a batch again from journal and policy, and compare it with what left')
    .action(async (batch: string) => {
      const { same, erasedSince } = await withConnection((connection) =>
        connection.get<{ same: boolean; erasedSince: boolean }>(`/egress/log/${wholeNumber('batch', batch)}`),
      );
      const because = erasedSince ? ': a person in it was erased since' : '';
      process.stdout.write(same ? `Batch ${batch} is what left.\n` : `Batch ${batch} differs${because}.\n`);
      if (!same) process.exitCode = 1;
    });
}
