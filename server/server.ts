// The composition root: every part of the server, from the ground up, and taken down in the other order.
import { once } from 'node:events';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { iceServerAccounts } from '../config/index.ts';
import { openPrompts } from '../media/prompts/index.ts';
import { openEspeak } from '../media/speech/index.ts';
import { connectorToken, type ServerConfiguration, type ServerReady } from '../supervisor/index.ts';
import { isNumber, machineClock, systemClock, watchClock } from '../values/index.ts';
import { AuditLog, openSyslog } from './audit/index.ts';
import { Callbacks } from './callbacks/index.ts';
import { Calls } from './calls/index.ts';
import { InteractionProjector, InteractionRows, openCustomers, readInteractions } from './customers/index.ts';
import { openAccounts, openDirectory, seedDemo } from './directory/index.ts';
import { Draining } from './draining.ts';
import { openEngines } from './engines.ts';
import { FlowTraffic, openFlowStore, VersionHistory } from './flows/index.ts';
import { openDatabase, openJournal } from './journal/index.ts';
import { openConversations } from './open-conversations.ts';
import { openWebRtc } from './open-webrtc.ts';
import { openWorkItems } from './open-work-items.ts';
import type { Directory } from './ports/index.ts';
import { ReportProjector } from './reports/index.ts';
import { Routing, realityOfCalls } from './routing/index.ts';
import { Signaling, sqliteBindings, sqliteDialogs } from './signaling/index.ts';

export interface Server {
  readonly ready: ServerReady;
  /** `shutdown` ends all calls first; anything else leaves them to the edge for the next server. */
  stop(why: string): Promise<void>;
}

/** Starts everything and resolves when calls can come in. @throws a sentence for people; what was opened is closed again */
export async function startServer(configuration: ServerConfiguration, logger: Logger): Promise<Server> {
  const { settings } = configuration;
  const clock = systemClock;
  /** How to take down what stands, last first. */
  const opened: (() => Promise<void> | void)[] = [];
  const closeAll = async () => {
    for (const close of opened.splice(0).reverse()) await close();
  };

  try {
    // The ground: facts, and what is configured.
    const data = openDatabase({ directory: settings.data, logger });
    opened.push(() => data.close());
    const { database, epoch } = data;
    const journal = openJournal({ database, site: settings.site.name, logger, clock });
    opened.push(() => journal.close());
    clock.notBefore(journal.openedAt);
    const flowNames = () => new Set(store.current.flows.keys());
    const directory = openDirectory({
      database,
      journal,
      clock,
      logger,
      site: settings.site,
      siteKey: join(settings.data, 'site.key'),
      flows: flowNames,
    });
    const accounts = openAccounts({
      database,
      journal,
      directory,
      clock,
      codeClock: machineClock,
      siteKey: join(settings.data, 'site.key'),
      secondFactorFor: settings.login.totpRequiredFor,
      issuer: settings.login.totpIssuer,
      siteConnector: connectorToken(configuration.run),
    });
    const records = new InteractionProjector(journal, new InteractionRows(database), logger, clock);
    const interactions = readInteractions(database, records);
    const { country } = settings.site;
    const customers = openCustomers({ database, journal, interactions, clock, logger, country });
    await records.start();
    opened.push(() => records.stop());
    // Beside the calls: after a long time without it, there is much to read.
    const reports = new ReportProjector(journal, database, logger);
    reports.start().catch((error: unknown) => logger.error({ err: error }, 'reports could not be brought up to date'));
    opened.push(() => reports.stop());

    const audit = new AuditLog({ database, journal, logger });
    await audit.start();
    opened.push(() => audit.stop());
    const { syslog } = settings.audit;
    if (syslog) {
      const copies = openSyslog({ settings: syslog, log: audit, journal, logger });
      opened.push(() => copies.stop());
    }

    // Flows and what they say.
    const speech = await openEspeak();
    if (speech) opened.push(() => speech.close());
    const prompts = await openPrompts({
      folders: [join(settings.flows, 'prompts')],
      cache: join(settings.data, 'prompts'),
      speech,
      log: logger,
    });
    /** The demo's number names a flow, and that flow names queues that the demo is about to make. */
    let seeding = settings.demo && directory.agents.list().length === 0;
    const context = () => ({
      ...(seeding ? {} : namesIn(directory)),
      hasRecording: prompts.hasRecording.bind(prompts),
      hasMusic: prompts.hasMusic.bind(prompts),
      canSpeak: prompts.canSpeak.bind(prompts),
    });
    const history = new VersionHistory(database, journal, clock);
    const store = await openFlowStore({
      folder: settings.flows,
      context,
      keep: ({ name, version }, text) => history.keep(name, version, text),
      last: (flow, now) => history.lastText(flow, now),
      refresh: () => prompts.rescan(),
      prepare: (set) => prompts.prepare(set),
      log: logger,
    });
    opened.push(() => store.close());
    const traffic = new FlowTraffic({ journal, clock, logger });
    opened.push(() => traffic.close());
    const created = seeding ? await seedDemo(directory, accounts) : undefined;
    seeding = false;
    const recheck = () => {
      store.reload().catch((error: unknown) => logger.error({ err: error }, 'flows could not be read'));
    };
    directory.on('changed', (kind) => {
      if (kind === 'queues' || kind === 'skills' || kind === 'agents' || kind === 'hours') recheck();
    });

    // The engines.
    const { link, sip, media, mediaHosts } = await openEngines({
      configuration,
      epoch,
      memory: sqliteDialogs(database),
      logger,
      opened,
    });

    const webrtc = await openWebRtc(settings, link, logger);
    if (webrtc) opened.push(() => webrtc.close());

    // Calls and routing.
    const signaling = new Signaling({
      sip,
      media,
      directory,
      clock,
      logger,
      bindings: sqliteBindings(database),
      digests: settings.sipDigests,
      webrtc: { gateway: webrtc, iceServers: iceServerAccounts(settings.webrtc) },
    });
    opened.push(() => signaling.close());
    const routing = new Routing({ directory, journal, clock, logger });
    const flows = {
      current: () => store.current,
      version: (version: string) => (store.current.version === version ? store.current : undefined),
    };
    const draining = new Draining({ database, journal, clock });
    const calls = new Calls({
      signaling,
      journal,
      queueing: routing,
      directory,
      flows,
      traffic,
      prompts,
      customers: {
        byNumber: (number) => {
          // What is no number (a SIP user's name, a scanner's) is nobody's identity.
          if (!isNumber(number)) return undefined;
          const { customer, owner: id } = customers.identify([{ kind: 'phone', value: number }], 'call');
          const { name, tags, language } = customer;
          return { id, name, tags: tags.map(({ tag }) => tag), language };
        },
        earlier: (customer) => customers.pop(customer).earlier,
      },
      parkMs: settings.site.parkSeconds * 1_000,
      draining: () => draining.since !== undefined,
      callbacks: {
        schedule: (wish, by) => callbacks.schedule(wish, by),
        has: (interaction) => callbacks.has(interaction),
      },
      clock,
      logger,
    });
    const callbacks: Callbacks = new Callbacks({
      database,
      journal,
      directory,
      queueing: routing,
      calls,
      earlier: (customer) => customers.pop(customer).earlier,
      customerOf: (number) => {
        if (!isNumber(number)) return undefined;
        const { customer, owner: id } = customers.identify([{ kind: 'phone', value: number }], 'callback');
        return { id, name: customer.name, tags: customer.tags.map(({ tag }) => tag) };
      },
      draining: () => draining.since !== undefined,
      clock,
      logger,
    });
    draining.onChanged(() => callbacks.drainChanged());
    const atWork: { items?: ReturnType<typeof openWorkItems> } = {};
    const conversations = openConversations({
      customerOfWorkItem: (item) => atWork.items?.get(item).customer,
      data: settings.data,
      database,
      journal,
      directory,
      routing,
      customers,
      flows,
      traffic,
      callbacks,
      clock,
      logger,
    });
    const workItems = openWorkItems({ database, journal, directory, conversations, customers, clock, logger });
    atWork.items = workItems;
    const callsAsTheyAre = realityOfCalls(calls, (error) =>
      logger.error({ err: error }, 'a call could not be ended for routing'),
    );
    routing.useReality({
      *contacts() {
        yield* callsAsTheyAre.contacts();
        yield* callbacks.waiting();
        yield* conversations.contacts();
      },
      end: (interaction) => {
        if (callbacks.giveUp(interaction) || conversations.giveUp(interaction)) return;
        callsAsTheyAre.end(interaction);
      },
    });
    routing.start();
    opened.push(() => routing.close());
    // Before everything that calls stand on: what is left of them belongs to the next server.
    opened.push(() => calls.close());
    await signaling.panels.adopt();
    await signaling.browsers?.adopt();
    await calls.adopt();
    await signaling.panels.adopted();
    await signaling.browsers?.adopted();
    callbacks.start();
    opened.push(() => callbacks.close());
    conversations.start();
    opened.push(() => conversations.stop());
    workItems.start();
    opened.push(() => workItems.stop());
    routing.attached();
    calls.start();

    // People and programs. Loaded only now, so that a restarted server has its calls again the sooner.
    const { openFront } = await import('./front.ts');
    const web = await openFront({
      configuration,
      parts: {
        data,
        journal,
        directory,
        accounts,
        customers,
        interactions,
        reports,
        audit,
        store,
        history,
        link,
        sip,
        media,
        mediaHosts,
        signaling,
        routing,
        calls,
        callbacks,
        conversations,
        draining,
        workItems,
      },
      context,
      opened,
      clock,
      logger,
    });

    const busy = () => calls.list().length > 0 || routing.busy;
    opened.push(watchClock({ clock, logger, busy }));
    await signaling.start();
    logger.info({ epoch, web, sip: sip.addresses }, 'server is ready');
    return {
      ready: {
        web,
        sip: [...sip.addresses],
        trouble: settings.media === 'edge' ? undefined : media.trouble,
        created: created && shownOnce(created),
      },
      async stop(why) {
        // Calls that no next server could take up are ended properly, rather than left to nobody.
        const lasting = sip.canAdopt && media.capabilities.adoption;
        if (why === 'shutdown' || !lasting) await endCalls(calls, logger);
        await closeAll();
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** What flows may name. */
function namesIn(directory: Directory) {
  return {
    queues: directory.queues.list().map((queue) => queue.id),
    skills: directory.skills.list().map((skill) => skill.name),
    agents: directory.agents.list().map((agent) => agent.id),
    hours: new Map(directory.hours.list().map((hours) => [hours.name, hours])),
  };
}

/** Says BYE to everybody and waits, a little, until the records are complete. */
async function endCalls(calls: Calls, logger: Logger): Promise<void> {
  const patience = AbortSignal.timeout(3_000);
  for (const { interaction } of calls.list()) await calls.end(interaction, 'shutdown');
  try {
    while (calls.list().length > 0) await once(calls, 'ended', { signal: patience });
  } catch (error) {
    if (!patience.aborted) throw error;
    logger.warn({ calls: calls.list().length }, 'calls did not end in time');
  }
}

function shownOnce(created: Awaited<ReturnType<typeof seedDemo>>): NonNullable<ServerReady['created']> {
  return created.logins.map((login) => {
    const phone = created.sipUsers.find(({ user }) => user === login.login);
    return { ...login, ...(phone ? { sip: { user: phone.user, secret: phone.password } } : {}) };
  });
}
