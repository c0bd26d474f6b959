/**
 * A conversation in which more was written than one call brings: it is followed down to what is held in pieces, and
 * neither an interruption nor a list that goes in a circle leaves a gap that nobody knows of (I11, I14).
 */
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { openEye } from '../support/client.ts';
import { findBrokenPromises } from '../support/promises.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

/** A synced Page of 20 conversations, and then `count` new messages in one of them. */
async function openBusy(count: number): Promise<{ world: TestWorld; pageId: string; busy: string }> {
  const world = await openWorld({
    version: 17,
    simulator: { conversations: 20, messagesPerConversation: { min: 1, max: 5, mean: 2 } },
  });
  const pageId = must(world.pageIds[0], 'a Page');
  await world.tidemark.sync({ facebookPageId: pageId });
  const busy = must(world.simulator.world.truth(pageId).conversations[12], 'twenty of them').id;
  for (let written = 0; written < count; written++) world.simulator.world.newMessage(pageId, busy);
  return { world, pageId, busy };
}

async function countHeld(client: pg.Client, conversationId: string): Promise<number> {
  const sql = 'SELECT count(*)::int AS held FROM facebook_messages WHERE conversation_id = $1';
  const { rows } = await client.query<{ held: number }>(sql, [conversationId]);
  return must(rows[0], 'a count is a row').held;
}

describe('a long gap', () => {
  it('is written while it is followed down, so that no more than a call brings is kept in memory (I11)', async () => {
    const { world, pageId, busy } = await openBusy(1500);
    await using _ = world;
    await using eye = await openEye(world.databaseUrl);
    const unwritten: number[] = [];
    let calls = 0;
    world.simulator.world.onCall(async ({ kind }) => {
      // What the read of the conversation brought, and every call since, less what is in the database.
      if (kind === 'messages') unwritten.push(25 + 100 * calls++ - (await countHeld(eye.client, busy)));
    });
    const answer = await world.tidemark.sync({ facebookPageId: pageId });
    expect(answer).toMatchObject({ status: 'succeeded', synced: 1, updated: 1, eventsCreated: 1500 });
    expect(calls).toBeGreaterThan(10);
    expect(Math.max(...unwritten)).toBeLessThanOrEqual(100);
    expect(await world.differences()).toEqual([]);
  });

  it('that is not followed to its end is still a gap, and the next run begins it at the top (I4, I14)', async () => {
    const { world, pageId, busy } = await openBusy(900);
    await using _ = world;
    await using eye = await openEye(world.databaseUrl);
    const held = await countHeld(eye.client, busy);
    const stretch = () =>
      eye.client
        .query('SELECT newest_message_id, floor_message_id FROM facebook_conversations WHERE id = $1', [busy])
        .then(({ rows }) => rows[0] as unknown);
    const before = await stretch();
    let calls = 0;
    const stop = world.simulator.world.onCall(async ({ kind }) => {
      if (kind !== 'messages' || ++calls !== 5) return;
      await eye.client.query(`UPDATE facebook_sync_state SET lease_fence = lease_fence + 1`);
    });
    await expect(world.tidemark.sync({ facebookPageId: pageId })).rejects.toMatchObject({ code: 'LEASE_LOST' });
    stop();
    expect(await countHeld(eye.client, busy)).toBeGreaterThan(held + 200);
    expect(await stretch()).toEqual(before);
    expect(await findBrokenPromises(eye.client, world.simulator.world.truth(pageId))).toEqual([]);
    await eye.client.query(`UPDATE facebook_sync_state SET lease_expires_at = now() - interval '1 hour'`);
    const next = await world.tidemark.sync({ facebookPageId: pageId });
    expect(next).toMatchObject({ status: 'succeeded', synced: 1 });
    expect(await world.differences()).toEqual([]);
  });
});

describe('messages that are listed in a circle (A → B → A)', () => {
  const circle = {
    match: { kind: 'messages' },
    times: 'always',
    effect: { type: 'list', twist: 'circling-cursors' },
  } as const;

  it('send their conversation to the retry ledger; the others of the batch are collected', async () => {
    const { world, pageId, busy } = await openBusy(900);
    await using _ = world;
    await using eye = await openEye(world.databaseUrl);
    world.simulator.world.activity({ pageId, newMessages: 5 });
    world.simulator.faults.add(circle);
    world.takeCalls();
    const answer = await world.tidemark.sync({ facebookPageId: pageId });
    expect(answer).toMatchObject({ status: 'partial' });
    expect(world.takeCalls()).toBeLessThan(20);
    const { rows } = await eye.client.query<{ conversation_id: string; reason: string }>(
      'SELECT conversation_id, reason FROM facebook_retry_ledger',
    );
    expect(rows).toMatchObject([{ conversation_id: busy, reason: expect.stringContaining('in a circle') }]);
    expect(await findBrokenPromises(eye.client, world.simulator.world.truth(pageId))).toEqual([]);
    world.simulator.faults.clear();
    expect(await world.tidemark.sync({ facebookPageId: pageId })).toMatchObject({ status: 'succeeded' });
    expect(await world.differences()).toEqual([]);
  });

  it('postpone the history of their conversation', async () => {
    await using world = await openWorld({
      version: 17,
      simulator: { conversations: 2, messagesPerConversation: { min: 600, max: 700, mean: 650 } },
    });
    const pageId = must(world.pageIds[0], 'a Page');
    await world.tidemark.sync({ facebookPageId: pageId });
    world.simulator.faults.add(circle);
    world.takeCalls();
    const { results } = await world.tidemark.collectHistory({});
    expect(results).toMatchObject([{ status: 'partial' }]);
    expect(world.takeCalls()).toBeLessThan(30);
    await using eye = await openEye(world.databaseUrl);
    const { rows } = await eye.client.query('SELECT history_problem FROM facebook_conversations');
    expect(rows).toHaveLength(2);
    for (const row of rows) expect(row).toMatchObject({ history_problem: expect.stringContaining('in a circle') });
    world.simulator.faults.clear();
    await eye.client.query('UPDATE facebook_conversations SET history_retry_at = NULL');
    await world.tidemark.collectHistory({});
    expect(await world.differences()).toEqual([]);
  });
});
