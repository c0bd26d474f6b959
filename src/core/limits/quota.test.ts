import { describe, expect, it } from 'vitest';
import type { Clock } from '../ports.ts';
import { createQuota } from './quota.ts';

/** The host's clock is set by hand, apart from the time that passes. */
function handClock(): Clock & { pass(ms: number): void; set(ms: number): void } {
  let passedMs = 1000;
  let offsetMs = Date.UTC(2026, 0, 1);
  return {
    now: () => offsetMs + passedMs,
    monotonicMs: () => passedMs,
    sleep: () => Promise.reject(new Error('a quota never waits')),
    pass(ms) {
      passedMs += ms;
    },
    set(ms) {
      offsetMs += ms;
    },
  };
}

describe('a quota', () => {
  it('is blocked for as long as it was asked, and then opens by itself', () => {
    const clock = handClock();
    const quota = createQuota(clock);
    expect(quota.cooldown()).toBeUndefined();
    quota.block({ scope: 'page', ms: 5000, reason: 'full' });
    clock.pass(4000);
    expect(quota.cooldown()).toEqual({ scope: 'page', ms: 1000, reason: 'full' });
    clock.pass(1000);
    expect(quota.cooldown()).toBeUndefined();
  });

  it('stays blocked for the longest that was asked, whatever came later', () => {
    const quota = createQuota(handClock());
    quota.block({ scope: 'page', ms: 60_000, reason: 'daily' });
    quota.block({ scope: 'page', ms: 1000, reason: 'per second' });
    expect(quota.cooldown()).toMatchObject({ ms: 60_000, reason: 'daily' });
    quota.block({ scope: 'page', ms: 90_000, reason: 'longer' });
    expect(quota.cooldown()).toMatchObject({ ms: 90_000, reason: 'longer' });
  });

  it('is as used as the last answer told, until that is too long ago', () => {
    const clock = handClock();
    const quota = createQuota(clock);
    expect(quota.utilization()).toBe(0);
    quota.noteUtilization(85);
    quota.noteUtilization(82);
    expect(quota.utilization()).toBe(82);
    clock.pass(5 * 60_000);
    expect(quota.utilization()).toBe(0);
  });

  it('is used up during a cooldown', () => {
    const clock = handClock();
    const quota = createQuota(clock);
    quota.block({ scope: 'app', ms: 1000, reason: 'another process was told' });
    expect(quota.utilization()).toBe(100);
    quota.noteUtilization(107);
    expect(quota.utilization()).toBe(107);
    quota.noteUtilization(3);
    clock.pass(1000);
    expect(quota.utilization()).toBe(3);
  });

  it('cools down for the same time when the host sets its clock back or forward meanwhile', () => {
    for (const stepMs of [-3 * 3_600_000, 3 * 3_600_000]) {
      const clock = handClock();
      const quota = createQuota(clock);
      quota.block({ scope: 'page', ms: 60_000, reason: 'used up' });
      quota.noteUtilization(85);
      clock.pass(10_000);
      clock.set(stepMs);
      expect(quota.cooldown()?.ms).toBe(50_000);
      clock.pass(50_000);
      expect(quota.cooldown()).toBeUndefined();
      expect(quota.utilization()).toBe(85);
      clock.pass(4 * 60_000);
      expect(quota.utilization()).toBe(0);
    }
  });
});
