/**
 * Collecting beside the survey: its pages are gathered into batches of what one list call brings, and a few batches are
 * collected and committed at a time. A batch never spans pages that are not neighbours.
 */
import { addBatch, NO_COUNTS, type RunCounts } from '../core/model.ts';
import { createPageSize } from '../core/page-size.ts';
import { LIST_LIMIT, type SurveyBatch } from '../core/plan.ts';
import { createTaskGroup } from '../lib/task-group.ts';
import type { Rereads } from './bring-messages.ts';
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

export function openCollector(run: RunContext, nestedLimit: number, rereads?: Rereads): Collector {
  const group = createTaskGroup(BATCHES_AT_ONCE, run.signal);
  const nestedSize = createPageSize({ limit: nestedLimit, onFault: 'half' });
  const refusals = { inARow: 0 };
  const shown = { mostMessages: Infinity };
  const failed = new Set<string>();
  const pages: SurveyBatch[] = [];
  const progress = createProgress();
  const turns = createTurns();
  let counts: RunCounts = NO_COUNTS;

  const start = (work: Work): Promise<void> =>
    group.start(async (signal) => {
      // Lets the survey ask first: while its next call is answered there will be time for this one.
      await run.clock.sleep(0, signal);
      const result = await work({ ...run, nestedSize, shown, refusals, rereads, signal });
      counts = addBatch(counts, result);
      for (const { conversationId } of result.failures) failed.add(conversationId);
      run.emit({ type: 'batch-committed', counts: { ...counts, graphCalls: run.source.callCount() } });
    });

  async function flush(): Promise<void> {
    const batch = pages.splice(0);
    const last = batch.at(-1);
    if (last === undefined) return;
    const finish = progress.begin(last);
    const turn = turns.take(batch.flatMap((page) => [...page.changed]));
    await start(async (context) => {
      await turn.comes;
      const result = await collect(context, batch).finally(turn.end);
      finish();
      return result;
    });
  }

  return {
    signal: group.signal,
    async add(page) {
      counts = { ...counts, skipped: counts.skipped + page.skipped };
      const isNeighbour = page.after !== undefined && page.after === pages.at(-1)?.next;
      if (!isNeighbour || sizeOf([...pages, page]) > LIST_LIMIT) await flush();
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
    counts: () => counts,
    reached: progress.reached,
    failed: () => failed,
    nestedLimit: () => nestedSize.limit,
    [Symbol.asyncDispose]: () => group[Symbol.asyncDispose](),
  };
}

/** How far the walk is collected: batches are done in any order, and what lies behind one that is not does not count. */
function createProgress() {
  /** In the order of the walk; those at its start leave it when they are done. */
  const begun: { readonly last: SurveyBatch; isDone: boolean }[] = [];
  let reached: SurveyBatch | undefined;
  return {
    begin(last: SurveyBatch): () => void {
      const part = { last, isDone: false };
      begun.push(part);
      return () => {
        part.isDone = true;
        while (begun[0]?.isDone === true) reached = begun.shift()?.last;
      };
    },
    reached: () => reached,
  };
}

/**
 * One conversation may be listed twice, on a later page or by a recheck. Two statements that write it at once would
 * each count its messages without those of the other.
 */
function createTurns() {
  const busy = new Map<string, Promise<void>>();
  return {
    take(ids: readonly string[]) {
      const comes = Promise.all(ids.flatMap((id) => busy.get(id) ?? []));
      const { promise, resolve } = Promise.withResolvers<void>();
      for (const id of ids) busy.set(id, promise);
      return {
        comes,
        end() {
          resolve();
          for (const id of ids) if (busy.get(id) === promise) busy.delete(id);
        },
      };
    },
  };
}

function sizeOf(pages: readonly SurveyBatch[]): number {
  return pages.reduce((sum, page) => sum + page.comparisons.length, 0);
}
