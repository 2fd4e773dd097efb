// outbox → provider: in order within a thread, within the provider's windows, again and again where it says so; what became
// of it goes to the server as `delivery`. Between the provider's yes and our note of it a crash can fall: then the message is
// handed over a second time, with the same idempotency key.
import type { Logger } from 'pino';
import type { Content, InboundItem, OutboundMessage, ReplyWindow } from '../connector/index.ts';
import type { Clock } from '../values/index.ts';
import { type Backoff, pauseAfter, providerBackoff } from './backoff.ts';
import type { Connector, SendPolicy, Sent } from './connector.ts';
import { cutText } from './cut-text.ts';
import type { GroupCommit } from './group-commit.ts';
import { Lanes } from './lanes.ts';
import type { Pace } from './pace.ts';
import { type Verdict, verdict, windowOf } from './policy.ts';
import type { ItemRow, OutboxRow, Outgoing, Tables } from './tables.ts';

export interface SendingOptions {
  channel: string;
  connector: Pick<Connector, 'send' | 'state'>;
  policy: SendPolicy;
  tables: Tables;
  commit: GroupCommit;
  clock: Clock;
  logger: Logger;
  pace: Pace;
  /** These new items for the server are in the table. */
  told(items: ItemRow[]): void;
  backoff?: Backoff | undefined;
  mostAttempts?: number | undefined;
}

type Failure = Extract<Sent, { ok: false }>;

export class Sending {
  readonly #options: SendingOptions;
  readonly #lanes: Lanes<OutboxRow>;
  sent = 0;
  failures = 0;
  /** Tries that are to be repeated. */
  retries = 0;

  constructor(options: SendingOptions) {
    const { tables, channel, clock, logger, pace } = options;
    this.#options = options;
    this.#lanes = new Lanes({
      load: (after, limit) => tables.outbox(channel, after, limit),
      work: (row) => this.#work(row),
      clock,
      logger,
      pace,
      atOnce: 32,
    });
  }

  kick(): void {
    this.#lanes.kick();
  }

  stop(): Promise<void> {
    return this.#lanes.stop();
  }

  async #work(row: OutboxRow): Promise<number | undefined> {
    const { channel, commit, tables, clock, logger } = this.#options;
    const { item } = row;
    try {
      if (item.item === 'message') return await this.#message(row, item);
      this.#state(item);
      await commit.run(() => tables.outboxOver(row.id, true), { repeatable: true });
      return undefined;
    } catch (error) {
      logger.error({ channel, err: error }, 'an outbox row could not be worked on; tried later');
      return clock.now() + 5_000;
    }
  }

  /** One that the connector cannot show is left out: the next one says it better. */
  #state({ thread, state, agentName, position }: Extract<Outgoing, { item: 'state' }>): void {
    const { channel, connector, logger } = this.#options;
    try {
      connector.state?.(thread, state, { agentName, position });
    } catch (error) {
      logger.error({ channel, err: error }, 'the state of a conversation could not be shown');
    }
  }

  async #message(row: OutboxRow, message: OutboundMessage): Promise<number | undefined> {
    const { channel, policy, tables, clock, connector, commit, logger, mostAttempts = 20 } = this.#options;
    const parts = cut(message.content, policy);
    while (row.parts < parts.length) {
      if (row.yes !== undefined) {
        await this.#taken(row, message, row.yes, parts.length);
        continue;
      }
      const now = clock.now();
      if (message.expires !== undefined && now > message.expires) {
        return this.#over(row, message, failure('unreachable', 'it was too late: it could not be sent in time'));
      }
      const cost = policy.costs?.(parts[row.parts] as Content) ?? 1;
      const may = policy.free?.includes(message.content.type)
        ? freely
        : verdict(policy, tables.openings(channel, message.thread), now, cost);
      if (!may.may) return this.#over(row, message, failure(may.code, 'the provider would not take it'));
      const part = parts.length === 1 ? message : partOf(message, parts[row.parts] as Content, row.parts);
      const result = await handOver(connector, part, row.attempts + 1);
      if (result.ok) {
        row.yes = { result, cost, occasion: may.spends?.occasion };
        continue;
      }
      row.attempts++;
      if (!result.again || row.attempts >= mostAttempts) return this.#over(row, message, result);
      this.retries++;
      const dueAt = now + (result.afterMs ?? pauseAfter(row.attempts, this.#options.backoff ?? providerBackoff));
      logger.warn(
        { channel, message: message.message, code: result.code, attempts: row.attempts },
        'sending is repeated',
      );
      await commit.run(() => tables.outboxLater(row.id, row.parts, row.attempts, dueAt));
      return dueAt;
    }
    this.sent++;
    return undefined;
  }

  /** What the provider took is noted, and not handed over again while our own disk refuses the note. */
  async #taken(
    row: OutboxRow,
    message: OutboundMessage,
    { result, cost, occasion }: NonNullable<OutboxRow['yes']>,
    parts: number,
  ): Promise<void> {
    const { channel, commit, tables, told } = this.#options;
    const taken = row.parts + 1;
    await commit.run(
      () => {
        if (occasion !== undefined) tables.spend(channel, message.thread, occasion, cost);
        if (taken === parts) return [this.#note(row, message, result)];
        tables.outboxLater(row.id, taken, 0, 0);
        return [];
      },
      { after: told },
    );
    row.parts = taken;
    row.attempts = 0;
    row.yes = undefined;
  }

  async #over(row: OutboxRow, message: OutboundMessage, failed: Failure): Promise<undefined> {
    const { channel, commit, logger } = this.#options;
    await commit.run(() => [this.#note(row, message, failed)], { after: this.#options.told });
    this.failures++;
    logger.warn({ channel, message: message.message, code: failed.code }, 'a message could not be sent');
    return undefined;
  }

  /** In a transaction: it is over, and the server will know. */
  #note(row: OutboxRow, { message, thread }: OutboundMessage, result: Sent): ItemRow {
    const { channel, policy, tables, clock } = this.#options;
    const now = clock.now();
    const window: ReplyWindow | undefined = result.window ?? windowOf(policy, tables.openings(channel, thread), now);
    const state = result.ok ? 'sent' : 'failed';
    const item: InboundItem = {
      item: 'delivery',
      key: `${state}:${message}`,
      at: now,
      message,
      state,
      ...(result.ok
        ? { ...(result.provider === undefined ? {} : { provider: result.provider.slice(0, 200) }) }
        : { code: result.code, reason: result.reason.slice(0, 1_000) }),
      ...(window === undefined ? {} : { window }),
    };
    tables.outboxOver(row.id, result.ok);
    return tables.addItem(channel, item);
  }
}

const freely: Extract<Verdict, { may: true }> = { may: true };

function failure(code: Failure['code'], reason: string): Failure {
  return { ok: false, code, reason, again: false };
}

/** A connector never rejects; one that does is taken as one that could not send now. */
async function handOver(connector: Pick<Connector, 'send'>, message: OutboundMessage, attempt: number): Promise<Sent> {
  try {
    return await connector.send(message, attempt);
  } catch (error) {
    return { ok: false, code: 'unknown', reason: (error as Error).message, again: true };
  }
}

function cut(content: Content, { text }: SendPolicy): Content[] {
  if (content.type !== 'text' || text === undefined) return [content];
  return cutText(content.text, text).map((part, at) =>
    at === 0 ? { ...content, text: part } : { type: 'text', text: part },
  );
}

/** Each part has an idempotency key of its own. */
function partOf(message: OutboundMessage, content: Content, at: number): OutboundMessage {
  return { ...message, message: at === 0 ? message.message : `${message.message}.${at + 1}`, content };
}
