/** How many rows one answer of a list may hold. */
import { TidemarkError } from '../core/errors.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

/** The limit asked for, 50 when none was. Errors: INVALID_INPUT. */
export function toLimit(limit: number | undefined): number {
  if (limit === undefined) return DEFAULT_LIMIT;
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new TidemarkError('INVALID_INPUT', `limit must be a whole number from 1 to ${MAX_LIMIT}.`);
}
