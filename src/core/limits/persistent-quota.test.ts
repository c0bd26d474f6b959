import { describe, expect, it } from 'vitest';
import type { Clock } from '../ports.ts';
import { createPersistentQuota } from './persistent-quota.ts';
import type { Cooldown } from './quota-usage.ts';

const COOLDOWN: Cooldown = { scope: 'page', ms: 300_000, reason: 'full' };
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

function open(remember: (cooldown: Cooldown) => Promise<void> = async () => {}) {
  let now = 1000;
  const clock: Clock = {
    now: () => 0,
    monotonicMs: () => now,
    sleep: () => Promise.reject(new Error('a quota never waits')),
  };
  const written: Cooldown[] = [];
  const quota = createPersistentQuota(clock, async (cooldown) => {
    written.push(cooldown);
    await remember(cooldown);
  });
  return { quota, written, pass: (ms: number) => (now += ms) };
}

describe('a persistent quota', () => {
  it('blocks at once, and lets nobody go on before that is written', async () => {
    const { promise: saved, resolve: finish } = Promise.withResolvers<void>();
    const { quota, written } = open(() => saved);
    let goneOn = 0;
    // Two calls were under way: the second one writes nothing, and waits for the first one's word all the same.
    const both = [quota.blockAndSave(COOLDOWN), quota.blockAndSave(COOLDOWN)].map((done) => done.then(() => goneOn++));
    expect(quota.cooldown()).toEqual(COOLDOWN);
    await nextTurn();
    expect(goneOn).toBe(0);
    finish();
    await Promise.all(both);
    expect(written).toEqual([COOLDOWN]);
  });

  it('writes again when the cooldown grows, however little each time', async () => {
    const { quota, written, pass } = open();
    for (let step = 0; step < 10; step++) {
      await quota.blockAndSave(COOLDOWN);
      pass(500);
    }
    expect(written).toHaveLength(2);
  });

  it('does not write down what is over in a moment', async () => {
    const { quota, written } = open();
    await quota.blockAndSave({ ...COOLDOWN, ms: 1999 });
    expect(quota.cooldown()?.ms).toBe(1999);
    expect(written).toEqual([]);
  });

  it('stays blocked when it could not be written, and tries again the next time', async () => {
    let isAway = true;
    const { quota, written } = open(async () => {
      if (isAway) throw new Error('the database is away');
    });
    await expect(quota.blockAndSave(COOLDOWN)).rejects.toThrow('away');
    expect(quota.cooldown()).toEqual(COOLDOWN);
    isAway = false;
    await quota.blockAndSave(COOLDOWN);
    expect(written).toHaveLength(2);
  });

  it('is never blocked for ever', async () => {
    const { quota, written } = open();
    await quota.blockAndSave({ ...COOLDOWN, ms: Infinity });
    expect(quota.cooldown()?.ms).toBe(24 * 3_600_000);
    expect(written[0]?.ms).toBe(24 * 3_600_000);
  });
});
