/**
 * Notices a walk along cursors that goes in a circle, however long the circle, and remembers one cursor only: the walk
 * is measured against a place that it was at, and that place moves on after 1, 2, 4, 8 … steps.
 */

/** Told of every cursor in turn; true as soon as it is sure that the walk has been there before. */
export function createCircleWatch(): (cursor: string) => boolean {
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
