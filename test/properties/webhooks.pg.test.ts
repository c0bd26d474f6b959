/**
 * What was told, joined with what was shown, is the truth, whatever was lost, doubled, late or out of order, and whenever
 * the mirror was synced or verified in between.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effort, SOAK } from '../support/rigour.ts';
import { playTold, toldHistories, toldSetups } from '../support/told-history.ts';

const SECONDS = 40;

describe('whatever is told of what happens', () => {
  it('the mirror ends up equal to the world', { timeout: SECONDS * SOAK * 1000 + 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(toldSetups, toldHistories, async (setup, steps) => {
        expect(await playTold(setup, steps)).toEqual([]);
      }),
      effort({ runs: 30, seconds: SECONDS }),
    );
  });
});
