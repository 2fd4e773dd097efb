import { defineConfig } from 'vitest/config';

// Slow, and by itself: it kills, fills, floods, and loads the machine.
export default defineConfig({
  test: {
    name: 'chaos',
    include: ['test/chaos/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
