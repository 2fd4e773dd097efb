// What people ask about what leaves the site: the line's state, the log, a policy's check, and what it would let out.
import type { Database } from 'better-sqlite3';
import type { OutgoingEvent } from '../../uplink/index.ts';
import { type EgressPlan, outgoing, planOf, policySchema } from '../egress/index.ts';
import { eventsAfter, type JournalEvent } from '../journal/index.ts';
import { type ArchiveReport, archivedBatch, type EgressSeal, sealsOf, verifyArchive } from './egress-archive.ts';
import { type EgressEntry, EgressLog } from './egress-log.ts';
import { failed } from './errors.ts';
import { checkPolicy, eventShapes, type PolicyFinding } from './policy-file.ts';
import type { Settled, UplinkStatus } from './uplink.ts';

/** One event of a sample: as it is here, and what of it would leave. */
export interface Sampled {
  event: JournalEvent;
  leaves: OutgoingEvent | undefined;
}

export interface EgressView {
  /** Undefined where no cloud is configured. */
  status(): UplinkStatus | undefined;
  /** Settles a halt. @throws uplink-not-there, uplink-not-halted, uplink-unreachable, uplink-refused */
  settle(by: string, dryRun: boolean): Promise<Settled>;
  log(page: { before?: number | undefined; limit: number }): EgressEntry[];
  /** @throws egress-batch-unknown */
  verify(batch: number): Promise<{ same: boolean; erasedSince: boolean; text: string }>;
  /** Days of the log that went into files, oldest first. */
  seals(): EgressSeal[];
  /** Looks at every seal and every file. */
  verifySeals(): Promise<ArchiveReport>;
  check(policy: string): PolicyFinding[];
  /** The newest events. @param policy a text instead of the policy in use @throws egress-policy-invalid */
  sample(last: number, policy?: string): Sampled[];
}

export interface EgressViewOptions {
  database: Database;
  /** Absent where no cloud is configured: then the preset `bank` is what would hold. */
  uplink?: { status(): UplinkStatus; settle(by: string, dryRun: boolean): Promise<Settled> } | undefined;
  plan?: EgressPlan | undefined;
  key: Buffer;
  /** Folder of the sealed files. */
  archive: string;
  /** Number of the last event. */
  last: () => number;
}

export function egressView({ database, uplink, plan, key, last, archive }: EgressViewOptions): EgressView {
  const log = new EgressLog(database);
  return {
    status: () => uplink?.status(),
    async settle(by, dryRun) {
      if (!uplink) throw failed['uplink-not-there']();
      return uplink.settle(by, dryRun);
    },
    log: (page) => log.list(page),
    verify: async (batch) => log.verify(batch, key, log.find(batch) ?? (await archivedBatch(database, archive, batch))),
    seals: () => sealsOf(database),
    verifySeals: () => verifyArchive(database, archive),
    check: (policy) => checkPolicy(policy).findings,
    sample(count, policy) {
      const used = policy === undefined ? (plan ?? planOf(policySchema.parse({}), eventShapes())) : planOfText(policy);
      const events = eventsAfter(database, Math.max(0, last() - count), count);
      return events.map((event) => ({ event, leaves: outgoing(event, used, key) }));
    },
  };
}

function planOfText(text: string): EgressPlan {
  const { policy, findings } = checkPolicy(text);
  const [first] = findings;
  if (policy) return planOf(policy, eventShapes());
  const { line = 1, column = 1, sentence = '' } = first ?? {};
  throw failed['egress-policy-invalid']({ file: 'policy', line, column, reason: sentence });
}
