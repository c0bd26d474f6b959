/** What it costs to find that nothing is new: a round over many Pages, in time, processor, memory, calls and statements. */
import { countQueries } from '../count-queries.ts';
import { incrementalBoundSeconds, SEED_TERMS } from '../latency-model.ts';
import type { Row } from '../rows.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { openStage, requireAll } from '../stage.ts';

/** Pages in flight, the default of SYNC_PAGE_CONCURRENCY. */
const PAGES_AT_ONCE = 50;
const SAMPLE_EVERY_MS = 50;

async function* measure({ databases, note }: Bench, quiet: { readonly pages: number; readonly conversations: number }) {
  const { pages, conversations } = quiet;
  const settings = { pageConcurrency: PAGES_AT_ONCE };
  await using stage = await openStage(databases, { profile: 'fast', pages, conversations, settings });
  note(`${pages} first syncs`);
  const first = await stage.syncAll();
  requireAll(first.answer);
  // The hint is tried once for each Page; a round without it is what every later one is like.
  note('a round to settle');
  await stage.syncAll();
  await stage.simulator.setRules({ latency: SEED_TERMS.latency });

  note('the quiet round');
  using queries = countQueries();
  using memory = watchMemory();
  const cpuBefore = process.cpuUsage();
  const { answer, seconds } = await stage.syncAll();
  const { user, system } = process.cpuUsage(cpuBefore);
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
      `${PAGES_AT_ONCE} at once; CPU ${((user + system) / 1e6).toFixed(1)} s, memory ${Math.round(memory.mostBytes / 2 ** 20)} MiB, ` +
      `${(queries.count / pages).toFixed(1)} statements a Page`,
  };
  yield row;
}

interface MemoryWatch extends Disposable {
  /** The most that this process was seen to hold. */
  readonly mostBytes: number;
}

function watchMemory(): MemoryWatch {
  let mostBytes = process.memoryUsage.rss();
  const timer = setInterval(() => {
    mostBytes = Math.max(mostBytes, process.memoryUsage.rss());
  }, SAMPLE_EVERY_MS);
  return {
    get mostBytes() {
      return mostBytes;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
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
