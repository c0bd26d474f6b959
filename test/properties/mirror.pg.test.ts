/**
 * The promise of the program against everything that may happen in any order (I1–I7, I13, I14): whatever was done to
 * the world, to the runs and to the processes, the next quiet syncs end in a mirror that equals the world.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCommand, type Command, meteredCommand } from '../support/commands.ts';
import { type ModelSetup, openModelWorld } from '../support/model-world.ts';
import { perform } from '../support/perform.ts';
import { effort, SOAK } from '../support/rigour.ts';

const SECONDS = { mirror: 35, meter: 60 };

const counts = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 5, max: 40 }) },
  { weight: 2, arbitrary: fc.integer({ min: 41, max: 250 }) },
);

const setups: fc.Arbitrary<ModelSetup> = fc.record({
  sinceParameter: fc.constantFrom('send', 'send', 'off'),
  simulator: fc.record({
    seed: fc.nat(10_000),
    conversations: counts,
    messagesPerConversation: fc.record({
      min: fc.constant(1),
      max: fc.integer({ min: 1, max: 40 }),
      mean: fc.constantFrom(1, 4, 12),
    }),
    listCap: fc.constantFrom(100, 100, 40, 10),
    messagesCap: fc.constantFrom(100, 25, 7),
    cursorFollows: fc.constantFrom('place', 'item'),
    since: fc.constantFrom('ignored', 'honoured', 'lossy'),
    oddShare: fc.constantFrom(0, 0, 0.1, 0.3),
    deadCursorCode: fc.constantFrom(100, 2642),
    tooMuchData: fc.constantFrom(Infinity, Infinity, 400, 60, 15),
    phantomNext: fc.boolean(),
  }),
});

async function holds(setup: ModelSetup, commands: readonly Command[]): Promise<string[]> {
  await using model = await openModelWorld(setup);
  for (const command of commands) {
    await perform(model, command);
    await model.check();
  }
  const differences = await model.settle();
  const { violations } = model.world.simulator.calls;
  return [...differences, ...violations.map(({ rule, callNumber }) => `call ${callNumber} broke ${rule} (I7)`)].slice(
    0,
    10,
  );
}

describe('whatever happens', () => {
  it('the mirror ends up equal to the world', { timeout: SECONDS.mirror * SOAK * 1000 + 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(setups, fc.array(anyCommand, { minLength: 2, maxLength: 14 }), async (setup, commands) => {
        expect(await holds(setup, commands)).toEqual([]);
      }),
      effort({ runs: 40, seconds: SECONDS.mirror }),
    );
  });

  it(
    'nobody calls more often than Facebook allows (I7)',
    { timeout: SECONDS.meter * SOAK * 1000 + 120_000 },
    async () => {
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
        effort({ runs: 3, seconds: SECONDS.meter }),
      );
    },
  );
});
