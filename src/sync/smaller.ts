/**
 * How much less to ask for when Facebook could not answer, in the one place where that is decided: the same request is
 * never made again unchanged.
 */
import { isGraphError } from '../core/errors.ts';

/** Less than `limit`, when the answer was too big or took too long; undefined when less would not help, or is nothing. */
export function smallerLimit(limit: number, error: unknown): number | undefined {
  if (!isGraphError(error, 'too-much-data')) return undefined;
  // A minute of silence is a long time to search by halves.
  return error.code === 'GRAPH_ERROR' ? halfOf(limit) : tenthOf(limit);
}

/** Undefined of one, which is the least. */
export function halfOf(limit: number): number | undefined {
  return limit > 1 ? Math.floor(limit / 2) : undefined;
}

/** At least one; undefined of one. */
export function tenthOf(limit: number): number | undefined {
  return limit > 1 ? Math.max(1, Math.floor(limit / 10)) : undefined;
}
