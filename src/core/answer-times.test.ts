import { describe, expect, it } from 'vitest';
import { expectedMs, learnTime, type ListTime, TYPICAL_TIMES } from './answer-times.ts';

function answer(truth: ListTime, items: number) {
  return { items, tookMs: expectedMs(truth, items) };
}

describe('the time that an answer takes', () => {
  const slow: ListTime = { baseMs: 900, perItemMs: 20 };

  it('is learnt in both of its parts from answers of different sizes', () => {
    let time = TYPICAL_TIMES.nested;
    for (let round = 0; round < 100; round++) time = learnTime(time, answer(slow, [10, 100, 60][round % 3] ?? 0));
    expect(Math.abs(time.baseMs / slow.baseMs - 1)).toBeLessThan(0.05);
    expect(Math.abs(time.perItemMs / slow.perItemMs - 1)).toBeLessThan(0.05);
  });

  it('is learnt for the one size that was seen, within a few answers', () => {
    let time = TYPICAL_TIMES.nested;
    for (let round = 0; round < 8; round++) time = learnTime(time, answer(slow, 100));
    expect(expectedMs(time, 100)).toBeGreaterThan(0.8 * expectedMs(slow, 100));
  });

  it('stays as it is when answers take as long as expected', () => {
    expect(learnTime(TYPICAL_TIMES.light, answer(TYPICAL_TIMES.light, 100))).toEqual(TYPICAL_TIMES.light);
  });

  it('hardly moves for one answer that hung, and never below nothing', () => {
    const hung = learnTime(TYPICAL_TIMES.light, { items: 25, tookMs: 60_000 });
    expect(expectedMs(hung, 25)).toBeLessThan(2 * expectedMs(TYPICAL_TIMES.light, 25));
    let time: ListTime = { baseMs: 1, perItemMs: 10 };
    for (let round = 0; round < 50; round++) time = learnTime(time, { items: 100, tookMs: 0 });
    expect(time.perItemMs).toBeGreaterThanOrEqual(0);
    expect(time.baseMs).toBeGreaterThan(0);
  });
});
