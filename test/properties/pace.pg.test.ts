/** The pace of calls in random stories. It needs the machine for itself: a starved process sends on time and is heard late. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { meteredCommand } from '../support/commands.ts';
import { holds, setups } from '../support/model-run.ts';
import { effort, SOAK } from '../support/rigour.ts';

const SECONDS = 110;

it('nobody calls more often than Facebook allows (I7)', { timeout: SECONDS * SOAK * 1000 + 120_000 }, async () => {
  // Two calls a second are few: a small world, and answers as large as they come.
  const messagesPerConversation = { min: 1, max: 20, mean: 5 };
  const limits = { listCap: 100, messagesCap: 100, tooMuchData: Infinity, callsPerSecond: 2 };
  const small = setups.map((setup) => ({
    ...setup,
    callsPerSecond: 2,
    simulator: { ...setup.simulator, ...limits, conversations: 20, messagesPerConversation },
  }));
  const few = fc.array(meteredCommand, { minLength: 2, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(small, few, async (setup, commands) => {
      expect(await holds(setup, commands)).toEqual([]);
    }),
    effort({ runs: 1, seconds: SECONDS }),
  );
});
