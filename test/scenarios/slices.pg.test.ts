/** Time slices: a run that is out of time stops between batches, and the next one goes on where it stopped. */
import { describe, expect, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { compareMirror } from '../support/compare-mirror.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

const SIMULATOR = { conversations: 1000, seed: 5 };

async function syncInSlices(world: TestWorld, request: { forceFull?: boolean } = {}) {
  const named = { facebookPageId: world.pageIds[0], ...request, maxDurationMs: 1 };
  const before = await world.tidemark.pages.find({ facebookPageId: world.pageIds[0] });
  for (let slices = 1, calls = 0; ; slices++) {
    const answer = await world.tidemark.sync(named);
    calls += answer.graphCalls;
    if (answer.status === 'succeeded') return { answer, slices, calls };
    expect(answer.lastSyncedAt).toBe(before.lastSyncedAt);
    expect(slices).toBeLessThan(100);
  }
}

describe('time slices', () => {
  it('finish a full sync with at most 1.3 times the calls of an unsliced one', async () => {
    await using whole = await openWorld({ version: 17, simulator: SIMULATOR });
    const { graphCalls } = await whole.tidemark.sync({ facebookPageId: whole.pageIds[0] });

    await using sliced = await openWorld({ version: 17, simulator: SIMULATOR });
    const { slices, calls, answer } = await syncInSlices(sliced);
    expect(slices).toBeGreaterThan(5);
    expect(calls).toBeLessThanOrEqual(1.3 * graphCalls);
    expect(answer.syncMode).toBe('full');
    expect(await sliced.differences()).toEqual([]);
  });

  it('finish an incremental sync, and what changes between them is met by the next one (I2)', async () => {
    await using world = await openWorld({ version: 17, simulator: SIMULATOR });
    const pageId = must(world.pageIds[0], 'a Page');
    await world.tidemark.sync({ facebookPageId: pageId });
    world.simulator.world.activity({ pageId, newMessages: 400 });
    const first = await world.tidemark.sync({ facebookPageId: pageId, maxDurationMs: 1 });
    expect(first.status).toBe('partial');
    world.simulator.world.activity({ pageId, newMessages: 50, newConversations: 5 });
    await syncInSlices(world);
    await world.tidemark.sync({ facebookPageId: pageId });
    expect(await world.differences()).toEqual([]);
  });

  it('finish a forced full sync, which does not begin again each time', async () => {
    await using world = await openWorld({ version: 17, simulator: SIMULATOR });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    const { calls } = await syncInSlices(world, { forceFull: true });
    expect(calls).toBeLessThanOrEqual(26);
  });

  it('begin again, and skip what is held, when Facebook has forgotten the cursor', async () => {
    await using world = await openWorld({ version: 17, simulator: SIMULATOR });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0], maxDurationMs: 1 });
    world.simulator.faults.add({
      match: { kind: 'conversations' },
      times: 1,
      effect: { type: 'error', code: 2642, message: '(#2642) Invalid cursors values' },
    });
    const answer = await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    expect(answer.status).toBe('succeeded');
    expect(world.events.some((event) => event.type === 'survey-restarted')).toBe(true);
    expect(await world.differences()).toEqual([]);
  });

  it('go on in a list that is out of order, whose walk must not end at the cut', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 400 } });
    const facebookPageId = must(world.pageIds[0], 'a Page');
    await world.tidemark.sync({ facebookPageId });
    world.simulator.world.activity({ pageId: facebookPageId, newMessages: 3 });
    const { faults } = world.simulator;
    // Only its head is out of order.
    world.simulator.world.onCall(({ kind, after }) => {
      const effect = { type: 'list', twist: 'out-of-order' } as const;
      if (kind === 'conversations' && after === undefined) faults.add({ match: { kind }, times: 1, effect });
    });
    const slice = await world.tidemark.sync({ facebookPageId, maxDurationMs: 1 });
    expect(slice).toMatchObject({ status: 'partial' });
    const rest = 400 - slice.total;
    expect(await world.tidemark.sync({ facebookPageId })).toMatchObject({ status: 'succeeded', total: rest });
  });

  it('are not needed for what fits in', async () => {
    await using world = await openWorld({ version: 17 });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    const answer = await world.tidemark.sync({ facebookPageId: world.pageIds[0], maxDurationMs: 1 });
    expect(answer).toMatchObject({ status: 'succeeded', graphCalls: 1 });
  });
});

describe('a cursor that dies in the middle of a walk', () => {
  for (const deadCursorCode of [100, 2642] as const) {
    it(`(code ${deadCursorCode}) makes it begin again and lose nothing`, async () => {
      await using world = await openWorld({ version: 17, simulator: { ...SIMULATOR, deadCursorCode } });
      const pageId = must(world.pageIds[0], 'a Page');
      const { simulator } = world;
      let lists = 0;
      const stop = simulator.world.onCall((call) => {
        // The thread at the end of a list page is where the next page begins.
        if (call.kind !== 'conversations' || ++lists % 5 !== 0 || lists > 15) return;
        const living = simulator.world.truth(pageId).conversations;
        simulator.world.deleteConversation(must(living[99 + 100 * Math.floor(lists / 5)], 'a thousand of them').id);
      });
      await world.tidemark.sync({ facebookPageId: pageId });
      stop();
      await world.tidemark.sync({ facebookPageId: pageId });
      const differences = await compareMirror(world.databaseUrl, simulator.world.truth(pageId));
      const missing = differences.filter((line) => !line.includes('not in the world'));
      expect(missing).toEqual([]);
    });
  }
});
