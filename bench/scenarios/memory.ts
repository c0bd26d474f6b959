/** What many hours of syncing leave in memory: nothing. Rounds over Pages in which a little is new, as fast as they go. */
import { must } from '../../src/lib/must.ts';
import type { Row } from '../rows.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { openStage } from '../stage.ts';

/** Rounds in an hour at the default SYNC_INTERVAL. */
const ROUNDS_PER_HOUR = 12;
/** The end may hold so much more than the beginning: the collector does not sweep to order. */
const MOST_GROWTH = 1.15;

async function* run({ databases, size, note }: Bench): AsyncIterable<Row> {
  const { pages, conversations, rounds } = size.hours;
  await using stage = await openStage(databases, { profile: 'fast', pages, conversations, callsPerSecond: 0 });
  const heaps: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    note(`round ${round} of ${rounds}`);
    for (const pageId of stage.simulator.pageIds) await stage.simulator.activity({ pageId, newMessages: 2 });
    await stage.syncAll();
    heaps.push(leastHeapBytes());
  }
  const quarter = Math.max(1, Math.floor(rounds / 4));
  const early = median(heaps.slice(quarter, 2 * quarter));
  const late = median(heaps.slice(-quarter));
  yield {
    name: `memory after ${rounds} rounds over ${pages} Pages`,
    unit: 'of the start',
    claim: '',
    before: undefined,
    bound: { value: 1 },
    measured: { value: late / early },
    target: { value: MOST_GROWTH },
    notes:
      `${Math.round(rounds / ROUNDS_PER_HOUR)} h at SYNC_INTERVAL=5m; heap ${toMiB(early)} MiB, then ${toMiB(late)} MiB; ` +
      `whole process ${toMiB(process.memoryUsage.rss())} MiB`,
  };
}

/** What is held after a collection, where the benchmark was started with --expose-gc; else what there is. */
function leastHeapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function median(values: readonly number[]): number {
  return must(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)], 'there is at least one round');
}

function toMiB(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}

export const memory: Scenario = { name: 'memory', title: 'Memory over many rounds', run };
