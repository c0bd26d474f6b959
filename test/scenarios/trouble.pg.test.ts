/** Trouble of one Page, one answer or one conversation: it is told clearly, loses nothing and stops nothing else. */
import { describe, expect, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { Secret } from '../../src/lib/secret.ts';
import { openWorld } from '../support/world.ts';

describe('trouble with a Page', () => {
  it('whose token died: its row says so, the other Pages are synced, a fresh token heals it (I8)', async () => {
    await using world = await openWorld({ version: 17, simulator: { pages: 3, conversations: 60 } });
    const [, dead = ''] = world.pageIds;
    await world.tidemark.syncAll({});
    world.simulator.world.killToken(dead, 460);
    for (const pageId of world.pageIds) world.simulator.world.activity({ pageId, newMessages: 5 });

    const answer = await world.tidemark.syncAll({});
    expect(answer.totals).toMatchObject({ successCount: 2, failureCount: 1, totalEvents: 10 });
    const row = must(
      answer.results.find((result) => result.facebookPageId === dead),
      'every Page has a row',
    );
    expect(row).toMatchObject({ success: false, code: 'TOKEN_EXPIRED', status: 'failed' });
    expect(row.error).toContain(dead);
    expect(await world.tidemark.pages.find({ facebookPageId: dead })).toMatchObject({ status: 'token_expired' });

    await world.tidemark.pages.connect(new Secret(world.simulator.world.renewToken(dead)));
    expect(await world.tidemark.pages.find({ facebookPageId: dead })).toMatchObject({ status: 'connected' });
    await world.tidemark.syncAll({});
    for (const pageId of world.pageIds) expect(await world.differences(pageId)).toEqual([]);
  });

  it('whose token works keeps it when another one may not read, and says so', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 20 } });
    const pageId = world.pageIds[0] ?? '';
    const { simulator, tidemark } = world;
    await tidemark.sync({ facebookPageId: pageId });
    const renewed = new Secret(simulator.world.renewToken(pageId));

    simulator.faults.add({ match: { kind: 'conversations' }, times: 1, effect: { type: 'error', code: 10 } });
    const answer = await tidemark.pages.connect(renewed);
    expect(answer).toMatchObject({
      connected: [],
      refused: [{ facebookPageId: pageId, reason: expect.stringMatching(/works, and was not replaced.*code 10/) }],
    });
    expect(await tidemark.sync({ facebookPageId: pageId })).toMatchObject({ status: 'succeeded' });

    expect(await tidemark.pages.connect(renewed)).toMatchObject({ connected: [{ facebookPageId: pageId }] });
    // Where there is nothing to lose, the first sync tells.
    simulator.world.killToken(pageId);
    await expect(tidemark.sync({ facebookPageId: pageId })).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    simulator.faults.add({ match: { kind: 'conversations' }, times: 1, effect: { type: 'error', code: 10 } });
    const fresh = new Secret(simulator.world.renewToken(pageId));
    expect(await tidemark.pages.connect(fresh)).toMatchObject({ connected: [{ facebookPageId: pageId }] });
  });

  it('that lacks a permission fails with PERMISSION_MISSING and keeps what it has', async () => {
    await using world = await openWorld({ version: 17 });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    const before = await world.tidemark.pages.find({ facebookPageId: world.pageIds[0] });
    world.simulator.faults.add({ match: { kind: 'conversations' }, times: 1, effect: { type: 'error', code: 10 } });
    await expect(world.tidemark.sync({ facebookPageId: world.pageIds[0] })).rejects.toMatchObject({
      code: 'PERMISSION_MISSING',
    });
    const after = await world.tidemark.pages.find({ facebookPageId: world.pageIds[0] });
    expect(after).toMatchObject({ status: 'permission_missing', lastSyncedAt: before.lastSyncedAt });
  });

  it('that is out of its daily quota says how long to wait, and is not called meanwhile (I7)', async () => {
    await using world = await openWorld({ version: 17 });
    world.simulator.faults.add({
      match: { kind: 'conversations' },
      times: 1,
      effect: { type: 'throttle', blockedMs: 15 * 60_000 },
    });
    await expect(world.tidemark.sync({ facebookPageId: world.pageIds[0] })).rejects.toMatchObject({
      code: 'THROTTLED',
    });
    expect(await world.tidemark.pages.find({ facebookPageId: world.pageIds[0] })).toMatchObject({
      status: 'throttled',
    });
    world.takeCalls();
    await expect(world.tidemark.sync({ facebookPageId: world.pageIds[0] })).rejects.toMatchObject({
      code: 'THROTTLED',
    });
    expect(world.takeCalls()).toBe(0);
  });
});

describe('trouble with an answer', () => {
  for (const effect of [
    { type: 'error', code: 1, status: 500 },
    { type: 'error', code: 2, status: 500, isTransient: true },
    { type: 'reset' },
    { type: 'truncated' },
    { type: 'html' },
    { type: 'empty' },
    { type: 'error', code: 613 },
  ] as const) {
    const name = 'code' in effect ? `code ${effect.code}` : effect.type;
    it(`that passes by itself (${name}) is survived, in the survey and in a collect`, async () => {
      await using world = await openWorld({ version: 17, simulator: { conversations: 150 } });
      for (const after of [0, 1, 2]) {
        world.simulator.faults.add({ match: { kind: 'conversations', after }, times: 1, effect });
      }
      const answer = await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
      expect(answer.status).toBe('succeeded');
      expect(await world.differences()).toEqual([]);
    });
  }

  it('that is too big is asked for in smaller pieces, never again unchanged', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 230, tooMuchData: 300 } });
    const answer = await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    expect(answer.status).toBe('succeeded');
    expect(await world.differences()).toEqual([]);
    const refused = world.simulator.calls.all.filter((call) => call.code === 1);
    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused.map((call) => `${call.after} ${call.limit} ${call.messagesLimit}`)).size).toBe(
      refused.length,
    );
  });

  it('that refuses one conversation after another is not asked for all of them', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 60 } });
    const tooBig = "Please reduce the amount of data you're asking for, then retry your request";
    world.simulator.faults.add({
      match: { kind: 'conversations', nested: true },
      times: 'always',
      effect: { type: 'error', code: 1, status: 500, message: tooBig },
    });
    world.simulator.faults.add({
      match: { kind: 'conversation' },
      times: 'always',
      effect: { type: 'error', code: 100 },
    });
    await expect(world.tidemark.sync({ facebookPageId: world.pageIds[0] })).rejects.toMatchObject({
      code: 'GRAPH_ERROR',
      message: expect.stringContaining('one conversation after another'),
    });
    // The list, in halves down to one conversation, and five of the conversations themselves.
    expect(world.takeCalls()).toBeLessThan(15);
    world.simulator.faults.clear();
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    expect(await world.differences()).toEqual([]);
  });

  it('that repeats its cursor fails the run loudly instead of paging for ever', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 350 } });
    world.simulator.faults.add({
      match: { kind: 'conversations' },
      times: 1000,
      effect: { type: 'list', twist: 'repeated-cursor' },
    });
    await expect(world.tidemark.sync({ facebookPageId: world.pageIds[0] })).rejects.toMatchObject({
      code: 'GRAPH_ERROR',
    });
    expect(await world.tidemark.pages.find({ facebookPageId: world.pageIds[0] })).toMatchObject({ lastSyncedAt: null });
  });

  for (const twist of ['phantom-next', 'short-page', 'duplicates', 'out-of-order'] as const) {
    it(`with a list that is odd (${twist}) loses nothing`, async () => {
      await using world = await openWorld({ version: 17, simulator: { conversations: 250 } });
      world.simulator.faults.add({ match: { kind: 'conversations' }, times: 1000, effect: { type: 'list', twist } });
      const pageId = must(world.pageIds[0], 'a world has a Page');
      await world.tidemark.sync({ facebookPageId: pageId });
      expect(await world.differences()).toEqual([]);
      world.simulator.world.activity({ pageId, newMessages: 40, newConversations: 5 });
      await world.tidemark.sync({ facebookPageId: pageId });
      expect(await world.differences()).toEqual([]);
    });
  }
});

describe('trouble with one conversation', () => {
  it('leaves the run partial and the watermark where it was; the next run collects it', async () => {
    await using world = await openWorld({ version: 17 });
    const pageId = must(world.pageIds[0], 'a world has a Page');
    await world.tidemark.sync({ facebookPageId: pageId });
    const before = await world.tidemark.pages.find({ facebookPageId: pageId });
    const [moved] = world.simulator.world.activity({ pageId, newMessages: 1 });
    world.simulator.faults.add({
      match: { kind: 'conversation' },
      times: 1,
      effect: { type: 'error', code: 100, subcode: 33 },
    });

    const partial = await world.tidemark.sync({ facebookPageId: pageId });
    expect(partial).toMatchObject({ status: 'partial', lastSyncedAt: before.lastSyncedAt });
    expect(partial.openRetries).toMatchObject([
      { conversationId: moved?.conversationId, code: 'GRAPH_ERROR', attempts: 1, reason: expect.stringMatching(/\w/) },
    ]);
    expect(world.events.some((event) => event.type === 'conversation-failed')).toBe(true);

    const next = await world.tidemark.sync({ facebookPageId: pageId });
    expect(next).toMatchObject({ status: 'succeeded', eventsCreated: 1, openRetries: [] });
    expect(await world.differences()).toEqual([]);
  });
});
