import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { programLogger } from '../../../supervisor/index.ts';

test('a disk that is full costs lines of the log, and nothing else', () => {
  const logger = programLogger('server', 'info', '/dev/full');
  for (let i = 0; i < 20_000; i++) logger.info({ i, text: 'x'.repeat(100) }, 'a line that cannot be written');
});

test('lines go where they should, without personal data', () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchroom-log-'));
  const file = join(folder, 'log');
  programLogger('edge', 'info', file).info({ pii: '+8613800138000', callId: 'a' }, 'said');
  const line = JSON.parse(readFileSync(file, 'utf8')) as object;
  expect(line).toMatchObject({ name: 'edge', callId: 'a', msg: 'said', pii: '[Redacted]' });
  rmSync(folder, { recursive: true });
});
