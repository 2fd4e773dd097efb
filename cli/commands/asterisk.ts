// asterisk configure|hosts|drain|undrain: the configuration files of an Asterisk that is our media engine.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { readSecret } from '../../config/index.ts';
import type { AsteriskConfiguration, HostView } from '../../media/asterisk/index.ts';
import { withConnection } from '../connection.ts';
import { failed } from '../errors.ts';
import { commaList, wholeNumber } from '../options.ts';
import { print } from '../output.ts';

interface Options {
  secretFile: string;
  user: string;
  var: string;
  modules: string;
  data: string;
  http: string;
  https?: string;
  certificate?: string;
  key?: string;
  sip: string;
  rtp: string;
  managerPort: string;
  server: string;
  edge: string;
  maxCalls: string;
}

export function addAsteriskCommands(switchroom: Command): void {
  const asterisk = switchroom.command('asterisk').description('Asterisk as media engine');
  asterisk
    .command('configure <folder>')
    .description('write its configuration files; start it with: asterisk -f -C <folder>/asterisk.conf')
    .requiredOption(
      '--secret-file <file>',
      'the password that the server logs in with; the same as asterisk.secretFile',
    )
    .option('--user <name>', 'the name that the server logs in with', 'switchroom')
    .option('--var <folder>', 'where it writes', '/var/lib/switchroom-media')
    .option('--modules <folder>', 'where its modules are', `/usr/lib/${machine()}-linux-gnu/asterisk/modules`)
    .option('--data <folder>', 'what it came with', '/usr/share/asterisk')
    .option('--http <host:port>', 'its HTTP, for the server', '127.0.0.1:8088')
    .option('--https <host:port>', 'the same over TLS, for a server on another machine')
    .option('--certificate <file>', 'in PEM, for --https; valid for the host that the server names')
    .option('--key <file>', 'its key, in PEM')
    .option('--manager-port <port>', 'its manager, on loopback', '5038')
    .option('--sip <host:port>', 'where it takes SIP from the edge', '127.0.0.1:5080')
    .option('--rtp <host:first-last>', 'address and ports of media', '127.0.0.1:40000-49999')
    .option('--server <address>', 'where the server comes from', '127.0.0.1')
    .option('--edge <list>', 'addresses that SIP comes from', '127.0.0.1')
    .option('--max-calls <n>', '0: as many as come', '0')
    .action(configure);
  asterisk
    .command('hosts')
    .description('the hosts as the running server sees them')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const { hosts } = await withConnection((connection) => connection.get<{ hosts: HostView[] }>('/media-hosts'));
      print(hosts, {
        json: options.json,
        columns: [
          { title: 'host', of: (row) => row.name },
          { title: 'state', of: (row) => (row.draining ? `${row.state}, draining` : row.state) },
          { title: 'weight', of: (row) => String(row.weight) },
          { title: 'streams', of: (row) => String(row.endpoints) },
        ],
      });
    });
  for (const [name, draining, about] of [
    ['drain', true, 'send no new calls to a host; it can be stopped when it has no streams any more'],
    ['undrain', false, 'send new calls to a host again'],
  ] as const) {
    asterisk
      .command(`${name} <host>`)
      .description(about)
      .action(async (host: string) => {
        const path = `/media-hosts/${encodeURIComponent(host)}/draining`;
        const now = await withConnection((connection) => connection.put<HostView>(path, { draining }));
        process.stdout.write(`${now.name}: ${now.draining ? 'draining' : 'takes calls'}, ${now.endpoints} streams\n`);
      });
  }
}

async function configure(folder: string, options: Options): Promise<void> {
  const [httpAddress, httpPort] = place('--http', options.http);
  const [rtpAddress, range] = split('--rtp', options.rtp);
  const [, first, last] = /^(\d+)-(\d+)$/.exec(range) ?? [];
  if (first === undefined || last === undefined) {
    throw failed['option-invalid']({ option: '--rtp', reason: `"${range}" is not a range such as 40000-49999` });
  }
  place('--sip', options.sip);
  // Only here: other commands need not load the engine's client.
  const { writeAsteriskConfiguration } = await import('../../media/asterisk/index.ts');
  writeAsteriskConfiguration({
    etc: folder,
    var: options.var,
    modules: options.modules,
    data: options.data,
    http: { address: httpAddress, port: httpPort },
    https: httpsOf(options),
    managerPort: wholeNumber('--manager-port', options.managerPort),
    sip: options.sip,
    rtp: { address: rtpAddress, first: Number(first), last: Number(last) },
    user: options.user,
    secret: readSecret('--secret-file', { file: options.secretFile }),
    server: options.server,
    edge: commaList(options.edge),
    maxCalls: wholeNumber('--max-calls', options.maxCalls),
  });
  process.stdout.write(`Written: ${folder}\n`);
}

function httpsOf({ https, certificate, key }: Options): AsteriskConfiguration['https'] {
  if (https === undefined) return undefined;
  place('--https', https);
  for (const [option, file] of [
    ['--certificate', certificate],
    ['--key', key],
  ] as const) {
    if (file === undefined) throw failed['option-invalid']({ option, reason: 'it is needed with --https' });
  }
  // Asterisk reads them where it runs, and says nothing of a path that is not from the root.
  return { place: https, certificate: resolve(certificate ?? ''), key: resolve(key ?? '') };
}

/** Debian's name of this machine's architecture. */
function machine(): string {
  return process.arch === 'arm64' ? 'aarch64' : 'x86_64';
}

function place(option: string, text: string): [string, number] {
  const [host, port] = split(option, text);
  return [host, wholeNumber(option, port)];
}

function split(option: string, text: string): [string, string] {
  const at = text.lastIndexOf(':');
  if (at < 1) throw failed['option-invalid']({ option, reason: `"${text}" needs an address, a colon and a port` });
  return [text.slice(0, at), text.slice(at + 1)];
}
