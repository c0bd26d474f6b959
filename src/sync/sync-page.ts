/**
 * The sync of one Page, read this first: survey → collect → commit, the same for every mode. The survey walks the
 * light listing and runs ahead; ranges of what differs are collected and committed beside it. Only a walk that came
 * to its end with everything collected moves the watermark (I1).
 */
import { NO_COUNTS, type RunCounts, type SyncMode } from '../core/model.ts';
import { LIST_LIMIT, probeLimit, type SurveyedPage } from '../core/plan.ts';
import type { Clock, ConversationSource, Emit, SyncOutcome, WalkState, WalkStore } from '../core/ports.ts';
import { toCut } from '../core/watermark.ts';
import { createTaskGroup } from '../lib/task-group.ts';
import { collect, type CollectResult } from './collect.ts';
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
  /** Asked between list pages: whether to stop here and leave the rest to the next run. */
  readonly shouldStop: () => boolean;
  readonly state: WalkState;
}

/** Ranges collected side by side: enough to keep the call budget busy, few enough to bound memory (I11). */
const RANGES_AT_ONCE = 4;

export async function syncPage(parts: SyncParts, plan: SyncPlan): Promise<SyncOutcome> {
  const { source, store, clock, emit } = parts;
  const startedAt = clock.now();
  let counts: RunCounts = NO_COUNTS;
  let listed = 0;
  let open = 0;

  await using collects = createTaskGroup(RANGES_AT_ONCE, parts.signal);
  const startCollect = (pages: readonly SurveyedPage[]): Promise<void> =>
    collects.start(async (signal) => {
      const result = await collect({ ...parts, signal }, pages);
      open += result.failed.length;
      counts = addBatch(counts, result);
      emit({ type: 'batch-committed', counts: { ...counts, graphCalls: source.callCount() } });
    });

  const cutAt = plan.mode === 'incremental' ? toCut(plan.state.watermark) : undefined;
  const walk = survey(
    { ...parts, signal: collects.signal },
    {
      cutAt,
      firstLimit: cutAt === undefined ? LIST_LIMIT : probeLimit(plan.state.heldAboveCut),
      sendHint: plan.sendHint && plan.state.hintUsable,
      everything: plan.forced,
    },
  );
  let range: SurveyedPage[] = [];
  let step = await walk.next();
  for (; !step.done; step = await walk.next()) {
    const page = step.value;
    listed += page.listed;
    counts = { ...counts, skipped: counts.skipped + page.skipped };
    if (sizeOf(range) + sizeOf([page]) > LIST_LIMIT) await startCollect(range.splice(0));
    range.push(page);
    if (sizeOf(range) >= LIST_LIMIT) await startCollect(range.splice(0));
    if (plan.shouldStop()) break;
  }
  await startCollect(range);
  await collects.done();

  const complete = step.done && open === 0 ? { watermark: step.value } : undefined;
  const outcome = { startedAt, complete, counts: { ...counts, graphCalls: source.callCount() }, listed };
  await store.finish(outcome);
  return outcome;
}

function sizeOf(range: readonly SurveyedPage[]): number {
  return range.reduce((sum, page) => sum + page.comparisons.length, 0);
}

function addBatch(counts: RunCounts, batch: CollectResult): RunCounts {
  return {
    ...counts,
    synced: counts.synced + batch.inserted + batch.updated,
    inserted: counts.inserted + batch.inserted,
    updated: counts.updated + batch.updated,
    eventsCreated: counts.eventsCreated + batch.eventsCreated,
  };
}
