import { describe, expect, it } from 'vitest';
import { createBudget } from './budget.ts';
import { createCallPool } from './call-pool.ts';
import type { CallGate, Clock } from './ports.ts';

/** A clock that stands still until everybody waits: then it jumps to the end of the sleep. */
function jumpingClock(): Clock & { readonly slept: number[] } {
  let now = 1_000_000;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      slept.push(ms);
      await new Promise((resolve) => setImmediate(resolve));
      now += ms;
    },
  };
}

const ALONE = { pools: [], subject: 'Page 1' };

async function enterTimes(count: number, callsPerSecond: number, lastCallAgoMs?: number): Promise<number[]> {
  const clock = jumpingClock();
  const start = clock.now();
  const gate = createBudget({ clock, callsPerSecond, ...ALONE });
  if (lastCallAgoMs !== undefined) gate.noteCallsElsewhere(start - lastCallAgoMs);
  const times: number[] = [];
  await Promise.all(
    Array.from({ length: count }, () =>
      gate.enter().then((departed) => {
        times.push(clock.now() - start);
        departed();
      }),
    ),
  );
  return times;
}

async function enterAndDepart(gate: Pick<CallGate, 'enter'>): Promise<void> {
  (await gate.enter())();
}

describe('the call budget (I7)', () => {
  it('lets no more than two calls into any window of one second, however many want in at once', async () => {
    const times = await enterTimes(12, 2);
    expect(times).toHaveLength(12);
    for (let i = 2; i < times.length; i++) {
      expect((times[i] ?? 0) - (times[i - 2] ?? 0)).toBeGreaterThanOrEqual(1000);
    }
  });

  it('does not waste the budget: twelve calls are through in little more than five seconds', async () => {
    expect((await enterTimes(12, 2)).at(-1)).toBeLessThan(5500);
  });

  it('spreads calls further apart below one per second', async () => {
    const [first = 0, second = 0] = await enterTimes(2, 0.5);
    expect(second - first).toBeGreaterThanOrEqual(2000);
  });

  it('keeps the pace of the process before it', async () => {
    const [first = 0] = await enterTimes(1, 2, 300);
    expect(first).toBeGreaterThanOrEqual(700);
  });

  it('lets nobody in while one of its pools is parked', async () => {
    const clock = jumpingClock();
    const pools = [createCallPool(clock), createCallPool(clock)];
    const gate = createBudget({ clock, callsPerSecond: 2, pools, subject: 'Page 1' });
    const startedAt = clock.now();
    pools[0]?.park({ scope: 'app', ms: 20_000, reason: 'quota used up' });
    pools[1]?.park({ scope: 'page', ms: 60_000, reason: 'quota used up' });
    await enterAndDepart(gate);
    expect(clock.now()).toBeGreaterThanOrEqual(startedAt + 60_000);
  });

  it('turns callers away with the time left when the quiet outlasts its patience', async () => {
    const clock = jumpingClock();
    const pool = createCallPool(clock);
    const gate = createBudget({ clock, callsPerSecond: 2, patienceMs: 1000, pools: [pool], subject: 'Page 1' });
    pool.park({ scope: 'app', ms: 3_600_000, reason: 'All is used up.' });
    await expect(gate.enter()).rejects.toMatchObject({
      code: 'THROTTLED',
      retryAfterMs: 3_600_000,
      message:
        'Facebook asks the whole app for quiet for another 3600 s; until then no call is made for Page 1. All is used up.',
    });
    expect(clock.slept).toEqual([]);
  });

  it('turns away at once whose time is over before the pool opens, and waits with whom has the time', async () => {
    const clock = jumpingClock();
    const pool = createCallPool(clock);
    const gate = createBudget({ clock, callsPerSecond: 2, pools: [pool], subject: 'Page 1' });
    pool.park({ scope: 'page', ms: 60_000, reason: 'quota used up' });
    const hurried = gate.enter(undefined, { endsAt: clock.now() + 59_999 });
    await expect(hurried).rejects.toMatchObject({ code: 'THROTTLED', retryAfterMs: 60_000 });
    expect(clock.slept).toEqual([]);
    (await gate.enter(undefined, { endsAt: clock.now() + 60_000 }))();
    expect(clock.slept).toEqual([60_000]);
  });

  it('lets the time of a caller make it wait no longer than its patience', async () => {
    const clock = jumpingClock();
    const pool = createCallPool(clock);
    const gate = createBudget({ clock, callsPerSecond: 2, pools: [pool], subject: 'Page 1' });
    pool.park({ scope: 'page', ms: 120_001, reason: 'quota used up' });
    const patient = gate.enter(undefined, { endsAt: clock.now() + 600_000 });
    await expect(patient).rejects.toMatchObject({ code: 'THROTTLED' });
  });

  it('waits out a quiet of a moment with whose time is over as well', async () => {
    const clock = jumpingClock();
    const pool = createCallPool(clock);
    const gate = createBudget({ clock, callsPerSecond: 2, pools: [pool], subject: 'Page 1' });
    pool.park({ scope: 'page', ms: 1999, reason: 'calls per second' });
    (await gate.enter(undefined, { endsAt: clock.now() - 1 }))();
    expect(clock.slept).toEqual([1999]);
  });

  it('keeps whom it has made wait waiting when the pool is parked meanwhile', async () => {
    const clock = jumpingClock();
    const pool = createCallPool(clock);
    const gate = createBudget({ clock, callsPerSecond: 1, pools: [pool], subject: 'Page 1' });
    await enterAndDepart(gate);
    const waiting = enterAndDepart(gate);
    const parkedAt = clock.now();
    pool.park({ scope: 'page', ms: 90_000, reason: 'quota used up' });
    await waiting;
    expect(clock.now()).toBeGreaterThanOrEqual(parkedAt + 90_000);
  });

  it('forgets a caller that gives up waiting and serves the next one', async () => {
    const clock = jumpingClock();
    const gate = createBudget({ clock, callsPerSecond: 2, ...ALONE });
    const gone = new AbortController();
    gone.abort(new Error('gone'));
    await expect(gate.enter(gone.signal)).rejects.toThrow('gone');
    await enterAndDepart(gate);
    await enterAndDepart(gate);
    expect(clock.slept).toEqual([]);
  });

  it('lets who goes first pass those who wait, at the same pace', async () => {
    const clock = jumpingClock();
    const gate = createBudget({ clock, callsPerSecond: 1, ...ALONE });
    const start = clock.now();
    const entered: string[] = [];
    const enter = async (name: string, goesFirst: boolean) => {
      const departed = await gate.enter(undefined, { goesFirst });
      entered.push(`${name} after ${Math.floor((clock.now() - start) / 1000)} s`);
      departed();
    };
    await Promise.all([enter('a', false), enter('b', false), enter('c', false), enter('first', true)]);
    expect(entered).toEqual(['first after 0 s', 'a after 1 s', 'b after 2 s', 'c after 3 s']);
  });

  it('counts a call from its departure, however late that is, and lets nobody in before it', async () => {
    const clock = jumpingClock();
    const gate = createBudget({ clock, callsPerSecond: 1, ...ALONE });
    const departed = await gate.enter();
    let isSecondIn = false;
    const second = gate.enter().then((secondDeparted) => {
      isSecondIn = true;
      secondDeparted();
    });
    await clock.sleep(5000);
    expect(isSecondIn).toBe(false);
    const departedAt = clock.now();
    departed();
    departed();
    await second;
    expect(clock.now() - departedAt).toBeGreaterThanOrEqual(1000);
    expect(clock.now() - departedAt).toBeLessThan(1500);
  });
});
