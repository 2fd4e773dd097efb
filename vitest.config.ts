import { defineConfig } from 'vitest/config';

const common = { pool: 'forks', testTimeout: 20_000, hookTimeout: 60_000 } as const;

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
