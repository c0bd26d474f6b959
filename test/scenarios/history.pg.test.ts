/** The depth of the mirror: older messages come in the background, resumably, and never in the way of a sync. */
import { describe, expect, it } from 'vitest';
import { createTidemark } from '../../src/engine/create-tidemark.ts';
import type { TidemarkError } from '../../src/core/errors.ts';
import type { SyncEvent } from '../../src/core/events.ts';
import { must } from '../../src/lib/must.ts';
import { openEye } from '../support/client.ts';
import { describeEachPostgres } from '../support/postgres.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

const DEEP = { conversations: 12, messagesPerConversation: { min: 5, max: 450, mean: 150 }, seed: 3 };

async function historyToTheEnd(world: TestWorld, maxDurationMs?: number): Promise<number> {
  for (let calls = 0, rounds = 1; ; rounds++) {
    const { results, totalCalls } = await world.tidemark.collectHistory({ maxDurationMs });
    calls += totalCalls;
    if (results.every((row) => row.status === 'succeeded')) return calls;
    expect(rounds).toBeLessThan(500);
  }
}

async function eyeCount(world: TestWorld, table: string): Promise<number> {
  await using eye = await openEye(world.databaseUrl);
  return (await eye.client.query(`SELECT count(*)::int AS count FROM ${table}`)).rows[0].count as number;
}

describeEachPostgres('history', (version) => {
  it('completes every conversation down to its first message', async () => {
    await using world = await openWorld({ version, simulator: DEEP });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    expect((await world.differences()).length).toBeGreaterThan(0);
    const told: SyncEvent[] = [];
    await world.tidemark.collectHistory({ onEvent: (event) => told.push(event) });
    const begun = told.flatMap((event) => (event.type === 'history-begun' ? [event.conversations] : []));
    const completed = told.filter((event) => event.type === 'history-committed' && event.complete);
    expect(begun).toEqual([completed.length]);
    expect(await world.differences()).toEqual([]);
    const [page] = await world.tidemark.pages.list();
    const messages = await eyeCount(world, 'facebook_messages');
    expect(await world.tidemark.pages.holdings(page?.id ?? '')).toEqual({ conversations: 12, messages });
    expect(await world.tidemark.collectHistory({})).toMatchObject({ results: [], totalCalls: 0 });
  });
});

describe('history', () => {
  it('costs no call twice, in however many pieces it comes', async () => {
    await using whole = await openWorld({ version: 17, simulator: DEEP });
    await whole.tidemark.sync({ facebookPageId: whole.pageIds[0] });
    const calls = await historyToTheEnd(whole);
    await using pieces = await openWorld({ version: 17, simulator: DEEP });
    await pieces.tidemark.sync({ facebookPageId: pieces.pageIds[0] });
    expect(await historyToTheEnd(pieces, 1)).toBe(calls);
    expect(await pieces.differences()).toEqual([]);
  });

  it('goes on when Facebook has forgotten where it was', async () => {
    await using world = await openWorld({ version: 17, simulator: DEEP });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    for (const after of [0, 4, 9]) {
      world.simulator.faults.add({
        match: { kind: 'messages', after },
        times: 1,
        effect: { type: 'error', code: 2642, message: '(#2642) Invalid cursors values' },
      });
    }
    await historyToTheEnd(world);
    expect(await world.differences()).toEqual([]);
  });

  it('and syncs interleaved at will end in the same mirror, and new messages never leave a gap (I14)', async () => {
    await using world = await openWorld({ version: 17, simulator: DEEP });
    const pageId = must(world.pageIds[0], 'a Page');
    await world.tidemark.sync({ facebookPageId: pageId });
    for (let round = 0; round < 6; round++) {
      await world.tidemark.collectHistory({ maxDurationMs: 1 });
      world.simulator.world.activity({ pageId, newMessages: 8, newConversations: 1 });
      await world.tidemark.sync({ facebookPageId: pageId, forceFull: round === 3 });
    }
    await historyToTheEnd(world);
    expect(await world.differences()).toEqual([]);
  });

  it('steps aside for a sync, of this process or another, and goes on by itself after it', async () => {
    const onProblem = (problem: TidemarkError) => expect.unreachable(problem.message);
    await using world = await openWorld({
      version: 17,
      simulator: { ...DEEP, latency: { baseMs: 40 } },
    });
    await using other = await createTidemark(world.settings);
    await world.tidemark.jobs.start({ schedule: false, onProblem });
    await other.jobs.start({ worker: false, onProblem });
    const pageId = must(world.pageIds[0], 'a Page');
    await world.tidemark.sync({ facebookPageId: pageId });
    const dug = () => world.events.filter((event) => event.type === 'history-committed').length;
    for (const tidemark of [world.tidemark, other]) {
      const before = dug();
      await expect.poll(dug, { timeout: 20_000 }).toBeGreaterThan(before);
      world.simulator.world.activity({ pageId, newMessages: 2 });
      expect(await tidemark.sync({ facebookPageId: pageId })).toMatchObject({ status: 'succeeded', synced: 2 });
    }
    await expect.poll(() => world.differences(), { timeout: 30_000 }).toEqual([]);
  });

  it('that cannot even be looked for after a sync is told, and does not fail the sync', async () => {
    await using world = await openWorld({ version: 17 });
    await world.tidemark.jobs.start({ schedule: false, onProblem: () => {} });
    await using eye = await openEye(world.databaseUrl);
    await eye.client.query('ALTER TABLE facebook_conversations RENAME COLUMN history_retry_at TO elsewhere');
    const { runId } = await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    const told = () => world.events.filter((event) => event.type === 'history-not-begun');
    await expect.poll(told).toMatchObject([{ runId, reason: expect.stringContaining('history_retry_at') }]);
  });

  it('goes no deeper than it is told to', async () => {
    await using world = await openWorld({ version: 17, simulator: DEEP, settings: { messagesPerConversation: 40 } });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    await historyToTheEnd(world);
    const { items } = await world.tidemark.conversations.list({});
    for (const { id, messageCount } of items) {
      const { items: messages } = await world.tidemark.conversations.messages({ conversationId: id, limit: 200 });
      expect(messages.length).toBeGreaterThanOrEqual(Math.min(40, messageCount ?? 0));
      expect(messages.length).toBeLessThanOrEqual(140);
    }
  });

  it('takes what Facebook will not show any more for refused, not for deleted (I10)', async () => {
    await using world = await openWorld({
      version: 17,
      simulator: { ...DEEP, readableMessages: { messenger: 20, instagram: 20 } },
    });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    const { results } = await world.tidemark.collectHistory({});
    expect(results[0]?.status).not.toBe('failed');
    expect(await world.tidemark.pages.find({ facebookPageId: world.pageIds[0] })).toMatchObject({
      status: 'connected',
    });
    const { items } = await world.tidemark.conversations.list({});
    expect(items.every((conversation) => conversation.deletedAt === null)).toBe(true);
  });
});
