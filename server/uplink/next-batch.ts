// The next batch for the cloud, made on the reading worker: read, filtered by the egress plan, compressed.
import { hash } from 'node:crypto';
import { constants, zstdCompressSync } from 'node:zlib';
import type { Database } from 'better-sqlite3';
import { type Batch, type OutgoingEvent, uplinkLimits } from '../../uplink/index.ts';
import { type EgressPlan, outgoing } from '../egress/index.ts';
import { eventsAfter, readJob } from '../journal/index.ts';

export interface NextBatchArgs {
  /** The cloud has everything up to here. */
  after: number;
  /** Events to read at most. */
  most: number;
  plan: EgressPlan;
  key: Uint8Array;
}

export interface NextBatch {
  after: number;
  upto: number;
  /** When the last event in it happened; what stands behind it is younger. */
  at: number;
  /** Leaving events by kind; `kept` counts the others. */
  sent: Record<string, number>;
  kept: number;
  /** Of the uncompressed JSON, for the log of what left. */
  digest: string;
  bytes: number;
  body: Uint8Array;
}

/** Well compressed at little cost: journal events are much alike. */
const level = 3;

/** @returns undefined where there is nothing after `after` */
export const nextBatch = readJob(
  import.meta.url,
  'nextBatch',
  (database: Database, args: NextBatchArgs): NextBatch | undefined => {
    const { after, plan } = args;
    const events = eventsAfter(database, after, Math.min(args.most, uplinkLimits.eventsAtOnce));
    if (events.length === 0) return undefined;
    const key = Buffer.from(args.key);
    const leaving: OutgoingEvent[] = [];
    const sent: Record<string, number> = {};
    let read = 0;
    let size = 0;
    for (const event of events) {
      const one = outgoing(event, plan, key);
      const length = one === undefined ? 0 : JSON.stringify(one).length;
      // So that neither UTF-8 (three bytes a character) nor bytes that do not compress make it longer than the cloud takes.
      // The first one goes in any case: else a single large event would stop everything for ever.
      if (size + length > uplinkLimits.bytes / 8 && read > 0) break;
      read++;
      if (one === undefined) continue;
      size += length;
      leaving.push(one);
      sent[one.type] = (sent[one.type] ?? 0) + 1;
    }
    const last = events[read - 1] as (typeof events)[number];
    const batch: Batch = { protocol: 1, after, upto: last.seq, policy: plan.id, events: leaving };
    const text = JSON.stringify(batch);
    const body = zstdCompressSync(text, { params: { [constants.ZSTD_c_compressionLevel]: level } });
    const digest = hash('sha256', text, 'hex');
    return { after, upto: last.seq, at: last.at, sent, kept: read - leaving.length, digest, bytes: text.length, body };
  },
);
