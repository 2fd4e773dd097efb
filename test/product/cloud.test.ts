// Sites and their cloud on a real PostgreSQL, over real HTTP: facts once and in order, persons that meet, what comes back.
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createCloud } from '../../cloud/http.ts';
import { type Cloud, startCloud } from '../../cloud/index.ts';
import { uplinkSchema } from '../../config/index.ts';
import {
  interactionAnswered,
  interactionEnded,
  interactionQueued,
  interactionStarted,
  openCustomers,
  readInteractions,
} from '../../server/customers/index.ts';
import { hashed } from '../../server/egress/index.ts';
import { newEvent, readInPlace } from '../../server/journal/index.ts';
import { elsewhereOf, openCloudLine, readPlan, Uplink } from '../../server/uplink/index.ts';
import { newSiteKey, signRequest } from '../../uplink/index.ts';
import { systemClock } from '../../values/index.ts';
import { hasPostgres, Postgres } from '../engines/postgres.ts';
import { openSite, type TestSite } from '../unit/directory/site.ts';

const logger = pino({ level: 'silent' });
const shared = Buffer.alloc(32, 9);

interface Branch extends TestSite {
  name: string;
  uplink: Uplink;
  customers: ReturnType<typeof openCustomers>;
  call(from: string, customer?: string): Promise<string>;
}

describe.skipIf(!hasPostgres)('the cloud (needs PostgreSQL)', () => {
  let postgres: Postgres;
  let cloud: Cloud;
  let folder: string;
  let run = 0;
  let tenant: string;
  let branches: Branch[];

  beforeAll(async () => {
    postgres = await Postgres.start();
    folder = mkdtempSync(join(tmpdir(), 'switchroom-cloud-'));
  }, 60_000);
  afterAll(async () => {
    await postgres?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    cloud = await startCloud({ database: postgres.url, port: 0, bind: ['127.0.0.1'] }, logger);
    tenant = `bank-${++run}`;
    branches = [];
    await cloud.tenants.add(tenant, 'A bank', Date.now());
  });
  afterEach(async () => {
    for (const branch of branches) {
      await branch.uplink.stop();
      await branch.close();
    }
    await cloud.stop();
  });

  async function branch(name: string, key = newSiteKey()): Promise<Branch> {
    await cloud.tenants.addSite(tenant, name, key.publicKey, Date.now());
    const keyFile = join(folder, `${tenant}-${name}.key`);
    writeFileSync(keyFile, key.privateKey, { mode: 0o600 });
    const site = openSite();
    const { journal, opened } = site;
    const settings = uplinkSchema.parse({ url: `${cloud.addresses[0]}/t/${tenant}`, keyFile });
    const uplink = new Uplink({
      line: openCloudLine(settings, name, systemClock),
      plan: readPlan(undefined),
      key: shared,
      journal,
      database: opened.database,
      reader: readInPlace(opened.database),
      clock: systemClock,
      logger,
      folder,
      alarm: settings.alarm,
      lingerMs: 10,
      retryMs: 20,
    });
    const interactions = readInteractions(opened.database);
    const customers = openCustomers({ database: opened.database, journal, interactions, clock: systemClock, logger });
    let calls = 0;
    const made: Branch = {
      ...site,
      name,
      uplink,
      customers,
      async call(from, customer) {
        const interaction = `int_${name}_${++calls}`;
        const now = Date.now();
        const scope = { interaction, queue: 'service', customer };
        await journal.append([
          newEvent(interactionStarted, now, { channel: 'voice', direction: 'in', from }, scope),
          newEvent(interactionQueued, now + 5, { priority: 0 }, scope),
          newEvent(interactionAnswered, now + 1_005, { waitMs: 1_000 }, { ...scope, agent: '1001' }),
          newEvent(interactionEnded, now + 61_005, { where: 'talk', by: 'customer' }, scope),
        ]);
        return interaction;
      },
    };
    branches.push(made);
    uplink.start();
    return made;
  }
  const read = async (path: string) => {
    const token = await cloud.tenants.createToken(tenant, 'test', Date.now());
    const response = await fetch(`${cloud.addresses[0]}/t/${tenant}/v1${path}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return (await response.json()) as {
      sites: { cursor: number }[];
      queues: object[];
      days: { site: string | null; contacts: number }[];
    };
  };
  /** As `GET /t/:tenant/v1/sites`; those of signed sites under theirs. */
  function routesOf(): { people: string[]; sites: string[] } {
    interface Layer {
      route?: { path: string; methods: Record<string, boolean> };
      handle: { stack?: Layer[] };
    }
    const parts = { store: {}, tenants: {}, changes: {}, clock: systemClock, logger } as unknown;
    const app = createCloud(parts as Parameters<typeof createCloud>[0]);
    const named = ({ route }: Layer): string[] =>
      route ? Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${route.path}`) : [];
    const layers = (app.router as unknown as { stack: Layer[] }).stack;
    const all = layers.flatMap(named);
    return {
      people: all.filter((name) => name.includes('/t/')),
      sites: layers.flatMap(({ handle }) => (handle.stack ?? []).flatMap(named)),
    };
  }
  const caughtUp = (one: Branch) =>
    expect.poll(() => one.uplink.status(), { timeout: 10_000 }).toMatchObject({ behind: 0, state: 'idle' });

  test('figures of all sites, and nobody’s number in the database', async () => {
    const [north, south] = [await branch('north'), await branch('south')];
    for (let i = 0; i < 20; i++) await north.call(`+861380013${8000 + i}`);
    await south.call('+8613900139000');
    await caughtUp(north);
    await caughtUp(south);
    const { queues } = await read('/reports/queues');
    expect(queues).toEqual([
      expect.objectContaining({
        site: 'north',
        queue: 'service',
        offered: 20,
        answered: 20,
        inTime: 20,
        averageWaitMs: 1_000,
      }),
      expect.objectContaining({ site: 'south', queue: 'service', offered: 1 }),
    ]);
    // All sites together: averages over contacts, not over sites.
    const { queues: together } = await read('/reports/queues?of=all');
    expect(together).toEqual([
      expect.objectContaining({ site: null, queue: 'service', offered: 21, answered: 21, averageWaitMs: 1_000 }),
    ]);
    const { days } = await read('/reports/days?of=all');
    expect(days.reduce((sum, { contacts }) => sum + contacts, 0)).toBe(21);
    expect(days.every(({ site }) => site === null)).toBe(true);
    const { sites } = await read('/sites');
    expect(sites.map(({ cursor }) => cursor)).toEqual([north.journal.last, south.journal.last]);
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    const { rows } = await client.query<{ all: string }>(
      `SELECT string_agg(events::text, '') || (SELECT string_agg(changes::text, '') FROM changes) AS all FROM events`,
    );
    await client.end();
    expect(rows[0]?.all).toContain('+86139******00');
    expect(rows[0]?.all).not.toContain('3900139000');
  });

  test('a site sees within two seconds what happened to its customer at another', { timeout: 20_000 }, async () => {
    const [north, south] = [await branch('north'), await branch('south')];
    const her = { kind: 'phone', value: '+8613800138000' };
    const hers = south.customers.findOrCreate(her, 'call');
    await south.customers.tag(hers.id, 'vip', 'agent');
    await caughtUp(south);
    const at = performance.now();
    const interaction = await north.call(her.value);
    await expect
      .poll(() => south.uplink.history.interactions([her], 10), { timeout: 5_000, interval: 20 })
      .toMatchObject([{ site: 'north', interaction }]);
    expect(performance.now() - at).toBeLessThan(2_000);
    await expect.poll(() => north.uplink.history.profile([her], Date.now())?.tags).toEqual(['vip']);
    // So the screen-pop shows it.
    south.customers.knowsElsewhere(elsewhereOf(south.uplink.history, Date.now));
    expect(south.customers.pop(hers.id).earlier).toMatchObject([{ interaction, site: 'north', channel: 'voice' }]);
    expect(north.uplink.history.interactions([{ kind: 'phone', value: '+8613900000000' }], 10)).toEqual([]);
  });

  test('two sites’ customers become one where an identity joins them; the newest word counts', {
    timeout: 20_000,
  }, async () => {
    const [north, south] = [await branch('north'), await branch('south')];
    const phone = { kind: 'phone', value: '+8613800138000' };
    const account = { kind: 'account', value: '622202' };
    const a = north.customers.findOrCreate(phone, 'call');
    const b = south.customers.findOrCreate(account, 'web');
    await north.customers.change(a.id, { name: 'Li Wang' }, 'x');
    await new Promise((done) => setTimeout(done, 5));
    await south.customers.change(b.id, { name: 'Wang Li' }, 'x');
    await caughtUp(north);
    await caughtUp(south);
    expect(north.uplink.history.profile([account], Date.now())?.name).not.toBe('L* W***');
    await north.customers.addIdentity(a.id, account, 'agent');
    await expect
      .poll(() => north.uplink.history.profile([phone], Date.now())?.name, { timeout: 5_000 })
      .toBe('W*** L*');
    await expect
      .poll(() => south.uplink.history.profile([phone], Date.now())?.name, { timeout: 5_000 })
      .toBe('W*** L*');

    await north.customers.erase(a.id, 'officer');
    await caughtUp(north);
    // South knows her still, by what it said itself.
    await expect.poll(() => north.uplink.history.profile([account], Date.now())?.name).toBe('W*** L*');
    await south.customers.erase(b.id, 'officer');
    await expect.poll(() => north.uplink.history.profile([account], Date.now()), { timeout: 5_000 }).toBeUndefined();
  });

  test('the cloud and its database are killed and come back: nothing lost, nothing doubled', {
    timeout: 60_000,
  }, async () => {
    const north = await branch('north');
    await north.call('+8613800138000');
    await caughtUp(north);
    const url = new URL(cloud.addresses[0] ?? '');
    await postgres.kill();
    for (let i = 0; i < 500; i++) await north.call(`+86138001${38000 + i}`);
    await expect.poll(() => north.uplink.status().reason).toBeDefined();
    expect((await fetch(`${url.origin}/ready`)).status).toBe(503);
    await postgres.run();
    await caughtUp(north);
    await cloud.stop();
    for (let i = 0; i < 100; i++) await north.call(`+86138002${38000 + i}`);
    cloud = await startCloud({ database: postgres.url, port: Number(url.port), bind: ['127.0.0.1'] }, logger);
    await caughtUp(north);
    const { queues } = await read('/reports/queues');
    expect(queues).toMatchObject([{ offered: 601 }]);
  });

  test('nobody else gets in: no signature, another site’s, a copy, another tenant’s token', async () => {
    const north = await branch('north');
    await branch('south');
    await north.call('+8613800138000');
    await caughtUp(north);
    const base = `${cloud.addresses[0]}/t/${tenant}`;
    expect((await fetch(`${base}/v1/sites/north/cursor`)).status).toBe(401);
    expect((await fetch(`${base}/v1/sites`)).status).toBe(401);
    await cloud.tenants.add(`${tenant}-x`, 'Another', Date.now());
    const token = await cloud.tenants.createToken(`${tenant}-x`, 'spy', Date.now());
    const asSpy = { headers: { authorization: `Bearer ${token}` } };
    expect((await fetch(`${base}/v1/reports/queues`, asSpy)).status).toBe(401);
    const stranger = newSiteKey();
    const keyFile = join(folder, 'stranger.key');
    writeFileSync(keyFile, stranger.privateKey);
    const line = openCloudLine(uplinkSchema.parse({ url: base, keyFile }), 'north', systemClock);
    await expect(line.cursor()).rejects.toMatchObject({ code: 'uplink-refused' });
    line.close();
    const garbage = await fetch(`${base}/v1/sites/north/batches`, { method: 'POST', body: 'x' });
    expect(garbage.status).toBe(401);
  });

  test('two tenants with sites, queues, contacts and even a customer’s hash of one name see nothing of each other', {
    timeout: 30_000,
  }, async () => {
    const her = { kind: 'phone', value: '+8613800138000' };
    const ours = await branch('north');
    const customer = ours.customers.findOrCreate(her, 'call');
    await ours.customers.tag(customer.id, 'ours', 'agent');
    for (let i = 0; i < 3; i++) await ours.call(her.value, customer.id);
    await caughtUp(ours);
    const mine = tenant;
    tenant = `${mine}-x`;
    await cloud.tenants.add(tenant, 'Another bank', Date.now());
    const theirs = await branch('north');
    const known = theirs.customers.findOrCreate(her, 'call');
    await theirs.customers.tag(known.id, 'theirs', 'agent');
    await theirs.call(her.value, known.id);
    await caughtUp(theirs);

    // Every route that there is: who adds one adds it here.
    const { people, sites } = routesOf();
    expect(people.sort()).toEqual([
      ...['GET /t/:tenant', 'GET /t/:tenant/', 'GET /t/:tenant/v1/reports/days', 'GET /t/:tenant/v1/reports/queues'],
      ...['GET /t/:tenant/v1/sites', 'GET /t/:tenant/v1/timeline/:hash', 'POST /t/:tenant/login'],
    ]);
    expect(sites.sort()).toEqual(['GET /changes', 'GET /cursor', 'GET /tail', 'POST /batches', 'POST /settle']);

    const hash = hashed(shared, her.kind, her.value);
    const token = await cloud.tenants.createToken(tenant, 'theirs', Date.now());
    const ask = (path: string, headers: Record<string, string>, init: RequestInit = {}) =>
      fetch(`${cloud.addresses[0]}${path}`, { ...init, headers, redirect: 'manual' });
    const filled = (path: string, of: string) => path.replace(':tenant', of).replace(':hash', hash);
    const credentials: Record<string, string>[] = [
      { authorization: `Bearer ${token}` },
      { cookie: `switchroom_cloud=${token}` },
    ];
    for (const route of people) {
      const [method = '', path = ''] = route.split(' ');
      // The first only redirects.
      if (path === '/t/:tenant') continue;
      for (const headers of credentials) {
        const body: RequestInit = method === 'POST' ? { method, body: new URLSearchParams({ token }) } : {};
        expect((await ask(filled(path, mine), headers, body)).status, route).toBe(401);
      }
      if (method === 'POST') continue;
      const own = await ask(filled(path, tenant), credentials[0]!);
      expect(own.status, route).toBe(200);
      const text = await own.text();
      // Three contacts are ours; and of the one of theirs there is something on each page.
      expect(text, route).not.toMatch(/"(offered|contacts)":[^1]/);
      if (path.includes('timeline'))
        expect((JSON.parse(text) as { interactions: object[] }).interactions).toHaveLength(1);
    }
    // What comes back to a site is its own tenant's.
    await expect.poll(() => theirs.uplink.history.profile([her], Date.now())?.tags).toEqual(['theirs']);
    expect(ours.uplink.history.profile([her], Date.now())?.tags).toEqual(['ours']);
    expect(theirs.uplink.history.interactions([her], 10)).toEqual([]);
    // Nor does a site of one get in at the other, whatever it asks.
    const key = createPrivateKey(readFileSync(join(folder, `${tenant}-north.key`)));
    for (const route of sites) {
      const [method = '', path = ''] = route.split(' ');
      const target = `/t/${mine}/v1/sites/north${path}?after=0`;
      const body = method === 'POST' ? Buffer.from('{}') : Buffer.alloc(0);
      const authorization = signRequest(key, 'north', { method, path: target, body }, Date.now());
      const init: RequestInit = method === 'POST' ? { method, body } : {};
      expect((await ask(target, { authorization }, init)).status, route).toBe(401);
    }
    // What one forgets, the other keeps.
    await theirs.customers.erase(known.id, 'officer');
    await caughtUp(theirs);
    tenant = mine;
    const still = (await read(`/timeline/${hash}`)) as unknown as { interactions: object[] };
    expect(still.interactions).toHaveLength(3);
  });

  test('the tenant’s page asks for the token and shows sites and queues', async () => {
    const north = await branch('north');
    await north.call('+8613800138000');
    await caughtUp(north);
    const base = `${cloud.addresses[0]}/t/${tenant}`;
    const stranger = await fetch(`${base}/`, { headers: { 'accept-language': 'zh' } });
    expect(stranger.status).toBe(401);
    expect(await stranger.text()).toContain('令牌');
    const token = await cloud.tenants.createToken(tenant, 'page', Date.now());
    const login = await fetch(`${base}/login`, {
      method: 'POST',
      body: new URLSearchParams({ token }),
      redirect: 'manual',
    });
    expect(login.status).toBe(303);
    const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const page = await (await fetch(`${base}/`, { headers: { cookie } })).text();
    expect(page).toContain('north');
    expect(page).toContain('service');
    expect(page).toMatch(/All sites together|全部站点汇总/);
    const wrong = await fetch(`${base}/login`, { method: 'POST', body: new URLSearchParams({ token: 'x' }) });
    expect(wrong.status).toBe(401);
  });
});
