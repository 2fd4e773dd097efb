// The cloud's audit log on a real PostgreSQL: every deed of who runs the cloud is in it, and no row changes unseen.
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditOf, verifyAudit } from '../../cloud/audit.ts';
import { settle } from '../../cloud/settle.ts';
import { openStore, type Store } from '../../cloud/store.ts';
import { Tenants } from '../../cloud/tenants.ts';
import { newSiteKey } from '../../uplink/index.ts';
import { hasPostgres, Postgres } from '../engines/postgres.ts';

const now = Date.UTC(2026, 4, 15);

describe.skipIf(!hasPostgres)('audit of the cloud (needs PostgreSQL)', () => {
  let postgres: Postgres;
  let store: Store;
  let token: string;

  beforeAll(async () => {
    postgres = await Postgres.start();
    store = await openStore({ database: postgres.url }, pino({ level: 'silent' }));
    const tenants = new Tenants(store, 'li');
    await tenants.add('bank', 'A bank', now);
    await tenants.add('shop', 'A shop', now + 1);
    await tenants.addSite('bank', 'main', newSiteKey().publicKey, now + 2);
    token = await tenants.createToken('bank', 'reports', now + 3, now + 1_000);
    await tenants.revokeToken('bank', 'reports', now + 4);
    await tenants.disableSite('bank', 'main', true, now + 5);
    await new Tenants(store, 'wang').disableSite('bank', 'main', false, now + 6);
    await settle(store, { tenant: 'bank', site: 'main' }, { after: 0, tail: 'drop', by: 'wang' }, now + 7);
  }, 60_000);
  afterAll(async () => {
    await store?.close();
    await postgres?.close();
  });

  test('who did what, newest first', async () => {
    const rows = await auditOf(store, 'bank', 100);
    expect(rows.map(({ by, type }) => `${by} ${type}`)).toEqual([
      'wang site.settled',
      'wang site.enabled',
      'li site.disabled',
      'li token.revoked',
      'li token.created',
      'li site.added',
      'li tenant.added',
    ]);
    expect(rows.at(-1)).toMatchObject({ seq: 1, at: now, tenant: 'bank', data: { name: 'A bank' } });
    expect(JSON.stringify(rows)).not.toContain(token);
    expect(await auditOf(store, undefined, 2)).toHaveLength(2);
  });

  test('what was refused is not in it', async () => {
    const { rows } = await verifyAudit(store);
    const tenants = new Tenants(store, 'li');
    await expect(tenants.add('bank', 'Again', now)).rejects.toMatchObject({ code: 'tenant-taken' });
    await expect(tenants.disableSite('bank', 'none', true, now)).rejects.toMatchObject({ code: 'cloud-site-unknown' });
    await expect(tenants.revokeToken('bank', 'none', now)).rejects.toMatchObject({ code: 'cloud-token-unknown' });
    await settle(store, { tenant: 'bank', site: 'main' }, { after: 0, tail: 'drop', dryRun: true }, now);
    expect((await verifyAudit(store)).rows).toBe(rows);
  });

  test('many at once make one chain', async () => {
    const tenants = new Tenants(store, 'li');
    await Promise.all(Array.from({ length: 8 }, (_, i) => tenants.createToken('shop', `t${i}`, now)));
    expect(await verifyAudit(store)).toMatchObject({ rows: 16, broken: undefined, hash: expect.any(String) });
  });

  test('a row that was changed or taken out is found', async () => {
    expect((await verifyAudit(store)).broken).toBeUndefined();
    await store.pool.query("UPDATE audit SET by = 'zhao' WHERE seq = 3");
    expect(await verifyAudit(store)).toMatchObject({ rows: 2, broken: 3 });
    await store.pool.query("UPDATE audit SET by = 'li' WHERE seq = 3");
    expect((await verifyAudit(store)).broken).toBeUndefined();
    await store.pool.query('DELETE FROM audit WHERE seq = 5');
    expect(await verifyAudit(store)).toMatchObject({ rows: 4, broken: 5 });
  });
});
