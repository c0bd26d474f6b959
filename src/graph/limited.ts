/**
 * What keeps calls within their limits, as wrappers: each waits for its turn, what an answer tells of the quotas is
 * noted, and a refusal that asks for a cooldown gets it. All of it is done before the caller goes on.
 */
import { isGraphError } from '../core/errors.ts';
import type { CallLimits, Clock } from '../core/ports.ts';
import type { Send, SendOnce } from './call.ts';

/** Notes what every answer tells of the quotas, be it a refusal. */
export function withUsage(send: SendOnce, limits: Pick<CallLimits, 'noteUsage'>): SendOnce {
  return async (request) => {
    try {
      const response = await send(request);
      await limits.noteUsage(response.usage.quotas);
      return response;
    } catch (error) {
      if (isGraphError(error)) await limits.noteUsage(error.usage.quotas);
      throw error;
    }
  };
}

/** Waits for the turn of each call, and says when it has left for Facebook. */
export function withRateLimit(
  send: SendOnce,
  { limits, clock }: { readonly limits: Pick<CallLimits, 'acquire'>; readonly clock: Clock },
): Send {
  return async (request) => {
    const askedMs = clock.monotonicMs();
    const onSent = await limits.acquire(request.signal, { priority: request.priority });
    try {
      return await send({ ...request, onSent, waitedMs: clock.monotonicMs() - askedMs });
    } finally {
      onSent();
    }
  };
}

/** Blocks when Facebook asks for a cooldown; up to a second longer than asked, so that not all come back at once. */
export function withCooldowns(
  send: Send,
  { limits, random }: { readonly limits: Pick<CallLimits, 'block'>; readonly random: () => number },
): Send {
  return async (request) => {
    try {
      return await send(request);
    } catch (error) {
      if (isGraphError(error) && error.cooldownScope !== undefined && error.retryAfterMs !== undefined) {
        const ms = error.retryAfterMs + Math.floor(random() * 1000);
        await limits.block({ scope: error.cooldownScope, ms, reason: error.message });
      }
      throw error;
    }
  };
}
