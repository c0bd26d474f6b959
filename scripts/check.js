/**
 * `npm run check`: everything that can be known about the house without a database, in seconds. One line per step
 * as it ends; what a failing step said follows at the end, whole.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { styleText } from 'node:util';

/** Name of a step and its script in package.json. Longest first, so that the others run beside it. */
const STEPS = [
  { name: 'unit tests', script: 'test:unit' },
  { name: 'types', script: 'typecheck' },
  { name: 'boundaries', script: 'boundaries' },
  { name: 'unused code', script: 'unused' },
  { name: 'lint', script: 'lint' },
  { name: 'format', script: 'format:check' },
];

/**
 * @param {typeof STEPS[number]} step
 * @returns {Promise<{ name: string, passed: boolean, output: string }>}
 */
async function run({ name, script }) {
  const startedAt = performance.now();
  const child = spawn(`npm run --silent ${script}`, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (text) => (output += String(text)));
  child.stderr.on('data', (text) => (output += String(text)));
  const [code] = await once(child, 'close');
  const passed = code === 0;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(
    `${passed ? styleText('green', '✓') : styleText('red', '✗')} ${name.padEnd(12)} ${seconds.padStart(6)} s`,
  );
  return { name, passed, output };
}

const waiting = [...STEPS];
/** @type {Awaited<ReturnType<typeof run>>[]} */
const outcomes = [];
const lanes = Array.from({ length: Math.max(2, availableParallelism()) }, async () => {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) outcomes.push(await run(step));
});
await Promise.all(lanes);

const failed = outcomes.filter(({ passed }) => !passed);
for (const { name, output } of failed) console.log(`\n${styleText('bold', name)}\n${output.trimEnd()}`);
console.log(failed.length === 0 ? '\nAll is well.' : `\nTo put right: ${failed.map(({ name }) => name).join(', ')}.`);
process.exitCode = failed.length === 0 ? 0 : 1;
