/** The last line of a test run tells the truth. Tried on real runs of vitest in a folder of its own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, onTestFinished, test } from 'vitest';

const VITEST = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
const REPORTER = fileURLToPath(new URL('../support/closing-line.ts', import.meta.url));

function lastLineOf(files: Readonly<Record<string, string>>): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-closing-line-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const args = ['run', '--root', folder, '--globals', '--no-cache', '--reporter=default', `--reporter=${REPORTER}`];
  return spawnSync(process.execPath, [VITEST, ...args], { encoding: 'utf8' })
    .stdout.trimEnd()
    .split('\n')
    .at(-1);
}

test('is short when all is well', { timeout: 30_000 }, () => {
  expect(lastLineOf({ 'a.test.ts': `test('a', () => {}); test('b', () => {});` })).toBe('2 passed, 0 failed');
});

test('counts failures inside and outside of tests, and what was skipped', { timeout: 30_000 }, () => {
  const files = {
    'tests.test.ts': `test('a', () => {}); test('b', () => { throw new Error('no'); });`,
    'skipped.test.ts': `test.skip('c', () => {}); test.todo('d');`,
    'file.test.ts': `throw new Error('does not load');`,
    'hook.test.ts': `describe('e', () => { beforeAll(() => { throw new Error('no'); }); test('f', () => {}); });`,
    'stray.test.ts': `test('g', async () => { void Promise.reject(new Error('stray')); await new Promise(setImmediate); });`,
  };
  expect(lastLineOf(files)).toBe('2 passed, 4 failed, 3 skipped');
});
