/**
 * Walks the list of conversations for as long as the time allows, has collected what changed, and says how far it came.
 * A list that is refused, and Facebook's wish for quiet, are ends of the walk like others; any other failure is the run's.
 */
import type { TidemarkError } from '../core/errors.ts';
import type { Instant } from '../core/model.ts';
import { checkpointBehind, isListRefused, isThrottled, stopBehind, type WalkEnd } from '../core/outcome.ts';
import type { SurveyBatch } from '../core/plan.ts';
import type { WalkState } from '../core/store-ports.ts';
import { measureLookback } from '../core/lookback.ts';
import type { Collector } from './collector.ts';
import type { SurveyPlan } from './plan-survey.ts';
import type { Retries } from './retries.ts';
import type { RunContext } from './run-context.ts';
import { survey } from './survey.ts';
import type { WalkPolicy } from './walk-policy.ts';

export interface ListWalk {
  readonly run: RunContext;
  readonly policy: WalkPolicy;
  readonly plan: SurveyPlan;
  readonly state: WalkState;
  readonly startedAt: Instant;
  readonly retries: Retries;
  readonly collector: Collector;
}

export interface WalkedList {
  readonly end: WalkEnd;
  /** Conversations listed. */
  readonly listed: number;
  /** How far walks have to look back, when it met what earlier ones had missed. */
  readonly lookbackMs: number | undefined;
}

/** Resolves when what it found is collected. */
export async function walkList(walk: ListWalk): Promise<WalkedList> {
  const { run, plan, state, startedAt, retries, collector } = walk;
  let end: WalkEnd = { kind: 'complete', nextWatermark: plan.checkpoint?.nextWatermark };
  let hasList = false;
  let listed = 0;
  let lookbackMs: number | undefined;
  try {
    for await (const batch of survey({ ...run, signal: collector.signal }, plan)) {
      hasList = true;
      listed += batch.listed;
      const wanted = plan.forced ? undefined : measureLookback(batch.comparisons, { ...state, isOpen: retries.isOpen });
      lookbackMs = wanted === undefined ? lookbackMs : Math.max(lookbackMs ?? 0, wanted);
      end = { kind: 'complete', nextWatermark: batch.nextWatermark };
      if ((await visit(walk, batch)) === 'go-on' || batch.next === undefined) continue;
      // What was listed under the filter is walked again, without it.
      if (batch.pass === 'filtered') await run.store.disableSinceFilter();
      end = stopBehind(batch, startedAt);
      break;
    }
    await collector.drain();
  } catch (error) {
    if (isThrottled(error)) end = await toThrottled(error, walk);
    else if (!hasList && isListRefused(error)) end = { kind: 'refused', error };
    else throw error;
  }
  return { end, listed, lookbackMs };
}

async function visit({ run, policy, retries, collector }: ListWalk, batch: SurveyBatch): Promise<'go-on' | 'stop'> {
  retries.meet(batch);
  if (policy.purpose !== 'inspect') await collector.add(batch);
  const wish = await policy.visit(batch);
  return wish === 'yield' || run.deadline.isOver() ? 'stop' : 'go-on';
}

async function toThrottled(reason: TidemarkError, { collector, startedAt }: ListWalk): Promise<WalkEnd> {
  // What is under way may still be committed.
  await collector.drain().catch(() => {});
  return { kind: 'throttled', error: reason, checkpoint: checkpointBehind(collector.reached(), startedAt) };
}
