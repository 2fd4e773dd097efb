// cloud: the program that receives the journals of many sites, and who may send and read.
import { once } from 'node:events';
import type { Command } from 'commander';
import { pino } from 'pino';
import { type CloudSettings, readSettings } from '../../config/index.ts';
import { failed } from '../errors.ts';
import { wholeNumber } from '../options.ts';
import { print } from '../output.ts';

interface Options {
  json?: boolean;
}

const say = (line: string) => process.stdout.write(`${line}\n`);

export function addCloudCommands(switchroom: Command): void {
  const cloud = switchroom.command('cloud').description('the cloud half: receives the journals of many sites');
  cloud.command('start').description('run it, in the foreground').action(start);
  cloud
    .command('tenant-add <tenant> [name]')
    .description('a bank, a company: its sites share customers and reports')
    .action((tenant: string, name = tenant) =>
      withTenants(async (tenants) => {
        await tenants.add(nameOf(tenant), name, Date.now());
        say(`Tenant ${tenant} is there. Let its sites in: switchroom cloud site-add ${tenant} <site> <public key>`);
      }),
    );
  cloud
    .command('site-add <tenant> <site> <publicKey>')
    .description('let a site in, by the line that `switchroom uplink key` printed there')
    .action((tenant: string, site: string, key: string) =>
      withTenants(async (tenants) => {
        await tenants.addSite(tenant, site, key, Date.now());
        say(`Site ${site} of ${tenant} may send. Its uplink.url ends with /t/${tenant}, and its site.name is ${site}.`);
      }),
    );
  for (const [name, disabled, description] of [
    ['site-disable', true, 'keep a site out; what it sent stays'],
    ['site-enable', false, 'let a site in again'],
  ] as const)
    cloud
      .command(`${name} <tenant> <site>`)
      .description(description)
      .action((tenant: string, site: string) =>
        withTenants(async (tenants) => {
          await tenants.disableSite(tenant, site, disabled, Date.now());
          say(
            `Site ${site} of ${tenant} is ${disabled ? 'kept out' : 'let in'}; programs that run know it within 10 s.`,
          );
        }),
      );
  cloud
    .command('site-settle <tenant> <site>')
    .description(
      'a site that was restored from an older backup: what only the cloud has of it is set aside, or dropped',
    )
    .requiredOption('--after <event>', 'the last event that both have alike, as `switchroom uplink status` says there')
    .option('--drop', 'it is dropped, instead of kept under another name')
    .option('--dry-run', 'only say how much it is')
    .action(
      (tenant: string, site: string, { after, drop, dryRun }: { after: string; drop?: boolean; dryRun?: boolean }) =>
        withTenants(async (_, store) => {
          const { operator, settle } = await import('../../cloud/index.ts');
          const what = {
            after: wholeNumber('--after', after),
            tail: drop ? 'drop' : 'aside',
            dryRun: dryRun ?? false,
            by: operator(),
          } as const;
          const { aside, events, contacts } = await settle(store, { tenant, site }, what, Date.now());
          const became = aside === undefined ? 'dropped' : `set aside as site ${aside}`;
          process.stdout.write(
            `${events} events with ${contacts} contacts ${dryRun ? 'would be' : 'were'} ${became}.\n`,
          );
        }),
    );
  cloud
    .command('token-revoke <tenant> <name>')
    .description('end a token, at once')
    .action((tenant: string, name: string) =>
      withTenants(async (tenants) => {
        await tenants.revokeToken(tenant, name, Date.now());
        say(`The token ${name} of ${tenant} opens nothing any more; programs that run know it within 10 s.`);
      }),
    );
  cloud
    .command('sites <tenant>')
    .description('how far the sites are')
    .option('--json', 'print JSON')
    .action((tenant: string, { json }: Options) =>
      withTenants(async (tenants) => {
        const time = (at: number | null) => (at === null ? '–' : new Date(at).toISOString());
        print(await tenants.sites(tenant), {
          json,
          columns: [
            { title: 'site', of: (one) => one.site },
            { title: 'state', of: stateOf },
            { title: 'events', of: (one) => one.cursor },
            { title: 'last heard', of: (one) => time(one.heard_at) },
            { title: 'last event', of: (one) => time(one.event_at) },
          ],
        });
      }),
    );
  cloud
    .command('token-create <tenant> <name>')
    .description('a token for who reads; it is shown once')
    .option('--days <n>', 'ends after so many days (default: never)')
    .action((tenant: string, name: string, { days }: { days?: string }) =>
      withTenants(async (tenants) => {
        const now = Date.now();
        const ends = days === undefined ? undefined : now + wholeNumber('--days', days) * 86_400_000;
        process.stdout.write(`${await tenants.createToken(tenant, name, now, ends)}\n`);
      }),
    );
  cloud
    .command('audit [tenant]')
    .description('what was done to tenants, sites and tokens, by whom, newest first')
    .option('--verify', 'walk its hash chain instead; the last hash is for noting elsewhere')
    .option('--limit <n>', 'most rows', '100')
    .option('--json', 'print JSON')
    .action((tenant: string | undefined, options: AuditOptions) =>
      withTenants((_, store) => audit(store, tenant, options)),
    );
}

interface AuditOptions extends Options {
  verify?: boolean;
  limit: string;
}

async function audit(
  store: import('../../cloud/index.ts').Store,
  tenant: string | undefined,
  { verify, limit, json }: AuditOptions,
): Promise<void> {
  const { auditOf, verifyAudit } = await import('../../cloud/index.ts');
  if (!verify) {
    print(await auditOf(store, tenant, wholeNumber('--limit', limit)), {
      json,
      columns: [
        { title: 'when', of: ({ at }) => new Date(at).toISOString() },
        { title: 'who', of: ({ by }) => by },
        { title: 'what', of: ({ type }) => type },
        { title: 'tenant', of: (one) => one.tenant },
        { title: 'more', of: ({ data }) => JSON.stringify(data) },
      ],
    });
    return;
  }
  const report = await verifyAudit(store);
  if (json) say(JSON.stringify(report));
  else if (report.broken === undefined) say(`${report.rows} rows, whole; the last hash is ${report.hash ?? 'none'}.`);
  else say(`Row ${report.broken} is not as it was written, or lacks: ${report.rows} rows before it are whole.`);
  if (report.broken !== undefined) process.exitCode = 1;
}

function stateOf(site: import('../../cloud/index.ts').SiteRow): string {
  if (site.settled_from !== null) return `set aside of ${site.settled_from}`;
  if (site.halted_at !== null) return `halted: restored, the same up to ${site.halted_after ?? '?'}`;
  return site.disabled ? 'disabled' : 'takes part';
}

async function start(): Promise<void> {
  const settings = cloudSettings();
  const logger = pino({ level: readSettings().logLevel, name: 'cloud', redact: ['pii'] });
  const { startCloud } = await import('../../cloud/index.ts');
  const stopping = new AbortController();
  const { signal } = stopping;
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort());
  let running: Awaited<ReturnType<typeof startCloud>>;
  try {
    running = await startCloud(settings, logger, undefined, signal);
  } catch (error) {
    // Told to stop while it waited for PostgreSQL.
    if (signal.aborted) return;
    throw error;
  }
  process.stdout.write(`The cloud listens at ${running.addresses.join(', ')}.\n`);
  if (!signal.aborted) await once(signal, 'abort');
  await running.stop();
}

/** On the database itself, whether the program runs or not. */
async function withTenants(
  work: (tenants: import('../../cloud/index.ts').Tenants, store: import('../../cloud/index.ts').Store) => Promise<void>,
): Promise<void> {
  const { openStore, Tenants } = await import('../../cloud/index.ts');
  const store = await openStore(cloudSettings(), pino({ level: 'silent' }), 1);
  try {
    await work(new Tenants(store), store);
  } finally {
    await store.close();
  }
}

function cloudSettings(): CloudSettings {
  const { cloud } = readSettings();
  if (!cloud) throw failed['cloud-not-configured']();
  return cloud;
}

/** It stands in addresses. */
function nameOf(tenant: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(tenant)) throw failed['tenant-name']({ tenant });
  return tenant;
}
