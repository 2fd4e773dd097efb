// A site in memory, for tests of what stands on database, journal and directory.
import { pino } from 'pino';
import {
  type Accounts,
  type AccountsOptions,
  openAccounts,
  openDirectory,
  type SiteDirectory,
} from '../../../server/directory/index.ts';
import { type OpenDatabase, openDatabase, openJournal, type SiteJournal } from '../../../server/journal/index.ts';

export interface TestSite {
  opened: OpenDatabase;
  journal: SiteJournal;
  directory: SiteDirectory;
  accounts: Accounts;
  /** Set `at` to move time. */
  clock: { at: number; now(): number; monotonic(): number };
  close(): Promise<void>;
}

export const logger = pino({ level: 'silent' });
export const siteKey = Buffer.alloc(32, 7);

export function openSite(
  opened = openDatabase({ directory: ':memory:', logger }),
  accountsOptions: Partial<AccountsOptions> = {},
): TestSite {
  const clock = { at: 1_700_000_000_000, now: () => clock.at, monotonic: () => clock.at };
  const { database } = opened;
  const journal = openJournal({ database, site: 'hq', logger, clock, checked: true });
  const site = { name: 'hq', country: 'CN', timeZone: 'Asia/Shanghai', realm: 'switchroom.test' };
  const directory = openDirectory({ database, journal, clock, logger, site, siteKey });
  const accounts = openAccounts({ database, journal, directory, clock, siteKey, ...accountsOptions });
  return {
    opened,
    journal,
    directory,
    accounts,
    clock,
    async close() {
      await journal.close();
      await opened.close();
    },
  };
}
