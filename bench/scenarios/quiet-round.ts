/** What it costs to find that nothing is new: a round over many Pages, in time, processor, memory, calls and statements. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { incrementalBoundSeconds, SEED_TERMS } from '../latency-model.ts';
import type { RoundCost } from '../round-process.ts';
import type { Row } from '../rows.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { openStage, requireAll, type Stage } from '../stage.ts';

/** Pages in flight, the default of SYNC_PAGE_CONCURRENCY. */
const PAGES_AT_ONCE = 50;
const ROUND_PROCESS = new URL('../round-process.ts', import.meta.url).pathname;
/** The answer of a round is a line for each Page. */
const MOST_OUTPUT_BYTES = 64 * 2 ** 20;

async function* measure({ databases, note }: Bench, quiet: { readonly pages: number; readonly conversations: number }) {
  const { pages, conversations } = quiet;
  const settings = { pageConcurrency: PAGES_AT_ONCE };
  await using stage = await openStage(databases, { profile: 'fast', pages, conversations, settings });
  note(`${pages} first syncs`);
  const first = await stage.syncAll();
  requireAll(first.answer);
  await stage.simulator.setRules({ latency: SEED_TERMS.latency });
  note('the quiet round');
  // The hint is tried once for each Page: its round to settle is without it, and like every later one.
  const { answer, seconds, ...cost } = await makeRounds(stage);
  requireAll(answer);
  const calls = answer.results.reduce((sum, row) => sum + row.graphCalls, 0);
  const row: Row = {
    name: `a quiet round over ${pages} Pages`,
    unit: 's',
    claim: '',
    before: undefined,
    bound: { value: Math.ceil(pages / PAGES_AT_ONCE) * incrementalBoundSeconds(0, SEED_TERMS), calls: pages },
    measured: { value: seconds, calls },
    target: undefined,
    notes:
      `${PAGES_AT_ONCE} at once; CPU ${cost.cpuSeconds.toFixed(1)} s, memory ${toMiB(cost.mostBytes)} MiB, ` +
      `of which ${toMiB(cost.keptBytes)} are kept, ${(cost.statements / pages).toFixed(1)} statements a Page`,
  };
  yield row;
}

async function makeRounds({ settings }: Stage): Promise<RoundCost> {
  const { encryptionKey: _, ...plain } = settings;
  const args = ['--expose-gc', ROUND_PROCESS, JSON.stringify(plain)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: MOST_OUTPUT_BYTES });
  return JSON.parse(stdout) as RoundCost;
}

function toMiB(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}

export const quietRound: Scenario = {
  name: 'quiet-round',
  title: 'A round in which nothing is new',
  run: (bench) => measure(bench, bench.size.quiet),
};

export const quietRoundLarge: Scenario = {
  name: 'quiet-round-10k',
  title: 'The same over 10,000 Pages',
  onlyWhenNamed: true,
  run: (bench) => measure(bench, { pages: 10_000, conversations: 5 }),
};
