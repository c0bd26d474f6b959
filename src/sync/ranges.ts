/**
 * Collecting beside the survey: surveyed pages are gathered into ranges of what one list call brings, and a few
 * ranges are collected and committed at a time. A range never spans pages that are not neighbours.
 */
import { addBatch, NO_COUNTS, type RunCounts } from '../core/model.ts';
import { LIST_LIMIT, type SurveyedPage } from '../core/plan.ts';
import type { Clock } from '../core/ports.ts';
import { createTaskGroup } from '../lib/task-group.ts';
import { collect, type CollectParts, type CollectResult, retry } from './collect.ts';

export interface Ranges extends AsyncDisposable {
  /** Aborted with the first failure of a collect, or when the run is. */
  readonly signal: AbortSignal;
  add(page: SurveyedPage): Promise<void>;
  /** Collects in another way. */
  start(work: Work): Promise<void>;
  /** Collects single conversations. */
  retry(conversationIds: readonly string[]): Promise<void>;
  /** Resolves when all that was added is committed; rejects with the first failure. */
  done(): Promise<void>;
  /** What was done so far. */
  counts(): RunCounts;
  /** The last list page up to which all is committed or in the retry ledger; undefined when the first is not. */
  reached(): SurveyedPage | undefined;
  /** Conversations that could not be collected. */
  failed(): ReadonlySet<string>;
}

type Work = (parts: CollectParts) => Promise<CollectResult>;

/** Enough to keep the call budget busy, few enough to bound memory (I11). */
const RANGES_AT_ONCE = 4;

export function openRanges({ clock, ...parts }: CollectParts & { readonly clock: Clock }): Ranges {
  const group = createTaskGroup(RANGES_AT_ONCE, parts.signal);
  const failed = new Set<string>();
  const range: SurveyedPage[] = [];
  /** In the order of the walk; those at its start leave it when they are done. */
  const walked: { readonly last: SurveyedPage; isDone: boolean }[] = [];
  let reached: SurveyedPage | undefined;
  let counts: RunCounts = NO_COUNTS;

  const start = (work: Work): Promise<void> =>
    group.start(async (signal) => {
      // Lets the survey ask first: while its next call is answered there will be time for this one.
      await clock.sleep(0, signal);
      const batch = await work({ ...parts, signal });
      counts = addBatch(counts, batch);
      for (const { conversationId } of batch.failures) failed.add(conversationId);
      parts.emit({ type: 'batch-committed', counts: { ...counts, graphCalls: parts.source.callCount() } });
    });
  const flush = async () => {
    const pages = range.splice(0);
    const last = pages.at(-1);
    if (last === undefined) return;
    const part = { last, isDone: false };
    walked.push(part);
    await start(async (work) => {
      const result = await collect(work, pages);
      part.isDone = true;
      while (walked[0]?.isDone === true) reached = walked.shift()?.last;
      return result;
    });
  };

  return {
    signal: group.signal,
    async add(page) {
      counts = { ...counts, skipped: counts.skipped + page.skipped };
      // After a restart the pages of two walks must not be taken for neighbours.
      if (page.after !== range.at(-1)?.next || sizeOf([...range, page]) > LIST_LIMIT) await flush();
      range.push(page);
      if (sizeOf(range) >= LIST_LIMIT) await flush();
    },
    start,
    async retry(conversationIds) {
      if (conversationIds.length > 0) await start((work) => retry(work, conversationIds));
    },
    async done() {
      await flush();
      await group.done();
    },
    counts: () => counts,
    reached: () => reached,
    failed: () => failed,
    [Symbol.asyncDispose]: () => group[Symbol.asyncDispose](),
  };
}

function sizeOf(range: readonly SurveyedPage[]): number {
  return range.reduce((sum, page) => sum + page.comparisons.length, 0);
}
