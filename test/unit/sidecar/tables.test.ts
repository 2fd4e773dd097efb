// What only the tables show: how they are asked, and what an update makes of rows from before.
import { readdirSync, readFileSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { keyFor, Seal } from '../../../sidecar/seal.ts';
import { Tables } from '../../../sidecar/tables.ts';

const migrations = new URL('../../../sql/sidecar/', import.meta.url);
const seal = new Seal(keyFor('a site key of tests', 'tables'));

function migrate(database: Sqlite.Database, from = 0, to = Number.POSITIVE_INFINITY): void {
  for (const file of readdirSync(migrations).sort().slice(from, to)) {
    database.exec(readFileSync(new URL(file, migrations), 'utf8'));
  }
}

test('what waits or was set aside is counted without a look at all the rest', () => {
  const asked: string[] = [];
  const database = new Sqlite(':memory:', { verbose: (sql) => void asked.push(String(sql)) });
  migrate(database);
  const tables = new Tables(database, seal);
  const delivery = (key: string) => tables.addDelivery('c', { key, at: 1, body: 'b' }, 1)?.id ?? 0;
  delivery('waits');
  tables.deliveryRead(delivery('read'));
  tables.deliverySetAside(delivery('aside'), 10, 'never');
  tables.itemRefused(tables.addItem('c', { item: 'left', key: 'k', at: 1, thread: 't' }).id, 'no');
  asked.length = 0;
  expect(tables.counts('c')).toEqual({ toRead: 1, setAside: 1, toServer: 0, refused: 1, toSend: 0 });
  const counts = asked.splice(0);
  expect(counts).toHaveLength(5);
  for (const sql of counts) {
    const [step] = database.prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all();
    expect(step?.detail, sql).toMatch(/USING COVERING INDEX \w+_(waiting|aside)/);
  }
  database.close();
});

test('facts from before the update end as if they were noted with it, and words of customers as what came', () => {
  const database = new Sqlite(':memory:');
  migrate(database, 0, 2);
  const before = database.prepare("INSERT INTO memory (channel, key, value) VALUES ('c', ?, ?)");
  for (const key of ['join:a:7:3', 'user:openid', 'thread:t']) before.run(key, seal.close(key));
  migrate(database, 2);
  const tables = new Tables(database, seal);
  const day = 86_400_000;
  const known = () => ['join:a:7:3', 'user:openid', 'thread:t'].filter((key) => tables.memory('c', key) !== undefined);
  tables.purge(Date.now() - day, 100);
  expect(known()).toHaveLength(3);
  tables.purge(Date.now() + day, 100);
  expect(known()).toEqual(['thread:t']);
  tables.purge(Date.now() + 31 * day, 100);
  expect(known()).toEqual([]);
  database.close();
});
