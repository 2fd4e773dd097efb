import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
const programs = ['edge', 'server', 'sidecar', 'cloud', 'supervisor', 'media', 'link', 'uplink', 'connector', 'values'];

test('no program reads the machine’s clock but in one place: it may be set at any moment', () => {
  const readers = programs
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(root, folder, file)),
    )
    .filter((file) => file.endsWith('.ts') && /Date\.now\(\)|new Date\(\)/.test(readFileSync(file, 'utf8')))
    .map((file) => relative(root, file));
  expect(readers).toEqual(['values/time.ts']);
});
