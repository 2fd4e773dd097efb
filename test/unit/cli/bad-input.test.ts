// Files and folders that are not there, numbers that are too large: one sentence and exit code 1, never a stack.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { told } from '../../../cli/told.ts';

const switchroom = join(import.meta.dirname, '../../../bin/switchroom.js');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sw-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (...words: string[]): Promise<{ code: unknown; errors: string }> =>
  new Promise((done) => {
    const env = { PATH: process.env.PATH, SWITCHROOM_DATA: join(folder, 'data') };
    execFile(process.execPath, [switchroom, ...words], { cwd: folder, env }, (error, _out, errors) =>
      done({ code: error?.code, errors }),
    );
  });

it.for([
  ['retention check none', /There is no none\./],
  ['egress check none/egress.json', /There is no folder none\./],
  ['flow check none', /There is no none\./],
  ['backup here --passphrase-file none', /There is no none\./],
  ['trunk add a --sources 192.0.2.1 --user u --secret-file none', /There is no none\./],
  ['audit --data none', /there is no switchroom\.sqlite in .*none/],
  ['agent list', /There is no .*ivr-flows\./],
  ['certificate create --days 99999999999', /from 1 to 36500/],
] as const)('%s', async ([words, sentence]) => {
  const { code, errors } = await run(...words.split(' '));
  expect(errors).toMatch(/^switchroom: [^\n]+\n$/);
  expect(errors).toMatch(sentence);
  expect(code).toBe(1);
});

it('without a policy there is nothing wrong with it', async () => {
  expect(await run('retention', 'check')).toEqual({ code: undefined, errors: '' });
});

it('a key gets a folder of its own, which nobody else may look into', async () => {
  expect(await run('uplink', 'key', 'keys/uplink.key')).toEqual({ code: undefined, errors: '' });
  expect(statSync(join(folder, 'keys')).mode & 0o777).toBe(0o700);
});

it('keeps the stack of what is a defect', () => {
  expect(told(new TypeError('x is not a function'))).toBeUndefined();
});
