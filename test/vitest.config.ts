import { defineConfig } from 'vitest/config';

/** Where CI wants the results as JSON. */
const reportFile = process.env['TEST_REPORT'];

// Workers of ours and programs that tests start are loaded by Node itself, many times: compiled once.
process.env['NODE_COMPILE_CACHE'] ??= new URL('../node_modules/.cache/reeltime-tests', import.meta.url).pathname;

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  // graphql 17 ships two builds. Without these conditions vitest loads both, and graphql refuses objects "from another realm".
  ssr: { resolve: { conditions: ['node', 'module-sync', 'default'] } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**', '**/node_modules/**'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Processes, because tests load native code and start workers of their own. Two, because tests start servers too.
    pool: 'forks',
    maxWorkers: 2,
    reporters: reportFile ? ['default', ['json', { outputFile: reportFile }]] : ['default'],
  },
});
