/** A list page of the survey beside what is stored: what changed, and whether its pass ends with it. */
import type { Cursor } from '../core/list-pages.ts';
import type { ConversationList, ConversationSnapshot, Instant } from '../core/model.ts';
import { endOfPass, type Pass, type PassEnd } from '../core/passes.ts';
import { type Comparison, differs, endsWalk, isBefore, type SurveyBatch } from '../core/plan.ts';
import type { Emit } from '../core/ports.ts';
import { toNextWatermark } from '../core/watermark.ts';
import type { SurveyPlan } from './plan-survey.ts';
import type { RunContext } from './run-context.ts';

/** What a survey has met so far: all that outlives a pass. */
export interface Met {
  /** List pages since the head of the list; a walk that goes on elsewhere is never at its first ones. */
  pages: number;
  /** What the walk may set as watermark when it ends now, and what the head of this pass showed. */
  nextWatermark: Instant | undefined;
  headWatermark: Instant | undefined;
  /** Newest first is observed, not documented: a list out of order is walked to its end. */
  isOutOfOrder: boolean;
  lastUpdatedAt: Instant;
  /** Of the last page. */
  ids: ReadonlySet<string>;
}

/** Of a walk that begins, or goes on with the watermark of an earlier run. */
export function createMet(nextWatermark: Instant | undefined): Met {
  const nothing = { headWatermark: undefined, isOutOfOrder: false, lastUpdatedAt: Infinity, ids: new Set<string>() };
  return { pages: Infinity, nextWatermark, ...nothing };
}

export interface ListedPage {
  readonly page: ConversationList;
  /** Cursor that led to it. */
  readonly after: Cursor;
  readonly pass: Pass;
  readonly plan: SurveyPlan;
}

export interface ComparedPage {
  readonly batch: SurveyBatch;
  readonly end: PassEnd | undefined;
}

export async function comparePage({ store, emit }: RunContext, met: Met, listed: ListedPage): Promise<ComparedPage> {
  const { page, after, pass, plan } = listed;
  const isRecheck = pass.kind === 'recheck';
  const { withRows } = plan;
  const stored = plan.forced && !isRecheck ? undefined : await store.findStored(page.items, { withRows });
  const comparisons = page.items.map((item) => ({ listed: item, stored: stored?.get(item.id) }));
  const wanted = comparisons.filter((it) => isWanted(it, plan, pass));
  const changed = new Set(wanted.map((comparison) => comparison.listed.id));
  // A conversation that moved while we paged is listed twice, on neighbouring pages: count it once.
  const fresh = isRecheck ? [] : page.items.filter(({ id }) => !met.ids.has(id));
  meet(met, page, emit);
  emit({ type: 'list-surveyed', listed: fresh.length, differing: changed.size });

  const { lookbackStart } = pass;
  const showsFilteredOut = page.items.some((item) => isBefore(item, lookbackStart));
  const isKnown = endsWalk({ comparisons, changed }, lookbackStart) || isQuiet(listed, changed);
  const reachesLookback = !met.isOutOfOrder && isKnown;
  const end = endOfPass(pass, { reachesLookback, showsFilteredOut, isLast: page.after === undefined });
  noteWatermark(met, listed, end);
  const batch = {
    after,
    next: end === undefined || end === 'filter-ignored' ? page.after : undefined,
    pass: pass.kind === 'filtered' && showsFilteredOut ? ('main' as const) : pass.kind,
    nextWatermark: met.nextWatermark,
    disordered: plan.checkpoint?.toEnd === true || (met.isOutOfOrder && lookbackStart !== undefined),
    comparisons,
    changed,
    listed: fresh.length,
    skipped: fresh.filter(({ id }) => !changed.has(id)).length,
  };
  return { batch, end };
}

/** Whether it is to be collected: because it differs, or to be read again. A recheck reads nothing a second time. */
function isWanted(comparison: Comparison, { rereadsSince, isWaiting }: SurveyPlan, { kind }: Pass): boolean {
  const { updatedAt = Infinity } = comparison.listed;
  if (kind !== 'recheck' && rereadsSince !== undefined && updatedAt >= rereadsSince) return true;
  return differs(comparison) && !isWaiting(comparison.listed);
}

/**
 * Nothing on the first page has changed, nor is anything newer than the watermark: nobody has written since. So a list
 * of which more than a page lies in the lookback, as after a broadcast, need not be walked down to it; the first walk
 * that meets a change does so.
 */
function isQuiet({ page, after, pass, plan }: ListedPage, changed: ReadonlySet<string>): boolean {
  const { watermark } = plan;
  if (pass.kind !== 'main' || pass.lookbackStart === undefined || after !== undefined || changed.size > 0) return false;
  const isMet = ({ updatedAt }: ConversationSnapshot) =>
    updatedAt !== undefined && watermark !== undefined && updatedAt <= watermark;
  return page.items.length > 0 && page.items.every(isMet);
}

function noteWatermark(met: Met, { page, after, pass }: ListedPage, end: PassEnd | undefined): void {
  if (after === undefined) met.headWatermark = toNextWatermark(page);
  // A walk that begins again keeps the watermark it began with: the lower one is the safe one. A recheck has to be whole.
  const isProved = pass.kind === 'recheck' ? end !== undefined : after === undefined && pass.restarts === 0;
  if (isProved) met.nextWatermark = met.headWatermark;
}

function meet(met: Met, { items }: ConversationList, emit: Emit): void {
  met.pages += 1;
  met.ids = new Set(items.map(({ id }) => id));
  for (const { id, updatedAt } of items) {
    if (updatedAt === undefined) continue;
    if (updatedAt > met.lastUpdatedAt && !met.isOutOfOrder) {
      met.isOutOfOrder = true;
      emit({ type: 'order-violated', conversationId: id });
    }
    met.lastUpdatedAt = updatedAt;
  }
}
