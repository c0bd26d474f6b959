/**
 * One of Facebook's quotas as this process knows it: its cooldown, and its utilization as last reported. Every rate
 * limiter asks the quotas that its calls count on, so that none is called during a cooldown (I7). All by the monotonic
 * clock: setting the host's clock must neither shorten nor extend a cooldown.
 */
import type { Clock, MonotonicMs } from '../ports.ts';
import type { Cooldown } from './quota-usage.ts';

export interface Quota {
  /** Nobody may call for so long; a longer cooldown that was asked for before stands. */
  block(cooldown: Cooldown): void;
  /** What is left of the cooldown; undefined when calls may be made. */
  cooldown(): Cooldown | undefined;
  /** As an answer reported, in percent. */
  noteUtilization(percent: number): void;
  /** In percent: at least 100 during a cooldown, 0 when nothing was reported lately. */
  utilization(): number;
}

/** What was reported longer ago than this may have changed: whoever yields because of it looks again. */
const REPORT_VALID_MS = 5 * 60_000;

export function createQuota(clock: Clock): Quota {
  let blocked: { readonly cooldown: Cooldown; readonly untilMs: MonotonicMs } | undefined;
  let reported = { percent: 0, atMs: clock.monotonicMs() };

  function cooldown(): Cooldown | undefined {
    const ms = blocked === undefined ? 0 : blocked.untilMs - clock.monotonicMs();
    return blocked === undefined || ms <= 0 ? undefined : { ...blocked.cooldown, ms };
  }

  return {
    block(asked) {
      if (asked.ms > (cooldown()?.ms ?? 0)) blocked = { cooldown: asked, untilMs: clock.monotonicMs() + asked.ms };
    },
    cooldown,
    noteUtilization(percent) {
      reported = { percent, atMs: clock.monotonicMs() };
    },
    utilization() {
      const percent = clock.monotonicMs() - reported.atMs < REPORT_VALID_MS ? reported.percent : 0;
      return cooldown() === undefined ? percent : Math.max(100, percent);
    },
  };
}
