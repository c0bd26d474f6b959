import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCycleDetector } from './cycle-detector.ts';

describe('the cycle detector', () => {
  it('notices every cycle, wherever it begins, within a few rounds', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.integer({ min: 1, max: 60 }), (before, length) => {
        const isCycle = createCycleDetector();
        const cursorAt = (step: number) => `c${step < before ? step : before + ((step - before) % length)}`;
        let steps = 0;
        while (!isCycle(cursorAt(steps))) steps += 1;
        expect(steps).toBeLessThanOrEqual(4 * (before + length) + 2);
      }),
    );
  });

  it('never takes cursors that are all different for a cycle', () => {
    const isCycle = createCycleDetector();
    for (let step = 0; step < 5000; step++) expect(isCycle(`c${step}`)).toBe(false);
  });
});
