/**
 * A verify in slices: it goes on where the one before stopped, in any process, and says no more than what a verify at
 * one stretch might say. What moved, came or went between the slices is never called deleted, nor lost (I2, I10).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createTidemark } from '../../src/engine/create-tidemark.ts';
import type { Tidemark } from '../../src/api/tidemark.ts';
import type { VerifyAnswer } from '../../src/api/verify.ts';
import { toTidemarkError } from '../../src/core/errors.ts';
import { must } from '../../src/lib/must.ts';
import { overlappingRuns } from '../support/all-pages.ts';
import { findLeftovers, findMarked, OLDEST, query } from '../support/verifies.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

const SCRIPT = new URL('../support/verify-process.ts', import.meta.url).pathname;
const SIMULATOR = { conversations: 600, seed: 11, messagesPerConversation: { min: 1, max: 4, mean: 2 } };
const NOW = Date.UTC(2026, 4, 1);

const countLists = (world: TestWorld) => world.events.filter((event) => event.type === 'list-surveyed').length;

interface Slices {
  readonly repair: boolean;
  /** Who does the next slice. Default: always the same process. */
  readonly by?: (slice: number) => Tidemark;
  /** What happens between two slices. */
  readonly between?: (slice: number) => Promise<unknown> | void;
}

/** Verifies in calls that are too short for one walk, a list page each. */
async function verifyInSlices(world: TestWorld, { repair, by = () => world.tidemark, between }: Slices) {
  const asked = { facebookPageId: world.pageIds[0], repair, maxDurationMs: 1 };
  for (let slices = 1, calls = 0; ; slices++) {
    const answer = await by(slices).verify(asked);
    calls += answer.graphCalls;
    if (answer.complete) return { answer, slices, calls };
    expect(answer).toMatchObject({ status: 'partial' });
    expect(slices).toBeLessThan(40);
    await between?.(slices);
  }
}

/** Lacks three, holds two in an older state; and five are gone that it holds. Two worlds that stand still are alike. */
async function openDamaged({ isStill = true } = {}): Promise<TestWorld> {
  const still = isStill ? { now: () => NOW } : {};
  const world = await openWorld({ version: 17, simulator: { ...SIMULATOR, ...still } });
  await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
  for (const [from, count] of [
    [50, 1],
    [300, 2],
  ] as const) {
    await query(
      world,
      `WITH lost AS (
         DELETE FROM facebook_conversations WHERE id IN (${OLDEST} OFFSET ${from} LIMIT ${count}) RETURNING id
       ) DELETE FROM facebook_messages USING lost WHERE conversation_id = lost.id RETURNING lost.id`,
    );
  }
  await query(
    world,
    `UPDATE facebook_conversations SET collected_updated_time = collected_updated_time - interval '1 day'
     WHERE id IN (${OLDEST} OFFSET 120 LIMIT 2) RETURNING id`,
  );
  const gone = [
    ...(await query(world, `${OLDEST} OFFSET 5 LIMIT 3`)),
    ...(await query(world, `${OLDEST} OFFSET 420 LIMIT 2`)),
  ];
  for (const id of gone) world.simulator.world.deleteConversation(id);
  world.takeCalls();
  return world;
}

function reportOf({ missing, stale, deleted, repaired, counts, inconclusive, total, status }: VerifyAnswer) {
  const sorted = [missing, stale, deleted].map((findings) =>
    findings.toSorted((a, b) => (a.conversationId < b.conversationId ? -1 : 1)),
  );
  return { sorted, repaired, counts, inconclusive, total, status };
}

describe('a verify in slices', () => {
  for (const repair of [false, true]) {
    it(`answers what one at a stretch answers, at its cost (repair: ${repair})`, async () => {
      await using whole = await openDamaged();
      const unsliced = await whole.tidemark.verify({ facebookPageId: whole.pageIds[0], repair });
      await using world = await openDamaged();
      await using other = await createTidemark(world.settings);
      const by = (slice: number) => (slice < 4 ? world.tidemark : other);
      const { answer, slices, calls } = await verifyInSlices(world, { repair, by });
      expect(unsliced).toMatchObject({
        counts: { missing: 3, stale: 2, deleted: 5, missedBySync: 5 },
        total: 595,
      });
      expect(reportOf(answer)).toEqual(reportOf(unsliced));
      expect(slices).toBeGreaterThan(5);
      expect(calls).toBeLessThanOrEqual(1.3 * unsliced.graphCalls);
      if (repair) expect(await world.differences()).toEqual([]);
      expect(await findMarked(world)).toEqual(await findMarked(whole));
      expect(await findLeftovers(world)).toEqual([]);
    });
  }

  it('with activity and deletions between them ends whole, and calls nothing deleted that is there (I10)', async () => {
    /** The same happens in both worlds, at the same places of the walk. */
    const happen = (world: TestWorld, page: number) => {
      const { simulator } = world;
      const pageId = must(world.pageIds[0], 'a Page');
      const listed = simulator.world.truth(pageId).conversations;
      // One that the walk has not come to yet moves to the head; one that it has seen goes, and one that it has not.
      simulator.world.newMessage(pageId, must(listed[590 - 7 * page], 'six hundred').id);
      simulator.world.newMessage(pageId);
      simulator.world.newConversation(pageId, { messages: [{}] });
      simulator.world.deleteConversation(must(listed[10 + page], 'six hundred').id);
      simulator.world.deleteConversation(must(listed[550 - 3 * page], 'six hundred').id);
    };
    await using whole = await openDamaged({ isStill: false });
    let pages = 0;
    const unsliced = await whole.tidemark.verify({
      facebookPageId: whole.pageIds[0],
      repair: true,
      onEvent: ({ type }) => {
        if (type === 'list-surveyed' && ++pages <= 5) happen(whole, pages);
      },
    });
    expect(unsliced.status).toBe('succeeded');

    await using world = await openDamaged({ isStill: false });
    const facebookPageId = must(world.pageIds[0], 'a Page');
    const sliced = await verifyInSlices(world, {
      repair: true,
      async between(slice) {
        if (slice <= 5) happen(world, slice);
      },
    });
    expect(sliced.answer.status).toBe('succeeded');
    expect(sliced.calls).toBeLessThanOrEqual(1.3 * unsliced.graphCalls);
    const living = new Set(world.simulator.world.truth(facebookPageId).conversations.map(({ id }) => id));
    expect((await findMarked(world)).filter((id) => living.has(id))).toEqual([]);
    // Those that it had listed before they went are for the next verify, of either kind.
    await using synced = await createTidemark(world.settings);
    await synced.sync({ facebookPageId });
    await synced.verify({ facebookPageId, repair: true });
    expect(await world.differences()).toEqual([]);
    expect(await synced.verify({ facebookPageId })).toMatchObject({ missing: [], stale: [], deleted: [] });
  });

  it('goes on after syncs between them, which its watermark never takes back (I1)', async () => {
    await using world = await openDamaged({ isStill: false });
    const facebookPageId = must(world.pageIds[0], 'a Page');
    let syncedAt = -Infinity;
    const { answer, slices } = await verifyInSlices(world, {
      repair: true,
      async between(slice) {
        world.simulator.world.activity({ pageId: facebookPageId, newMessages: 3, newConversations: 1 });
        if (slice % 2 === 1) return;
        const { lastSyncedAt } = await world.tidemark.sync({ facebookPageId });
        syncedAt = Date.parse(lastSyncedAt ?? '');
      },
    });
    expect(slices).toBeLessThanOrEqual(9);
    expect(answer).toMatchObject({
      status: 'succeeded',
      counts: { missing: expect.any(Number) as number, deleted: 5 },
    });
    const page = await world.tidemark.pages.find({ facebookPageId });
    expect(Date.parse(page.lastSyncedAt ?? '')).toBeGreaterThanOrEqual(syncedAt);
    await world.tidemark.sync({ facebookPageId });
    expect(await world.differences()).toEqual([]);
  });

  it('begins again when Facebook has forgotten the cursor, and counts nothing twice', async () => {
    await using world = await openDamaged();
    const [facebookPageId] = world.pageIds;
    const { answer } = await verifyInSlices(world, {
      repair: false,
      between(slice) {
        if (slice !== 3) return;
        world.simulator.faults.add({
          match: { kind: 'conversations' },
          times: 1,
          effect: { type: 'error', code: 2642, message: '(#2642) Invalid cursors values' },
        });
      },
    });
    expect(world.events.filter((event) => event.type === 'survey-restarted')).toHaveLength(1);
    expect(reportOf(answer)).toEqual(reportOf(await world.tidemark.verify({ facebookPageId })));
    expect(answer.total).toBe(595);
  });

  for (const { name, sql } of [
    {
      name: 'it has rested for hours',
      sql: `UPDATE facebook_unfinished_verifies SET kept_at = now() - interval '3 hours'`,
    },
    {
      name: 'it began more than a day ago',
      sql: `UPDATE facebook_verify_seen SET seen_at = now() - interval '25 hours'`,
    },
    { name: 'a full sync was asked for meanwhile', sql: 'UPDATE facebook_pages SET last_synced_at = NULL' },
  ]) {
    it(`begins again at the head when ${name}`, async () => {
      await using world = await openDamaged();
      const asked = { facebookPageId: world.pageIds[0], repair: true };
      for (let slice = 0; slice < 3; slice++) await world.tidemark.verify({ ...asked, maxDurationMs: 1 });
      await query(world, sql);
      const before = countLists(world);
      const answer = await world.tidemark.verify(asked);
      expect(answer).toMatchObject({ total: 595, counts: { deleted: 5 } });
      // All six list pages, and the head once more.
      expect(countLists(world) - before).toBe(7);
      expect(await world.differences()).toEqual([]);
      expect(await findLeftovers(world)).toEqual([]);
    });
  }

  it('begins again when the Page was synced for the first time meanwhile, and a full sync asked for', async () => {
    await using world = await openWorld({ version: 17, simulator: SIMULATOR });
    const asked = { facebookPageId: world.pageIds[0], repair: true };
    for (let slice = 0; slice < 3; slice++) await world.tidemark.verify({ ...asked, maxDurationMs: 1 });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    // As an owner does who wants all of it once more.
    await query(world, `DELETE FROM facebook_conversations WHERE id IN (${OLDEST} OFFSET 500 LIMIT 50) RETURNING id`);
    await query(world, 'UPDATE facebook_pages SET last_synced_at = NULL RETURNING id::text AS id');
    expect(await world.tidemark.verify(asked)).toMatchObject({ total: 600, counts: { missing: 50 } });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    expect(await world.differences()).toEqual([]);
  });

  it('has its place to itself: a verify of the other kind neither uses nor spoils it', async () => {
    await using world = await openDamaged();
    const named = { facebookPageId: world.pageIds[0] };
    for (let slice = 0; slice < 4; slice++) await world.tidemark.verify({ ...named, repair: true, maxDurationMs: 1 });
    const looked = await world.tidemark.verify(named);
    expect(looked).toMatchObject({ total: 595, complete: true, counts: { deleted: 5 } });
    const before = countLists(world);
    expect(await world.tidemark.verify({ ...named, repair: true })).toMatchObject({ total: 595, status: 'succeeded' });
    expect(countLists(world) - before).toBe(3);
    expect(await world.differences()).toEqual([]);
  });

  it('that only looks begins again once another has repaired what it found', async () => {
    await using world = await openDamaged();
    const named = { facebookPageId: world.pageIds[0] };
    for (let slice = 0; slice < 4; slice++) await world.tidemark.verify({ ...named, maxDurationMs: 1 });
    expect(await world.tidemark.verify({ ...named, repair: true })).toMatchObject({ status: 'succeeded' });
    const nothing = { missing: 0, stale: 0, deleted: 0 };
    expect(await world.tidemark.verify(named)).toMatchObject({ total: 595, complete: true, counts: nothing });
    expect(await findLeftovers(world)).toEqual([]);
  });

  it('keeps its place when a slice is throttled, and goes on there when the pool opens', async () => {
    await using world = await openDamaged();
    const asked = { facebookPageId: world.pageIds[0], repair: true };
    for (let slice = 0; slice < 4; slice++) await world.tidemark.verify({ ...asked, maxDurationMs: 1 });
    await query(
      world,
      `UPDATE facebook_sync_state SET cooldown_until = now() + interval '60 seconds' RETURNING page_id AS id`,
    );
    await using parked = await createTidemark(world.settings);
    await expect(parked.verify({ ...asked, maxDurationMs: 2000 })).rejects.toMatchObject({ code: 'THROTTLED' });
    await query(world, `UPDATE facebook_sync_state SET cooldown_until = NULL RETURNING page_id AS id`);
    await using fresh = await createTidemark(world.settings);
    const answer = await fresh.verify(asked);
    expect(answer).toMatchObject({ total: 595, status: 'succeeded', counts: { deleted: 5 } });
    // The last two list pages, the head once more, the five that are gone; and nothing twice.
    expect(answer.graphCalls).toBeLessThanOrEqual(10);
    expect(await world.differences()).toEqual([]);
  });

  it('survives two processes at once: each Page is walked by one of them, and both come to an end', async () => {
    await using world = await openDamaged();
    await using other = await createTidemark(world.settings);
    const facebookPageId = must(world.pageIds[0], 'a Page');
    const verifyToItsEnd = async (tidemark: Tidemark) => {
      for (let turn = 0; turn < 200; turn++) {
        const asked = { facebookPageId, repair: true, maxDurationMs: 20 };
        const answer = await tidemark.verify(asked).catch((error: unknown) => toTidemarkError(error));
        if (answer instanceof Error) expect(answer.code).toBe('PAGE_BUSY');
        else if (answer.complete) return answer;
      }
      throw new Error('It never came to an end.');
    };
    const answers = await Promise.all([verifyToItsEnd(world.tidemark), verifyToItsEnd(other)]);
    expect(answers.map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
    expect(await overlappingRuns(world)).toEqual([]);
    expect(await findMarked(world)).toHaveLength(5);
    expect(await world.differences()).toEqual([]);
    expect(await findLeftovers(world)).toEqual([]);
  });
});

describe('a process that is killed in the middle of a verify in slices', () => {
  const EVENTS = 'run-started,list-surveyed,batch-committed,run-finished';
  for (const repair of [false, true]) {
    it(`(repair: ${repair}) is replaced: what it kept is used, and what it did not is walked again (I4)`, async () => {
      await using whole = await openDamaged();
      const unsliced = await whole.tidemark.verify({ facebookPageId: whole.pageIds[0], repair });
      for (const fate of [2, 8, 15]) {
        await using world = await openDamaged();
        const facebookPageId = must(world.pageIds[0], 'a Page');
        const { calls } = world.simulator.calls.total;
        const { encryptionKey: _, ...plain } = world.settings;
        const args = [SCRIPT, JSON.stringify(plain), facebookPageId, repair ? 'repair' : '', `${EVENTS}=${fate}`];
        const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
        const [, signal] = await once(child, 'exit');
        expect(signal).toBe('SIGKILL');
        await query(
          world,
          `UPDATE facebook_sync_state SET lease_expires_at = now() - interval '1 second'
           WHERE lease_run_id IS NOT NULL RETURNING page_id AS id`,
        );
        const { answer } = await verifyInSlices(world, { repair });
        expect(answer).toMatchObject({ status: 'succeeded', total: 595, counts: { deleted: 5 } });
        if (repair) expect(await world.differences()).toEqual([]);
        else expect(reportOf(answer)).toEqual(reportOf(unsliced));
        expect(await findMarked(world)).toEqual(await findMarked(whole));
        expect(await findLeftovers(world)).toEqual([]);
        // The dead one's calls but for the slice that it died in are not made again.
        expect(world.simulator.calls.total.calls - calls).toBeLessThanOrEqual(1.3 * unsliced.graphCalls);
      }
    });
  }
});
