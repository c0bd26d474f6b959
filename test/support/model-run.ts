/** Random worlds, and what comes of a random story in one of them: nothing, when every promise is kept. */
import fc from 'fast-check';
import type { Platform } from '../../simulator/model.ts';
import type { Command } from './commands.ts';
import { type ModelSetup, openModelWorld } from './model-world.ts';
import { perform } from './perform.ts';

const counts = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 5, max: 40 }) },
  { weight: 2, arbitrary: fc.integer({ min: 41, max: 250 }) },
);

/** What random worlds have. With Instagram in the list, half of what happens, happens there. */
const PLATFORMS: readonly Platform[] = ['messenger', 'instagram'];

const instagramRules = fc.record({
  olderMessages: fc.constantFrom('bare', 'hidden'),
});

export const setups: fc.Arbitrary<ModelSetup> = fc.record({
  platforms: fc.constant(PLATFORMS),
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
    instagram: instagramRules,
  }),
});

/** What differs at the end, and every call that Facebook would have refused. */
export async function holds(setup: ModelSetup, commands: readonly Command[]): Promise<string[]> {
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
