import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCircleWatch } from './circle.ts';

describe('the watch for circles', () => {
  it('notices every circle, wherever it begins, within a few rounds', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.integer({ min: 1, max: 60 }), (before, length) => {
        const isCircle = createCircleWatch();
        const cursorAt = (step: number) => `c${step < before ? step : before + ((step - before) % length)}`;
        let steps = 0;
        while (!isCircle(cursorAt(steps))) steps += 1;
        expect(steps).toBeLessThanOrEqual(4 * (before + length) + 2);
      }),
    );
  });

  it('never takes cursors that are all different for a circle', () => {
    const isCircle = createCircleWatch();
    for (let step = 0; step < 5000; step++) expect(isCircle(`c${step}`)).toBe(false);
  });
});
