/** How the list is walked, as the purpose of the walk and what is known of the Page want it. */
import { LIST_LIMIT, type PagePlan, planPages } from '../core/plan.ts';
import type { ConversationSnapshot, Instant } from '../core/model.ts';
import type { Checkpoint, WalkState } from '../core/store-ports.ts';
import { toLookbackStart } from '../core/watermark.ts';
import type { Retries } from './retries.ts';
import type { RunContext } from './run-context.ts';
import type { WalkPolicy } from './walk-policy.ts';

export interface SurveyPlan {
  /** Below it everything was met by an earlier walk; undefined walks to the end of the list. */
  readonly lookbackStart: Instant | undefined;
  /** Of the channel, as the last complete walk left it. */
  readonly watermark: Instant | undefined;
  /** How far below a watermark walks of the channel look back. */
  readonly lookbackMs: number;
  /** Whether to send it along as `since`. Nothing is concluded from it. */
  readonly sendSince: boolean;
  /** Collect everything that is listed as if nothing were stored. */
  readonly forced: boolean;
  /** What changed since then is collected, whatever is stored. */
  readonly rereadsSince: Instant | undefined;
  /** Whether what is stored is compared message by message: how many there are, and the ends of the range. */
  readonly withRows: boolean;
  /** What differs and is not to be collected all the same: it failed before, and its time has not come. */
  isWaiting(listed: ConversationSnapshot): boolean;
  /** Where an earlier walk of this kind stopped; undefined begins at the head of the list. */
  readonly checkpoint: Checkpoint | undefined;
  /** Whether to look at the head once more at the end, if the walk took more than one answer. */
  readonly rechecks: boolean;
  /** Whether it goes from the head to the end of the list. */
  readonly isWhole: boolean;
  readonly pages: PagePlan;
}

export interface SurveyPlanInput {
  readonly run: RunContext;
  readonly policy: WalkPolicy;
  readonly state: WalkState;
  readonly retries: Retries;
}

export function planSurvey({ run, policy, state, retries }: SurveyPlanInput): SurveyPlan {
  const { checkpoint } = state;
  const isIncremental = policy.mode === 'incremental' && !retries.needWholeWalk && checkpoint?.toEnd !== true;
  const lookbackStart = isIncremental ? toLookbackStart(state.watermark, state.lookbackMs) : undefined;
  const depth = policy.purpose === 'inspect' ? 0 : run.depth;
  return {
    lookbackStart,
    watermark: state.watermark,
    lookbackMs: state.lookbackMs,
    // A list of which the first page shows nothing below the lookback does not tell whether `since` is ignored.
    sendSince: policy.sendSince && state.filterUsable && state.storedInLookback < LIST_LIMIT,
    forced: policy.forced,
    rereadsSince: policy.rereads?.since,
    withRows: policy.purpose !== 'sync',
    isWaiting: policy.purpose === 'sync' && !policy.forced ? retries.isWaiting : () => false,
    checkpoint,
    rechecks: checkpoint !== undefined || policy.purpose !== 'sync',
    isWhole: lookbackStart === undefined && checkpoint === undefined,
    pages: planPages({ ...state, lookbackStart, depth }),
  };
}
