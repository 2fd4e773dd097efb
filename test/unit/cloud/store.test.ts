// How the cloud's database is reached.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, it } from 'vitest';
import { connectionTo } from '../../../cloud/store.ts';
import { cloudSchema } from '../../../config/cloud.ts';

it('takes the password out of its file, whatever is in it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchroom-secret-'));
  const databasePasswordFile = join(folder, 'password');
  const password = 'a b@c:/d%e?中';
  writeFileSync(databasePasswordFile, `${password}\n`);
  for (const database of ['postgres://me@127.0.0.1:5432/sr', 'postgres://me@/sr?host=/run/pg']) {
    const client = new pg.Client(connectionTo(cloudSchema.parse({ database, databasePasswordFile })));
    expect({ user: client.user, database: client.database, password: client.password }).toEqual({
      user: 'me',
      database: 'sr',
      password,
    });
  }
  rmSync(folder, { recursive: true });
});

it('wants the user in the address where the password is in a file, and the password in one place', () => {
  for (const database of ['postgres://127.0.0.1/sr', 'postgres://me:secret@127.0.0.1/sr'])
    expect(cloudSchema.safeParse({ database, databasePasswordFile: 'x' }).success).toBe(false);
});
