/** Traps that syncs of moving lists fall into, each as the smallest scenario in which one would lose something. */
import { describe, expect, it } from 'vitest';
import { createTidemark } from '../../src/engine/create-tidemark.ts';
import { must } from '../../src/lib/must.ts';
import { openEye } from '../support/client.ts';
import { findWatermark } from '../support/promises.ts';
import { openWorld } from '../support/world.ts';

const MINUTE_MS = 60_000;

describe('times', () => {
  it('of the very second of the watermark are looked at again, however many conversations share it', async () => {
    let now = Date.UTC(2026, 2, 3, 10, 0, 0);
    await using world = await openWorld({ version: 17, simulator: { conversations: 60, now: () => now } });
    const pageId = must(world.pageIds[0], 'a Page');
    const threads = world.simulator.world.truth(pageId).conversations.map(({ id }) => id);
    for (const id of threads.slice(0, 20)) world.simulator.world.newMessage(pageId, id);
    await world.tidemark.sync({ facebookPageId: pageId });
    await using eye = await openEye(world.databaseUrl);
    expect(await findWatermark(eye.client, pageId)).toBe(now);
    now += 400;
    for (const id of threads.slice(10, 45)) world.simulator.world.newMessage(pageId, id);
    expect(await world.tidemark.sync({ facebookPageId: pageId })).toMatchObject({
      syncMode: 'incremental',
      synced: 35,
    });
    expect(await world.differences()).toEqual([]);
  });

  it('that become visible late, below the watermark already, are met all the same', async () => {
    let now = Date.UTC(2026, 2, 3, 10, 0, 0);
    await using world = await openWorld({
      version: 17,
      simulator: { messagesPerConversation: { min: 1, max: 9, mean: 4 }, now: () => now },
    });
    const pageId = must(world.pageIds[0], 'a Page');
    const threads = world.simulator.world.truth(pageId).conversations.map(({ id }) => id);
    now += 10 * MINUTE_MS;
    const lateAt = now;
    // More than the first look of a walk shows.
    for (const id of threads.slice(0, 45)) {
      now += 1500;
      world.simulator.world.newMessage(pageId, id);
    }
    await world.tidemark.sync({ facebookPageId: pageId });
    world.simulator.world.newConversation(pageId, { messages: [{ createdAt: lateAt }] });
    const quiet = must(threads[100], 'more than a hundred');
    world.simulator.world.newMessage(pageId, quiet, { createdAt: lateAt });
    expect(await world.tidemark.sync({ facebookPageId: pageId })).toMatchObject({ inserted: 1, updated: 1 });
    expect(await world.differences()).toEqual([]);
  });

  it('in the future lift no watermark over what is still to come', async () => {
    await using world = await openWorld({ version: 17 });
    const pageId = must(world.pageIds[0], 'a Page');
    const tomorrow = Date.now() + 24 * 60 * MINUTE_MS;
    world.simulator.world.newConversation(pageId, { messages: [{ createdAt: tomorrow }] });
    await world.tidemark.sync({ facebookPageId: pageId });
    world.simulator.world.activity({ pageId, newMessages: 30, newConversations: 3 });
    expect(await world.tidemark.sync({ facebookPageId: pageId })).toMatchObject({ synced: 33 });
    expect(await world.differences()).toEqual([]);
  });

  it('of messages decide nothing: one that is dated before the newest held one is stored', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 20 } });
    const pageId = must(world.pageIds[0], 'a Page');
    const { world: facebook } = world.simulator;
    const busy = must(facebook.truth(pageId).conversations[5], 'twenty of them').id;
    const now = Date.now();
    for (let second = 10; second > 0; second--) facebook.newMessage(pageId, busy, { createdAt: now - second * 1000 });
    await world.tidemark.sync({ facebookPageId: pageId });
    facebook.newMessage(pageId, busy, { createdAt: now - 2500 });
    facebook.newMessage(pageId, busy, { createdAt: now - 2000 });
    await world.tidemark.sync({ facebookPageId: pageId });
    expect(await world.differences()).toEqual([]);
  });
});

describe('a long absence', () => {
  it('is made up for by one incremental sync, however much was written', async () => {
    let now = Date.UTC(2026, 0, 10);
    await using world = await openWorld({ version: 17, simulator: { conversations: 400, now: () => now } });
    const pageId = must(world.pageIds[0], 'a Page');
    await world.tidemark.sync({ facebookPageId: pageId });
    for (let day = 0; day < 30; day++) {
      now += 24 * 60 * MINUTE_MS;
      world.simulator.world.activity({ pageId, newMessages: 40, newConversations: 2 });
    }
    const answer = await world.tidemark.sync({ facebookPageId: pageId });
    expect(answer).toMatchObject({ syncMode: 'incremental', status: 'succeeded', inserted: 60 });
    expect(await world.differences()).toEqual([]);
  });
});

describe('a cursor', () => {
  it('that is refused after a smaller size was asked for costs calls, and no conversation', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 160, tooMuchData: 1000 } });
    const { simulator } = world;
    let refused = 0;
    simulator.world.onCall(({ kind, limit, after, messagesLimit }) => {
      // Made by a light list of a hundred, and now asked for less.
      if (kind !== 'conversations' || messagesLimit === 0 || after === undefined || limit === 100) return;
      refused += 1;
      const effect = { type: 'error', code: 2642, message: '(#2642) Invalid cursors values' } as const;
      simulator.faults.add({ match: { kind: 'conversations' }, times: 1, effect });
    });
    expect(await world.tidemark.sync({ facebookPageId: world.pageIds[0] })).toMatchObject({ status: 'succeeded' });
    expect(refused).toBeGreaterThan(1);
    expect(await world.differences()).toEqual([]);
  });
});

describe('a run that only waits', () => {
  it('for its turn to call keeps its lease, and nobody takes it for dead', { timeout: 60_000 }, async () => {
    await using world = await openWorld({
      version: 17,
      simulator: { conversations: 80 },
      settings: { callsPerSecond: 0.08 },
    });
    await using other = await createTidemark(world.settings);
    await using eye = await openEye(world.databaseUrl);
    const findExpiry = async () => {
      const sql = 'SELECT lease_expires_at FROM facebook_sync_state WHERE lease_run_id IS NOT NULL';
      return (await eye.client.query<{ lease_expires_at: Date }>(sql)).rows[0]?.lease_expires_at.getTime();
    };
    const sync = world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    await expect.poll(findExpiry).toBeDefined();
    const first = must(await findExpiry(), 'it has a lease');
    const joined = other.sync({ facebookPageId: world.pageIds[0] });
    await expect.poll(findExpiry, { timeout: 20_000 }).toBeGreaterThan(first + 9000);
    expect(await joined).toEqual(await sync);
    expect(await world.tidemark.runs.list({})).toHaveLength(1);
    expect(world.events.filter((event) => event.type === 'run-failed')).toEqual([]);
  });
});
