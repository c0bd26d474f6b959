/** How far below the watermark the walks of a channel have to look: as late as conversations become visible there. */
import { must } from '../lib/must.ts';
import type { Instant } from './model.ts';
import { type Comparison, isBefore, isNewer } from './plan.ts';
import { LOOKBACK_MS, toLookbackStart } from './watermark.ts';

/** The most that a walk looks back: what became visible later than this was not late, but came from elsewhere. */
export const MOST_LOOKBACK_MS = 3_600_000;

/** What earlier walks have met. */
export interface EarlierWalks {
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
  { watermark, lookbackMs, isOpen }: EarlierWalks,
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
