// What people and programs meet: the desk, the API, the panels' pages and the command line's socket. The server loads it
// after it has adopted its calls: these folders and their packages cost about as much CPU time as all of the calls' own.
import { once } from 'node:events';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { ServerConfiguration } from '../supervisor/index.ts';
import type { Clock } from '../values/index.ts';
import { createApi, flowFiles, servePanels } from './api/index.ts';
import type { AuditLog } from './audit/index.ts';
import type { Callbacks } from './callbacks/index.ts';
import type { Calls } from './calls/index.ts';
import type { Conversations } from './conversations/index.ts';
import type { openCustomers, readInteractions } from './customers/index.ts';
import { createDesk } from './desk/index.ts';
import { loadSiteKey, type openAccounts, type openDirectory } from './directory/index.ts';
import type { Draining } from './draining.ts';
import type { Engines } from './engines.ts';
import type { openFlowStore, VersionHistory } from './flows/index.ts';
import { databaseFile, type openDatabase, type openJournal } from './journal/index.ts';
import { Knowledge } from './knowledge/index.ts';
import { asLocalAdmin } from './local-admin.ts';
import { serverMetrics } from './metrics.ts';
import { withHints } from './moments/index.ts';
import { openMoments } from './open-moments.ts';
import { openSignIn } from './open-sign-in.ts';
import { openWeb } from './open-web.ts';
import { Quality } from './quality/index.ts';
import { RecordingFiles } from './recording-files.ts';
import { RecordingsHome } from './recordings-home.ts';
import type { ReportProjector } from './reports/index.ts';
import { Retention } from './retention/index.ts';
import type { Routing } from './routing/index.ts';
import type { Signaling } from './signaling/index.ts';
import { SipTrace } from './sip-trace/index.ts';
import { Social, SocialStream } from './social/index.ts';
import { egressFolder, egressView, elsewhereOf, identityKey, openUplink, readPlan } from './uplink/index.ts';
import { createWebServer } from './web-server.ts';
import type { WorkItems } from './work-items/index.ts';

const panels = join(import.meta.dirname, '..', 'web', 'dist');

type FlowStore = Awaited<ReturnType<typeof openFlowStore>>;

/** What stands already. */
export interface Behind extends Pick<Engines, 'link' | 'sip' | 'media' | 'mediaHosts'> {
  data: ReturnType<typeof openDatabase>;
  journal: ReturnType<typeof openJournal>;
  directory: ReturnType<typeof openDirectory>;
  accounts: ReturnType<typeof openAccounts>;
  customers: ReturnType<typeof openCustomers>;
  interactions: ReturnType<typeof readInteractions>;
  reports: ReportProjector;
  audit: AuditLog;
  store: FlowStore;
  history: VersionHistory;
  signaling: Signaling;
  routing: Routing;
  calls: Calls;
  callbacks: Callbacks;
  conversations: Conversations;
  draining: Draining;
  workItems: WorkItems;
}

/** @param opened how to take down what stands, last first; grows @returns where the web listens @throws http-port-in-use … */
export async function openFront({
  configuration,
  parts,
  context,
  opened,
  clock,
  logger,
}: {
  configuration: ServerConfiguration;
  parts: Behind;
  context: Parameters<typeof flowFiles>[3];
  opened: (() => Promise<void> | void)[];
  clock: Clock;
  logger: Logger;
}): Promise<string[]> {
  const { settings, run } = configuration;
  const { data, journal, directory, accounts, customers, interactions, reports, audit, store, history } = parts;
  const { link, sip, media, mediaHosts, signaling, routing, calls, callbacks, conversations, workItems } = parts;
  const { database } = data;

  const desk = createDesk({
    directory,
    agentWork: routing,
    callControl: calls,
    conversations,
    journal,
    database,
    authenticate: ({ headers }) => {
      const principal = accounts.authenticate({ cookie: headers.cookie });
      if (principal?.agent === undefined || principal.needs !== undefined) return undefined;
      return { agent: principal.agent, roles: principal.roles, session: principal.session };
    },
    phones: signaling.panels,
    flows: () => detourFlows(store),
    origins: settings.web.origins,
    embedders: settings.web.embedders,
    logger,
    clock,
  });
  const { moments, momentFiles } = await openMoments(settings, { ...parts, database, desk }, opened, clock, logger);
  const { timeZone } = settings.site;
  const raise = (interaction: string, priority: number) => routing.change(interaction, { priority });
  const social = new Social({ database, journal, timeZone, raise, clock, logger });
  await social.start();
  opened.push(() => social.close());
  routing.useScreens(withHints(desk.screens, (customer) => moments.hints(customer)));
  opened.push(() => desk.close());
  // Panels go with the login that let them in; as long as one is open, its login is not idle.
  // In the next turn, so that the desk itself can say why first (disabled).
  const forgetEnded = accounts.onEnded((session) => setImmediate(() => desk.endSession(session)));
  const sweepSessions = setInterval(() => accounts.sweep(desk.sessions()), 60_000).unref();
  opened.push(() => {
    clearInterval(sweepSessions);
    forgetEnded();
  });
  const { draining } = parts;
  const notReady = () => [
    ...draining.reasons(),
    ...(sip.connected ? [] : ['the connection to the SIP server is down']),
    ...(media.trouble === undefined || settings.media === 'edge' ? [] : [media.trouble]),
    ...(journal.trouble ? [`the journal cannot be written: ${journal.trouble.reason}`] : []),
  ];
  const egress = openEgress(settings, { database, journal, customers }, opened, clock, logger);
  const recordings = join(settings.data, 'recordings');
  const retention = new Retention({
    database,
    reader: data.reader,
    journal,
    clock,
    logger,
    recordings,
    policy: existsSync(settings.retention) ? settings.retention : undefined,
    idsOf: (customer) => customers.idsOf(customer),
    conversations: conversations.records,
  });
  customers.keepsAlso(retention.records);
  customers.guardErasure((who) => retention.holds.mayErase(who));
  retention.start();
  opened.push(() => retention.stop());
  const atHome = settings.media === 'edge' ? undefined : recordings;
  if (atHome !== undefined) {
    const home = new RecordingsHome({ database, journal, media, folder: atHome, clock, logger });
    home.start();
    opened.push(() => home.stop());
  }
  const deps = {
    retention,
    draining: draining.over(() => ({
      calls: calls.list().length,
      conversations: conversations.list().length,
    })),
    egress,
    directory,
    accounts,
    journal,
    agentWork: routing,
    callControl: calls,
    visitorCalls: calls.visitors,
    customers,
    interactions,
    reads: data.reader,
    reports,
    callbacks,
    conversations,
    moments,
    momentFiles,
    social,
    socialStream: new SocialStream({ database, journal, site: settings.site.name, clock }),
    workItems,
    quality: new Quality({ database, journal, clock, site: settings.site.name }),
    knowledge: new Knowledge({ database, journal, clock, site: settings.site.name }),
    flows: flowFiles(store, history, settings.flows, context),
    recordings: new RecordingFiles(media, atHome),
    mediaHosts,
    sipTrace: new SipTrace({ link, callIds: signaling.callIds, journal }),
    logger,
    clock,
    version: process.env.npm_package_version ?? '0.1.0',
    notReady,
    ...settings.web,
    audit,
    signIn: await openSignIn(settings.login, { accounts, directory, clock, logger }),
    secureCookies: settings.web.secureCookies || settings.tls !== undefined,
    metrics: () =>
      serverMetrics({
        journal,
        routing,
        desk,
        sip,
        conversations,
        channels: () => directory.channels.list().flatMap(({ id, disabled }) => (disabled ? [] : [id])),
        registered: () => signaling.registrar.bindings.users(),
      }),
  };
  const api = createApi(deps);
  servePanels(api, panels, logger);
  const web = await openWeb({ settings, app: api, desk, logger, opened });
  // The command line comes in by a local socket that only this user can open, and is an administrator there.
  const local = createWebServer(createApi({ ...deps, accounts: asLocalAdmin(accounts, settings.site.name) }));
  const localPath = join(run, 'server.sock');
  rmSync(localPath, { force: true });
  local.listen(localPath);
  await once(local, 'listening');
  chmodSync(localPath, 0o600);
  opened.push(() => closeHttp(local));
  return web;
}

/** The line to the cloud, where there is one, and what people may ask about it. Loaded last: the policy names every kind of event. */
function openEgress(
  settings: ServerConfiguration['settings'],
  { database, journal, customers }: Pick<Behind['data'], 'database'> & Pick<Behind, 'journal' | 'customers'>,
  opened: (() => Promise<void> | void)[],
  clock: Clock,
  logger: Logger,
) {
  const siteKey = loadSiteKey(join(settings.data, 'site.key'), false);
  const last = () => journal.last;
  const archive = egressFolder(settings.data);
  if (!settings.uplink) return egressView({ database, key: siteKey, last, archive });
  const file = join(settings.data, databaseFile);
  const site = settings.site.name;
  const { uplink, close } = openUplink({
    settings: settings.uplink,
    site,
    journal,
    database,
    file,
    siteKey,
    clock,
    logger,
  });
  opened.push(close);
  uplink.start();
  customers.knowsElsewhere(elsewhereOf(uplink.history, () => clock.now()));
  const plan = readPlan(settings.uplink.policy);
  return egressView({ database, uplink, plan, key: identityKey(settings.uplink, siteKey), last, archive });
}

/** Flows that agents can send callers into: those that return a result. */
function detourFlows(store: FlowStore) {
  return [...store.current.flows.values()]
    .filter((flow) => [...flow.nodes.values()].some((node) => node.type === 'return'))
    .map((flow) => ({ flow: flow.name, name: flow.title }));
}

async function closeHttp(http: HttpServer): Promise<void> {
  http.close();
  http.closeAllConnections();
}
