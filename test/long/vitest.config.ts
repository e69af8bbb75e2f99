import { defineConfig } from 'vitest/config';

/** Tests that take minutes and gigabytes: npm run test:long. */
export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: { include: ['test/long/**/*.test.ts'], testTimeout: 1_800_000, hookTimeout: 1_800_000, maxWorkers: 1 },
});
