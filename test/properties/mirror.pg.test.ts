/**
 * The promise of the program against everything that may happen in any order (I1–I7, I13, I14): whatever was done to
 * the world, to the runs and to the processes, the next quiet syncs end in a mirror that equals the world.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCommand } from '../support/commands.ts';
import { holds, setups } from '../support/model-run.ts';
import { effort, SOAK } from '../support/rigour.ts';

const SECONDS = 35;

describe('whatever happens', () => {
  it('the mirror ends up equal to the world', { timeout: SECONDS * SOAK * 1000 + 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(setups, fc.array(anyCommand, { minLength: 2, maxLength: 14 }), async (setup, commands) => {
        expect(await holds(setup, commands)).toEqual([]);
      }),
      effort({ runs: 40, seconds: SECONDS }),
    );
  });
});
