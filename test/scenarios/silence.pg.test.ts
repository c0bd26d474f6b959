/** Answers that never come: less is asked for, nothing is asked twice, and a Facebook that is not there ends the run. */
import { describe, expect, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import type { Call, CallKind } from '../../simulator/calls.ts';
import type { SimulatorOptions } from '../../simulator/options.ts';
import { openEye } from '../support/client.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

const openImpatient = (simulator: SimulatorOptions): Promise<TestWorld> =>
  openWorld({ version: 17, simulator, settings: { answerTimeoutMs: 250 } });

/** From now on such calls are never answered. */
const silence = (world: TestWorld, isMet: (call: Call) => boolean) =>
  world.simulator.world.onCall((call) => (isMet(call) ? new Promise(() => {}) : undefined));

const sizesOf = (world: TestWorld, kind: CallKind, size: 'limit' | 'messagesLimit') =>
  world.simulator.calls.all.filter((call) => call.kind === kind).map((call) => call[size]);

describe('an answer that does not come in time', () => {
  it('is asked for in smaller pieces: lists, nested lists, messages', async () => {
    await using world = await openImpatient({
      conversations: 130,
      messagesPerConversation: { min: 1, max: 4, mean: 2 },
    });
    const pageId = must(world.pageIds[0], 'a Page');
    silence(world, ({ kind, limit = 0 }) => (kind === 'conversations' && limit > 40) || limit > 60);
    expect(await world.tidemark.sync({ facebookPageId: pageId })).toMatchObject({ status: 'succeeded', total: 130 });
    const busy = must(world.simulator.world.truth(pageId).conversations[9], 'more than ten').id;
    for (let count = 0; count < 200; count++) world.simulator.world.newMessage(pageId, busy);
    expect(await world.tidemark.sync({ facebookPageId: pageId })).toMatchObject({ status: 'succeeded' });
    expect(await world.differences()).toEqual([]);
    expect(sizesOf(world, 'messages', 'limit').slice(0, 2)).toEqual([100, 10]);
    const unanswered = world.simulator.calls.all.filter((call) => call.status === undefined);
    const asked = unanswered.map(({ objectId, after, limit, messagesLimit }) =>
      [objectId, after, limit, messagesLimit].join(' '),
    );
    expect(new Set(asked).size).toBe(asked.length);
  });

  it('of one conversation leaves that one in the retry ledger, and the rest is mirrored (I12, I13)', async () => {
    await using world = await openImpatient({ conversations: 8 });
    const pageId = must(world.pageIds[0], 'a Page');
    const stuck = must(world.simulator.world.truth(pageId).conversations[0], 'eight of them').id;
    const speak = silence(
      world,
      ({ kind, messagesLimit, objectId }) => (kind === 'conversations' && messagesLimit > 0) || objectId === stuck,
    );
    expect(await world.tidemark.sync({ facebookPageId: pageId })).toMatchObject({ status: 'partial', synced: 7 });
    await using eye = await openEye(world.databaseUrl);
    const { rows } = await eye.client.query('SELECT conversation_id, error_code FROM facebook_retry_ledger');
    expect(rows).toEqual([{ conversation_id: stuck, error_code: 'GRAPH_UNREACHABLE' }]);
    speak();
    expect(await world.tidemark.sync({ facebookPageId: pageId })).toMatchObject({ status: 'succeeded' });
    expect(await world.differences()).toEqual([]);
  });

  it('of older messages leaves that conversation alone for minutes, and history goes on with the next', async () => {
    await using world = await openImpatient({
      conversations: 4,
      messagesPerConversation: { min: 60, max: 90, mean: 70 },
    });
    const pageId = must(world.pageIds[0], 'a Page');
    await world.tidemark.sync({ facebookPageId: pageId });
    const stuck = must(world.simulator.world.truth(pageId).conversations[0], 'four of them').id;
    silence(world, ({ objectId }) => objectId === stuck);
    const { results } = await world.tidemark.collectHistory({});
    expect(results).toMatchObject([{ status: 'partial' }]);
    const differences = await world.differences();
    expect(differences.length).toBeGreaterThan(0);
    await using eye = await openEye(world.databaseUrl);
    const { rows } = await eye.client.query(
      `SELECT id, history_retry_at < now() + interval '1 hour' AS soon FROM facebook_conversations
       WHERE NOT history_complete`,
    );
    expect(rows).toEqual([{ id: stuck, soon: true }]);
  });
});

describe('a Facebook that is not there', () => {
  it('ends a run after three calls, with the place and the watermark where they were', async () => {
    await using world = await openImpatient({ conversations: 30 });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    const before = await world.tidemark.pages.find({ facebookPageId: world.pageIds[0] });
    world.takeCalls();
    silence(world, () => true);
    await expect(world.tidemark.sync({ facebookPageId: world.pageIds[0] })).rejects.toMatchObject({
      code: 'GRAPH_UNREACHABLE',
    });
    expect(world.takeCalls()).toBe(3);
    expect(await world.tidemark.pages.find({ facebookPageId: world.pageIds[0] })).toMatchObject({
      lastSyncedAt: before.lastSyncedAt,
    });
  });

  it('ends a run in the middle of it after a few calls, and enters nothing but one conversation as failed', async () => {
    await using world = await openImpatient({ conversations: 90 });
    silence(world, ({ messagesLimit }) => messagesLimit > 0);
    await expect(world.tidemark.sync({ facebookPageId: world.pageIds[0] })).rejects.toMatchObject({
      code: 'GRAPH_UNREACHABLE',
      message: expect.stringContaining('Nor did it answer'),
    });
    expect(world.takeCalls()).toBeLessThanOrEqual(9);
  });
});
