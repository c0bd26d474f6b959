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

test('counts what passed and what failed', () => {
  const files = {
    'a.test.ts': `test('a', () => {}); test('b', () => {}); test('c', () => { throw new Error('no'); });`,
  };
  expect(lastLineOf(files)).toBe('2 passed, 1 failed');
});

test('shows what was skipped', () => {
  const files = { 'a.test.ts': `test('a', () => {}); test.skip('b', () => {}); test.todo('c');` };
  expect(lastLineOf(files)).toBe('1 passed, 0 failed, 2 skipped');
});

test('counts what breaks outside of a test as failed: a file, a hook, a stray rejection', () => {
  const files = {
    'a.test.ts': `test('a', () => {});`,
    'file.test.ts': `throw new Error('does not load');`,
    'hook.test.ts': `describe('d', () => { beforeAll(() => { throw new Error('no'); }); test('b', () => {}); });`,
    'stray.test.ts': `test('c', () => { setTimeout(() => Promise.reject(new Error('stray')), 0); return new Promise((r) => setTimeout(r, 50)); });`,
  };
  expect(lastLineOf(files)).toBe('2 passed, 3 failed, 1 skipped');
});
