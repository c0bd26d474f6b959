import { describe, expect, it } from 'vitest';
import type { Clock } from '../core/ports.ts';
import type { Quiet } from '../core/quota.ts';
import { createRememberedPool } from './remembered-pool.ts';

const QUIET: Quiet = { scope: 'page', ms: 300_000, reason: 'full' };
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

function open(remember: (quiet: Quiet) => Promise<void> = async () => {}) {
  let now = 1_000_000;
  const clock: Clock = { now: () => now, sleep: () => Promise.reject(new Error('a pool never waits')) };
  const written: Quiet[] = [];
  const pool = createRememberedPool(clock, async (quiet) => {
    written.push(quiet);
    await remember(quiet);
  });
  return { pool, written, pass: (ms: number) => (now += ms) };
}

describe('a remembered pool', () => {
  it('is parked at once, and lets nobody go on before that is written', async () => {
    const { promise: remembered, resolve: finish } = Promise.withResolvers<void>();
    const { pool, written } = open(() => remembered);
    let goneOn = 0;
    // Two calls were under way: the second one writes nothing, and waits for the first one's word all the same.
    const both = [pool.parkAndRemember(QUIET), pool.parkAndRemember(QUIET)].map((done) => done.then(() => goneOn++));
    expect(pool.quiet()).toEqual(QUIET);
    await nextTurn();
    expect(goneOn).toBe(0);
    finish();
    await Promise.all(both);
    expect(written).toEqual([QUIET]);
  });

  it('writes again when the quiet grows, however little each time', async () => {
    const { pool, written, pass } = open();
    for (let step = 0; step < 10; step++) {
      await pool.parkAndRemember(QUIET);
      pass(500);
    }
    expect(written).toHaveLength(2);
  });

  it('does not write down what is over in a moment', async () => {
    const { pool, written } = open();
    await pool.parkAndRemember({ ...QUIET, ms: 1999 });
    expect(pool.quiet()?.ms).toBe(1999);
    expect(written).toEqual([]);
  });

  it('stays parked when it could not be written, and tries again the next time', async () => {
    let isAway = true;
    const { pool, written } = open(async () => {
      if (isAway) throw new Error('the database is away');
    });
    await expect(pool.parkAndRemember(QUIET)).rejects.toThrow('away');
    expect(pool.quiet()).toEqual(QUIET);
    isAway = false;
    await pool.parkAndRemember(QUIET);
    expect(written).toHaveLength(2);
  });

  it('is never parked for ever', async () => {
    const { pool, written } = open();
    await pool.parkAndRemember({ ...QUIET, ms: Infinity });
    expect(pool.quiet()?.ms).toBe(24 * 3_600_000);
    expect(written[0]?.ms).toBe(24 * 3_600_000);
  });
});
