/** `since` is a hint: sent because some expect it, believed never. */
import { expect, it, describe } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { openWorld } from '../support/world.ts';

describe('the since hint', () => {
  for (const since of ['ignored', 'honoured', 'lossy'] as const) {
    it(`loses nothing where Facebook's since is ${since}, and is not sent in another run`, async () => {
      await using world = await openWorld({ version: 17, simulator: { conversations: 200, since } });
      const pageId = must(world.pageIds[0], 'a world has a Page');
      await world.tidemark.sync({ facebookPageId: pageId });
      const hinted = () => world.simulator.calls.all.filter((call) => call.since !== undefined).length;
      let sent = 0;
      for (const newMessages of [30, 0, 40]) {
        world.simulator.world.activity({ pageId, newMessages, newConversations: 3 });
        const answer = await world.tidemark.sync({ facebookPageId: pageId });
        expect(answer).toMatchObject({ syncMode: 'incremental', status: 'succeeded' });
        expect(await world.differences()).toEqual([]);
        sent ||= hinted();
        expect(hinted()).toBe(sent);
      }
      expect(sent).toBeGreaterThan(0);
    });
  }

  for (const effect of [
    { type: 'error', code: 100, message: '(#100) The parameter since is not supported' },
    { type: 'error', code: 1, status: 500, isTransient: false },
  ] as const) {
    it(`costs one call more where it is refused with code ${effect.code}, and is not sent again`, async () => {
      const messagesPerConversation = { min: 1, max: 3, mean: 2 };
      const simulator = { conversations: 400, listCap: 50, messagesPerConversation };
      await using world = await openWorld({ version: 17, simulator });
      await using other = await openWorld({ version: 17, simulator, settings: { sinceParameter: 'off' } });
      const callsOf = async ({ simulator: { world: facebook }, pageIds, tidemark }: typeof world, written: number) => {
        const pageId = must(pageIds[0], 'a world has a Page');
        for (const { id } of facebook.truth(pageId).conversations.slice(0, written)) facebook.newMessage(pageId, id);
        const answer = await tidemark.sync({ facebookPageId: pageId });
        expect(answer).toMatchObject({ status: 'succeeded', synced: written });
        return answer.graphCalls;
      };
      for (const one of [world, other]) await one.tidemark.sync({ facebookPageId: one.pageIds[0] });
      let refused = 0;
      world.simulator.world.onCall(({ since }) => {
        if (since === undefined) return;
        refused += 1;
        world.simulator.faults.add({ times: 1, effect });
      });
      expect(await callsOf(world, 180)).toBeLessThanOrEqual((await callsOf(other, 180)) + 1);
      expect(refused).toBe(1);
      expect(await callsOf(world, 3)).toBe(await callsOf(other, 3));
      expect(refused).toBe(1);
      expect(await world.differences()).toEqual([]);
    });
  }

  it('that is refused is not sent again by a run after one that failed', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 50 } });
    const [pageId = ''] = world.pageIds;
    await world.tidemark.sync({ facebookPageId: pageId });
    const effect = { type: 'error', code: 100 } as const;
    world.simulator.world.onCall(({ since }) => {
      if (since !== undefined) world.simulator.faults.add({ times: 1, effect });
    });
    world.simulator.world.activity({ pageId, newMessages: 40 });
    const match = { kind: 'conversations', nested: true } as const;
    const fault = world.simulator.faults.add({ match, times: 'always', effect: { type: 'error', code: 190 } });
    await expect(world.tidemark.sync({ facebookPageId: pageId })).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    fault.remove();
    await world.tidemark.sync({ facebookPageId: pageId });
    expect(world.simulator.calls.all.filter((call) => call.since !== undefined)).toHaveLength(1);
    expect(await world.differences()).toEqual([]);
  });

  it('is never sent when it is switched off', async () => {
    await using world = await openWorld({ version: 17, settings: { sinceParameter: 'off' } });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    expect(world.simulator.calls.all.filter((call) => call.since !== undefined)).toEqual([]);
  });
});
