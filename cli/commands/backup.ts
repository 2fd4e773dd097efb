// backup, restore, audit: what is kept, kept twice; and whether it is still what it was.
import { existsSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { readSettings } from '../../config/index.ts';
import {
  type DataReport,
  findings,
  inspectData,
  readPassphrase,
  restoreBackup,
  takeBackup,
  verifyBackup,
} from '../../server/backup/index.ts';
import { databaseFile } from '../../server/journal/index.ts';
import { configurationFile } from '../configuration-file.ts';
import { noteCommand } from '../connection.ts';
import { failed } from '../errors.ts';
import { wholeNumber } from '../options.ts';
import { megabytes } from '../output.ts';
import { tellPlaces } from '../restored-places.ts';
import { version } from '../version.ts';

interface Options {
  passphraseFile: string;
  json?: boolean;
}

/** Calls go first: a backup may take longer. */
const gentle = 10;

const say = (line: string) => process.stdout.write(`${line}\n`);

export function addBackupCommands(switchroom: Command): void {
  const backup: Command = switchroom
    .command('backup')
    .description('copy everything, encrypted, while calls go on; verify a copy')
    .argument('[target]', 'a folder that many backups share, or a new file named ….backup')
    .option('--passphrase-file <file>', 'what the key is made of: 16 characters or more, mode 0600')
    .option('--keep <n>', 'in a folder: only the newest n backups stay')
    .option('--json', 'print JSON')
    .action(async (target: string | undefined, options: Partial<Options> & { keep?: string }) => {
      if (target === undefined) backup.help({ error: true });
      if (options.passphraseFile === undefined) needsPassphrase(backup);
      setPriority(gentle);
      const settings = readSettings();
      await noteCommand('backup');
      const taken = await takeBackup({
        settings,
        configuration: configurationFile(),
        to: resolve(target),
        passphrase: readPassphrase(options.passphraseFile),
        version,
        now: Date.now(),
        keep: options.keep === undefined ? undefined : wholeNumber('--keep', options.keep),
      });
      if (options.json) {
        say(JSON.stringify(taken));
        return;
      }
      const { manifest, files, bytes, fresh, pruned, journalLast } = taken;
      say(`${target} holds ${manifest}: ${files} files, ${megabytes(bytes)}, the journal up to event ${journalLast}.`);
      say(`${fresh.files} files (${megabytes(fresh.bytes)}) were new; ${pruned} old ones went.`);
      say(`Whether it can be restored: switchroom backup verify ${target} --passphrase-file ${options.passphraseFile}`);
    });
  backup
    .command('verify <backup>')
    .description('read all of it, and check every file, the database, the journal and all checksums')
    .option('--which <manifest>', 'an older backup of the folder')
    .option('--set-aside', 'move what is damaged into <backup>/damaged, so that the next backup writes it again')
    .action(async (from: string, { which, setAside }: { which?: string; setAside?: boolean }) => {
      setPriority(gentle);
      const { passphraseFile, json } = backup.opts<Options>();
      if (passphraseFile === undefined) needsPassphrase(backup);
      const passphrase = readPassphrase(passphraseFile);
      const { manifest, report, sameEnd, ...verified } = await verifyBackup({
        from: resolve(from),
        passphrase,
        which,
        setAside,
      });
      const wrong = [
        ...verified.damaged,
        ...findings(report),
        ...(sameEnd ? [] : ['journal: it does not end where it ended when the backup was taken']),
      ];
      if (json) say(JSON.stringify({ at: manifest.at, site: manifest.site, wrong, report }));
      else {
        tell(`The backup of ${new Date(manifest.at).toISOString()} (site ${manifest.site})`, report, wrong);
        if (verified.setAside > 0)
          say(
            `${verified.setAside} damaged parts are in ${join(from, 'damaged')} now: the next backup writes them again.`,
          );
      }
      if (wrong.length > 0) process.exitCode = 1;
    });

  switchroom
    .command('restore <backup>')
    .description('put a backup back into a new data folder')
    .requiredOption('--data <folder>', 'where to; must be empty or not there')
    .requiredOption('--passphrase-file <file>', 'of the backup')
    .option('--flows <folder>', 'where the flows go; default <data>/restored/flows')
    .option('--which <manifest>', 'an older backup of the folder')
    .option('--force', 'move what is there aside first')
    .option('--what-is-whole', 'without the files that are damaged in the backup')
    .action(restore);

  switchroom
    .command('audit')
    .description('verify the hash chain of the journal and the checksum of every recording and attachment')
    .option('--data <folder>', 'of another data folder than the configured one')
    .option('--json', 'print JSON')
    .action(async ({ data, json }: { data?: string; json?: boolean }) => {
      setPriority(gentle);
      const settings = readSettings();
      const folder = resolve(data ?? settings.data);
      if (!existsSync(join(folder, databaseFile)))
        throw failed['option-invalid']({ option: '--data', reason: `there is no ${databaseFile} in ${folder}` });
      const report = await inspectData(folder);
      const wrong = findings(report);
      if (json) say(JSON.stringify({ data: folder, wrong, report }));
      else {
        tell(folder, report, wrong);
        if (report.recordings.away > 0)
          say(
            `${report.recordings.away} recordings are still with ${settings.media}: they come here when it is up, and are looked at then.`,
          );
      }
      if (wrong.length > 0) process.exitCode = 1;
    });
}

interface RestoreOptions extends Options {
  data: string;
  flows?: string;
  which?: string;
  force?: boolean;
  whatIsWhole?: boolean;
}

async function restore(from: string, { passphraseFile, ...options }: RestoreOptions): Promise<void> {
  const passphrase = readPassphrase(passphraseFile);
  const restored = await restoreBackup({ ...options, from: resolve(from), passphrase, now: Date.now() });
  const { manifest, damaged } = restored;
  say(`Restored what site ${manifest.site} was at ${new Date(manifest.at).toISOString()} into ${restored.data}.`);
  if (restored.aside) say(`What was there before is in ${restored.aside}.`);
  for (const line of damaged) say(`LEFT OUT ${line}`);
  tellPlaces(restored, options.flows);
  say(`The journal ends with event ${manifest.journal.last}. What was written after the backup is lost here;`);
  say('a cloud that knows more is given nothing until you decide (switchroom uplink settle): docs/deploy.md.');
  say('Never run the old and the restored site at the same time.');
}

function tell(what: string, { chain, end, recordings, attachments }: DataReport, wrong: string[]): void {
  say(`${what}:`);
  say(`  journal      ${chain.events} events in one chain, ${chain.erased} of them with erased personal fields`);
  say(`               ends with event ${end.seq}, hash ${end.hash}: note both elsewhere`);
  say(
    `  recordings   ${recordings.right} right, ${recordings.without} without a checksum, ${recordings.removed} removed by rule`,
  );
  say(`  attachments  ${attachments.right} right`);
  for (const line of wrong) say(`WRONG ${line}`);
  say(wrong.length === 0 ? 'Nothing is wrong.' : `${wrong.length} things are wrong.`);
}

function needsPassphrase(command: Command): never {
  command.error('error: --passphrase-file FILE is needed: a backup is always encrypted');
}
