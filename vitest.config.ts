import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/**
 * Compiled code is kept, as the programs keep theirs: else each of the hundreds of threads that come and go in tests strips
 * types with Node's WebAssembly, and V8 13.6 at times touches a piece of that code after it was freed
 * (WasmImportWrapperCache::Free): the run dies of SIGSEGV or SIGTRAP.
 */
const env = { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules', '.cache', 'switchroom') };
const common = { pool: 'forks', testTimeout: 20_000, hookTimeout: 60_000, env } as const;

export default defineConfig({
  test: {
    projects: [
      { test: { ...common, name: 'parts', include: ['test/unit/**/*.test.{ts,tsx}'], sequence: { groupOrder: 0 } } },
      {
        // Whole programs and real media: one file at a time, so that they have the machine to themselves.
        test: {
          ...common,
          name: 'whole',
          include: ['test/{contract,sip,product,e2e}/**/*.test.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Part of test:engines only: what takes its time to be seen.
        test: {
          ...common,
          name: 'slow',
          include: ['test/slow/**/*.test.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
