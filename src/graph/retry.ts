/** Another attempt after a fault that may pass. A refusal that would come again is never repeated unchanged. */
import { GraphError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { Send } from './call.ts';

export interface RetryParts {
  readonly clock: Clock;
  /** From 0 up to 1, evenly. */
  readonly random: () => number;
}

const MOST_ATTEMPTS = 4;
/** Calls per second are over after a moment; how many such moments in a row are borne. */
const MOST_RATE_ATTEMPTS = 10;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;
/** A longer wait than this is for the caller to decide on. */
const LONGEST_WISH_MS = 30_000;
/** After this long no attempt is begun: a request that Facebook cuts off at 30 s is not asked for four times over. */
const GIVE_UP_AFTER_MS = 120_000;
const CALLS_PER_SECOND_CODE = 613;

/** Tries again after passing faults, with exponential pauses and full jitter, and after a short throttle. */
export function withRetries(send: Send, { clock, random }: RetryParts): Send {
  return async (request) => {
    const startedMs = clock.monotonicMs();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await send(request);
      } catch (error) {
        const pauseMs = pauseBeforeNext(error, attempt, random);
        if (pauseMs === undefined || clock.monotonicMs() + pauseMs - startedMs > GIVE_UP_AFTER_MS) throw error;
        await clock.sleep(pauseMs, request.signal);
      }
    }
  };
}

/** Undefined when there must be no other attempt. */
function pauseBeforeNext(error: unknown, attempt: number, random: () => number): number | undefined {
  if (!(error instanceof GraphError)) return undefined;
  const wishMs = error.retryAfterMs ?? 0;
  if (wishMs > LONGEST_WISH_MS) return undefined;
  if (error.graphCode === CALLS_PER_SECOND_CODE) return attempt < MOST_RATE_ATTEMPTS ? wishMs : undefined;
  if (error.kind !== 'transient' || attempt >= MOST_ATTEMPTS) return undefined;
  const ceilingMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
  return Math.max(wishMs, Math.floor(random() * ceilingMs));
}
