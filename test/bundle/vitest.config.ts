import { defineConfig } from 'vitest/config';

// Slow, and by itself: it installs packages for two architectures.
export default defineConfig({
  test: {
    name: 'bundle',
    include: ['test/bundle/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 600_000,
    hookTimeout: 300_000,
  },
});
