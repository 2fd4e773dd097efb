// Our own disk refuses for a while (full, broken): nothing is lost, nothing goes twice, and nothing ends the sidecar.
import { readdirSync, readFileSync } from 'node:fs';
import Sqlite, { type Database } from 'better-sqlite3';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Content, OutboundMessage } from '../../../connector/index.ts';
import { GroupCommit } from '../../../sidecar/group-commit.ts';
import { type LaneRow, Lanes } from '../../../sidecar/lanes.ts';
import { Pace } from '../../../sidecar/pace.ts';
import { keyFor, Seal } from '../../../sidecar/seal.ts';
import { Sending } from '../../../sidecar/sending.ts';
import { Tables } from '../../../sidecar/tables.ts';

const migrations = new URL('../../../sql/sidecar/', import.meta.url);
const soon = { interval: 1, timeout: 10_000 };
let database: Database;
let tables: Tables;
let commit: GroupCommit;
let errors: string[];
/** Each look at it is ten seconds later: what is to wait for some, waits for the next turn. */
const clock = { at: 1_800_000_000_000, now: () => (clock.at += 10_000), monotonic: () => performance.now() };
const logger = pino({ level: 'error' }, { write: (line: string) => void errors.push(line) });

beforeEach(() => {
  database = new Sqlite(':memory:');
  for (const file of readdirSync(migrations).sort()) database.exec(readFileSync(new URL(file, migrations), 'utf8'));
  tables = new Tables(database, new Seal(keyFor('a site key of tests', 'tables')));
  commit = new GroupCommit(database);
  errors = [];
});
afterEach(() => commit.close());

function refuse(): void {
  database.exec(
    `CREATE TEMP TRIGGER full BEFORE UPDATE ON outbox BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`,
  );
}
const takeAgain = () => database.exec('DROP TRIGGER full');
const refusals = () => errors.filter((line) => line.includes('disk is full')).length;

/** A channel that says yes to everything, in texts of ten characters, within a window of `most` messages. */
function channel() {
  const handedOver: Content[] = [];
  const states: string[] = [];
  const told: { state: string; left: number | undefined }[] = [];
  const sending = new Sending({
    channel: 'c',
    connector: {
      send: async ({ content }) => {
        handedOver.push(content);
        return { ok: true, provider: `p${handedOver.length}` };
      },
      state: (_, state) => void states.push(state),
    },
    policy: { windows: { message: { forMs: 1e12, most: 5 } }, text: { most: 10, unit: 'characters' } },
    tables,
    commit,
    clock,
    logger,
    pace: new Pace(),
    told: (items) => {
      for (const { text } of items) {
        const item = JSON.parse(text);
        told.push({ state: item.state, left: item.window?.left });
      }
    },
  });
  return { sending, handedOver, states, told };
}

const message = (seq: number, text: string): OutboundMessage => ({
  item: 'message',
  seq,
  message: `m${seq}`,
  thread: 't',
  at: 1,
  content: { type: 'text', text },
  author: 'agent',
});

test('what the provider took is not sent again: its note is tried until the disk takes it', async () => {
  const { sending, handedOver, told } = channel();
  tables.opened('c', 't', 'message', clock.now());
  tables.addOutgoing('c', message(1, 'one two. then three'));
  refuse();
  sending.kick();
  await expect.poll(refusals, soon).toBeGreaterThan(2);
  expect(handedOver).toEqual([{ type: 'text', text: 'one two.' }]);
  takeAgain();
  await expect.poll(() => told, soon).toHaveLength(1);
  expect(handedOver).toHaveLength(2);
  // Both parts count.
  expect(told).toEqual([{ state: 'sent', left: 3 }]);
  expect(sending.sent).toBe(1);
  await sending.stop();
  // A restart finds nothing to send.
  expect(tables.outbox('c', 0, 10)).toEqual([]);
});

test('a state of a conversation that cannot be noted as shown ends nothing; what waits behind it goes on', async () => {
  const { sending, handedOver, states } = channel();
  tables.opened('c', 't', 'message', clock.now());
  tables.addOutgoing('c', { item: 'state', seq: 1, thread: 't', at: 1, state: 'active' });
  tables.addOutgoing('c', message(2, 'hello'));
  refuse();
  sending.kick();
  await expect.poll(refusals, soon).toBeGreaterThan(2);
  expect(handedOver).toEqual([]);
  takeAgain();
  await expect.poll(() => sending.sent, soon).toBe(1);
  await sending.stop();
  expect(new Set(states)).toEqual(new Set(['active']));
  expect(handedOver).toEqual([{ type: 'text', text: 'hello' }]);
  expect(tables.outbox('c', 0, 10)).toEqual([]);
});

test('rows that cannot be loaded, and work that fails against its word, are tried again; the lane and the others live', async () => {
  const rows: LaneRow[] = [1, 2, 3].map((id) => ({ id, lane: id === 3 ? 'b' : 'a', dueAt: 0 }));
  const done: number[] = [];
  let trouble = 2;
  const lanes = new Lanes<LaneRow>({
    load: (after) => {
      if (trouble === 2) {
        trouble--;
        throw new Error('disk is full');
      }
      return rows.filter(({ id }) => id > after);
    },
    work: async ({ id }) => {
      if (trouble === 1) {
        trouble--;
        throw new Error('disk is full');
      }
      done.push(id);
      return undefined;
    },
    clock,
    logger,
    atOnce: 1,
  });
  lanes.kick();
  await expect.poll(() => done, soon).toEqual([3, 1, 2]);
  expect(refusals()).toBe(2);
  await lanes.stop();
});
