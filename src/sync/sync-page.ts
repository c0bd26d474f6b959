/**
 * The sync of one Page, read this first: survey → collect → commit, the same for every mode. The survey walks the
 * light listing and runs ahead; ranges of what differs are collected and committed beside it. Only a walk that came
 * to its end moves the watermark (I1), and only past what is collected or in the retry ledger (I13).
 */
import { addBatch, NO_COUNTS, type RunCounts, type SyncMode } from '../core/model.ts';
import { growNestedLimit, LIST_LIMIT, planLooks, type SurveyedPage } from '../core/plan.ts';
import type { Clock, ConversationSource, Emit, SyncOutcome, SyncResult, WalkState, WalkStore } from '../core/ports.ts';
import { toCut } from '../core/watermark.ts';
import { createTaskGroup } from '../lib/task-group.ts';
import { collect, type CollectParts, type CollectResult, retry } from './collect.ts';
import { openRetries } from './retries.ts';
import { survey } from './survey.ts';

export interface SyncParts {
  readonly source: ConversationSource;
  readonly store: WalkStore;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Aborted when the run must end at once: cancelled, or its lease lost. */
  readonly signal: AbortSignal;
}

export interface SyncPlan {
  readonly mode: SyncMode;
  /** Collect everything that is listed as if nothing were held. */
  readonly forced: boolean;
  /** Whether the `since` hint may be tried. */
  readonly sendHint: boolean;
  /** Messages of a conversation to mirror; Infinity: all. */
  readonly depth: number;
  /** Asked between list pages: whether to stop here and leave the rest to the next run. */
  readonly shouldStop: () => boolean;
  readonly state: WalkState;
}

/** Ranges collected side by side: enough to keep the call budget busy, few enough to bound memory (I11). */
const RANGES_AT_ONCE = 4;

export async function syncPage(parts: SyncParts, plan: SyncPlan): Promise<SyncResult> {
  const { source, store, clock, emit } = parts;
  const startedAt = plan.state.rest?.startedAt ?? clock.now();
  const sizes = { nestedLimit: plan.state.nestedLimit };
  let counts: RunCounts = NO_COUNTS;
  let listed = 0;

  await using collects = createTaskGroup(RANGES_AT_ONCE, parts.signal);
  const start = (work: (parts: CollectParts) => Promise<CollectResult>): Promise<void> =>
    collects.start(async (signal) => {
      // Lets the survey ask first: while its next call is answered there will be time for this one.
      await clock.sleep(0, signal);
      const batch = await work({ ...parts, sizes, depth: plan.depth, signal });
      counts = addBatch(counts, batch);
      emit({ type: 'batch-committed', counts: { ...counts, graphCalls: source.callCount() } });
    });

  const retries = await openRetries(store);
  if (retries.due.length > 0) await start((work) => retry(work, retries.due));

  const cutAt = plan.mode === 'incremental' && !retries.areStubborn ? toCut(plan.state.watermark) : undefined;
  const looks = planLooks({ ...plan.state, cutAt, depth: plan.depth });
  const sendHint = plan.sendHint && plan.state.hintUsable;
  const walk = { cutAt, looks, sendHint, everything: plan.forced, rest: plan.state.rest };
  const range: SurveyedPage[] = [];
  const flush = async () => {
    const pages = range.splice(0);
    if (pages.length > 0) await start((work) => collect(work, pages));
  };
  let end: SyncOutcome['end'] = { kind: 'complete', watermark: undefined };
  for await (const page of survey({ ...parts, signal: collects.signal }, walk)) {
    listed += page.listed;
    retries.meet(page);
    counts = { ...counts, skipped: counts.skipped + page.skipped };
    // After a restart the pages of two walks must not be taken for neighbours.
    if (page.after !== range.at(-1)?.next || sizeOf([...range, page]) > LIST_LIMIT) await flush();
    range.push(page);
    if (sizeOf(range) >= LIST_LIMIT) await flush();
    end = { kind: 'complete', watermark: page.top };
    if (page.next !== undefined && plan.shouldStop()) {
      // What was listed under the hint is no place to go on from: the next run begins again, without it.
      if (page.hinted) await store.withdrawHint();
      end = { kind: 'stopped', rest: page.hinted ? undefined : { after: page.next, top: page.top, startedAt } };
      break;
    }
  }
  await flush();
  await collects.done();
  if (cutAt === undefined && end.kind === 'complete' && plan.state.rest === undefined) await retries.settle();

  counts = { ...counts, graphCalls: source.callCount() };
  const nestedLimit = growNestedLimit(plan.state.nestedLimit, sizes.nestedLimit);
  const status = await store.finish({ startedAt, end, counts, listed, nestedLimit });
  return { status, counts };
}

function sizeOf(range: readonly SurveyedPage[]): number {
  return range.reduce((sum, page) => sum + page.comparisons.length, 0);
}
