/**
 * How many conversations Facebook takes to be asked for in one list without messages. Documented programs ask for a
 * hundred; some say that twice as many come. What is more than it gives is cut off, as far as is known, but it may be
 * refused: so it is tried at the head of a list, where nothing but the limit can be wrong, and a refusal is remembered.
 * It is a rule of Facebook's, not of a Page: one memory serves the process.
 */
import { isGraphError } from '../core/errors.ts';
import type { Send } from './call.ts';

/** What is known of it so far. */
export interface MaxPageSize {
  verdict: 'unknown' | 'accepted' | 'refused';
}

/** What is asked for without a doubt. */
export const SAFE_PAGE_SIZE = 100;

export function createMaxPageSize(): MaxPageSize {
  return { verdict: 'unknown' };
}

/** Asks for as many as are wanted, or for as many as Facebook takes. */
export function withMaxPageSize(send: Send, known: MaxPageSize): Send {
  return async (request) => {
    const { list } = request;
    if (list === undefined || list.limit <= SAFE_PAGE_SIZE) return send(request);
    const safe = { ...request, list: { ...list, limit: SAFE_PAGE_SIZE } };
    const isHead = list.after === undefined;
    if (known.verdict === 'refused' || (known.verdict === 'unknown' && !isHead)) return send(safe);
    try {
      const response = await send(request);
      known.verdict = 'accepted';
      return response;
    } catch (error) {
      // Behind a cursor it is the cursor that is refused.
      if (!isHead || !isGraphError(error, 'invalid')) throw error;
      const response = await send(safe);
      known.verdict = 'refused';
      return response;
    }
  };
}
