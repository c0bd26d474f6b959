/**
 * Whether the stored messages of a conversation add up. Facebook's count is not known to be exact, so what counts is how
 * it changes: as many messages more than at the last collect must be stored, or as many fewer.
 */
import type { StoredConversation } from './model.ts';

type Known = Pick<StoredConversation, 'collectedMessageCount' | 'heldMessageCount' | 'historyComplete'>;

/** How many live messages there must be when Facebook counts so many; undefined when nobody can know. */
function expectedRows(
  { collectedMessageCount, heldMessageCount, historyComplete }: Known,
  count: number | undefined,
): number | undefined {
  if (count === undefined || collectedMessageCount === undefined) return undefined;
  if (heldMessageCount !== undefined) return heldMessageCount + count - collectedMessageCount;
  return historyComplete ? count : undefined;
}

/** Whether so many live messages account for what Facebook counts. Where it counts none, they may only grow. */
export function addsUp(stored: Known, count: number | undefined, live: number): boolean {
  return isAsExpected(stored, count, live) || (stored.historyComplete && live === count);
}

function isAsExpected(stored: Known, count: number | undefined, live: number): boolean {
  const expected = expectedRows(stored, count);
  return expected === undefined ? live >= (stored.heldMessageCount ?? 0) : live === expected;
}

/** Whether the store lost messages, or an end of its range, since the conversation was collected. */
export function hasLostRows(stored: StoredConversation | undefined): boolean {
  if (stored?.rows === undefined || !stored.collected) return false;
  const { live, hasEnds } = stored.rows;
  return !hasEnds || !isAsExpected(stored, stored.collectedMessageCount, live);
}

/** How many stored messages may be gone at most, as far as the counts know. */
export function mostGone(stored: Known, count: number | undefined, live: number): number {
  if (count === undefined) return Infinity;
  const expected = expectedRows(stored, count);
  if (expected === undefined) return Infinity;
  return Math.max(live - expected, stored.historyComplete ? live - count : 0, 0);
}
