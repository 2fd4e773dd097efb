// Batches into a real PostgreSQL: garbled ones, persons that join, part and are erased, months, what is forgotten.
import { zstdCompressSync } from 'node:zlib';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Changes } from '../../cloud/changes.ts';
import { readBatch, type SiteKey, takeBatch } from '../../cloud/ingest.ts';
import { queueFigures } from '../../cloud/reports.ts';
import { forgetOld } from '../../cloud/retention.ts';
import { settle } from '../../cloud/settle.ts';
import { openStore, type Store } from '../../cloud/store.ts';
import { Tenants } from '../../cloud/tenants.ts';
import { hashed } from '../../server/egress/index.ts';
import { openDatabase } from '../../server/journal/index.ts';
import { RemoteHistory } from '../../server/uplink/index.ts';
import { newSiteKey, type OutgoingEvent, type ProfileChange } from '../../uplink/index.ts';
import { hasPostgres, Postgres } from '../engines/postgres.ts';

const logger = pino({ level: 'silent' });
const now = Date.UTC(2026, 4, 15);
const hash = (letter: string) => `h1:${letter.repeat(22)}`;
type Happening = Partial<OutgoingEvent> & Pick<OutgoingEvent, 'type'>;

describe.skipIf(!hasPostgres)('batches (need PostgreSQL)', () => {
  let postgres: Postgres;
  let store: Store;
  let run = 0;
  let tenant: string;
  const cursors = new Map<string, number>();

  beforeAll(async () => {
    postgres = await Postgres.start();
    store = await openStore({ database: postgres.url }, logger);
  }, 60_000);
  afterAll(async () => {
    await store?.close();
    await postgres?.close();
  });
  beforeEach(async () => {
    await newTenant(`t${++run}`);
  });
  async function newTenant(name: string): Promise<void> {
    tenant = name;
    cursors.clear();
    const tenants = new Tenants(store);
    await tenants.add(tenant, 'A bank', now);
    for (const site of ['north', 'south']) await tenants.addSite(tenant, site, newSiteKey().publicKey, now);
  }

  const from = (site: string): SiteKey => ({ tenant, site });
  async function send(site: string, ...happenings: Happening[]): Promise<void> {
    const after = cursors.get(site) ?? 0;
    const events = happenings.map((one, index) => ({
      seq: after + index + 1,
      at: now + index,
      version: 1,
      data: {},
      ...one,
    }));
    const upto = after + events.length;
    const text = JSON.stringify({ protocol: 1, after, upto, policy: '0'.repeat(64), events });
    await takeBatch(store, from(site), await readBatch(zstdCompressSync(text)), now);
    cursors.set(site, upto);
  }
  const rows = async <Row extends object>(sql: string): Promise<Row[]> =>
    (await store.pool.query<Row>(sql, [tenant])).rows;
  const profiles = async (): Promise<ProfileChange[]> =>
    (
      await rows<{ data: ProfileChange }>(
        `SELECT data FROM changes WHERE tenant = $1 AND kind = 'profile' ORDER BY seq`,
      )
    ).map(({ data }) => ({ ...data, identities: data.identities.sort() }));
  const added = (customer: string, letter: string, data = {}): Happening => ({
    type: 'customer.identity-added',
    customer,
    data: { by: 'x', kind: 'phone', value: hash(letter), ...data },
  });
  const partitions = async () =>
    (
      await store.pool.query<{ name: string }>(
        `SELECT relname AS name FROM pg_class WHERE relname LIKE 'events\\_%' AND relkind = 'r' ORDER BY 1`,
      )
    ).rows.map(({ name }) => name);

  test('what was written goes where a rule of a site took it away, and nothing else', async () => {
    const said = { type: 'message.received', data: { text: 'my secret' } };
    await send(
      'north',
      { ...said, interaction: 'int_1' },
      { ...said, interaction: 'int_2' },
      { type: 'interaction.step', interaction: 'int_1', data: { node: 'menu' } },
    );
    await send('south', { ...said, interaction: 'int_1' });
    await send('north', {
      type: 'journal.kinds-erased',
      data: { subjects: ['int_1'], types: 'message.', by: 'rule chats', events: 1 },
    });
    const left = await rows<{ one: string }>(
      `SELECT site || ' ' || interaction || ' ' || data::text AS one FROM events
       WHERE tenant = $1 AND interaction IS NOT NULL ORDER BY site, seq`,
    );
    expect(left.map(({ one }) => one)).toEqual([
      'north int_1 {}',
      'north int_2 {"text": "my secret"}',
      'north int_1 {"node": "menu"}',
      'south int_1 {"text": "my secret"}',
    ]);
  });

  test('texts that PostgreSQL refuses lose only what it refuses', async () => {
    const text = `a\0b\ud800c\\u0000d`;
    await send('north', {
      type: 'customer.created',
      customer: 'cus_1',
      data: { name: text, 'value#': hash('a'), 'f\0': [{ deep: text }] },
    });
    const [event] = await rows<{ data: object }>('SELECT data FROM events WHERE tenant = $1');
    const clean = 'ab\ufffdc\\u0000d';
    expect(event?.data).toEqual({ name: clean, 'value#': hash('a'), f: [{ deep: clean }] });
    expect(await profiles()).toMatchObject([{ name: { value: clean } }]);
  });

  test('a wrong clock makes no months, blocks nothing, and does not have the last word for ever', async () => {
    const before = await partitions();
    const wrong = [0, -1, -8.64e15, 8.64e15, Number.MAX_SAFE_INTEGER, Date.UTC(9999, 0), Date.UTC(1971, 3)];
    await send(
      'north',
      ...wrong.map((at): Happening => ({ type: 'interaction.started', interaction: `int_${at}`, at })),
      {
        type: 'customer.created',
        customer: 'cus_1',
        at: Date.UTC(9999, 0),
        data: { name: 'Late', 'value#': hash('a') },
      },
      { type: 'interaction.started', interaction: 'int_now' },
    );
    expect((await partitions()).filter((name) => !before.includes(name))).toEqual(
      before.includes('events_2026_05') ? [] : ['events_2026_05'],
    );
    expect(await rows('SELECT 1 FROM events WHERE tenant = $1')).toHaveLength(9);
    const [profile] = await profiles();
    expect(profile?.name?.at).toBeLessThan(now + 3_600_000);
  });

  test('a month whose events came too early takes them in when it is there', async () => {
    const later = Date.UTC(2031, 1, 3);
    await send('north', { type: 'interaction.started', interaction: 'int_1', at: later });
    expect(await rows('SELECT 1 FROM events_other WHERE tenant = $1')).toHaveLength(1);
    const text = JSON.stringify({
      protocol: 1,
      after: 1,
      upto: 2,
      policy: '0'.repeat(64),
      events: [{ seq: 2, at: later + 1, type: 'interaction.ended', version: 1, interaction: 'int_1', data: {} }],
    });
    await takeBatch(store, from('north'), await readBatch(zstdCompressSync(text)), later + 2);
    expect(await rows('SELECT 1 FROM events_other WHERE tenant = $1')).toHaveLength(0);
    expect(await rows('SELECT 1 FROM events_2031_02 WHERE tenant = $1')).toHaveLength(2);
  });

  test('a batch that inflates without end is refused', async () => {
    await expect(readBatch(zstdCompressSync(Buffer.alloc(64 * 1024 * 1024)))).rejects.toMatchObject({
      code: 'batch-invalid',
    });
  });

  test('who is erased stays erased, even by the very batch that speaks of her', async () => {
    const scope = { interaction: 'int_1', customer: 'cus_1' };
    const started = { type: 'interaction.started', ...scope, data: { channel: 'voice', 'from#': hash('a') } };
    await send('north', added('cus_1', 'a'), started, {
      type: 'message.received',
      ...scope,
      data: { text: 'my card' },
    });
    expect(await rows(`SELECT 1 FROM changes WHERE tenant = $1 AND kind = 'interaction'`)).toHaveLength(1);
    await send(
      'north',
      { type: 'interaction.answered', ...scope, agent: '1001' },
      { type: 'journal.person-erased', data: { subjects: ['cus_1', 'int_1'], by: 'x', events: 2 } },
      { type: 'interaction.ended', ...scope, data: { where: 'talk' } },
    );
    expect(await rows('SELECT customer, identities FROM interactions WHERE tenant = $1')).toEqual([
      { customer: null, identities: [] },
    ]);
    const [kept] = await rows<{ all: string }>(
      `SELECT (SELECT string_agg(e::text, '') FROM events e WHERE tenant = $1)
         || coalesce((SELECT string_agg(c::text, '') FROM changes c WHERE tenant = $1 AND kind <> 'erased'), '') AS all`,
    );
    expect(kept?.all).not.toContain('my card');
    expect(kept?.all).not.toContain(hash('a'));
    for (const table of ['profiles', 'profile_identities', 'profile_customers', 'customer_identities'])
      expect(await rows(`SELECT 1 FROM ${table} WHERE tenant = $1`), table).toEqual([]);
  });

  /** A site that takes the news when it is told to; @returns the contacts with her that it knows then */
  function otherSite() {
    const { database, close } = openDatabase({ directory: ':memory:', logger });
    const history = new RemoteHistory(database, key);
    const stream = new Changes(store, { database: postgres.url }, logger);
    let after = 0;
    return {
      close,
      async learns(): Promise<string[]> {
        const { changes, next } = await stream.after(from('south'), after, 1, AbortSignal.abort());
        for (const change of changes) history.apply(change);
        after = next;
        return history
          .interactions([{ kind: 'phone', value: '+8613800138000' }], 10)
          .map(({ site, interaction }) => `${site} ${interaction}`)
          .sort();
      },
    };
  }
  const key = Buffer.alloc(32, 7);
  const call = (interaction: string): Happening => ({
    type: 'interaction.started',
    interaction,
    data: { channel: 'voice', 'from#': hashed(key, 'phone', '+8613800138000') },
  });

  test('other sites forget a contact whose site forgot who it was with, and have one once that was set aside', async () => {
    const [south, late] = [otherSite(), otherSite()];
    await send('north', call('int_1'), call('int_2'), call('int_3'));
    expect(await south.learns()).toEqual(['north int_1', 'north int_2', 'north int_3']);
    expect(await late.learns()).toHaveLength(3);
    // As rules of retention do it: the subjects are contacts.
    await send('north', { type: 'journal.person-erased', data: { subjects: ['int_1'] } });
    expect(await south.learns()).toEqual(['north int_2', 'north int_3']);
    expect(
      await rows(`SELECT data -> 'identities' AS who FROM changes WHERE tenant = $1 AND what = 'north int_1'`),
    ).toEqual([{ who: [] }]);

    const { aside } = await settle(store, from('north'), { after: 2, tail: 'aside' }, now);
    expect(await south.learns()).toEqual(['north int_2', `${aside} int_3`]);
    cursors.set('north', 2);
    await send('north', { type: 'journal.person-erased', data: { subjects: ['int_3'] } });
    expect(await south.learns()).toEqual(['north int_2']);
    await settle(store, from('north'), { after: 1, tail: 'drop' }, now + 1);
    expect(await south.learns()).toEqual([]);
    // One that was away all the time ends up with the same.
    expect(await late.learns()).toEqual([]);
    await Promise.all([south.close(), late.close()]);
  });

  test('a tenant may have any name: news of one called error ends nobody’s wait, and not the program', async () => {
    const changes = new Changes(store, { database: postgres.url }, logger);
    await changes.start();
    const mine = tenant;
    const waiting = changes.after(from('south'), 0, 20_000, new AbortController().signal);
    await newTenant('error');
    await send('north', added('cus_1', 'a'));
    tenant = mine;
    cursors.clear();
    await send('north', added('cus_1', 'b'));
    expect((await waiting).changes).toMatchObject([{ kind: 'profile', identities: [hash('b')] }]);
    await changes.close();
  });

  test('contacts that waited and were talked with for months have their average', async () => {
    const month = 30 * 86_400_000;
    const scope = { interaction: 'int_1', queue: 'letters' };
    await send(
      'north',
      { type: 'interaction.started', ...scope },
      { type: 'interaction.queued', ...scope, at: now },
      { type: 'interaction.answered', ...scope, agent: '1001', at: now + month },
      { type: 'interaction.ended', ...scope, at: now + 3 * month, data: { where: 'talk' } },
    );
    const figures = await queueFigures(store, tenant, { from: now, to: now + 1 }, 20_000);
    expect(figures).toMatchObject([{ answered: 1, averageWaitMs: month, averageTalkMs: 2 * month }]);
  });

  test('erased at one site, she keeps only what the other site said of her', async () => {
    await send('north', added('cus_n', 'a'), added('cus_n', 'b'), {
      type: 'customer.tagged',
      customer: 'cus_n',
      data: { tag: 'n' },
    });
    await send('south', added('cus_s', 'b'), { type: 'customer.tagged', customer: 'cus_s', data: { tag: 's' } });
    expect(await profiles()).toMatchObject([
      { identities: [hash('a'), hash('b')], tags: [{ tag: 'n' }, { tag: 's' }] },
    ]);
    await send('north', { type: 'journal.person-erased', data: { subjects: ['cus_n'] } });
    expect(await profiles()).toMatchObject([{ identities: [hash('b')], tags: [{ tag: 's' }] }]);
  });

  test('customers merged by hand are one, and two again when they are parted', async () => {
    await send('north', added('cus_1', 'a'), added('cus_2', 'b'));
    expect(await profiles()).toHaveLength(2);
    await send('north', {
      type: 'customer.merged',
      customer: 'cus_1',
      data: { by: 'x', loser: 'cus_2', why: 'by-hand' },
    });
    expect(await profiles()).toMatchObject([{ identities: [hash('a'), hash('b')] }]);
    await send('north', { type: 'customer.unmerged', customer: 'cus_2', data: { by: 'x', from: 'cus_1' } });
    expect((await profiles()).map(({ identities }) => identities)).toEqual(
      expect.arrayContaining([[hash('a')], [hash('b')]]),
    );
  });

  test('an identity given by mistake joins two persons no longer than it stands', async () => {
    await send('north', added('cus_n', 'a'));
    await send('south', added('cus_s', 'b'));
    await send('north', added('cus_n', 'b'));
    expect(await profiles()).toHaveLength(1);
    await send('north', { ...added('cus_n', 'b'), type: 'customer.identity-removed' });
    expect((await profiles()).map(({ identities }) => identities)).toEqual(
      expect.arrayContaining([[hash('a')], [hash('b')]]),
    );
  });

  test('two sites that speak of the same persons at once leave nobody without a profile', {
    timeout: 30_000,
  }, async () => {
    const letters = 'abcdefghij';
    await Promise.all(
      ['north', 'south'].map(async (site) => {
        for (const letter of site === 'north' ? letters : [...letters].reverse())
          await send(site, added(`cus_${letter}`, letter), added(`cus_${letter}`, 'z'));
      }),
    );
    const found = await profiles();
    expect(found).toHaveLength(1);
    expect(found[0]?.identities).toHaveLength(11);
    expect(
      await rows(`SELECT 1 FROM profile_identities i LEFT JOIN profiles p USING (tenant, profile)
                  WHERE i.tenant = $1 AND p.profile IS NULL`),
    ).toEqual([]);
  });

  test('what is older than it was told to keep goes', async () => {
    const clock = { now: () => now, monotonic: () => now };
    const old = Date.UTC(2024, 0, 5);
    await send('north', { type: 'interaction.started', interaction: 'int_old', at: old, data: { 'from#': hash('a') } });
    await send('north', { type: 'interaction.started', interaction: 'int_new', data: { 'from#': hash('a') } });
    expect(await partitions()).toContain('events_2024_01');
    await forgetOld(store, { months: 12, batchDays: 400 }, clock, logger);
    expect(await partitions()).not.toContain('events_2024_01');
    expect(await rows('SELECT interaction FROM events WHERE tenant = $1')).toEqual([{ interaction: 'int_new' }]);
    expect(await rows('SELECT interaction FROM interactions WHERE tenant = $1')).toEqual([{ interaction: 'int_new' }]);
    expect(await rows(`SELECT what FROM changes WHERE tenant = $1`)).toEqual([{ what: 'north int_new' }]);
  });
});
