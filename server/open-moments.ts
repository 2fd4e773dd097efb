// Moments, put together with what they may do.
import type { Database } from 'better-sqlite3';
import type { Logger } from 'pino';
import type { Settings } from '../config/index.ts';
import type { Clock } from '../values/index.ts';
import type { Callbacks } from './callbacks/index.ts';
import type { Conversations } from './conversations/index.ts';
import type { Customer, Customers } from './customers/index.ts';
import type { Desk } from './desk/index.ts';
import { VersionHistory } from './flows/index.ts';
import type { SiteJournal } from './journal/index.ts';
import { type MomentActs, MomentFiles, Moments, openMomentStore } from './moments/index.ts';
import type { Directory } from './ports/index.ts';
import type { Routing } from './routing/index.ts';

/** @param opened how to take down what stands, last first; grows */
export async function openMoments(
  settings: Settings,
  parts: {
    database: Database;
    journal: SiteJournal;
    directory: Directory;
    customers: Customers;
    routing: Routing;
    callbacks: Callbacks;
    conversations: Conversations;
    desk: Pick<Desk, 'hint'>;
  },
  opened: (() => Promise<void> | void)[],
  clock: Clock,
  logger: Logger,
): Promise<{ moments: Moments; momentFiles: MomentFiles }> {
  const { database, journal, directory, customers } = parts;
  const { folder, mostPerDay, quiet, consentNeeded } = settings.moments;
  const context = () => ({
    queues: directory.queues.list().map(({ id }) => id),
    skills: directory.skills.list().map(({ name }) => name),
  });
  const history = new VersionHistory(database, journal, clock, 'moment');
  const momentStore = await openMomentStore({
    folder,
    context,
    keep: (moment, version, text) => history.keep(moment, version, text),
    log: logger,
  });
  opened.push(() => momentStore.close());
  const again = () => {
    momentStore.reload().catch((error: unknown) => logger.error({ err: error }, 'moments could not be read'));
  };
  const changed = (kind: string) => {
    if (kind === 'queues' || kind === 'skills') again();
  };
  directory.on('changed', changed);
  opened.push(() => void directory.off('changed', changed));
  const rules = {
    mostPerDay,
    quiet: { from: minutes(quiet.from), until: minutes(quiet.until) },
    timeZone: settings.site.timeZone,
    consentNeeded,
  };
  const acts = actsOn(parts, logger);
  const moments = new Moments({ database, journal, customers, store: momentStore, rules, acts, clock, logger });
  await moments.start();
  opened.push(() => moments.close());
  const momentFiles = new MomentFiles({ folder, store: momentStore, history, database, journal, clock, context });
  return { moments, momentFiles };
}

function actsOn(
  {
    directory,
    customers,
    routing,
    callbacks,
    conversations,
    desk,
  }: Pick<
    Parameters<typeof openMoments>[1],
    'directory' | 'customers' | 'routing' | 'callbacks' | 'conversations' | 'desk'
  >,
  logger: Logger,
): MomentActs {
  return {
    language: 'en',
    kindOf: (via) => directory.channels.get(via)?.kind,
    change(interaction, { priority, skills, queue }) {
      if (queue !== undefined) routing.move(interaction, { queue });
      const wanted = skills && Object.entries(skills).map(([skill, least]) => ({ skill, least }));
      if (priority !== undefined || wanted) routing.change(interaction, { priority, skills: wanted });
    },
    async message(customer, text, { channels, mayUse, key }) {
      const places = conversations
        .placesOf(customers.idsOf(customer.id))
        .filter(({ kind }) => (channels?.includes(kind) ?? true) && mayUse(kind));
      for (const { via, thread } of places) {
        try {
          const { id } = await conversations.tell({ via, thread, customer: customer.id }, { type: 'text', text }, key);
          return { message: id };
        } catch (error) {
          // Her reply window there is over: the next place may still be open.
          logger.debug({ err: error, via }, 'a moment could not write there');
        }
      }
      return { refused: places.length === 0 ? 'she never wrote to us there' : 'no channel lets us write to her now' };
    },
    hint: (interaction, hints) => desk.hint(interaction, hints),
    async callback(customer: Customer, { queue, number, from, until, note }, by) {
      const language = customer.language;
      const wish = { queue, number, from, until, note, customer: customer.id, ...(language ? { language } : {}) };
      return { callback: (await callbacks.schedule(wish, by)).id };
    },
  };
}

function minutes(time: string): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  return hour * 60 + minute;
}
