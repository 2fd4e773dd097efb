// What a server does before its turn in a planned restart: it loads what comes after the calls, and goes once through what is
// slow the first time (schemas, statements, compiled code), on a database in memory. Nothing of the site is touched.
import type { Logger } from 'pino';
import type { Settings } from '../config/index.ts';
import { systemClock } from '../values/index.ts';
import { openDirectory, queueSchema } from './directory/index.ts';
import { openFlowStore } from './flows/index.ts';
import { openDatabase, openJournal } from './journal/index.ts';

const anyKey = Buffer.alloc(32);

/** @throws Error where a module cannot be loaded, or flows cannot be read: the server that works goes on */
export async function rehearse({ site, flows }: Settings, logger: Logger): Promise<void> {
  await import('./front.ts');
  const data = openDatabase({ directory: ':memory:', logger });
  const { database } = data;
  const journal = openJournal({ database, site: site.name, logger, clock: systemClock });
  try {
    const directory = openDirectory({ database, journal, clock: systemClock, logger, site, siteKey: anyKey });
    await directory.queues.put(queueSchema.parse({ site: site.name, id: 'rehearsal' }), 'rehearsal');
    const quiet = logger.child({}, { level: 'silent' });
    const store = await openFlowStore({ folder: flows, context: () => ({}), watch: false, log: quiet });
    store.close();
  } finally {
    await journal.close();
    await data.close();
  }
}
