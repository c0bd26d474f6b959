/**
 * How far the mirror is known to reach. The watermark is what the start of a complete walk saw, never the clock at
 * its end and never the newest thing met on the way (I1): what changes during a walk jumps to the top of the list,
 * above the watermark, where the next incremental walk must meet it.
 */
import type { ConversationList, Instant } from './model.ts';

/** Covers ties (times have a resolution of one second) and changes that become visible late. Widened where they are later. */
export const LOOKBACK_MS = 120_000;

/** Where the lookback of the next walk begins: below it everything was met before. Undefined when no walk was. */
export function toLookbackStart(watermark: Instant | undefined, lookbackMs: number): Instant | undefined {
  return watermark === undefined ? undefined : watermark - lookbackMs;
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
