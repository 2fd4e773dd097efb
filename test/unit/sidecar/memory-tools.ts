// The tools that a connector gets, kept in memory, for tests of one connector without the core.
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { type Logger, pino } from 'pino';
import type { Attachment } from '../../../connector/index.ts';
import type { ConnectorTools, Delivery } from '../../../sidecar/connector.ts';
import { type Clock, systemClock } from '../../../values/index.ts';

export interface MemoryTools extends ConnectorTools {
  readonly deliveries: Delivery[];
  readonly cursors: Map<string, string>;
  readonly kept: Map<string, { about: Attachment; bytes: Buffer }>;
  readonly facts: Map<string, string>;
  /** Resolves with the first delivery that fits, also one that is there. */
  delivered(fits: (delivery: Delivery) => boolean): Promise<Delivery>;
  /** Set: attachments are refused or fail so. */
  refuse: { why?: Error | undefined };
}

/** @param before a tools object of an earlier life of the same channel: what it committed is there */
export function memoryTools(
  options: { clock?: Clock; providersClock?: Clock; before?: MemoryTools; logger?: Logger } = {},
): MemoryTools {
  const { before } = options;
  const deliveries = before?.deliveries ?? [];
  const known = new Set(deliveries.map((one) => one.key));
  const cursors = before?.cursors ?? new Map<string, string>();
  const facts = before?.facts ?? new Map<string, string>();
  const kept = before?.kept ?? new Map<string, { about: Attachment; bytes: Buffer }>();
  const waiting = new Set<() => void>();
  const refuse: MemoryTools['refuse'] = {};
  const never = () => {
    throw new Error('this connector is not expected to use that');
  };
  return {
    channel: 'test',
    clock: options.clock ?? systemClock,
    providersClock: options.providersClock ?? options.clock ?? systemClock,
    logger: options.logger ?? pino({ level: 'silent' }),
    folder: tmpdir(),
    deliveries,
    cursors,
    kept,
    facts,
    refuse,
    secret: (purpose) => createHash('sha256').update(purpose).digest(),
    inbox: {
      async accept(more, cursor) {
        let fresh = 0;
        for (const one of more) {
          if (known.has(one.key)) continue;
          known.add(one.key);
          deliveries.push(one);
          fresh++;
        }
        if (cursor) cursors.set(cursor.name, cursor.value);
        for (const look of [...waiting]) look();
        return fresh;
      },
      cursor: (name) => cursors.get(name),
    },
    delivered(fits) {
      return new Promise((resolve) => {
        const look = () => {
          const found = deliveries.find(fits);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      });
    },
    fetch: fetch as ConnectorTools['fetch'],
    token: never,
    opened: never,
    window: never,
    notice: never,
    calls: { begin: never, digits: never, end: never },
    attachments: {
      async keep(bytes, about) {
        if (refuse.why) throw refuse.why;
        if (!(bytes instanceof Uint8Array)) throw new Error('bytes only, here');
        const buffer = Buffer.from(bytes);
        const attachment: Attachment = {
          id: `a-${about.key}`,
          kind: about.kind,
          mime: about.mime ?? 'application/octet-stream',
          bytes: buffer.length,
          sha256: createHash('sha256').update(buffer).digest('hex'),
          ...(about.name !== undefined && { name: about.name }),
        };
        kept.set(attachment.id, { about: attachment, bytes: buffer });
        return attachment;
      },
      async open(id) {
        const found = kept.get(id);
        if (!found) throw new Error(`no attachment ${id}`);
        return found.bytes;
      },
    },
    memory: {
      get: (key) => facts.get(key),
      set: (key, value) => {
        facts.set(key, value);
      },
    },
  };
}
