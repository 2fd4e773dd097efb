// The API without calls: for the command line while no server runs.
import { join } from 'node:path';
import type { Express } from 'express';
import { type Logger, pino } from 'pino';
import type { Settings } from '../config/index.ts';
import { systemClock } from '../values/index.ts';
import { createApi, flowFiles } from './api/index.ts';
import { InteractionProjector, InteractionRows, openCustomers, readInteractions } from './customers/index.ts';
import { openAccounts, openDirectory } from './directory/index.ts';
import { openFlowStore, VersionHistory } from './flows/index.ts';
import { type OpenDatabase, openDatabase, openJournal } from './journal/index.ts';
import { Knowledge } from './knowledge/index.ts';
import { asLocalAdmin } from './local-admin.ts';
import { noAgentWork, noCallbacks, noCallControl, noConversations } from './no-calls.ts';
import { Quality } from './quality/index.ts';
import { ReportProjector } from './reports/index.ts';
import { Holds } from './retention/index.ts';
import { WorkItems } from './work-items/index.ts';

export interface OfflineApi {
  api: Express;
  close(): Promise<void>;
}

/**
 * Opens the data directory for one command. Changes are journaled as ever.
 * @throws data-directory-in-use where a server has it
 */
export async function openOfflineApi(settings: Settings): Promise<OfflineApi> {
  const logger = pino({ level: 'silent' });
  const data = openDatabase({ directory: settings.data, logger });
  try {
    return await openOn(data, settings, logger);
  } catch (error) {
    // Its threads would keep the command from ending.
    await data.close();
    throw error;
  }
}

async function openOn(data: OpenDatabase, settings: Settings, logger: Logger): Promise<OfflineApi> {
  const clock = systemClock;
  const { database } = data;
  const journal = openJournal({ database, site: settings.site.name, logger, clock });
  const store = await openFlowStore({ folder: settings.flows, context: () => ({}), watch: false, log: logger });
  const directory = openDirectory({
    database,
    journal,
    clock,
    logger,
    site: settings.site,
    siteKey: join(settings.data, 'site.key'),
    flows: () => new Set(store.current.flows.keys()),
  });
  const accounts = openAccounts({
    database,
    journal,
    directory,
    clock,
    siteKey: join(settings.data, 'site.key'),
    secondFactorFor: settings.login.totpRequiredFor,
    issuer: settings.login.totpIssuer,
  });
  const records = new InteractionProjector(journal, new InteractionRows(database), logger, clock);
  // A server that was killed left its last moments unwritten.
  await records.start();
  const interactions = readInteractions(database, records);
  const customers = openCustomers({ database, journal, interactions, clock, logger });
  const holds = new Holds({ database, reader: data.reader, journal, clock });
  customers.guardErasure((who) => holds.mayErase(who));
  const api = createApi({
    directory,
    accounts: asLocalAdmin(accounts, settings.site.name),
    journal,
    agentWork: noAgentWork(),
    callControl: noCallControl(),
    customers,
    interactions,
    reads: data.reader,
    reports: new ReportProjector(journal, database, logger),
    callbacks: noCallbacks(),
    conversations: noConversations({ data: settings.data, database, journal, directory, clock, logger }),
    workItems: new WorkItems({
      database,
      journal,
      directory,
      clock,
      logger,
      offer: () => Promise.reject(new Error('no server runs')),
    }),
    quality: new Quality({ database, journal, clock, site: settings.site.name }),
    knowledge: new Knowledge({ database, journal, clock, site: settings.site.name }),
    flows: flowFiles(store, new VersionHistory(database, journal, clock), settings.flows, () => ({})),
    recordings: { size: async () => undefined, read: () => Promise.reject(new Error('no engine runs')) },
    logger,
    clock,
    version: '0.1.0',
    notReady: () => ['the server is stopped'],
  });
  return {
    api,
    async close() {
      await records.stop();
      await store.close();
      await journal.close();
      await data.close();
    },
  };
}
