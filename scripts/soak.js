/**
 * `npm run soak [-- FACTOR]`: the random tests and the kills of `npm test`, with FACTOR times the effort (default 10,
 * some ten minutes). PROPERTY_SEED and PROPERTY_PATH repeat what a failure printed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const [factor = '10'] = process.argv.slice(2);
if (!(Number(factor) >= 1)) {
  console.error(`The factor is a number from 1 on, not ${factor}.`);
  process.exit(2);
}
const tests = ['test/properties', 'test/scenarios/crashes.pg.test.ts'];
// One file at a time: random instants mean something only while a machine is not overloaded.
const flags = ['run', '--project', 'pg', '--no-file-parallelism', ...tests];
const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', ...flags], {
  stdio: 'inherit',
  env: { ...process.env, SOAK: factor },
});
const [code] = await once(child, 'close');
process.exitCode = code ?? 1;
