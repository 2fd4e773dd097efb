// move: a site goes to another machine, or into the cloud, without losing anything, and is never in two places.
import { setPriority } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { readSettings } from '../../config/index.ts';
import {
  arrive,
  comeBack,
  type LeavePlan,
  leave,
  planArrive,
  planLeave,
  readPassphrase,
} from '../../server/backup/index.ts';
import { configurationFile } from '../configuration-file.ts';
import { megabytes } from '../output.ts';
import { tellPlaces } from '../restored-places.ts';
import { version } from '../version.ts';

interface Options {
  passphraseFile: string;
  dryRun?: boolean;
  json?: boolean;
}

/** Calls go first, where some are still under way on this machine. */
const gentle = 10;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

export function addMoveCommands(switchroom: Command): void {
  const move = switchroom
    .command('move')
    .description('bring a site to another machine, or into the cloud: out here, in there (docs/deploy.md)');
  move
    .command('out <vault>')
    .description('the old side: a last backup into a folder, verified; from then on nothing starts here')
    .requiredOption('--passphrase-file <file>', 'what the key is made of: 16 characters or more, mode 0600')
    .option('--dry-run', 'only say what would be done; the server may run')
    .option('--json', 'print JSON')
    .action(out);
  move
    .command('in <vault>')
    .description('the new side: restored, and verified against what was there')
    .requiredOption('--data <folder>', 'the new data folder: empty, or not there')
    .requiredOption('--passphrase-file <file>', 'of the old side')
    .option('--flows <folder>', 'where the flows go; default <data>/restored/flows')
    .option('--what-is-whole', 'without the files that are damaged in the vault')
    .option('--dry-run', 'only say what would be done')
    .option('--json', 'print JSON')
    .action(into);
  move
    .command('back')
    .description('undo a move that has not arrived: the old side may start again')
    .action(() => {
      const { site, journal } = comeBack(readSettings());
      say(`The site ${site} is here again, up to event ${journal.last}. Nothing can arrive from that move any more.`);
    });
}

async function out(to: string, { passphraseFile, dryRun = false, json }: Options): Promise<void> {
  setPriority(gentle);
  const settings = readSettings();
  const options = {
    settings,
    configuration: configurationFile(),
    vault: resolve(to),
    passphrase: readPassphrase(passphraseFile),
  };
  const plan = await planLeave(options);
  if (dryRun && json) return say(JSON.stringify(plan));
  if (!json) tellPlan(plan, options.vault);
  if (dryRun) return;
  const note = await leave({ ...options, version, now: Date.now() });
  if (json) return say(JSON.stringify(note));
  const rows = Object.values(note.rows).reduce((sum, count) => sum + count, 0);
  say('');
  say(`The site ${note.site} has left: ${note.files} files (${megabytes(note.bytes)}), ${rows} rows in the database,`);
  say(`the journal up to event ${note.journal.last}, hash ${note.journal.hash}.`);
  say('It was read once from there and compared. Nothing starts on the old data any more. On the new machine:');
  say(`  switchroom move in ${to} --passphrase-file ${passphraseFile} --data <new folder>`);
  say('If it never starts there: switchroom move back, here.');
}

function tellPlan(plan: LeavePlan, to: string) {
  const { site, data, holder, fence, journalLast, files, bytes, fresh, freeBytes, scratch } = plan;
  say(`The site ${site} in ${data}: ${files} files (${megabytes(bytes)}), the journal up to event ${journalLast}.`);
  if (fence)
    say(`It has left for ${fence.to} at ${new Date(fence.at).toISOString()}; what is missing there is done again.`);
  if (holder) say(`A server runs on it (process ${holder.pid ?? 'unknown'}): "switchroom drain", then stop it, first.`);
  say('What is done:');
  say(`  1. ${fresh.files} files (${megabytes(fresh.bytes)}) are written to ${to}, encrypted; the others are there.`);
  say(`     There is room for ${megabytes(freeBytes)}.`);
  say(
    '  2. All of it is read from there: every file, the hash chain, every checksum of a recording. A copy of the database',
  );
  say(
    `     (${megabytes(scratch.bytes)}) lies in ${scratch.folder} meanwhile, where there is room for ${megabytes(scratch.freeBytes)}.`,
  );
  say('  3. The old data gets a fence: no server starts on it any more.');
}

interface IntoOptions extends Options {
  data: string;
  flows?: string;
  whatIsWhole?: boolean;
}

async function into(from: string, options: IntoOptions): Promise<void> {
  setPriority(gentle);
  const { passphraseFile, data, flows, whatIsWhole, dryRun = false, json } = options;
  const vault = resolve(from);
  const { note, freeBytes, used } = await planArrive({ vault, data });
  if (dryRun && json) return say(JSON.stringify({ note, freeBytes, used }));
  if (!json) {
    say(`The site ${note.site} left ${note.from} at ${new Date(note.at).toISOString()} (version ${note.version}):`);
    say(`  ${note.files} files (${megabytes(note.bytes)}), the journal up to event ${note.journal.last}.`);
    say(
      `It is restored into ${resolve(data)} (room for ${megabytes(freeBytes)}), and compared row by count, chain and checksums.`,
    );
    if (used) say('There is something already: it is taken only if an earlier run has restored just that.');
  }
  if (dryRun) return;
  const arrived = await arrive({
    vault,
    passphrase: readPassphrase(passphraseFile),
    data,
    flows,
    whatIsWhole,
    now: Date.now(),
  });
  if (json) return say(JSON.stringify(arrived));
  say('');
  say(
    `The site ${note.site} has arrived: the journal ends with event ${note.journal.last}, hash ${note.journal.hash};`,
  );
  say(`${arrived.recordings} recordings have the checksums of their records, and every table its rows.`);
  const { restored } = arrived;
  for (const line of restored?.damaged ?? []) say(`LEFT OUT ${line}`);
  if (arrived.lost.length > 0) say(`Did not arrive, as the vault has lost them: ${arrived.lost.join(', ')}.`);
  if (restored) tellPlaces(restored, flows);
  else if (arrived.flows !== undefined)
    say(`Flows are in ${arrived.flows}${flows === undefined ? ': move them, or set SWITCHROOM_FLOWS' : ''}.`);
  say('Look at addresses and paths in the settings, start it, then: switchroom drain --cancel (the drain came along).');
}
