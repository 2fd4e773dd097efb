// deliveries → items: what came is read by its connector, in order within a thread. What cannot be read now is read later;
// what can never be read is set aside, counted and kept, for a mended connector.
import type { Logger } from 'pino';
import { type InboundItem, inboundItem } from '../connector/index.ts';
import type { Clock } from '../values/index.ts';
import { type Backoff, pauseAfter, providerBackoff } from './backoff.ts';
import type { Connector } from './connector.ts';
import type { GroupCommit } from './group-commit.ts';
import { Lanes } from './lanes.ts';
import type { Pace } from './pace.ts';
import type { DeliveryRow, ItemRow, Tables } from './tables.ts';

export interface ReadingOptions {
  channel: string;
  connector: Pick<Connector, 'normalise'>;
  tables: Tables;
  commit: GroupCommit;
  clock: Clock;
  logger: Logger;
  /** What is told with an item where its connector told nothing: the window of its thread. */
  complete(item: InboundItem): InboundItem;
  pace: Pace;
  /** These new items are in the table. */
  read(items: ItemRow[]): void;
  backoff?: Backoff | undefined;
  /** Tries until it is set aside. */
  mostAttempts?: number | undefined;
}

export class Reading {
  readonly #options: ReadingOptions;
  readonly #lanes: Lanes<DeliveryRow>;
  /** Since the start. */
  setAside = 0;

  constructor(options: ReadingOptions) {
    const { tables, channel, clock, logger, pace } = options;
    this.#options = options;
    this.#lanes = new Lanes({
      load: (after, limit) => tables.deliveries(channel, after, limit),
      work: (row) => this.#read(row),
      clock,
      logger,
      pace,
      atOnce: 32,
    });
  }

  kick(): void {
    this.#lanes.kick();
  }

  /** Deliveries that were just committed. */
  offer(rows: readonly DeliveryRow[]): void {
    this.#lanes.offer(rows);
  }

  stop(): Promise<void> {
    return this.#lanes.stop();
  }

  async #read(row: DeliveryRow): Promise<number | undefined> {
    const { channel, connector, tables, commit, clock, logger, complete, read } = this.#options;
    const { key } = row.delivery;
    try {
      const items = await connector.normalise(row.delivery);
      const wrong = items.map(reasonAgainst).find((reason) => reason !== undefined);
      if (wrong !== undefined) return await this.#putAside(row, `the connector made a wrong item: ${wrong}`);
      await commit.run(
        () => {
          tables.deliveryRead(row.id);
          // Here, as the windows that the connector opened while it read are committed just before.
          return items.map((item) => tables.addItem(channel, complete(item)));
        },
        { after: read, repeatable: true },
      );
      return undefined;
    } catch (error) {
      const reason = (error as Error).message;
      row.attempts++;
      const { backoff = providerBackoff, mostAttempts = 10 } = this.#options;
      try {
        if (row.attempts >= mostAttempts) return await this.#putAside(row, reason);
        const dueAt = clock.now() + pauseAfter(row.attempts, backoff);
        logger.warn({ channel, key, attempts: row.attempts, err: error }, 'a delivery could not be read; tried later');
        await commit.run(() => tables.deliveryLater(row.id, row.attempts, dueAt, reason));
        return dueAt;
      } catch (disk) {
        logger.error({ channel, err: disk }, 'the sidecar cannot write; tried later');
        return clock.now() + 5_000;
      }
    }
  }

  async #putAside(row: DeliveryRow, reason: string): Promise<undefined> {
    const { channel, tables, commit, logger } = this.#options;
    await commit.run(() => tables.deliverySetAside(row.id, row.attempts, reason));
    this.setAside++;
    logger.error({ channel, key: row.delivery.key, reason }, 'a delivery was set aside: it cannot be read');
    return undefined;
  }
}

/** The field and the reason; never the value, which a customer wrote. */
function reasonAgainst(item: InboundItem): string | undefined {
  const parsed = inboundItem.safeParse(item);
  if (parsed.success) return undefined;
  const [issue] = parsed.error.issues;
  return `${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not valid'}`;
}
