/** How the tests run: `unit` needs nothing, `pg` needs PostgreSQL servers, which it starts for itself. */
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Tests of the pace of calls. */
const PACE = ['test/scenarios/calls.pg.test.ts', 'test/properties/pace.pg.test.ts'];

export default defineConfig({
  // Examples import the package as its users do.
  resolve: { alias: { tidemark: new URL('src/index.ts', import.meta.url).pathname } },
  test: {
    passWithNoTests: false,
    reporters: ['default', './test/support/closing-line.ts'],
    // Vitest would leave a core free; on a small machine that is half of it.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{src,simulator,test}/**/*.test.ts'],
          exclude: ['**/*.pg.test.ts', '**/*.browser.test.ts'],
          // Half the time of a process per file. Nothing here keeps state in a module; shuffled runs would show it.
          isolate: false,
          // Some start processes, or try thousands of inputs: a busy machine may take its time.
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'pg',
          include: ['src/**/*.pg.test.ts', 'test/**/*.pg.test.ts'],
          exclude: PACE,
          globalSetup: ['test/support/postgres-servers.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // After the quick ones: what those find shows first, and the servers have the machine to themselves.
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'pace',
          include: PACE,
          globalSetup: ['test/support/postgres-servers.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // Alone and last: what they measure is time, to the hundredth of a second.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
