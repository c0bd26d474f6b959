import { describe, expect, it } from 'vitest';
import { createCallPool } from './call-pool.ts';
import type { Clock } from './ports.ts';

function handClock(): Clock & { pass(ms: number): void } {
  let now = 1_000_000;
  return {
    now: () => now,
    sleep: () => Promise.reject(new Error('a pool never waits')),
    pass(ms) {
      now += ms;
    },
  };
}

describe('a pool of calls', () => {
  it('is parked for as long as it was asked, and then opens by itself', () => {
    const clock = handClock();
    const pool = createCallPool(clock);
    expect(pool.quiet()).toBeUndefined();
    pool.park({ scope: 'page', ms: 5000, reason: 'full' });
    clock.pass(4000);
    expect(pool.quiet()).toEqual({ scope: 'page', ms: 1000, reason: 'full' });
    clock.pass(1000);
    expect(pool.quiet()).toBeUndefined();
  });

  it('stays parked for the longest that was asked, whatever came later', () => {
    const pool = createCallPool(handClock());
    pool.park({ scope: 'page', ms: 60_000, reason: 'daily' });
    pool.park({ scope: 'page', ms: 1000, reason: 'per second' });
    expect(pool.quiet()).toMatchObject({ ms: 60_000, reason: 'daily' });
    pool.park({ scope: 'page', ms: 90_000, reason: 'longer' });
    expect(pool.quiet()).toMatchObject({ ms: 90_000, reason: 'longer' });
  });

  it('is as full as the last answer told, until that is too long ago', () => {
    const clock = handClock();
    const pool = createCallPool(clock);
    expect(pool.fill()).toBe(0);
    pool.noteFill(85);
    pool.noteFill(82);
    expect(pool.fill()).toBe(82);
    clock.pass(5 * 60_000);
    expect(pool.fill()).toBe(0);
  });

  it('is full while it is parked', () => {
    const clock = handClock();
    const pool = createCallPool(clock);
    pool.park({ scope: 'app', ms: 1000, reason: 'another process was told' });
    expect(pool.fill()).toBe(100);
    pool.noteFill(107);
    expect(pool.fill()).toBe(107);
    pool.noteFill(3);
    clock.pass(1000);
    expect(pool.fill()).toBe(3);
  });
});
