/**
 * The rate limit of one Page and platform (I7): never more than the allowed calls in any window, and none during a
 * cooldown of a quota that its calls count on. Callers are admitted one at a time, in the order they came, but for
 * those with high priority. All by the monotonic clock: a host's clock that is set must never lead to more calls.
 */
import { TidemarkError } from '../errors.ts';
import type { AcquireOptions, CallLimits, Clock, MonotonicMs } from '../ports.ts';
import { createPriorityQueue } from './priority-queue.ts';
import type { Quota } from './quota.ts';
import type { Cooldown } from './quota-usage.ts';

export interface RateLimiterOptions {
  readonly clock: Clock;
  /** Calls per second that Facebook allows; below one, the calls are spread further apart. */
  readonly callsPerSecond: number;
  /** Those that its calls count on. */
  readonly quotas: readonly Quota[];
  /** Whom it serves, as messages name it: `Page 1001 (messenger)`. */
  readonly subject: string;
  /** How long a caller waits for a cooldown to end before it is rejected. Default: 120 000 ms. */
  readonly patienceMs?: number;
}

export interface RateLimiter extends Pick<CallLimits, 'acquire'> {
  /** Another process may have made calls under this limit, the last one so long ago: counts as all it allows. */
  noteCallsElsewhere(lastCallAgoMs: number): void;
}

/** Facebook counts calls when they arrive, we when they are sent: the way may take this much less for one than another. */
const JITTER_MS = 50;
/** A cooldown as short as this is only about calls per second, and waited out by those past their deadline too. */
const MOMENT_MS = 2000;

export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { clock, callsPerSecond, quotas, subject, patienceMs = 120_000 } = options;
  const size = Math.max(1, Math.floor(callsPerSecond));
  const windowMs = (1000 * size) / callsPerSecond + JITTER_MS;
  let sent: MonotonicMs[] = [];
  const queue = createPriorityQueue();

  /** Until the rate allows another call. */
  function paceMs(): number {
    const now = clock.monotonicMs();
    sent = sent.filter((at) => now - at < windowMs);
    const oldest = sent.length >= size ? sent[sent.length - size] : undefined;
    return oldest === undefined ? 0 : Math.max(0, oldest + windowMs - now);
  }

  function longestCooldown(): Cooldown | undefined {
    const cooldowns = quotas.flatMap((quota) => quota.cooldown() ?? []);
    return cooldowns.toSorted((a, b) => b.ms - a.ms)[0];
  }

  async function waitForTurn(signal: AbortSignal | undefined, { deadline = Infinity }: AcquireOptions): Promise<void> {
    for (;;) {
      const cooldown = longestCooldown();
      const mostMs = Math.min(patienceMs, Math.max(MOMENT_MS, deadline - clock.monotonicMs()));
      if (cooldown !== undefined && cooldown.ms > mostMs) throw throttled(subject, cooldown);
      const waitMs = Math.max(paceMs(), cooldown?.ms ?? 0);
      if (waitMs === 0) return;
      await clock.sleep(waitMs, signal);
    }
  }

  return {
    async acquire(signal, wishes = {}) {
      const ticket = queue.join(wishes.priority ?? 'normal');
      try {
        do {
          await ticket.untilNext();
          signal?.throwIfAborted();
          await waitForTurn(signal, wishes);
          // Somebody with high priority may have come meanwhile.
        } while (!ticket.isNext);
        ticket.admit();
      } catch (error) {
        ticket.leave();
        throw error;
      }
      let isSent = false;
      return function onSent() {
        if (isSent) return;
        isSent = true;
        sent.push(clock.monotonicMs());
        ticket.leave();
      };
    },
    noteCallsElsewhere(lastCallAgoMs) {
      const lastCallAt = clock.monotonicMs() - Math.max(0, lastCallAgoMs);
      sent = [...sent, ...Array<MonotonicMs>(size).fill(lastCallAt)].toSorted((a, b) => a - b);
    },
  };
}

function throttled(subject: string, { scope, ms, reason }: Cooldown): TidemarkError {
  const whose = scope === 'app' ? 'the whole app' : 'this Page';
  const seconds = Math.ceil(ms / 1000);
  const message = `Facebook throttles ${whose} for another ${seconds} s; until then no call is made for ${subject}. ${reason}`;
  return new TidemarkError('THROTTLED', message, { retryAfterMs: ms });
}
