// A PostgreSQL that lets in by password only (SCRAM-SHA-256): the cloud reads it from its file, at each connection anew.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore, startCloud } from '../../cloud/index.ts';
import { cloudSchema } from '../../config/cloud.ts';
import { hasPostgres, Postgres } from '../engines/postgres.ts';

const logger = pino({ level: 'silent' });
const password = 'a b@c:/d%e?中 "quoted"';

describe.skipIf(!hasPostgres)('a password in a file (needs PostgreSQL)', () => {
  let postgres: Postgres;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'switchroom-password-'));
    postgres = await Postgres.start(password);
  }, 60_000);
  afterAll(async () => {
    await postgres?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const settingsWith = (text: string) => {
    const databasePasswordFile = join(folder, 'password');
    writeFileSync(databasePasswordFile, `${text}\n`, { mode: 0o600 });
    return cloudSchema.parse({ database: postgres.url, databasePasswordFile, port: 0, bind: ['127.0.0.1'] });
  };

  test('lets the cloud in, by SCRAM: its pool and the connection that waits for news', async () => {
    const cloud = await startCloud(settingsWith(password), logger);
    try {
      const answer = await fetch(`${cloud.addresses[0]}/ready`);
      expect(answer.status).toBe(200);
      const asked = new pg.Client({ connectionString: postgres.login });
      await asked.connect();
      const { rows } = await asked.query<{ kept: string; connections: number }>(
        `SELECT (SELECT rolpassword FROM pg_authid WHERE rolname = 'switchroom') AS kept,
           (SELECT count(*)::int FROM pg_stat_activity WHERE query LIKE 'LISTEN %') AS connections`,
      );
      await asked.end();
      expect(rows[0]?.kept).toMatch(/^SCRAM-SHA-256\$/);
      expect(rows[0]?.connections).toBe(1);
    } finally {
      await cloud.stop();
    }
  });

  test('a wrong one, and none, are refused and said, without the password in the sentence', async () => {
    await expect(openStore(settingsWith('wrong words'), logger)).rejects.toMatchObject({
      code: 'cloud-database',
      message: expect.not.stringContaining('wrong words'),
    });
    await expect(openStore({ database: postgres.url }, logger)).rejects.toMatchObject({ code: 'cloud-database' });
  });
});
