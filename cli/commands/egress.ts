// uplink, egress: what leaves the site for the cloud, and the key with which it signs.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { newSiteKey } from '../../uplink/index.ts';
import { withConnection, withRunningServer } from '../connection.ts';
import { failed } from '../errors.ts';
import { wholeNumber } from '../options.ts';
import { print } from '../output.ts';

interface Options {
  json?: boolean;
}

interface Status {
  state: string;
  halt?: { after: number; cursor: number };
  [more: string]: unknown;
}

interface Finding {
  line: number;
  column: number;
  sentence: string;
}

interface Seal {
  file: string;
  firstBatch: number;
  lastBatch: number;
  sent: number;
  kept: number;
  seal: string;
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

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** What there is, and where it is halted, what it means and what can be done. */
function tellStatus({ halt, ...status }: Status): void {
  for (const [name, value] of Object.entries(status)) say(`${name.padEnd(10)} ${value}`);
  if (!halt) return;
  const { after, cursor } = halt;
  say('');
  say(
    `Halted: this data was restored from a backup that is not the newest. Up to event ${after} the cloud has the same;`,
  );
  say(
    `events ${after + 1} to ${cursor} of the cloud are of the time after the backup, and are not here. Calls go on; nothing is sent.`,
  );
  say('  switchroom uplink settle --dry-run   says what would become of them');
  say('  switchroom uplink settle             sets them aside in the cloud, loses nothing, and goes on');
  say(`Who runs the cloud can drop them instead: switchroom cloud site-settle <tenant> <site> --after ${after} --drop`);
}

export function addEgressCommands(switchroom: Command): void {
  const uplink = switchroom.command('uplink').description('the line to the cloud: key, status, settle');
  uplink
    .command('key <file>')
    .description("make this site's key; prints the public half, which the cloud is given")
    .action((file: string) => {
      if (existsSync(file)) throw failed['site-key-there']({ file });
      const { privateKey, publicKey } = newSiteKey();
      mkdirSync(dirname(resolve(file)), { recursive: true, mode: 0o700 });
      writeFileSync(file, privateKey, { mode: 0o600, flag: 'wx' });
      process.stdout.write(`${publicKey}\n`);
    });
  uplink
    .command('status')
    .description('how far the cloud has the journal of this site')
    .option('--json', 'print JSON')
    .action(async ({ json }: Options) => {
      const { uplink: status } = await withConnection((connection) => connection.get<{ uplink?: Status }>('/uplink'));
      if (json) print([status ?? {}], { json });
      else if (!status) process.stdout.write('No cloud is configured: everything stays here.\n');
      else tellStatus(status);
    });
  uplink
    .command('settle')
    .description(
      'where it is halted after a restore: the cloud sets aside what only it has, and the site goes on after what both have',
    )
    .option('--dry-run', 'only say what would be set aside')
    .option('--json', 'print JSON')
    .action(async ({ dryRun = false, json }: Options & { dryRun?: boolean }) => {
      const settled = await withRunningServer((connection) =>
        connection.post<{ after: number; cursor: number; aside?: string; events: number; contacts: number }>(
          '/uplink/settle',
          { dryRun },
        ),
      );
      if (json) return print([settled], { json });
      const { after, cursor, aside = 'nothing', events, contacts } = settled;
      const how = dryRun ? 'would be set aside' : 'are set aside';
      say(`Up to event ${after} cloud and site have the same; ${events} events after it, up to ${cursor}, ${how}`);
      say(`in the cloud as site ${aside}, with ${contacts} contacts: reports and timelines show them there.`);
      if (dryRun) say('Nothing was changed. Without --dry-run it is done, and the uplink goes on.');
      else
        say(
          `The uplink goes on after event ${after}. That it was settled, and by whom, is in the journal and in the cloud.`,
        );
    });

  const egress = switchroom.command('egress').description('what may leave the site: check, sample, log, verify, seals');
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
    .command('seals')
    .description(
      'days of the log that went into sealed files; --verify looks at every file and the whole chain of seals',
    )
    .option('--verify', 'whether one is missing, was changed, or is unknown to the journal')
    .option('--json', 'print JSON')
    .action(async ({ verify, json }: Options & { verify?: boolean }) => {
      if (!verify) {
        const { seals } = await withConnection((connection) => connection.get<{ seals: Seal[] }>('/egress/seals'));
        if (json) return print(seals, { json });
        return print(seals, {
          columns: [
            { title: 'file', of: (one) => one.file },
            { title: 'batches', of: (one) => `${one.firstBatch}–${one.lastBatch}` },
            { title: 'sent', of: (one) => one.sent },
            { title: 'kept', of: (one) => one.kept },
            { title: 'seal', of: (one) => one.seal.slice(0, 12) },
          ],
        });
      }
      const report = await withConnection((connection) =>
        connection.post<{ seals: number; batches: number; wrong: string[] }>('/egress/seals/verify', {}),
      );
      if (json) print([report], { json });
      else {
        for (const line of report.wrong) say(`WRONG ${line}`);
        say(`${report.seals} files with ${report.batches} batches: ${report.wrong.length} things are wrong.`);
      }
      if (report.wrong.length > 0) process.exitCode = 1;
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
