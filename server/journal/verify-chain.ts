import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import { genesis, personalDigest, rowHash } from './hash-chain.ts';
import { JournalRows } from './journal-rows.ts';

export interface ChainReport {
  /** Events looked at. */
  events: number;
  /** Of those, with personal fields that were erased. */
  erased: number;
  /** The first event that is not as it was written, and how; absent where the chain is whole. */
  broken?: { seq: number; why: 'missing' | 'changed' | 'personal-changed' } | undefined;
}

/** A few milliseconds: calls are served in between. */
const chunk = 200;

/** Walks the chain from its beginning, letting others run between chunks. */
export async function verifyChain(rows: JournalRows): Promise<ChainReport> {
  const report: ChainReport = { events: 0, erased: 0 };
  let previous = genesis;
  for (let after = 0; ; ) {
    const found = rows.chain(after, chunk);
    for (const row of found) {
      if (row.seq !== after + 1) return { ...report, broken: { seq: after + 1, why: 'missing' } };
      const hash = row.hash.toString('base64');
      if (rowHash(previous, row.seq, row.site, row) !== hash)
        return { ...report, broken: { seq: row.seq, why: 'changed' } };
      const erased = row.digest !== null && row.personal === null && row.salt === null;
      if (!erased && !personalHolds(row)) return { ...report, broken: { seq: row.seq, why: 'personal-changed' } };
      report.events++;
      if (erased) report.erased++;
      previous = hash;
      after = row.seq;
    }
    if (found.length < chunk) return report;
    await nextTurn();
  }
}

function personalHolds(row: { personal: string | null; salt: Buffer | null; digest: Buffer | null }): boolean {
  if (row.digest === null) return row.personal === null && row.salt === null;
  if (row.personal === null || row.salt === null) return false;
  return personalDigest(row.salt, row.personal).equals(row.digest);
}

/** As `verifyChain`, on a database that nobody need have opened as a journal; it may be read-only. */
export function chainOf(database: Database): Promise<ChainReport> {
  return verifyChain(new JournalRows(database));
}
