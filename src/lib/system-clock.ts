/** The clocks of this machine: the one that tells the time, and may be set, and the one that only goes forward. */
import { sleep } from './sleep.ts';

export const systemClock = {
  now: () => Date.now(),
  monotonicMs: () => Math.floor(performance.now()),
  sleep,
} as const;
