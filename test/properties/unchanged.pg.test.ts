/**
 * Nothing new costs next to nothing: a sync of a world in which nothing happened writes no row of the mirror, whatever
 * the world looks like, and asks Facebook once.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type ModelWorld, openModelWorld } from '../support/model-world.ts';
import { effort, SOAK } from '../support/rigour.ts';

/** Where every row is, and which transaction wrote it: any write changes one of them. */
async function findVersions(model: ModelWorld): Promise<ReadonlyMap<string, string>> {
  const { rows } = await model.client.query<{ row: string; version: string }>(
    `SELECT 'conversation ' || id AS row, xmin || ' ' || ctid AS version FROM facebook_conversations
     UNION ALL SELECT 'message ' || id, xmin || ' ' || ctid FROM facebook_messages`,
  );
  return new Map(rows.map(({ row, version }) => [row, version]));
}

async function changedBy(model: ModelWorld, work: () => Promise<unknown>): Promise<string[]> {
  const before = await findVersions(model);
  await work();
  const after = await findVersions(model);
  return [...after].filter(([row, version]) => before.get(row) !== version).map(([row]) => row);
}

const worlds = fc.record({
  seed: fc.nat(10_000),
  conversations: fc.integer({ min: 30, max: 200 }),
  messagesPerConversation: fc.record({
    min: fc.constant(1),
    max: fc.integer({ min: 1, max: 25 }),
    mean: fc.constantFrom(1, 6),
  }),
  listCap: fc.constantFrom(100, 30),
  oddShare: fc.constantFrom(0, 0.1, 0.3),
  tooMuchData: fc.constantFrom(Infinity, 60),
  phantomNext: fc.boolean(),
});

it('an unchanged world is not written again, and takes one call', { timeout: 15_000 * SOAK + 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(worlds, fc.constantFrom('send', 'off'), async (simulator, sinceParameter) => {
      await using model = await openModelWorld({ simulator, sinceParameter });
      const sync = (forceFull = false) => model.engine().sync({ facebookPageId: model.pageId, forceFull });
      await sync();
      await model.engine().collectHistory({});
      model.world.takeCalls();

      expect(await changedBy(model, sync)).toEqual([]);
      expect(model.world.takeCalls()).toBe(1);
      expect(await changedBy(model, () => model.engine().collectHistory({}))).toEqual([]);
      expect(model.world.takeCalls()).toBe(0);
      // Collecting everything again shows the same messages, which say the same.
      const again = await changedBy(model, () => sync(true));
      expect(again.filter((row) => row.startsWith('message'))).toEqual([]);
      if (!simulator.phantomNext) expect(again).toEqual([]);
    }),
    effort({ runs: 15, seconds: 10 }),
  );
});
