/**
 * The walk of one Page, read this first: survey → collect → commit, the same for every purpose. The survey walks the
 * light list and runs ahead; what changed is collected and committed beside it. What the walk has proved at its end is
 * decided by `core/outcome.ts`: only a complete one moves the watermark (I1), and only past what is collected or in the
 * retry ledger (I13).
 */
import { checkpointBehind, decideOutcome, isListRefused, isThrottled, stopBehind } from '../core/outcome.ts';
import type { WalkEnd } from '../core/outcome.ts';
import { growNestedLimit } from '../core/plan.ts';
import type { SyncResult, WalkState } from '../core/store-ports.ts';
import { type Collector, openCollector } from './collector.ts';
import { readKnownSingly } from './list-fallback.ts';
import { planSurvey, type SurveyPlan } from './plan-survey.ts';
import { openRetries, type Retries } from './retries.ts';
import type { RunContext } from './run-context.ts';
import { survey } from './survey.ts';
import type { WalkPolicy } from './walk-policy.ts';

export interface Walk {
  readonly run: RunContext;
  readonly policy: WalkPolicy;
  readonly state: WalkState;
}

export async function syncPage({ run, policy, state }: Walk): Promise<SyncResult> {
  const { purpose, mode } = policy;
  const { checkpoint } = state;
  const startedAt = checkpoint?.startedAt ?? run.clock.now();
  const retries = await openRetries(run.store, state);
  await using collector = openCollector(run, state.nestedLimit);
  const plan = planSurvey({ run, policy, state, retries, collector });

  if (purpose !== 'inspect') await collector.addSingles(retries.due);
  const { end, listed } = await walkList(run, policy, { plan, startedAt, retries, collector });
  if (end.kind === 'refused' && purpose === 'sync') await collector.start((work) => readKnownSingly(work, end.error));
  const { settled, changed } = end.kind === 'complete' ? await policy.settle() : NOTHING_TO_SETTLE;
  await collector.addSingles(changed);
  await collector.drain();

  const outcome = decideOutcome({ purpose, mode, walk: end, settled, startedAt, checkpoint });
  if (outcome.kind === 'failed') {
    if (outcome.checkpoint !== undefined) await run.store.saveCheckpoint(outcome.checkpoint);
    throw outcome.error;
  }
  if (outcome.end.kind === 'complete' && plan.isWhole) await retries.closeUnmet();
  const left = outcome.end.kind === 'stopped' ? outcome.end.checkpoint : undefined;
  await policy.conclude({ failed: collector.failed(), checkpoint: left });
  const counts = { ...collector.counts(), graphCalls: run.source.callCount() };
  const nestedLimit = growNestedLimit(state.nestedLimit, collector.nestedLimit());
  const { reason } = outcome;
  const status = await run.store.finish({ startedAt, end: outcome.end, reason, counts, listed, nestedLimit });
  return { status, counts, checkpoint: left };
}

const NOTHING_TO_SETTLE = { settled: 'whole', changed: [] } as const;

interface WalkParts {
  readonly plan: SurveyPlan;
  readonly startedAt: number;
  readonly retries: Retries;
  readonly collector: Collector;
}

/** Walks the list for as long as the time allows; resolves when what it found is collected. */
async function walkList(
  run: RunContext,
  policy: WalkPolicy,
  { plan, startedAt, retries, collector }: WalkParts,
): Promise<{ readonly end: WalkEnd; readonly listed: number }> {
  let end: WalkEnd = { kind: 'complete', nextWatermark: plan.checkpoint?.nextWatermark };
  let hasList = false;
  let listed = 0;
  try {
    for await (const batch of survey({ ...run, signal: collector.signal }, plan)) {
      hasList = true;
      listed += batch.listed;
      retries.meet(batch);
      if (policy.purpose !== 'inspect') await collector.add(batch);
      const wish = await policy.visit(batch);
      const mustStop = batch.next !== undefined && (wish === 'yield' || run.deadline.isOver());
      end = mustStop ? stopBehind(batch, startedAt) : { kind: 'complete', nextWatermark: batch.nextWatermark };
      // What was listed under the filter is walked again, without it.
      if (mustStop && batch.pass === 'filtered') await run.store.disableSinceFilter();
      if (mustStop) break;
    }
    await collector.drain();
  } catch (error) {
    if (isThrottled(error)) {
      // What is under way may still be committed.
      await collector.drain().catch(() => {});
      end = { kind: 'throttled', error, checkpoint: checkpointBehind(collector.reached(), startedAt) };
    } else if (!hasList && isListRefused(error)) {
      end = { kind: 'refused', error };
    } else {
      throw error;
    }
  }
  return { end, listed };
}
