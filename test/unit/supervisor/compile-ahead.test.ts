// What an install compiles ahead is what a start then finds.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { compileAhead } from '../../../supervisor/index.ts';
import { spawnProgram } from '../../../supervisor/spawn-program.ts';

let folder: string;
const before = process.env.NODE_COMPILE_CACHE;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'compile-ahead-'));
  process.env.NODE_COMPILE_CACHE = join(folder, 'compiled');
});
afterEach(() => {
  process.env.NODE_COMPILE_CACHE = before;
  rmSync(folder, { recursive: true });
});

const kept = () => readdirSync(join(folder, 'compiled'), { recursive: true }).sort();

it('keeps what a program of that file loads, for its flags', async () => {
  const part = join(folder, 'part.ts');
  const main = join(folder, 'main.ts');
  writeFileSync(part, 'export const answer: number = 42;\n');
  writeFileSync(main, "import { answer } from './part.ts';\nif (answer !== 42) throw new Error('no');\n");
  expect(compileAhead([main], folder)).toBe(true);
  const ahead = kept();
  expect(ahead.length).toBeGreaterThan(2);
  const program = spawnProgram({ main, run: folder, socket: '' });
  program.ref();
  const code = await new Promise((resolve) => program.once('exit', resolve));
  expect([code, kept()]).toEqual([0, ahead]);
});

it('says that a file cannot be loaded', () => {
  const missing = join(folder, 'missing.ts');
  expect(compileAhead([missing], folder)).toBe(false);
});
