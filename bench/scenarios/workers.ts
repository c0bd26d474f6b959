/**
 * Worker processes side by side over many Pages: how much faster each doubling is, until the machine is full, and
 * what becomes of the work when one of them is killed in the middle.
 */
import pg from 'pg';
import { must } from '../../src/lib/must.ts';
import { sleep } from '../../src/lib/sleep.ts';
import { type Program, startProgram } from '../../test/support/program.ts';
import { TEST_KEY } from '../../test/support/test-key.ts';
import { SEED_TERMS } from '../latency-model.ts';
import type { Row } from '../rows.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { openStage, requireCount, type Stage } from '../stage.ts';

/** Pages that one worker has in flight: few, so that waiting for Facebook is what bounds one worker. */
const PAGES_AT_ONCE = 10;
/** Of the speed of as many workers as there are, so much has to be there. */
const EFFICIENCY = 0.8;
const POLL_MS = 50;

async function* run({ databases, size, note }: Bench): AsyncIterable<Row> {
  const { pages, conversations } = size.shared;
  let one: number | undefined;
  for (const { workers, isKilled } of size.workers) {
    await using stage = await openStage(databases, { profile: 'fast', pages, conversations });
    await stage.simulator.setRules({ latency: SEED_TERMS.latency });
    note(`${workers} workers${isKilled ? ', one of which is killed' : ''}`);
    const seconds = await shareOut(stage, { workers, isKilled });
    const mirrored = await count(stage, 'SELECT count(*) FROM facebook_conversations');
    requireCount('Conversations mirrored', { expected: pages * conversations, found: mirrored });
    one ??= seconds;
    const speedup = one / seconds;
    yield {
      name: `${pages} Pages × ${conversations}, ${workers} worker${workers === 1 ? '' : 's'}${isKilled ? ', one killed' : ''}`,
      unit: 's',
      claim: '',
      before: undefined,
      bound: workers === 1 ? undefined : { value: one / workers },
      measured: { value: seconds },
      target:
        workers === 1 || isKilled
          ? undefined
          : { value: one / (workers * EFFICIENCY), of: `${EFFICIENCY} of ${workers} × one worker` },
      notes: isKilled
        ? 'its Pages wait until its lease has run out; nothing is missing'
        : `${speedup.toFixed(2)} × one worker; ${PAGES_AT_ONCE} Pages at once in each; nothing is missing`,
    };
  }
}

/** Seconds from the moment the work is there until all Pages are whole. */
async function shareOut(
  stage: Stage,
  { workers, isKilled }: { readonly workers: number; readonly isKilled: boolean },
): Promise<number> {
  const env = {
    DATABASE_URL: stage.databaseUrl,
    GRAPH_API_URL: stage.simulator.url,
    TIDEMARK_ENCRYPTION_KEY: TEST_KEY.reveal(),
    SYNC_PAGE_CONCURRENCY: String(PAGES_AT_ONCE),
    SYNC_INTERVAL: 'off',
    VERIFY_INTERVAL: 'off',
    // Whoever is to be killed tells what it is at.
    LOG_LEVEL: isKilled ? 'debug' : 'warn',
  };
  await using opened = new AsyncDisposableStack();
  const programs = Array.from({ length: workers }, () => opened.use(startProgram(['worker'], env)));
  for (const program of programs) await until(async () => program.stdout().includes('Ctrl-C'));
  const all = stage.simulator.pageIds.map((facebookPageId) => ({ facebookPageId }));
  const startedAt = performance.now();
  await stage.tidemark.jobs.enqueue('sync', all);
  const whole = () => count(stage, 'SELECT count(*) FROM facebook_pages WHERE last_synced_at IS NOT NULL');
  if (isKilled) {
    const victim = must(programs[0], 'a worker');
    const isInTheMiddle = async () => (await whole()) >= all.length / 4 && countUnderWay(victim) >= PAGES_AT_ONCE / 2;
    await until(isInTheMiddle);
    await victim.end('SIGKILL');
  }
  await until(async () => (await whole()) === all.length);
  return (performance.now() - startedAt) / 1000;
}

function countUnderWay({ told }: Program): number {
  const begun = told.filter(({ event }) => event === 'run-started').length;
  return begun - told.filter(({ event }) => event === 'run-finished' || event === 'run-failed').length;
}

async function count({ databaseUrl }: Stage, sql: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: string }>(sql);
    return Number(rows[0]?.count);
  } finally {
    await client.end();
  }
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await sleep(POLL_MS);
}

export const workers: Scenario = { name: 'workers', title: 'Worker processes over many Pages', run };
