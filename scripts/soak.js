/**
 * `npm run soak`: the random tests again, with many more cases, and the large tables. SOAK is the factor (default 10); PROPERTY_SEED repeats
 * a run whose seed a failure printed.
 */
import { spawnSync } from 'node:child_process';

const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project',
    'pg',
    '--project',
    'pace',
    'test/properties',
    'test/scenarios/crashes',
    'test/scenarios/every-commit',
    'test/scenarios/memory',
    'test/scenarios/plain-order',
  ],
  { stdio: 'inherit', env: { ...process.env, SOAK: process.env['SOAK'] ?? '10' } },
);
process.exitCode = status ?? 1;
