/** The time that a caller gives: when it is over, and how work that goes on without him is left alone then. */
import type { Instant } from '../core/model.ts';
import type { Clock } from '../core/ports.ts';

export interface Deadline {
  /** Infinity: there is none. */
  readonly endsAt: Instant;
  isOver(): boolean;
  leftMs(): number;
  /** What the work comes to; undefined when the time is over first. The work goes on. */
  within<T>(work: Promise<T>): Promise<T | undefined>;
}

export function openDeadline(clock: Clock, maxDurationMs = Infinity): Deadline {
  const endsAt = clock.now() + maxDurationMs;
  const leftMs = () => endsAt - clock.now();
  return {
    endsAt,
    leftMs,
    isOver: () => leftMs() <= 0,
    async within(work) {
      if (endsAt === Infinity) return work;
      const over = new AbortController();
      const timeUp = clock.sleep(Math.max(0, leftMs()), over.signal).then(() => undefined);
      return Promise.race([work, timeUp]).finally(() => over.abort());
    },
  };
}
