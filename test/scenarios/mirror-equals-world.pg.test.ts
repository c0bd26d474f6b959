/** The promise of the program (I2): after a sync the mirror is the world, row by row and field by field. */
import { expect, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { describeEachPostgres } from '../support/postgres.ts';
import { openWorld } from '../support/world.ts';

describeEachPostgres('the mirror equals the world', (version) => {
  it('after a full sync', async () => {
    await using world = await openWorld({ version, simulator: { conversations: 320 } });
    const answer = await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    expect(await world.differences()).toEqual([]);
    expect(answer).toMatchObject({
      syncMode: 'full',
      status: 'succeeded',
      synced: 320,
      inserted: 320,
      updated: 0,
      total: 320,
    });
  });

  it('and the run told of exactly what it did, though its batches are collected side by side', async () => {
    await using world = await openWorld({ version, simulator: { conversations: 900 } });
    const answer = await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    const { synced, inserted, eventsCreated, graphCalls } = answer;
    const finished = world.events.find((event) => event.type === 'run-finished');
    expect(finished).toMatchObject({ counts: { synced, inserted, eventsCreated, graphCalls } });
    const committed = world.events
      .filter((event) => event.type === 'batch-committed')
      .map((event) => event.counts.synced);
    expect(committed).toEqual(committed.toSorted((a, b) => a - b));
    expect(synced).toBe(900);
  });

  it('after incremental syncs that meet new messages, new threads, and nothing', async () => {
    await using world = await openWorld({ version });
    const pageId = must(world.pageIds[0], 'a world has a Page');
    await world.tidemark.sync({ facebookPageId: pageId });
    for (const wish of [
      { newMessages: 10, newConversations: 0 },
      { newMessages: 0, newConversations: 0 },
      { newMessages: 45, newConversations: 5 },
      { newMessages: 1, newConversations: 1 },
    ]) {
      world.simulator.world.activity({ pageId, ...wish });
      const answer = await world.tidemark.sync({ facebookPageId: pageId });
      expect(await world.differences()).toEqual([]);
      const changed = wish.newMessages + wish.newConversations;
      expect(answer).toMatchObject({ syncMode: 'incremental', status: 'succeeded', synced: changed });
      expect(answer).toMatchObject({ inserted: wish.newConversations, updated: wish.newMessages });
    }
  });

  it('with every kind of odd data in it (I12)', async () => {
    await using world = await openWorld({ version, simulator: { conversations: 300, oddShare: 0.4, seed: 12 } });
    const pageId = must(world.pageIds[0], 'a world has a Page');
    const answer = await world.tidemark.sync({ facebookPageId: pageId });
    expect(await world.differences()).toEqual([]);
    expect(answer.status).toBe('succeeded');
    world.simulator.world.activity({ pageId, newMessages: 20, newConversations: 10 });
    await world.tidemark.sync({ facebookPageId: pageId });
    expect(await world.differences()).toEqual([]);
  });

  it('with messages that need more than a nested list brings, down to the stretch (I14)', async () => {
    await using world = await openWorld({ version, simulator: { conversations: 40 } });
    const pageId = must(world.pageIds[0], 'a world has a Page');
    await world.tidemark.sync({ facebookPageId: pageId });
    const busy = must(world.simulator.world.truth(pageId).conversations[30], 'forty of them').id;
    const now = Date.now();
    for (let index = 0; index < 230; index++) {
      world.simulator.world.newMessage(pageId, busy, { createdAt: now + Math.floor(index / 7) * 1000 });
    }
    const answer = await world.tidemark.sync({ facebookPageId: pageId });
    expect(answer).toMatchObject({ synced: 1, eventsCreated: 230 });
    expect(await world.differences()).toEqual([]);
  });

  it('when threads jump to the top while the list is paged', async () => {
    for (const cursorFollows of ['place', 'item'] as const) {
      await using world = await openWorld({
        version,
        simulator: { conversations: 350, cursorFollows, messagesPerConversation: { min: 1, max: 15, mean: 6 } },
      });
      const pageId = must(world.pageIds[0], 'a world has a Page');
      const { simulator, tidemark } = world;
      let moves = 0;
      const stop = simulator.world.onCall((call) => {
        if (call.kind === 'conversations' && moves++ < 12) {
          simulator.world.activity({ pageId, newMessages: 6, newConversations: 1 });
        }
      });
      await tidemark.sync({ facebookPageId: pageId });
      stop();
      await tidemark.sync({ facebookPageId: pageId });
      expect(await world.differences()).toEqual([]);
    }
  });
});
