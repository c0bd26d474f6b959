/**
 * How many conversations Facebook takes to be asked for in one list without messages. Documented programs ask for a
 * hundred; some say that twice as many come. What is more than it gives is cut off, as far as is known, but it may be
 * refused: so it is tried at the head of a list, where nothing but the limit can be wrong, and a refusal is remembered.
 * It is a rule of Facebook's, not of a Page: one memory serves the process.
 */
import { isGraphError } from '../core/errors.ts';

export interface LookLimit {
  /** Asks for as many as are wanted, or for as many as Facebook takes. */
  list<T>(request: LookRequest, ask: (limit: number) => Promise<T>): Promise<T>;
}

export interface LookRequest {
  readonly limit: number;
  readonly after: string | undefined;
}

/** What is asked for without a doubt. */
export const SAFE_LIMIT = 100;

export function createLookLimit(): LookLimit {
  let verdict: 'unknown' | 'taken' | 'refused' = 'unknown';
  return {
    async list({ limit, after }, ask) {
      const isSafe = verdict === 'refused' || (verdict === 'unknown' && after !== undefined);
      if (limit <= SAFE_LIMIT || isSafe) return ask(Math.min(limit, SAFE_LIMIT));
      try {
        const answer = await ask(limit);
        verdict = 'taken';
        return answer;
      } catch (error) {
        // Behind a cursor it is the cursor that is refused.
        if (after !== undefined || !isGraphError(error, 'invalid')) throw error;
        const answer = await ask(SAFE_LIMIT);
        verdict = 'refused';
        return answer;
      }
    },
  };
}
