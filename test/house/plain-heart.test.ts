/**
 * The heart stays plain: in src/core and src/sync no function is longer than 60 lines or branches more than 12 times.
 * The linter checks it; here it is broken on purpose, because a rule that looks at nothing finds nothing.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RULES = new Set(['eslint(complexity)', 'eslint(max-lines-per-function)']);

const withLines = (lines: number) => `export function f(a: number[]): void {\n${'  a.push(1);\n'.repeat(lines - 2)}}\n`;
const withBranches = (branches: number) =>
  `export function f(a: number): number {\n${'  if (a > 1) return a;\n'.repeat(branches)}  return 0;\n}\n`;

/** What each file says, and the rule that it breaks. */
const FILES: readonly (readonly [file: string, text: string, rule: string | undefined])[] = [
  ['src/core/long.ts', withLines(61), 'eslint(max-lines-per-function)'],
  ['src/sync/deep/long.ts', withLines(61), 'eslint(max-lines-per-function)'],
  ['src/core/branching.ts', withBranches(13), 'eslint(complexity)'],
  ['src/sync/branching.ts', withBranches(13), 'eslint(complexity)'],
  ['src/core/long-enough.ts', withLines(60), undefined],
  ['src/sync/branching-enough.ts', withBranches(12), undefined],
  ['src/store/long.ts', withLines(61), undefined],
  ['src/core/long.test.ts', withLines(61), undefined],
];

const tree = mkdtempSync(join(tmpdir(), 'tidemark-plain-heart-'));
let reported: readonly string[] = [];

interface LintReport {
  readonly diagnostics: readonly { readonly code: string; readonly filename: string }[];
}

beforeAll(() => {
  cpSync(join(ROOT, '.oxlintrc.json'), join(tree, '.oxlintrc.json'));
  for (const [file, text] of FILES) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), text);
  }
  const oxlint = join(ROOT, 'node_modules/oxlint/bin/oxlint');
  const { stdout } = spawnSync(process.execPath, [oxlint, '--format', 'json', 'src'], { cwd: tree, encoding: 'utf8' });
  const { diagnostics } = JSON.parse(stdout) as LintReport;
  reported = diagnostics.filter(({ code }) => RULES.has(code)).map(({ code, filename }) => `${filename}: ${code}`);
}, 60_000);

afterAll(() => rmSync(tree, { recursive: true, force: true }));

test.each(FILES)('%s', (file, _, rule) => {
  expect(reported.filter((line) => line.startsWith(`${file}: `))).toEqual(
    rule === undefined ? [] : [`${file}: ${rule}`],
  );
});
