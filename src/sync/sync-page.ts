/**
 * The sync of one Page, read this first: survey → collect → commit, the same for every mode. The survey walks the
 * light listing and runs ahead; ranges of what differs are collected and committed beside it. Only a walk that came
 * to its end moves the watermark (I1), and only past what is collected or in the retry ledger (I13).
 */
import { type GraphError, isTidemarkError } from '../core/errors.ts';
import type { Instant, SyncMode } from '../core/model.ts';
import { type CallBudget, growNestedLimit, planLooks } from '../core/plan.ts';
import type { Clock, ConversationSource, Emit } from '../core/ports.ts';
import type { SyncOutcome, SyncResult, WalkState, WalkStore } from '../core/store-ports.ts';
import { toCut } from '../core/watermark.ts';
import type { Sizes } from './collect.ts';
import { openPace, type Pace } from './pace.ts';
import { openRanges, type Ranges } from './ranges.ts';
import { openRetries } from './retries.ts';
import { survey } from './survey.ts';
import type { Watch } from './watch.ts';
import { collectWithoutList, toPartialReason, unlessRefused } from './without-list.ts';

export interface SyncParts {
  readonly source: ConversationSource;
  readonly store: WalkStore;
  readonly clock: Clock;
  readonly emit: Emit;
  /** What calls may cost, as of now. */
  readonly budget: () => CallBudget;
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
  readonly watch?: Watch | undefined;
}

export async function syncPage(parts: SyncParts, plan: SyncPlan): Promise<SyncResult> {
  const { state, watch } = plan;
  const startedAt = state.rest?.startedAt ?? parts.clock.now();
  const sizes = { nestedLimit: state.nestedLimit };
  const pace = openPace(parts.source, parts.budget);
  await using ranges = openRanges({ ...parts, source: pace.source, pace, sizes, depth: plan.depth });
  try {
    return await walk(parts, plan, { startedAt, sizes, pace, ranges });
  } catch (error) {
    // A quota that is smaller than the list must not have each run begin at the head of it.
    if (isTidemarkError(error) && error.code === 'THROTTLED' && plan.mode === 'full' && watch === undefined) {
      await ranges.done().catch(() => {});
      const page = ranges.reached();
      if (page?.next !== undefined) await parts.store.keepPlace({ after: page.next, top: page.top, startedAt });
    }
    throw error;
  }
}

interface Walk {
  readonly startedAt: Instant;
  readonly sizes: Sizes;
  readonly pace: Pace;
  readonly ranges: Ranges;
}

async function walk(
  { store, emit }: SyncParts,
  plan: SyncPlan,
  { startedAt, sizes, pace, ranges }: Walk,
): Promise<SyncResult> {
  const { state, watch } = plan;
  const collects = watch?.collects ?? true;
  const { source } = pace;
  let listed = 0;

  const retries = await openRetries(store, state);
  if (collects) await ranges.retry(retries.due);

  const cutAt = plan.mode === 'incremental' && !retries.areStubborn ? toCut(state.watermark) : undefined;
  const looks = planLooks({ ...state, cutAt, depth: collects ? plan.depth : 0 });
  const sendHint = plan.sendHint && state.hintUsable;
  const catchesUp = state.rest !== undefined || watch !== undefined;
  const path = { cutAt, looks, sendHint, everything: plan.forced, rest: state.rest, catchesUp };
  let end: SyncOutcome['end'] = { kind: 'complete', watermark: state.rest?.top };
  const refused: GraphError[] = [];
  const hasMetAll = state.rest !== undefined && state.rest.after === undefined;
  const pages = survey({ pace, store, emit, signal: ranges.signal }, path);
  for await (const page of hasMetAll ? [] : unlessRefused(pages, refused)) {
    listed += page.listed;
    retries.meet(page);
    if (collects) await ranges.add(page);
    const mustStop = (await watch?.meet(page)) ?? false;
    end = { kind: 'complete', watermark: page.top };
    if (page.next !== undefined && (mustStop || plan.shouldStop())) {
      // What was listed under the hint is no place to go on from: the next run begins again, without it.
      if (page.hinted) await store.withdrawHint();
      const isPlace = !page.hinted && !page.disordered;
      end = { kind: 'stopped', rest: isPlace ? { after: page.next, top: page.top, startedAt } : undefined };
      break;
    }
  }
  const [refusal] = refused;
  if (refusal !== undefined) {
    if (watch !== undefined) throw refusal;
    await ranges.start((work) => collectWithoutList(work, refusal));
    end = { kind: 'stopped', rest: state.rest };
  }
  await ranges.done();
  if (end.kind === 'complete') {
    const { wanted, outcome } = (await watch?.settle()) ?? { wanted: [], outcome: 'whole' };
    await ranges.retry(wanted);
    await ranges.done();
    if (collects && outcome === 'whole' && cutAt === undefined && state.rest === undefined) await retries.settle();
    if (outcome === 'stopped') end = { kind: 'stopped', rest: { after: undefined, top: end.watermark, startedAt } };
    else if (!collects) end = { kind: 'inspected' };
    else if (outcome === 'doubtful') end = { kind: 'stopped', rest: undefined };
  }
  const rest = end.kind === 'stopped' ? end.rest : undefined;
  await watch?.finish({ failed: ranges.failed(), rest });

  const counts = { ...ranges.counts(), graphCalls: source.callCount() };
  const nestedLimit = growNestedLimit(state.nestedLimit, sizes.nestedLimit);
  const reason = refusal && toPartialReason(refusal);
  const status = await store.finish({ startedAt, end, reason, counts, listed, nestedLimit });
  return { status, counts, rest };
}
