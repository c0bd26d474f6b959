/** Lists whose times or order are odd: the mirror follows Facebook, a quiet Page costs one call, and every walk ends. */
import { describe, expect, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { openEye } from '../support/client.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

const MINUTE_MS = 60_000;
const YEARS_MS = 5 * 365 * 24 * 60 * MINUTE_MS;

const quietCalls = async (world: TestWorld): Promise<number> => {
  world.takeCalls();
  const answer = await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
  expect(answer).toMatchObject({ status: 'succeeded', syncMode: 'incremental' });
  return world.takeCalls();
};

describe('a conversation that was dated years ahead by mistake', () => {
  it('follows Facebook again when it is dated rightly, and lifts no watermark meanwhile', async () => {
    await using world = await openWorld({ version: 17 });
    const [pageId = ''] = world.pageIds;
    const { simulator } = world;
    await world.tidemark.sync({ facebookPageId: pageId });
    const [wrong, ...others] = simulator.world.truth(pageId).conversations.map(({ id }) => id);
    const thread = must(wrong, 'a first');
    simulator.world.dateConversation(thread, Date.now() + YEARS_MS);
    await world.tidemark.sync({ facebookPageId: pageId });
    expect(await world.differences()).toEqual([]);
    simulator.world.newMessage(pageId, others[5]);
    await world.tidemark.sync({ facebookPageId: pageId });

    simulator.world.dateConversation(thread, Date.now() - MINUTE_MS);
    await world.tidemark.sync({ facebookPageId: pageId });
    expect(await world.differences()).toEqual([]);
    simulator.world.newMessage(pageId, thread);
    simulator.world.newMessage(pageId, others[9]);
    await world.tidemark.sync({ facebookPageId: pageId });
    expect(await world.differences()).toEqual([]);
    expect(await quietCalls(world)).toBe(1);
  });

  it('and that stands far down the list afterwards is found by a verify', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 250 } });
    const [pageId = ''] = world.pageIds;
    const { simulator } = world;
    const { id: thread, updatedTime } = must(simulator.world.truth(pageId).conversations[200], 'as many');
    simulator.world.dateConversation(thread, Date.now() + YEARS_MS);
    await world.tidemark.sync({ facebookPageId: pageId });
    simulator.world.dateConversation(thread, Date.parse(must(updatedTime, 'it has one')));
    const answer = await world.tidemark.verify({ facebookPageId: pageId, repair: true });
    expect(answer).toMatchObject({ counts: { stale: 1, missedBySync: 0 }, repaired: 1 });
    expect(await world.differences()).toEqual([]);
    expect((await world.tidemark.verify({ facebookPageId: pageId })).counts).toMatchObject({ stale: 0 });
  });
});

describe('a list that is out of order', () => {
  it('is walked to its end in slices that go on where they were', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 400, listCap: 20 } });
    const [facebookPageId = ''] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    const before = await world.tidemark.pages.find({ facebookPageId });
    world.simulator.faults.add({
      match: { kind: 'conversations' },
      times: 'always',
      effect: { type: 'list', twist: 'out-of-order' },
    });
    // Below the lookback, where only a walk to the end meets it.
    const late = must(world.simulator.world.truth(facebookPageId).conversations[300], 'four hundred');
    const createdAt = Date.parse(must(late.updatedTime, 'it has one')) - 1000;
    world.simulator.world.newMessage(facebookPageId, late.id, { createdAt });
    world.simulator.world.activity({ pageId: facebookPageId, newMessages: 3 });
    let slices = 1;
    let answer = await world.tidemark.sync({ facebookPageId, maxDurationMs: 1 });
    for (; answer.status === 'partial'; slices++) {
      expect(slices).toBeLessThan(60);
      answer = await world.tidemark.sync({ facebookPageId, maxDurationMs: 1 });
    }
    expect(slices).toBeGreaterThan(5);
    expect(answer.lastSyncedAt).not.toBe(before.lastSyncedAt);
    expect(await world.differences()).toEqual([]);
  });
});

describe('more conversations of one second than a list page holds', () => {
  for (const sinceParameter of ['send', 'off'] as const) {
    it(`cost one call while nobody writes (since: ${sinceParameter})`, async () => {
      let now = Date.UTC(2026, 4, 5, 10);
      await using world = await openWorld({
        version: 17,
        simulator: { conversations: 520, now: () => now, messagesPerConversation: { min: 1, max: 2, mean: 1 } },
        settings: { sinceParameter },
      });
      const [pageId = ''] = world.pageIds;
      const threads = world.simulator.world.truth(pageId).conversations.map(({ id }) => id);
      for (const id of threads.slice(0, 500)) world.simulator.world.newMessage(pageId, id);
      await world.tidemark.sync({ facebookPageId: pageId });
      for (let syncs = 0; syncs < 3; syncs++) {
        expect(await quietCalls(world)).toBe(1);
        now += 10 * MINUTE_MS;
      }
      // What became visible late, behind all of them, is met with the next change.
      world.simulator.world.newConversation(pageId, {
        messages: [{ createdAt: Date.UTC(2026, 4, 5, 10) - MINUTE_MS }],
      });
      world.simulator.world.newMessage(pageId, threads[510]);
      await world.tidemark.sync({ facebookPageId: pageId });
      expect(await world.differences()).toEqual([]);
      expect(await quietCalls(world)).toBe(1);
    });
  }
});

describe('conversations that become visible ten minutes late', () => {
  it('make the walks of their Page look back further, and its next verify come soon', async () => {
    let now = Date.UTC(2026, 4, 5, 10);
    await using world = await openWorld({ version: 17, simulator: { conversations: 150, now: () => now } });
    const [pageId = ''] = world.pageIds;
    const { simulator } = world;
    await using eye = await openEye(world.databaseUrl);
    const threads = simulator.world.truth(pageId).conversations.map(({ id }) => id);
    let turn = 0;
    /** Twelve minutes in which many write. */
    const writeOn = () => {
      for (let second = 0; second < 720; second += 6) {
        now += 6000;
        simulator.world.newMessage(pageId, threads[turn++ % 140]);
      }
    };
    const appearLate = () =>
      void simulator.world.newConversation(pageId, { messages: [{ createdAt: now - 10 * MINUTE_MS }] });
    await world.tidemark.sync({ facebookPageId: pageId });
    writeOn();
    await world.tidemark.sync({ facebookPageId: pageId });
    await eye.client.query(`INSERT INTO facebook_page_schedule (page_id, platform, next_verify_at)
      SELECT id, 'messenger', now() + interval '1 day' FROM facebook_pages
      ON CONFLICT (page_id, platform) DO UPDATE SET next_verify_at = now() + interval '1 day'`);
    appearLate();
    await world.tidemark.sync({ facebookPageId: pageId });
    expect(await world.differences(), 'below the lookback').not.toEqual([]);
    const found = await world.tidemark.verify({ facebookPageId: pageId, repair: true });
    expect(found).toMatchObject({ counts: { missing: 1, missedBySync: 1 }, repaired: 1 });
    const { rows } = await eye.client.query<{ lookback_ms: number; hours: number }>(
      `SELECT lookback_ms, extract(epoch FROM next_verify_at - now())::float8 / 3600 AS hours
       FROM facebook_sync_state JOIN facebook_page_schedule USING (page_id, platform) WHERE platform = 'messenger'`,
    );
    expect(rows[0]?.lookback_ms).toBe(12 * MINUTE_MS);
    expect(rows[0]?.hours).toBeLessThan(1);

    writeOn();
    await world.tidemark.sync({ facebookPageId: pageId });
    appearLate();
    simulator.world.newMessage(pageId, threads[0]);
    await world.tidemark.sync({ facebookPageId: pageId });
    expect(await world.differences()).toEqual([]);
  });
});
