/**
 * The floor plan is kept, and the guard of the floor plan is awake: every rule of .dependency-cruiser.js is broken
 * once on purpose here, because a checker that looks at nothing finds nothing.
 */
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import config from '../../.dependency-cruiser.js';
import { must } from '../../src/lib/must.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = ['src', 'simulator', 'test', 'bench', 'scripts', 'bin', 'examples', 'dashboard'];
const RULES = (config.forbidden ?? []).map((rule: IForbiddenRuleType) => must(rule.name, 'every rule has a name'));

/** A rule, the file that breaks it, and what that file says. */
const VIOLATIONS: readonly (readonly [rule: string, file: string, text: string])[] = [
  ['room-lib', 'src/lib/a.ts', `import '../core/leaf.ts';`],
  ['room-core', 'src/core/a.ts', `import type { Leaf } from '../store/leaf.ts'; export type A = Leaf;`],
  ['room-api', 'src/api/a.ts', `import type { Leaf } from '../engine/leaf.ts'; export type A = Leaf;`],
  ['room-sync', 'src/sync/a.ts', `import '../graph/leaf.ts';`],
  ['room-graph', 'src/graph/a.ts', `import '../sync/leaf.ts';`],
  ['room-store', 'src/store/a.ts', `import '../graph/leaf.ts';`],
  ['room-telemetry', 'src/telemetry/a.ts', `import '../config/leaf.ts';`],
  ['room-config', 'src/config/a.ts', `import '../telemetry/leaf.ts';`],
  ['room-runs', 'src/runs/a.ts', `import '../store/leaf.ts';`],
  ['room-jobs', 'src/jobs/a.ts', `import '../store/leaf.ts';`],
  ['room-engine', 'src/engine/a.ts', `import '../http/leaf.ts';`],
  ['room-http', 'src/http/a.ts', `export * from '../store/leaf.ts';`],
  ['room-cli', 'src/cli/a.ts', `import '../store/leaf.ts';`],
  ['room-library', 'src/library/a.ts', `import '../http/leaf.ts';`],
  ['room-index', 'src/index.ts', `export * from './http/leaf.ts';`],
  ['room-unknown', 'src/utils/a.ts', `import '../lib/leaf.ts';`],
  ['room-embedded-postgres', 'src/embedded-postgres/a.ts', `import '../store/leaf.ts';`],
  ['simulator-by-itself', 'simulator/a.ts', `import '../src/core/leaf.ts';`],
  ['simulator-for-the-command-line', 'src/engine/b.ts', `import '../../simulator/leaf.ts';`],
  ['room-dashboard', 'dashboard/a.ts', `import type { Leaf } from '../src/core/leaf.ts'; export type A = Leaf;`],
  ['dashboard-types-only', 'dashboard/b.ts', `import { leaf } from '../src/api/sync.ts'; export const b = leaf;`],
  ['no-cycles', 'src/core/cycle-a.ts', `import type { B } from './cycle-b.ts'; export type A = B;`],
  ['driver-only-in-store', 'src/graph/b.ts', `import 'pg';`],
  ['pure-heart', 'src/core/b.ts', `import 'node:fs';`],
  ['pure-heart', 'src/sync/b.ts', `import 'zod';`],
  ['only-zod-in-api', 'src/api/b.ts', `import 'node:fs';`],
  ['no-package-in-lib', 'src/lib/b.ts', `import 'zod';`],
  ['no-test-in-src', 'src/core/c.ts', `import './leaf.test.ts';`],
  ['no-test-in-src', 'src/graph/c.ts', `import '../../test/support/leaf.ts';`],
  ['no-test-in-src', 'simulator/c.ts', `import '../test/support/leaf.ts';`],
  ['no-undeclared-package', 'src/store/b.ts', `import 'undeclared';`],
  ['no-dev-package-in-src', 'src/config/b.ts', `import 'only-for-development';`],
  ['no-missing-file', 'src/lib/c.ts', `import './nowhere.ts';`],
];

/** What stands around the violations, and what is allowed: none of it may be reported. */
const ALLOWED: readonly (readonly [file: string, text: string])[] = [
  ...[
    'lib',
    'core',
    'api',
    'sync',
    'graph',
    'store',
    'telemetry',
    'config',
    'jobs',
    'runs',
    'engine',
    'http',
    'cli',
    'embedded-postgres',
  ].map((room) => [`src/${room}/leaf.ts`, 'export type Leaf = string;'] as const),
  ['src/core/cycle-b.ts', `import type { A } from './cycle-a.ts'; export type B = A | string;`],
  ['src/core/leaf.test.ts', `import 'node:fs'; import 'only-for-development'; import '../store/leaf.ts';`],
  ['simulator/leaf.ts', `import '../src/lib/leaf.ts'; import 'node:http'; export type Leaf = string;`],
  ['src/api/sync.ts', `import 'zod'; export const leaf = 1; export type Leaf = string;`],
  ['src/store/migrate.ts', `import 'pg'; import 'node:fs'; import '../core/leaf.ts'; import '../lib/leaf.ts';`],
  [
    'src/cli/allowed.ts',
    `import '../store/migrate.ts'; import '../telemetry/leaf.ts'; import '../../simulator/leaf.ts';`,
  ],
  ['src/lib/allowed.ts', `import 'node:util';`],
  ['dashboard/allowed.ts', `import type { Leaf } from '../src/api/sync.ts'; export type A = Leaf;`],
  ['test/support/leaf.ts', `import '../../src/store/leaf.ts'; import 'pg'; import 'only-for-development';`],
  ['package.json', `{ "dependencies": { "pg": "1", "zod": "1" }, "devDependencies": { "only-for-development": "1" } }`],
  [
    'tsconfig.json',
    '{ "compilerOptions": { "module": "nodenext", "allowImportingTsExtensions": true, "noEmit": true } }',
  ],
  ...['pg', 'zod', 'undeclared', 'only-for-development'].flatMap((name) => [
    [`node_modules/${name}/package.json`, `{ "name": "${name}", "version": "1.0.0", "main": "index.js" }`] as const,
    [`node_modules/${name}/index.js`, ''] as const,
  ]),
];

async function cruiseTree(directory: string, folders: readonly string[]): Promise<ICruiseResult> {
  const { output } = await cruise([...folders], {
    ...config.options,
    ruleSet: { forbidden: config.forbidden ?? [] },
    validate: true,
    baseDir: directory,
  });
  if (typeof output === 'string') throw new Error(`Expected a result, got text: ${output}`);
  return output;
}

const report = ({ summary }: ICruiseResult): string[] =>
  summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`).toSorted();

describe('the floor plan', () => {
  test('is kept by the whole tree', { timeout: 60_000 }, async () => {
    const sources = globSync('{src,simulator}/**/*.ts', { cwd: ROOT }).toSorted();
    const folders = FOLDERS.filter((folder) => globSync(`${folder}/**/*.{ts,js}`, { cwd: ROOT }).length > 0);
    const result = await cruiseTree(ROOT, folders);
    expect(report(result)).toEqual([]);
    const cruised = new Set(result.modules.map(({ source }) => source));
    expect(sources.length).toBeGreaterThan(10);
    expect(sources.filter((source) => !cruised.has(source))).toEqual([]);
  });
});

describe('the guard of the floor plan', () => {
  const tree = mkdtempSync(join(tmpdir(), 'tidemark-boundaries-'));
  let reported: readonly string[] = [];

  beforeAll(async () => {
    for (const [file, text] of [...ALLOWED, ...VIOLATIONS.map(([, ...seed]) => seed)]) {
      mkdirSync(dirname(join(tree, file)), { recursive: true });
      writeFileSync(join(tree, file), text);
    }
    reported = report(await cruiseTree(tree, ['src', 'simulator', 'test', 'dashboard']));
  }, 60_000);

  afterAll(() => rmSync(tree, { recursive: true, force: true }));

  test.each(RULES)('has a seeded violation for %s', (rule) => {
    expect(VIOLATIONS.map(([seeded]) => seeded)).toContain(rule);
  });

  test.each(VIOLATIONS)('reports %s in %s', (rule, file) => {
    expect(reported.filter((line) => line.startsWith(`${rule}: ${file} → `))).toHaveLength(1);
  });

  test('reports nothing else', () => {
    const seeded = VIOLATIONS.map(([rule, file]) => `${rule}: ${file} → `);
    // The other half of the circle; and files that break a rule of their own by where they stand.
    const expected = [...seeded, 'no-cycles: src/core/cycle-b.ts → '];
    expect(reported.filter((line) => !expected.some((start) => line.startsWith(start)))).toEqual([]);
  });
});
