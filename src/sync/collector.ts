/**
 * Collecting beside the survey: its pages are gathered into batches of what one list call brings, and a few batches are
 * collected and committed at a time. A batch never spans pages that are not neighbours.
 */
import { addBatch, NO_COUNTS, type RunCounts } from '../core/model.ts';
import { createPageSize } from '../core/page-size.ts';
import { LIST_LIMIT, type SurveyBatch } from '../core/plan.ts';
import { createTaskGroup } from '../lib/task-group.ts';
import { collect, type CollectContext, type CollectResult, retry } from './collect.ts';
import type { RunContext } from './run-context.ts';

export interface Collector extends AsyncDisposable {
  /** Aborted with the first failure of a collect, or when the run is. */
  readonly signal: AbortSignal;
  /** Collects what changed on a list page. */
  add(batch: SurveyBatch): Promise<void>;
  /** Collects single conversations. */
  addSingles(conversationIds: readonly string[]): Promise<void>;
  /** Collects in another way. */
  start(work: Work): Promise<void>;
  /** Resolves when all that was added is committed; rejects with the first failure. */
  drain(): Promise<void>;
  /** Conversations that were added and are not committed yet. */
  waiting(): number;
  /** What was done so far. */
  counts(): RunCounts;
  /** The last list page up to which all is committed or in the retry ledger; undefined when the first is not. */
  reached(): SurveyBatch | undefined;
  /** Conversations that could not be collected. */
  failed(): ReadonlySet<string>;
  /** How many conversations with messages Facebook was willing to answer with. */
  nestedLimit(): number;
}

type Work = (context: CollectContext) => Promise<CollectResult>;

/** Enough to keep the call budget busy, few enough to bound memory (I11). */
const BATCHES_AT_ONCE = 4;

export function openCollector(run: RunContext, nestedLimit: number): Collector {
  const group = createTaskGroup(BATCHES_AT_ONCE, run.signal);
  const nestedSize = createPageSize({ limit: nestedLimit, onFault: 'half' });
  const failed = new Set<string>();
  const pages: SurveyBatch[] = [];
  /** In the order of the walk; those at its start leave it when they are done. */
  const walked: { readonly last: SurveyBatch; isDone: boolean }[] = [];
  let reached: SurveyBatch | undefined;
  let counts: RunCounts = NO_COUNTS;
  let waiting = 0;

  const start = (work: Work): Promise<void> =>
    group.start(async (signal) => {
      // Lets the survey ask first: while its next call is answered there will be time for this one.
      await run.clock.sleep(0, signal);
      const result = await work({ ...run, nestedSize, signal });
      counts = addBatch(counts, result);
      for (const { conversationId } of result.failures) failed.add(conversationId);
      run.emit({ type: 'batch-committed', counts: { ...counts, graphCalls: run.source.callCount() } });
    });

  async function flush(): Promise<void> {
    const batch = pages.splice(0);
    const last = batch.at(-1);
    if (last === undefined) return;
    const part = { last, isDone: false };
    walked.push(part);
    const changed = batch.reduce((sum, page) => sum + page.changed.size, 0);
    waiting += changed;
    await start(async (context) => {
      const result = await collect(context, batch);
      part.isDone = true;
      waiting -= changed;
      while (walked[0]?.isDone === true) reached = walked.shift()?.last;
      return result;
    });
  }

  return {
    signal: group.signal,
    async add(page) {
      counts = { ...counts, skipped: counts.skipped + page.skipped };
      // After a restart the pages of two passes must not be taken for neighbours.
      if (page.after !== pages.at(-1)?.next || sizeOf([...pages, page]) > LIST_LIMIT) await flush();
      pages.push(page);
      if (sizeOf(pages) >= LIST_LIMIT) await flush();
    },
    async addSingles(conversationIds) {
      if (conversationIds.length > 0) await start((context) => retry(context, conversationIds));
    },
    start,
    async drain() {
      await flush();
      await group.done();
    },
    waiting: () => waiting,
    counts: () => counts,
    reached: () => reached,
    failed: () => failed,
    nestedLimit: () => nestedSize.limit,
    [Symbol.asyncDispose]: () => group[Symbol.asyncDispose](),
  };
}

function sizeOf(pages: readonly SurveyBatch[]): number {
  return pages.reduce((sum, page) => sum + page.comparisons.length, 0);
}
