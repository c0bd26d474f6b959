import { describe, expect, it } from 'vitest';
import type { CallLimits, Clock } from '../ports.ts';
import { createQuota } from './quota.ts';
import type { Priority } from './priority-queue.ts';
import { createRateLimiter } from './rate-limiter.ts';

/**
 * A clock that stands still until everybody waits: then it jumps to the end of the sleep. What the host's own clock
 * tells may be anything.
 */
function jumpingClock(hostTime: (passedMs: number) => number = (passedMs) => passedMs): Clock & {
  readonly slept: number[];
} {
  let passedMs = 1000;
  const slept: number[] = [];
  return {
    slept,
    now: () => Date.UTC(2026, 0, 1) + hostTime(passedMs),
    monotonicMs: () => passedMs,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      slept.push(ms);
      await new Promise((resolve) => setImmediate(resolve));
      passedMs += ms;
    },
  };
}

const ALONE = { quotas: [], subject: 'Page 1' };

interface Calling {
  readonly lastCallAgoMs?: number;
  readonly clock?: Clock;
}

async function callTimes(
  count: number,
  callsPerSecond: number,
  { lastCallAgoMs, clock = jumpingClock() }: Calling = {},
): Promise<number[]> {
  const start = clock.monotonicMs();
  const limiter = createRateLimiter({ clock, callsPerSecond, ...ALONE });
  if (lastCallAgoMs !== undefined) limiter.noteCallsElsewhere(lastCallAgoMs);
  const times: number[] = [];
  await Promise.all(
    Array.from({ length: count }, () =>
      limiter.acquire().then((onSent) => {
        times.push(clock.monotonicMs() - start);
        onSent();
      }),
    ),
  );
  return times;
}

async function callOnce(limiter: Pick<CallLimits, 'acquire'>): Promise<void> {
  (await limiter.acquire())();
}

describe('the rate limiter (I7)', () => {
  it('lets no more than two calls into any window of one second, however many want in at once', async () => {
    const times = await callTimes(12, 2);
    expect(times).toHaveLength(12);
    for (let i = 2; i < times.length; i++) {
      expect((times[i] ?? 0) - (times[i - 2] ?? 0)).toBeGreaterThanOrEqual(1000);
    }
  });

  it('wastes nothing: twelve calls are through in little more than five seconds', async () => {
    expect((await callTimes(12, 2)).at(-1)).toBeLessThan(5500);
  });

  it('spreads calls further apart below one per second', async () => {
    const [first = 0, second = 0] = await callTimes(2, 0.5);
    expect(second - first).toBeGreaterThanOrEqual(2000);
  });

  it('keeps the pace of the process before it', async () => {
    const [first = 0] = await callTimes(1, 2, { lastCallAgoMs: 300 });
    expect(first).toBeGreaterThanOrEqual(700);
  });

  it('admits nobody during a cooldown of one of its quotas', async () => {
    const clock = jumpingClock();
    const quotas = [createQuota(clock), createQuota(clock)];
    const limiter = createRateLimiter({ clock, callsPerSecond: 2, quotas, subject: 'Page 1' });
    const startedAt = clock.monotonicMs();
    quotas[0]?.block({ scope: 'app', ms: 20_000, reason: 'quota used up' });
    quotas[1]?.block({ scope: 'page', ms: 60_000, reason: 'quota used up' });
    await callOnce(limiter);
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(startedAt + 60_000);
  });

  it('turns callers away with the time left when the cooldown outlasts its patience', async () => {
    const clock = jumpingClock();
    const quota = createQuota(clock);
    const limiter = createRateLimiter({
      clock,
      callsPerSecond: 2,
      patienceMs: 1000,
      quotas: [quota],
      subject: 'Page 1',
    });
    quota.block({ scope: 'app', ms: 3_600_000, reason: 'All is used up.' });
    await expect(limiter.acquire()).rejects.toMatchObject({
      code: 'THROTTLED',
      retryAfterMs: 3_600_000,
      message:
        'Facebook throttles the whole app for another 3600 s; until then no call is made for Page 1. All is used up.',
    });
    expect(clock.slept).toEqual([]);
  });

  it('turns away at once whose time is over before the cooldown ends, and waits with whom has the time', async () => {
    const clock = jumpingClock();
    const quota = createQuota(clock);
    const limiter = createRateLimiter({ clock, callsPerSecond: 2, quotas: [quota], subject: 'Page 1' });
    quota.block({ scope: 'page', ms: 60_000, reason: 'quota used up' });
    const hurried = limiter.acquire(undefined, { deadline: clock.monotonicMs() + 59_999 });
    await expect(hurried).rejects.toMatchObject({ code: 'THROTTLED', retryAfterMs: 60_000 });
    expect(clock.slept).toEqual([]);
    (await limiter.acquire(undefined, { deadline: clock.monotonicMs() + 60_000 }))();
    expect(clock.slept).toEqual([60_000]);
  });

  it('lets the time of a caller make it wait no longer than its patience', async () => {
    const clock = jumpingClock();
    const quota = createQuota(clock);
    const limiter = createRateLimiter({ clock, callsPerSecond: 2, quotas: [quota], subject: 'Page 1' });
    quota.block({ scope: 'page', ms: 120_001, reason: 'quota used up' });
    const patient = limiter.acquire(undefined, { deadline: clock.monotonicMs() + 600_000 });
    await expect(patient).rejects.toMatchObject({ code: 'THROTTLED' });
  });

  it('waits out a cooldown of a moment with whose time is over as well', async () => {
    const clock = jumpingClock();
    const quota = createQuota(clock);
    const limiter = createRateLimiter({ clock, callsPerSecond: 2, quotas: [quota], subject: 'Page 1' });
    quota.block({ scope: 'page', ms: 1999, reason: 'calls per second' });
    (await limiter.acquire(undefined, { deadline: clock.monotonicMs() - 1 }))();
    expect(clock.slept).toEqual([1999]);
  });

  it('keeps whom it has made wait waiting when a cooldown begins meanwhile', async () => {
    const clock = jumpingClock();
    const quota = createQuota(clock);
    const limiter = createRateLimiter({ clock, callsPerSecond: 1, quotas: [quota], subject: 'Page 1' });
    await callOnce(limiter);
    const waiting = callOnce(limiter);
    const blockedAt = clock.monotonicMs();
    quota.block({ scope: 'page', ms: 90_000, reason: 'quota used up' });
    await waiting;
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(blockedAt + 90_000);
  });

  it('forgets a caller that gives up waiting and serves the next one', async () => {
    const clock = jumpingClock();
    const limiter = createRateLimiter({ clock, callsPerSecond: 2, ...ALONE });
    const gone = new AbortController();
    gone.abort(new Error('gone'));
    await expect(limiter.acquire(gone.signal)).rejects.toThrow('gone');
    await callOnce(limiter);
    await callOnce(limiter);
    expect(clock.slept).toEqual([]);
  });

  it('admits those with high priority before those who wait, at the same pace', async () => {
    const clock = jumpingClock();
    const limiter = createRateLimiter({ clock, callsPerSecond: 1, ...ALONE });
    const start = clock.monotonicMs();
    const called: string[] = [];
    const call = async (name: string, priority: Priority) => {
      const onSent = await limiter.acquire(undefined, { priority });
      called.push(`${name} after ${Math.floor((clock.monotonicMs() - start) / 1000)} s`);
      onSent();
    };
    await Promise.all([call('a', 'normal'), call('b', 'normal'), call('c', 'normal'), call('first', 'high')]);
    expect(called).toEqual(['first after 0 s', 'a after 1 s', 'b after 2 s', 'c after 3 s']);
  });

  it('counts a call from when it was sent, however late that is, and admits nobody before', async () => {
    const clock = jumpingClock();
    const limiter = createRateLimiter({ clock, callsPerSecond: 1, ...ALONE });
    const onSent = await limiter.acquire();
    let isSecondIn = false;
    const second = limiter.acquire().then((secondSent) => {
      isSecondIn = true;
      secondSent();
    });
    await clock.sleep(5000);
    expect(isSecondIn).toBe(false);
    const sentAt = clock.monotonicMs();
    onSent();
    onSent();
    await second;
    expect(clock.monotonicMs() - sentAt).toBeGreaterThanOrEqual(1000);
    expect(clock.monotonicMs() - sentAt).toBeLessThan(1500);
  });

  it('makes no more calls when the clock of the host jitters, is set back or forward', async () => {
    const hostTimes = [
      (passedMs: number) => passedMs + (Math.floor(passedMs / 100) % 2 === 0 ? 2000 : -2000),
      (passedMs: number) => passedMs - (passedMs > 2000 ? 3 * 3_600_000 : 0),
      (passedMs: number) => passedMs + (passedMs > 2000 ? 3 * 3_600_000 : 0),
    ];
    const steady = await callTimes(12, 2);
    for (const hostTime of hostTimes) {
      expect(await callTimes(12, 2, { clock: jumpingClock(hostTime) })).toEqual(steady);
    }
  });
});
