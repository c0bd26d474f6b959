/** The time that a caller gives: when it is over, and how work that goes on without him is left alone then. */
import type { Clock, Deadline } from '../core/ports.ts';

export interface CallerTime extends Deadline {
  leftMs(): number;
  /** What the work comes to; undefined when the time is over first. The work goes on. */
  within<T>(work: Promise<T>): Promise<T | undefined>;
}

export function startTime(clock: Clock, maxDurationMs = Infinity): CallerTime {
  const at = clock.monotonicMs() + maxDurationMs;
  const leftMs = () => at - clock.monotonicMs();
  return {
    at,
    leftMs,
    isOver: () => leftMs() <= 0,
    async within(work) {
      if (at === Infinity) return work;
      const over = new AbortController();
      const timeUp = clock.sleep(Math.max(0, leftMs()), over.signal).then(() => undefined);
      return Promise.race([work, timeUp]).finally(() => over.abort());
    },
  };
}
