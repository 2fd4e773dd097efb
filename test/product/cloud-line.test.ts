// The line between site and cloud as it is in the field: a private authority, mutual TLS, a proxy that rewrites paths, clocks that
// differ, copies of requests, guessed tokens, a PostgreSQL that is not there yet, a cloud that was restored from a backup.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Cloud, startCloud } from '../../cloud/index.ts';
import { type CloudSettings, type UplinkSettings, uplinkSchema } from '../../config/index.ts';
import { openCloudLine } from '../../server/uplink/index.ts';
import { newSiteKey, signRequest } from '../../uplink/index.ts';
import { type Clock, systemClock } from '../../values/index.ts';
import { hasPostgres, Postgres } from '../engines/postgres.ts';

const logger = pino({ level: 'silent' });

describe.skipIf(!hasPostgres)('the line to the cloud (needs PostgreSQL)', () => {
  let postgres: Postgres;
  let folder: string;
  let run = 0;
  const ends: (() => Promise<unknown> | unknown)[] = [];

  beforeAll(async () => {
    postgres = await Postgres.start();
    folder = mkdtempSync(join(tmpdir(), 'switchroom-line-'));
  }, 60_000);
  afterAll(async () => {
    await postgres?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  const path = (name: string) => join(folder, name);

  async function open(more: Partial<CloudSettings> = {}, clock: Clock = systemClock): Promise<Cloud> {
    const cloud = await startCloud({ database: postgres.url, port: 0, bind: ['127.0.0.1'], ...more }, logger, clock);
    ends.push(() => cloud.stop());
    return cloud;
  }
  /** A tenant with one site `main`. */
  async function admitted(
    cloud: Cloud,
  ): Promise<{ tenant: string; keyFile: string; key: ReturnType<typeof newSiteKey> }> {
    const tenant = `line-${++run}`;
    const key = newSiteKey();
    const keyFile = path(`${tenant}.key`);
    writeFileSync(keyFile, key.privateKey, { mode: 0o600 });
    await cloud.tenants.add(tenant, 'A bank', Date.now());
    await cloud.tenants.addSite(tenant, 'main', key.publicKey, Date.now());
    return { tenant, keyFile, key };
  }
  function line(settings: { url: string; keyFile: string } & Partial<UplinkSettings>, clock: Clock = systemClock) {
    const made = openCloudLine(uplinkSchema.parse(settings), 'main', clock);
    ends.push(() => made.close());
    return made;
  }
  const batchOf = (after: number) =>
    zstdCompressSync(
      JSON.stringify({
        protocol: 1,
        after,
        upto: after + 1,
        policy: '0'.repeat(64),
        events: [
          {
            seq: after + 1,
            at: Date.now(),
            type: 'interaction.started',
            version: 1,
            interaction: `int_${after}`,
            data: {},
          },
        ],
      }),
    );

  /** An authority and what it signed for 127.0.0.1. */
  function authority(name: string): { ca: string; issue(who: string): { certificate: string; key: string } } {
    const openssl = (...args: string[]) => {
      const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
      if (status !== 0) throw new Error(`openssl: ${stderr}`);
    };
    const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    const [ca, caKey] = [path(`${name}-ca.pem`), path(`${name}-ca.key`)];
    openssl('req', '-x509', ...ec, '-keyout', caKey, '-out', ca, '-days', '2', '-subj', `/CN=${name}`);
    return {
      ca,
      issue(who) {
        const [certificate, key, asked, names] = ['pem', 'key', 'csr', 'ext'].map((end) =>
          path(`${name}-${who}.${end}`),
        ) as [string, string, string, string];
        writeFileSync(names, 'subjectAltName=IP:127.0.0.1\n');
        openssl('req', ...ec, '-keyout', key, '-out', asked, '-subj', `/CN=${who}`);
        const signing = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-extfile', names, '-days', '2'];
        openssl('x509', '-req', '-in', asked, '-out', certificate, ...signing);
        return { certificate, key };
      },
    };
  }

  test('a private authority is trusted where the site is told to, and nowhere else', async () => {
    const bank = authority('bank');
    const cloud = await open({ tls: bank.issue('cloud') });
    const { tenant, keyFile } = await admitted(cloud);
    const url = `${cloud.addresses[0]}/t/${tenant}`;
    expect(url).toMatch(/^https:/);
    const good = line({ url, keyFile, ca: bank.ca });
    expect(await good.cursor()).toBe(0);
    expect(await good.send(batchOf(0))).toEqual({ how: 'taken', cursor: 1 });
    await expect(line({ url, keyFile }).cursor()).rejects.toMatchObject({ code: 'uplink-unreachable' });
    const other = authority('other');
    await expect(line({ url, keyFile, ca: other.ca }).cursor()).rejects.toMatchObject({ code: 'uplink-unreachable' });
  });

  test('mutual TLS: the right signature without the right certificate is not enough, nor the other way round', async () => {
    const [bank, other] = [authority('bank2'), authority('other2')];
    const cloud = await open({ tls: { ...bank.issue('cloud'), clientCa: bank.ca } });
    const { tenant, keyFile } = await admitted(cloud);
    const settings = { url: `${cloud.addresses[0]}/t/${tenant}`, keyFile, ca: bank.ca };
    const shown = ({ certificate, key }: { certificate: string; key: string }) => ({
      certificate,
      certificateKey: key,
    });
    const mine = shown(bank.issue('site'));
    expect(await line({ ...settings, ...mine }).cursor()).toBe(0);
    await expect(line(settings).cursor()).rejects.toMatchObject({ code: 'uplink-unreachable' });
    await expect(line({ ...settings, ...shown(other.issue('site')) }).cursor()).rejects.toMatchObject({
      code: 'uplink-unreachable',
    });
    const stranger = path('stranger.key');
    writeFileSync(stranger, newSiteKey().privateKey);
    await expect(line({ ...settings, ...mine, keyFile: stranger }).cursor()).rejects.toMatchObject({
      code: 'uplink-refused',
    });
  });

  /** Takes `/switchroom` off every path, as nginx does by `location /switchroom/ { proxy_pass http://…/; }`. */
  async function proxyTo(address: string): Promise<string> {
    const proxy: Server = createServer((from, to) => {
      const { method, headers, url = '' } = from;
      const forwarded = request(address + url.replace(/^\/switchroom/, ''), { method, headers }, (answer) => {
        to.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(to);
      });
      from.pipe(forwarded);
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    ends.push(() => {
      proxy.close();
      proxy.closeAllConnections();
    });
    return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/switchroom`;
  }

  test('behind a proxy that takes a folder off the path: sites, page, style, login', async () => {
    const cloud = await open();
    const { tenant, keyFile } = await admitted(cloud);
    const base = `${await proxyTo(cloud.addresses[0] ?? '')}/t/${tenant}`;
    const through = line({ url: base, keyFile });
    expect(await through.send(batchOf(0))).toEqual({ how: 'taken', cursor: 1 });
    expect((await through.changes(0, 0, new AbortController().signal)).next).toBe(0);
    const page = await fetch(`${base}/`);
    expect(page.status).toBe(401);
    const style = /href="([^"]+\.css)"/.exec(await page.text())?.[1] ?? '';
    expect((await fetch(new URL(style, `${base}/`))).status).toBe(200);
    const token = await cloud.tenants.createToken(tenant, 'page', Date.now());
    const login = await fetch(`${base}/login`, {
      method: 'POST',
      body: new URLSearchParams({ token }),
      redirect: 'manual',
    });
    expect(new URL(login.headers.get('location') ?? '', `${base}/login`).href).toBe(`${base}/`);
    const set = login.headers.get('set-cookie') ?? '';
    expect(set).toMatch(/HttpOnly; SameSite=Strict/);
    expect(set).not.toMatch(/path=/i);
    const asked = await fetch(`${base}/`, { headers: { cookie: set.split(';')[0] ?? '' } });
    expect(asked.status).toBe(200);
    await cloud.tenants.revokeToken(tenant, 'page', Date.now());
    expect((await fetch(`${base}/`, { headers: { cookie: set.split(';')[0] ?? '' } })).status).toBe(401);
  });

  test('a copied request is of no use, nor one turned to another site, time, body or tenant', async () => {
    const cloud = await open();
    const { tenant, key } = await admitted(cloud);
    const { createPrivateKey } = await import('node:crypto');
    const secret = createPrivateKey(key.privateKey);
    const url = `/t/${tenant}/v1/sites/main/batches`;
    const body = batchOf(0);
    const authorization = signRequest(secret, 'main', { method: 'POST', path: url, body }, Date.now());
    const post = async (to: string, bytes: Uint8Array<ArrayBuffer>, header = authorization) =>
      (await fetch(cloud.addresses[0] + to, { method: 'POST', body: bytes, headers: { authorization: header } }))
        .status;
    const bytes = new Uint8Array(body);
    expect(await post(url, new Uint8Array(batchOf(5)))).toBe(401);
    expect(await post(`${url}?x`, bytes)).toBe(401);
    expect(await post(url, bytes, authorization.replace(/time="\d/, 'time="9'))).toBe(401);
    const second = await admitted(cloud);
    expect(await post(url.replace(tenant, second.tenant), bytes)).toBe(401);
    expect(await post(url, bytes)).toBe(200);
    expect(await post(url, bytes)).toBe(401);
    // Nor at another program of the cloud, nor after a restart: the number is kept in the database.
    const other = await open();
    const elsewhere = await fetch(other.addresses[0] + url, {
      method: 'POST',
      body: bytes,
      headers: { authorization },
    });
    expect(elsewhere.status).toBe(401);
    await expect(cloud.tenants.addSite(second.tenant, 'twin', key.publicKey, 0)).rejects.toMatchObject({
      code: 'cloud-key-taken',
    });
    await cloud.tenants.disableSite(tenant, 'main', true, Date.now());
    const fresh = signRequest(secret, 'main', { method: 'POST', path: url, body: batchOf(1) }, Date.now());
    expect(await post(url, new Uint8Array(batchOf(1)), fresh)).toBe(401);
  });

  test('a site whose clock is hours wrong is told the time, and goes on', async () => {
    const cloud = await open();
    const { tenant, keyFile } = await admitted(cloud);
    const wrong: Clock = { ...systemClock, now: () => Date.now() - 7 * 3_600_000, monotonic: () => 0 };
    const late = line({ url: `${cloud.addresses[0]}/t/${tenant}`, keyFile }, wrong);
    expect(await late.cursor()).toBe(0);
    expect(await late.send(batchOf(0))).toEqual({ how: 'taken', cursor: 1 });
  });

  test('names and hashes that are none are answered, not thrown at the database', async () => {
    const cloud = await open();
    const { tenant } = await admitted(cloud);
    const token = await cloud.tenants.createToken(tenant, 'x', Date.now());
    const ask = async (to: string) =>
      (await fetch(cloud.addresses[0] + to, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await ask('/t/%00/v1/sites')).toBe(401);
    expect(await ask('/t/%E0%A4%A/v1/sites')).toBe(400);
    expect(await ask(`/t/${tenant}/v1/timeline/%00`)).toBe(400);
    expect(await ask(`/t/${tenant}/v1/reports/queues?from=0&to=9007199254740991`)).toBe(400);
    expect(await ask(`/t/${tenant}/?from=0&to=8640000000000000`)).toBe(200);
    expect(await ask(`/t/${tenant}/v1/sites`)).toBe(200);
  });

  test('after twenty wrong tokens in a minute an address waits', async () => {
    const time = { at: Date.now() };
    const cloud = await open({}, { ...systemClock, now: () => time.at, monotonic: () => time.at });
    const { tenant } = await admitted(cloud);
    const token = await cloud.tenants.createToken(tenant, 'x', time.at);
    const login = async (given: string) =>
      (
        await fetch(`${cloud.addresses[0]}/t/${tenant}/login`, {
          method: 'POST',
          body: new URLSearchParams({ token: given }),
          redirect: 'manual',
        })
      ).status;
    for (let i = 0; i < 20; i++) expect(await login(`wrong-${i}`)).toBe(401);
    expect(await login(token)).toBe(429);
    time.at += 60_000;
    expect(await login(token)).toBe(303);
  });

  test('PostgreSQL that is not there yet is waited for; one that never comes can be given up', {
    timeout: 30_000,
  }, async () => {
    await postgres.kill();
    const starting = startCloud({ database: postgres.url, port: 0, bind: ['127.0.0.1'] }, logger);
    const giveUp = new AbortController();
    const other = startCloud(
      { database: postgres.url, port: 0, bind: ['127.0.0.1'] },
      logger,
      systemClock,
      giveUp.signal,
    );
    giveUp.abort();
    await expect(other).rejects.toThrow();
    await postgres.run();
    const cloud = await starting;
    ends.push(() => cloud.stop());
    expect((await fetch(`${cloud.addresses[0]}/ready`)).status).toBe(200);
  });

  test('a site that was told more than a restored cloud knows begins again', async () => {
    const cloud = await open();
    const { tenant, keyFile } = await admitted(cloud);
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    ends.push(() => client.end());
    await client.query(`INSERT INTO changes (tenant, origin, kind, what, data) VALUES ($1, 'x', 'erased', 'e', $2)`, [
      tenant,
      { kind: 'erased', identities: [] },
    ]);
    const to = line({ url: `${cloud.addresses[0]}/t/${tenant}`, keyFile });
    const { signal } = new AbortController();
    const { next } = await to.changes(0, 0, signal);
    expect(next).toBeGreaterThan(0);
    expect((await to.changes(next, 0, signal)).next).toBe(next);
    expect((await to.changes(next + 1_000, 20, signal)).next).toBe(0);
  });
});
