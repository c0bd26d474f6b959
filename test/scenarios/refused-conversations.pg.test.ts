/** Conversations that Facebook refuses for ever: each waits in the retry ledger, and nothing else waits for them (I13). */
import { describe, expect, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { openEye } from '../support/client.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

interface Refusal {
  readonly code: number;
  readonly subcode?: number;
}

/** From now on they are refused by their ids. */
function refuse(world: TestWorld, ids: readonly string[], { code, subcode }: Refusal): void {
  const effect = { type: 'error', code, ...(subcode === undefined ? {} : { subcode }) } as const;
  for (const objectId of ids) {
    for (const kind of ['conversation', 'messages'] as const) {
      world.simulator.faults.add({ match: { objectId, kind }, times: 'always', effect });
    }
  }
}

/** As Facebook does where one of the conversations on a list may not be shown. */
function refuseNestedLists(world: TestWorld, code: number): void {
  const effect = { type: 'error', code } as const;
  world.simulator.faults.add({ match: { kind: 'conversations', nested: true }, times: 'always', effect });
}

function threadsOf(world: TestWorld): readonly string[] {
  return world.simulator.world.truth(must(world.pageIds[0], 'a Page')).conversations.map(({ id }) => id);
}

/** Lets the time of every entry of the retry ledger come. */
async function letRetriesCome(world: TestWorld): Promise<void> {
  await using eye = await openEye(world.databaseUrl);
  await eye.client.query(`UPDATE facebook_retry_ledger SET next_attempt_at = now() - interval '1 second'`);
}

describe('six neighbours that are refused for ever', () => {
  for (const code of [100, 230]) {
    for (const from of [0, 130]) {
      it(`(code ${code}, from place ${from}) are in the ledger, and all others in the mirror`, async () => {
        await using world = await openWorld({ version: 17, simulator: { conversations: 300 } });
        const facebookPageId = world.pageIds[0];
        const refused = threadsOf(world).slice(from, from + 6);
        refuse(world, refused, { code });
        refuseNestedLists(world, code);
        const answer = await world.tidemark.sync({ facebookPageId });
        expect(answer).toMatchObject({ status: 'partial', inserted: 294 });
        expect(answer.openRetries.map((entry) => entry.conversationId).toSorted()).toEqual(refused.toSorted());
        const left = (await world.differences()).filter((line) => !refused.some((id) => line.includes(id)));
        expect(left.filter((line) => line.startsWith('conversation'))).toEqual([]);

        world.simulator.faults.clear();
        await letRetriesCome(world);
        expect(await world.tidemark.sync({ facebookPageId })).toMatchObject({
          status: 'succeeded',
          syncMode: 'incremental',
          inserted: 6,
        });
        expect(await world.differences()).toEqual([]);
      });
    }
  }

  it('do not stop an incremental sync that has nothing else to collect', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 300 } });
    const [facebookPageId = ''] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    const refused = threadsOf(world).slice(10, 16);
    for (const id of refused) world.simulator.world.newMessage(facebookPageId, id);
    refuse(world, refused, { code: 100 });
    refuseNestedLists(world, 100);
    const answer = await world.tidemark.sync({ facebookPageId });
    expect(answer).toMatchObject({ status: 'partial', syncMode: 'incremental' });
    expect(answer.openRetries).toHaveLength(6);
  });
});

describe('one conversation that is refused for ever', () => {
  for (const refusal of [{ code: 100 }, { code: 230 }, { code: 100, subcode: 33 }] as const) {
    const name = Object.values(refusal).join('/');
    it(`(${name}) keeps no sync from being an incremental one of one call`, async () => {
      await using world = await openWorld({ version: 17, simulator: { conversations: 320, listCap: 10 } });
      const [facebookPageId = ''] = world.pageIds;
      const [stubborn = ''] = threadsOf(world).slice(2);
      refuse(world, [stubborn], refusal);
      refuseNestedLists(world, 100);
      await world.tidemark.sync({ facebookPageId });
      world.simulator.faults.clear();
      refuse(world, [stubborn], refusal);
      // Its retry comes again and again, for days; only what Facebook calls missing is looked for in the whole list, once.
      const calls: number[] = [];
      for (let syncs = 0; syncs < 8; syncs++) {
        await letRetriesCome(world);
        world.takeCalls();
        const answer = await world.tidemark.sync({ facebookPageId });
        expect(answer).toMatchObject({ status: 'partial', syncMode: 'incremental' });
        calls.push(world.takeCalls());
      }
      expect(calls.filter((count) => count > 2)).toHaveLength('subcode' in refusal ? 1 : 0);
      world.takeCalls();
      await world.tidemark.sync({ facebookPageId });
      expect(world.takeCalls(), 'not due, and nothing else to do').toBe(1);
      await using eye = await openEye(world.databaseUrl);
      for (let failures = 0; failures < 9; failures++) {
        await letRetriesCome(world);
        await world.tidemark.sync({ facebookPageId });
      }
      const { rows } = await eye.client.query<{ hours: number }>(
        `SELECT extract(epoch FROM next_attempt_at - now())::float8 / 3600 AS hours FROM facebook_retry_ledger`,
      );
      expect(rows[0]?.hours).toBeGreaterThan(48);

      // What is written in it is a reason to try again at once.
      world.simulator.faults.clear();
      world.simulator.world.newMessage(facebookPageId, stubborn);
      expect(await world.tidemark.sync({ facebookPageId })).toMatchObject({ status: 'succeeded', openRetries: [] });
      expect(await world.differences()).toEqual([]);
    });
  }
});
