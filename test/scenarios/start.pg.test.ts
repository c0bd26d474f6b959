/** A command loads what it needs and nothing else: what is loaded is most of what a start costs. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { openWorld } from '../support/world.ts';
import { TEST_KEY } from '../support/test-key.ts';

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;
const PRELOAD = new URL('../support/loaded-packages.ts', import.meta.url).href;

async function findPackages(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-loaded-'));
  const file = join(folder, 'packages');
  try {
    await writeFile(file, '');
    const known = { PATH: process.env['PATH'], LOADED_PACKAGES: file, ...env };
    await promisify(execFile)(process.execPath, [`--import=${PRELOAD}`, MAIN, ...args], { cwd: folder, env: known });
    return (await readFile(file, 'utf8')).split('\n').filter((name) => name !== '');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

it('the help needs the parser of the command line alone', async () => {
  expect(await findPackages(['--help'])).toEqual(['commander']);
});

it('a sync needs the drivers of the database and of HTTP, and no queue, server, schema, bar or coloured log', async () => {
  await using world = await openWorld({ version: 17, simulator: { conversations: 3 } });
  const loaded = await findPackages(['sync', '--quiet'], {
    DATABASE_URL: world.databaseUrl,
    TIDEMARK_ENCRYPTION_KEY: TEST_KEY.reveal(),
    GRAPH_API_URL: world.simulator.url,
  });
  expect(loaded).toEqual(expect.arrayContaining(['commander', 'pg', 'undici']));
  const unwanted = new Set(['@hono/zod-openapi', 'cli-progress', 'hono', 'pg-boss', 'pino-pretty', 'zod']);
  expect(loaded.filter((name) => unwanted.has(name))).toEqual([]);
});
