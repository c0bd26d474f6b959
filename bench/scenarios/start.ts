/** What a command costs before it does anything: the program as it is published, each time in a process of its own. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TEST_KEY } from '../../test/support/test-key.ts';
import type { Row } from '../rows.ts';
import { type Bench, FULL, type Scenario } from '../scenario.ts';
import { openStage } from '../stage.ts';

const run = promisify(execFile);
const ROOT = new URL('../../', import.meta.url).pathname;
const STARTS = 9;
/** Of what Node itself takes to start. */
const MOST_FOR_HELP = 3;

async function* measure({ databases, size, note }: Bench): AsyncIterable<Row> {
  const program = size === FULL ? await build(note) : 'src/cli/main.ts';
  const cache = await mkdtemp(join(tmpdir(), 'tidemark-bench-cache-'));
  // As bin/tidemark.js does; the first start fills it.
  const env = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: cache };
  try {
    note('node alone');
    const alone = await takeTypical(['--eval', '0'], env);
    const bound = { value: alone };
    const base = { unit: 's', claim: '', before: undefined, bound } as const;
    note('tidemark --help');
    const help = await takeTypical([program, '--help'], env);
    const target = { value: MOST_FOR_HELP * alone, of: `${MOST_FOR_HELP} × node alone` };
    yield { ...base, name: 'tidemark --help', measured: { value: help }, target, notes: describe(help, alone) };

    await using stage = await openStage(databases, { profile: 'fast', pages: 1, conversations: 3, callsPerSecond: 0 });
    const { databaseUrl, simulator } = stage;
    const connected = {
      ...env,
      DATABASE_URL: databaseUrl,
      TIDEMARK_ENCRYPTION_KEY: TEST_KEY.reveal(),
      GRAPH_API_URL: simulator.url,
      GRAPH_CALLS_PER_SECOND: '1000',
    };
    note('tidemark sync, with nothing new');
    const sync = await takeTypical([program, 'sync', '--quiet'], connected);
    yield {
      ...base,
      name: 'a quiet tidemark sync of one Page, as a process',
      measured: { value: sync },
      target: undefined,
      notes: `${describe(sync, alone)}; the database is opened, migrated and closed, and Facebook asked once`,
    };
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}

async function build(note: Bench['note']): Promise<string> {
  note('building the program as it is published');
  await run(process.execPath, ['scripts/build.js'], { cwd: ROOT });
  return 'dist/src/cli/main.js';
}

/** Seconds of a start in the middle of several, after one that is not counted. */
async function takeTypical(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const seconds: number[] = [];
  for (let start = 0; start <= STARTS; start += 1) {
    const startedAt = performance.now();
    await run(process.execPath, args, { cwd: ROOT, env });
    if (start > 0) seconds.push((performance.now() - startedAt) / 1000);
  }
  return seconds.toSorted((one, other) => one - other)[Math.floor(STARTS / 2)] ?? 0;
}

function describe(seconds: number, alone: number): string {
  return `${(seconds / alone).toFixed(1)} × node alone`;
}

export const start: Scenario = { name: 'start', title: 'The start of a command', run: measure };
