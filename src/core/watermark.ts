/**
 * How far the mirror is known to reach. The watermark is what the start of a complete walk saw, never the clock at
 * its end and never the newest thing met on the way (I1): what changes during a walk jumps to the top of the list,
 * above the watermark, where the next incremental walk must meet it.
 */
import { must } from '../lib/must.ts';
import type { ConversationList, Instant } from './model.ts';
import { type Comparison, isBefore, isNewer } from './plan.ts';

/** Covers ties (times have a resolution of one second) and changes that become visible late. Widened where they are later. */
export const LOOKBACK_MS = 120_000;

/** The most that a walk looks back: what became visible later than this was not late, but came from elsewhere. */
const MOST_LOOKBACK_MS = 3_600_000;

/** Where the lookback of the next walk begins: below it everything was met before. Undefined when no walk was. */
export function toLookbackStart(watermark: Instant | undefined, lookbackMs = LOOKBACK_MS): Instant | undefined {
  return watermark === undefined ? undefined : watermark - lookbackMs;
}

/** What earlier walks have met. */
export interface Met {
  readonly watermark: Instant | undefined;
  readonly lookbackMs: number;
  /** Whether one that could not be collected waits in the retry ledger. */
  readonly isOpen: (id: string) => boolean;
}

/**
 * How far walks have to look back, after one that listed these; undefined when they show nothing that an earlier walk has
 * missed. What lies below the lookback and was never met has become visible late: at least as late as it lies below the
 * watermark.
 */
export function measureLookback(
  comparisons: readonly Comparison[],
  { watermark, lookbackMs, isOpen }: Met,
): number | undefined {
  const lookbackStart = toLookbackStart(watermark, lookbackMs);
  let wanted: number | undefined;
  for (const { listed, stored } of comparisons) {
    const isNew = stored === undefined || isNewer(listed.updatedAt, stored.collectedUpdatedAt);
    if (!isNew || !isBefore(listed, lookbackStart) || isOpen(listed.id)) continue;
    const lateMs = must(watermark, 'before it') - must(listed.updatedAt, 'it has a time');
    wanted = Math.max(wanted ?? lookbackMs, lateMs > MOST_LOOKBACK_MS ? 0 : lateMs + LOOKBACK_MS);
  }
  return wanted === undefined ? undefined : Math.min(wanted, MOST_LOOKBACK_MS);
}

/**
 * The watermark that a walk beginning with this list page may set: the largest time on it, but never later than
 * Facebook's own clock, so that one conversation dated in the future can't lift it over others. Of an empty list that
 * clock is all there is.
 */
export function toNextWatermark(first: ConversationList): Instant | undefined {
  if (first.items.length === 0) return first.servedAt;
  let top: Instant | undefined;
  for (const { updatedAt } of first.items) {
    if (updatedAt !== undefined && (top === undefined || updatedAt > top)) top = updatedAt;
  }
  return top !== undefined && first.servedAt !== undefined ? Math.min(top, first.servedAt) : top;
}
