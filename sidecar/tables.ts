// The statements on the sidecar's tables, prepared once; everything sealed is opened and closed here.
import type { Database } from 'better-sqlite3';
import type { InboundItem, OutboundItem } from '../connector/index.ts';
import type { Millis } from '../values/index.ts';
import type { Delivery, Sent } from './connector.ts';
import type { LaneRow } from './lanes.ts';
import type { Opening } from './policy.ts';
import type { Seal } from './seal.ts';

export interface DeliveryRow extends LaneRow {
  delivery: Delivery;
  attempts: number;
}

export interface ItemRow {
  id: number;
  key: string;
  /** As JSON. */
  text: string;
}

export type Outgoing = Extract<OutboundItem, { item: 'message' | 'state' }>;

export interface OutboxRow extends LaneRow {
  item: Outgoing;
  parts: number;
  attempts: number;
  /** The provider's yes to the next part, while it is not in the table yet. */
  yes?: { result: Extract<Sent, { ok: true }>; cost: number; occasion: string | undefined } | undefined;
}

/** Name of the cursor of the server's stream; no connector's cursor has a colon. */
const streamCursor = ':outbound';
/** What answers need is kept so much longer than what came. No provider's window is longer than 30 days. */
const longerMs = 30 * 86_400_000;

export class Tables {
  readonly #database: Database;
  readonly #seal: Seal;
  readonly #statements;

  constructor(database: Database, seal: Seal) {
    this.#database = database;
    this.#seal = seal;
    this.#statements = prepare(database);
  }

  /** @returns undefined where it was there already */
  addDelivery(channel: string, delivery: Delivery, now: Millis): DeliveryRow | undefined {
    const { key, at, thread = '', body } = delivery;
    const sealed = this.#seal.close(body);
    const { changes, lastInsertRowid } = this.#statements.addDelivery.run(channel, key, thread, at, now, sealed);
    return changes === 1 ? { id: Number(lastInsertRowid), lane: thread, dueAt: 0, attempts: 0, delivery } : undefined;
  }

  deliveries(channel: string, after: number, limit: number): DeliveryRow[] {
    return this.#statements.deliveries
      .all(channel, after, limit)
      .map(({ id, key, lane, at, body, attempts, due_at }) => ({
        id,
        lane,
        dueAt: due_at,
        attempts,
        delivery: { key, at, ...(lane === '' ? {} : { thread: lane }), body: this.#seal.open(body) },
      }));
  }

  deliveryRead(id: number): void {
    this.#statements.deliveryRead.run(id);
  }

  deliveryLater(id: number, attempts: number, dueAt: Millis, reason: string): void {
    this.#statements.deliveryLater.run(attempts, dueAt, reason, id);
  }

  deliverySetAside(id: number, attempts: number, reason: string): void {
    this.#statements.deliverySetAside.run(attempts, reason, id);
  }

  addItem(channel: string, item: InboundItem): ItemRow {
    const { key, at } = item;
    const text = JSON.stringify(item);
    const thread = 'thread' in item ? item.thread : null;
    const { lastInsertRowid } = this.#statements.addItem.run(channel, key, at, this.#seal.close(text), thread);
    return { id: Number(lastInsertRowid), key, text };
  }

  /** @param known texts by id, of which the seal need not be opened @param but threads that wait */
  items(
    channel: string,
    limit: number,
    known: ReadonlyMap<number, string> = new Map(),
    but: readonly string[] = [],
  ): ItemRow[] {
    const { items, itemsBut } = this.#statements;
    const rows = but.length === 0 ? items.all(channel, limit) : itemsBut.all(channel, JSON.stringify(but), limit);
    return rows.map(({ id, key, body }) => ({ id, key, text: known.get(id) ?? this.#seal.open(body) }));
  }

  itemTaken(id: number): void {
    this.#statements.itemTaken.run(id);
  }

  itemRefused(id: number, reason: string): void {
    this.#statements.itemRefused.run(reason, id);
  }

  addOutgoing(channel: string, item: Outgoing): boolean {
    const name = item.item === 'message' ? item.message : `state:${item.seq}`;
    const sealed = this.#seal.close(JSON.stringify(item));
    return this.#statements.addOutgoing.run(channel, name, item.thread, item.at, sealed).changes === 1;
  }

  outbox(channel: string, after: number, limit: number): OutboxRow[] {
    return this.#statements.outbox.all(channel, after, limit).map(({ id, thread, body, parts, attempts, due_at }) => ({
      id,
      lane: thread,
      dueAt: due_at,
      parts,
      attempts,
      item: JSON.parse(this.#seal.open(body)) as Outgoing,
    }));
  }

  outboxLater(id: number, parts: number, attempts: number, dueAt: Millis): void {
    this.#statements.outboxLater.run(parts, attempts, dueAt, id);
  }

  outboxOver(id: number, sent: boolean): void {
    this.#statements.outboxOver.run(sent ? 1 : 2, id);
  }

  cursor(channel: string, name: string): string | undefined {
    return this.#statements.cursor.get(channel, name);
  }

  setCursor(channel: string, name: string, value: string): void {
    this.#statements.setCursor.run(channel, name, value);
  }

  streamPosition(channel: string): number {
    return Number(this.cursor(channel, streamCursor) ?? 0);
  }

  setStreamPosition(channel: string, seq: number): void {
    this.setCursor(channel, streamCursor, String(seq));
  }

  openings(channel: string, thread: string): Opening[] {
    return this.#statements.openings.all(channel, thread);
  }

  /** A later one of its kind takes the place of the earlier one. */
  opened(channel: string, thread: string, occasion: string, at: Millis): void {
    this.#statements.opened.run(channel, thread, occasion, at);
  }

  spend(channel: string, thread: string, occasion: string, messages: number): void {
    this.#statements.spend.run(messages, channel, thread, occasion);
  }

  /** `usedAt`: absent where its end is fixed. */
  memory(channel: string, key: string): { value: string; usedAt?: Millis | undefined } | undefined {
    const row = this.#statements.memory.get(channel, key);
    return row && { value: this.#seal.open(row.value), usedAt: row.came === 1 ? undefined : row.at };
  }

  /** @param came a customer said it: kept as long as what came */
  setMemory(channel: string, key: string, value: string, now: Millis, came: boolean): void {
    this.#statements.setMemory.run(channel, key, this.#seal.close(value), now, came ? 1 : 0);
  }

  memoryUsed(channel: string, key: string, now: Millis): void {
    this.#statements.memoryUsed.run(now, channel, key);
  }

  /** Rows of a channel that wait or were set aside, for metrics. */
  counts(channel: string): { toRead: number; setAside: number; toServer: number; refused: number; toSend: number } {
    const { toRead, setAside, toServer, refused, toSend } = this.#statements.counts;
    return {
      toRead: toRead.get(channel) ?? 0,
      setAside: setAside.get(channel) ?? 0,
      toServer: toServer.get(channel) ?? 0,
      refused: refused.get(channel) ?? 0,
      toSend: toSend.get(channel) ?? 0,
    };
  }

  /** Deletes some of what is done, was set aside, or is not needed any more, before that time. @returns how many rows */
  purge(before: Millis, limit: number): number {
    const { oldDeliveries, oldItems, oldOutbox, oldMemory, oldWindows } = this.#statements;
    const longBefore = before - longerMs;
    return this.#database.transaction(
      () =>
        oldDeliveries.run(before, limit).changes +
        oldItems.run(before, limit).changes +
        oldOutbox.run(before, limit).changes +
        oldMemory.run(1, before, limit).changes +
        oldMemory.run(0, longBefore, limit).changes +
        oldWindows.run(longBefore).changes,
    )();
  }

  /** In a transaction: what was set aside in a channel is read, or offered to the server, once more. @returns how many */
  retry(channel: string): number {
    const { asideDeliveries, dropDelivery, addDelivery, retryItems } = this.#statements;
    const rows = asideDeliveries.all(channel);
    for (const { id, key, lane, at, received_at, body } of rows) {
      // With a new id: those that read have gone past the old one.
      dropDelivery.run(id);
      addDelivery.run(channel, key, lane, at, received_at, body);
    }
    return rows.length + retryItems.run(channel).changes;
  }
}

interface DeliveryColumns {
  id: number;
  key: string;
  lane: string;
  at: number;
  body: Buffer;
  attempts: number;
  due_at: number;
}
interface OutboxColumns {
  id: number;
  thread: string;
  body: Buffer;
  parts: number;
  attempts: number;
  due_at: number;
}

function prepare(database: Database) {
  const count = (rows: string) => database.prepare<[string], number>(`SELECT count(*) FROM ${rows}`).pluck();
  return {
    addDelivery: database.prepare<[string, string, string, number, number, Buffer]>(
      `INSERT INTO deliveries (channel, key, lane, at, received_at, body) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (channel, key) DO NOTHING`,
    ),
    deliveries: database.prepare<[string, number, number], DeliveryColumns>(
      `SELECT id, key, lane, at, body, attempts, due_at FROM deliveries
       WHERE channel = ? AND id > ? AND state = 0 ORDER BY id LIMIT ?`,
    ),
    deliveryRead: database.prepare<[number]>('UPDATE deliveries SET state = 1, reason = NULL WHERE id = ?'),
    deliveryLater: database.prepare<[number, number, string, number]>(
      'UPDATE deliveries SET attempts = ?, due_at = ?, reason = ? WHERE id = ?',
    ),
    deliverySetAside: database.prepare<[number, string, number]>(
      'UPDATE deliveries SET state = 2, attempts = ?, reason = ? WHERE id = ?',
    ),
    addItem: database.prepare<[string, string, number, Buffer, string | null]>(
      'INSERT INTO items (channel, key, at, body, thread) VALUES (?, ?, ?, ?, ?)',
    ),
    items: database.prepare<[string, number], { id: number; key: string; body: Buffer }>(
      'SELECT id, key, body FROM items WHERE channel = ? AND state = 0 ORDER BY id LIMIT ?',
    ),
    itemsBut: database.prepare<[string, string, number], { id: number; key: string; body: Buffer }>(
      `SELECT id, key, body FROM items WHERE channel = ? AND state = 0
         AND (thread IS NULL OR thread NOT IN (SELECT value FROM json_each(?))) ORDER BY id LIMIT ?`,
    ),
    itemTaken: database.prepare<[number]>('DELETE FROM items WHERE id = ?'),
    itemRefused: database.prepare<[string, number]>('UPDATE items SET state = 2, reason = ? WHERE id = ?'),
    addOutgoing: database.prepare<[string, string, string, number, Buffer]>(
      `INSERT INTO outbox (channel, message, thread, at, body) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (channel, message) DO NOTHING`,
    ),
    outbox: database.prepare<[string, number, number], OutboxColumns>(
      `SELECT id, thread, body, parts, attempts, due_at FROM outbox
       WHERE channel = ? AND id > ? AND state = 0 ORDER BY id LIMIT ?`,
    ),
    outboxLater: database.prepare<[number, number, number, number]>(
      'UPDATE outbox SET parts = ?, attempts = ?, due_at = ? WHERE id = ?',
    ),
    outboxOver: database.prepare<[number, number]>('UPDATE outbox SET state = ? WHERE id = ?'),
    cursor: database
      .prepare<[string, string], string>('SELECT value FROM cursors WHERE channel = ? AND name = ?')
      .pluck(),
    setCursor: database.prepare<[string, string, string]>(
      `INSERT INTO cursors (channel, name, value) VALUES (?, ?, ?)
       ON CONFLICT (channel, name) DO UPDATE SET value = excluded.value`,
    ),
    openings: database.prepare<[string, string], Opening>(
      'SELECT occasion, at, used FROM windows WHERE channel = ? AND thread = ?',
    ),
    opened: database.prepare<[string, string, string, number]>(
      `INSERT INTO windows (channel, thread, occasion, at) VALUES (?, ?, ?, ?)
       ON CONFLICT (channel, thread, occasion) DO UPDATE SET at = excluded.at, used = 0 WHERE excluded.at > windows.at`,
    ),
    spend: database.prepare<[number, string, string, string]>(
      'UPDATE windows SET used = used + ? WHERE channel = ? AND thread = ? AND occasion = ?',
    ),
    memory: database.prepare<[string, string], { value: Buffer; at: number; came: number }>(
      'SELECT value, at, came FROM memory WHERE channel = ? AND key = ?',
    ),
    setMemory: database.prepare<[string, string, Buffer, number, number]>(
      `INSERT INTO memory (channel, key, value, at, came) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (channel, key) DO UPDATE SET value = excluded.value, at = excluded.at, came = excluded.came`,
    ),
    memoryUsed: database.prepare<[number, string, string]>('UPDATE memory SET at = ? WHERE channel = ? AND key = ?'),
    // Each state as it stands in the condition of an index.
    counts: {
      toRead: count('deliveries WHERE channel = ? AND state = 0'),
      setAside: count('deliveries WHERE channel = ? AND state = 2'),
      toServer: count('items WHERE channel = ? AND state = 0'),
      refused: count('items WHERE channel = ? AND state = 2'),
      toSend: count('outbox WHERE channel = ? AND state = 0'),
    },
    oldDeliveries: database.prepare<[number, number]>(
      `DELETE FROM deliveries WHERE id IN
         (SELECT id FROM deliveries WHERE received_at < ? AND state <> 0 LIMIT ?)`,
    ),
    oldItems: database.prepare<[number, number]>(
      'DELETE FROM items WHERE id IN (SELECT id FROM items WHERE at < ? AND state <> 0 LIMIT ?)',
    ),
    oldOutbox: database.prepare<[number, number]>(
      'DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE at < ? AND state <> 0 LIMIT ?)',
    ),
    oldMemory: database.prepare<[number, number, number]>(
      `DELETE FROM memory WHERE (channel, key) IN
         (SELECT channel, key FROM memory WHERE came = ? AND at < ? LIMIT ?)`,
    ),
    oldWindows: database.prepare<[number]>('DELETE FROM windows WHERE at < ?'),
    asideDeliveries: database.prepare<[string], DeliveryColumns & { received_at: number }>(
      'SELECT id, key, lane, at, received_at, body, attempts, due_at FROM deliveries WHERE channel = ? AND state = 2 ORDER BY id',
    ),
    dropDelivery: database.prepare<[number]>('DELETE FROM deliveries WHERE id = ?'),
    retryItems: database.prepare<[string]>('UPDATE items SET state = 0 WHERE channel = ? AND state = 2'),
  };
}
