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

  it('is never sent when it is switched off', async () => {
    await using world = await openWorld({ version: 17, settings: { sinceParameter: 'off' } });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    expect(world.simulator.calls.all.filter((call) => call.since !== undefined)).toEqual([]);
  });
});
