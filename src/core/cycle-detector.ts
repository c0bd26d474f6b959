/**
 * Notices that a walk along cursors goes in a cycle, however long the cycle, and remembers one cursor only (Brent's
 * algorithm): the walk is compared with a place that it was at, and that place moves on after 1, 2, 4, 8 … steps.
 */

/** Told of every cursor in turn; true as soon as it is sure that the walk has been there before. */
export function createCycleDetector(): (cursor: string) => boolean {
  let place: string | undefined;
  let steps = 0;
  let patience = 1;
  return (cursor) => {
    if (cursor === place) return true;
    steps += 1;
    if (steps === patience) {
      place = cursor;
      steps = 0;
      patience *= 2;
    }
    return false;
  };
}
