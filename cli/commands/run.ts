// start (everything), edge, serve and sidecar (one program each, for service managers that watch them themselves).
import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { edgeParts, readSettings, type Settings } from '../../config/index.ts';
import {
  type EdgeReady,
  noteServer,
  runFolder,
  type ServerReady,
  Supervisor,
  siteSecret,
} from '../../supervisor/index.ts';
import { bringDemoChat } from '../demo-chat.ts';
import { failed } from '../errors.ts';
import { readyText } from '../ready-text.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const mains = {
  edge: join(root, 'edge', 'main.ts'),
  server: join(root, 'server', 'main.ts'),
  sidecar: join(root, 'sidecar', 'main.ts'),
};

export function addRunCommands(switchroom: Command): void {
  switchroom
    .command('start')
    .description(
      'start edge, server and (with a sidecar.json) sidecar together, with a demo at the first start; Ctrl-C stops them',
    )
    .action(start);
  switchroom.command('edge').description('run the edge alone (SIP and media), in the foreground').action(edge);
  switchroom
    .command('serve')
    .description('run the server alone (needs an edge on the same data), in the foreground')
    .action(serve);
  switchroom
    .command('sidecar')
    .description('run the sidecar alone (digital channels of sidecar.json), in the foreground')
    .action(sidecar);
}

/**
 * Flows and moments that came with the product, where there are none yet: a new data folder, a container, another working folder.
 * @throws restored-not-placed
 */
function bringFlows({ data, flows, moments }: Settings): void {
  bring('ivr-flows', flows, join(data, 'restored', 'flows'));
  bring('moments', moments.folder, join(data, 'restored', 'moments'));
}

function bring(name: string, folder: string, restored: string): void {
  if (existsSync(folder)) return;
  // The demo's on the numbers of a restored site would be worse than none.
  if (existsSync(restored)) throw failed['restored-not-placed']({ folder, restored });
  // Whole or not at all: what is there is never touched again.
  const coming = `${folder}.coming`;
  rmSync(coming, { recursive: true, force: true });
  cpSync(join(root, name), coming, { recursive: true });
  renameSync(coming, folder);
}

/** Before any program runs, and any port is taken. @throws data-moved, data-half-restored */
async function settingsHere(): Promise<Settings> {
  const settings = readSettings();
  // Loaded only where it will refuse: the supervisor needs no database.
  if (['moved.json', 'restore.coming'].some((name) => existsSync(join(settings.data, name)))) {
    const { mustBeHere, mustBeWhole } = await import('../../server/journal/index.ts');
    mustBeHere(settings.data);
    mustBeWhole(settings.data);
  }
  return settings;
}

async function start(): Promise<void> {
  const settings = await settingsHere();
  bringFlows(settings);
  bringDemoChat(settings);
  const terminal = process.stdout.isTTY === true;
  const logs = terminal ? join(settings.data, 'log') : undefined;
  const { supervisor, edge, server, sidecar: channels, attached } = await Supervisor.start(settings, { mains, logs });

  let stops = 0;
  const stop = () => {
    stops++;
    if (stops === 1) {
      process.stdout.write('\nStopping: calls are ended, records are completed …\n');
      void supervisor.stop().then(() => {
        process.stdout.write('Stopped.\n');
        process.exit(0);
      });
    } else if (stops === 3) process.exit(1);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);

  keepFirstLogins(settings, server, terminal);
  const tookMs = performance.now();
  process.stdout.write(readyText({ settings, edge, server, sidecar: channels, attached, terminal, logs, tookMs }));
  supervisor.on('restarted', (program, why) => {
    process.stderr.write(`The ${program} ${why}; it is started again.\n`);
  });
}

/** Passwords are shown on a terminal; anywhere else they would stay in a log, so they go to a file of mode 0600. */
function keepFirstLogins(settings: Settings, server: ServerReady, terminal: boolean): void {
  if (!server.created || terminal) return;
  const lines = server.created.map(({ login, password, roles, sip }) => {
    const phone = sip ? `, SIP user ${sip.user} secret ${sip.secret}` : '';
    return `${roles.join('+')} ${login} password ${password}${phone}`;
  });
  const file = join(settings.data, 'first-logins.txt');
  // A new file, so that neither the mode nor the place of an old one counts.
  rmSync(file, { force: true });
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600, flag: 'wx' });
}

async function edge(): Promise<void> {
  const settings = await settingsHere();
  if (!edgeParts(settings)) throw failed['edge-not-wanted']();
  const run = runFolder(settings);
  const kept = join(run, 'edge.json');
  const before = existsSync(kept) ? (JSON.parse(readFileSync(kept, 'utf8')) as EdgeReady) : undefined;
  const { runEdge } = await import('../../edge/main.ts');
  const { ready, stop } = await runEdge({
    settings,
    secret: siteSecret(run),
    link: join(run, 'edge.sock'),
    drachtioPort: before?.drachtioPort ?? 0,
    ledger: join(run, 'dialogs.ledger'),
  });
  stopOnSignal(stop);
  writeFileSync(kept, JSON.stringify(ready), { mode: 0o600 });
  process.stdout.write(`The edge is ready: SIP on ${ready.sip.join(' ')}.\n`);
}

async function serve(): Promise<void> {
  const settings = await settingsHere();
  bringFlows(settings);
  const run = runFolder(settings);
  const kept = join(run, 'edge.json');
  const wanted = edgeParts(settings) !== undefined;
  if (wanted && !existsSync(kept)) throw failed['edge-not-running']({ data: settings.data });
  const drachtioPort = wanted ? (JSON.parse(readFileSync(kept, 'utf8')) as EdgeReady).drachtioPort : 0;
  const { runServer } = await import('../../server/main.ts');
  const configuration = { settings, secret: siteSecret(run), link: join(run, 'edge.sock'), drachtioPort, run };
  const { ready, stop } = await runServer(configuration);
  stopOnSignal(stop);
  noteServer(run, ready);
  keepFirstLogins(settings, ready, false);
  process.stdout.write(`The server is ready: web on ${ready.web.join(' ')}.\n`);
}

async function sidecar(): Promise<void> {
  const settings = await settingsHere();
  const run = runFolder(settings);
  const { runSidecar } = await import('../../sidecar/main.ts');
  const { ready, stop } = await runSidecar({ settings, secret: siteSecret(run), run });
  stopOnSignal(stop);
  const channels = ready.channels.length === 0 ? 'without channels' : `channels ${ready.channels.join(', ')}`;
  process.stdout.write(`The sidecar is ready: ${channels} on ${ready.web.join(' ')}.\n`);
}

function stopOnSignal(stop: (why: string) => Promise<void>): void {
  let asked = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (asked) return;
      asked = true;
      void stop('terminated').then(() => process.exit(0));
    });
  }
}
