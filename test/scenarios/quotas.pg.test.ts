/**
 * Facebook's quotas (I7, I8): during a cooldown no process calls, started before or after it began; a quota that is used
 * up cools down before it refuses; and one Page's quota is its own.
 */
import { describe, expect, it, vi } from 'vitest';
import { createTidemark } from '../../src/engine/create-tidemark.ts';
import type { Tidemark } from '../../src/api/tidemark.ts';
import { toTidemarkError } from '../../src/core/errors.ts';
import { must } from '../../src/lib/must.ts';
import { Secret } from '../../src/lib/secret.ts';
import { openEye } from '../support/client.ts';
import { openPools } from '../support/open-pools.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

const MINUTE_MS = 60_000;
const THROTTLED = { code: 'THROTTLED' };
/** With older messages to bring after the first sync. */
const DEEP = { conversations: 6, messagesPerConversation: { min: 150, max: 300, mean: 200 }, seed: 3 };

function pagesOf(world: TestWorld): readonly [first: string, second: string] {
  const [first, second] = world.pageIds;
  return [must(first, 'a Page'), must(second, 'a second Page')];
}

/** How the sync of a Page ends, and how many calls of any kind it makes. */
async function outcomeOf(world: TestWorld, pageId: string, tidemark: Tidemark = world.tidemark) {
  const { calls } = world.simulator.calls.total;
  const sync = tidemark.sync({ facebookPageId: pageId });
  const error = await sync.then(
    () => undefined,
    (reason: unknown) => toTidemarkError(reason),
  );
  return {
    code: error?.code,
    message: error?.message,
    retryAfterMs: error?.retryAfterMs,
    calls: world.simulator.calls.total.calls - calls,
  };
}

async function statusOf(world: TestWorld, pageId: string) {
  const { status, statusDetail } = await world.tidemark.pages.find({ facebookPageId: pageId });
  return { status, statusDetail };
}

describe('a refusal because of a quota', () => {
  for (const [code, scope] of [
    [4, 'app'],
    [341, 'app'],
    [17, 'page'],
    [32, 'page'],
    [80_001, 'page'],
    [80_002, 'page'],
    [80_006, 'page'],
  ] as const) {
    it(`with code ${code} stops the calls of ${scope === 'app' ? 'every Page' : 'that Page alone'}`, async () => {
      await using world = await openWorld({ version: 17, simulator: { pages: 2, conversations: 20 } });
      const [first, second] = pagesOf(world);
      world.simulator.faults.add({ match: { pageId: first }, effect: { type: 'error', code } });
      expect(await outcomeOf(world, first)).toMatchObject({ ...THROTTLED, calls: 1 });

      const throttled = { ...THROTTLED, calls: 0, retryAfterMs: expect.closeTo(5 * MINUTE_MS, -5) as number };
      expect(await outcomeOf(world, first)).toMatchObject(throttled);
      const other = await outcomeOf(world, second);
      if (scope === 'page') expect(other).toMatchObject({ code: undefined, message: undefined });
      else expect(other).toMatchObject({ ...throttled, message: expect.stringContaining(second) as string });
      expect((await statusOf(world, second)).status).toBe(scope === 'page' ? 'connected' : 'throttled');

      // Another process, and this one after a restart, know it without being told by Facebook.
      await using fresh = await createTidemark(world.settings);
      expect(await outcomeOf(world, first, fresh)).toMatchObject(throttled);
      expect(world.simulator.calls.ofPage(first).calls).toBe(1);
    });
  }

  it('with code 613 is over in a moment, and is not stored', async () => {
    await using world = await openWorld({ version: 17, simulator: { pages: 2, conversations: 20 } });
    const [first] = pagesOf(world);
    world.simulator.faults.add({ match: { pageId: first }, effect: { type: 'error', code: 613 } });
    expect((await world.tidemark.sync({ facebookPageId: first })).status).toBe('succeeded');
    await using eye = await openEye(world.databaseUrl);
    const { rows } = await eye.client.query('SELECT cooldown_until FROM facebook_sync_state');
    // Of both Pages.
    expect(rows).toEqual([{ cooldown_until: null }, { cooldown_until: null }]);
  });

  it('ends as told although the clock of the host is set back by hours meanwhile', async () => {
    const hostTime = Date.now.bind(Date);
    let stepMs = 0;
    using _ = vi.spyOn(Date, 'now').mockImplementation(() => hostTime() + stepMs);
    await using world = await openWorld({
      version: 17,
      simulator: { conversations: 20, now: hostTime },
      onEvent: ({ type }) => {
        // When the cooldown has begun.
        if (type === 'call-delayed') setTimeout(() => (stepMs = -3 * 60 * MINUTE_MS), 100);
      },
    });
    const pageId = must(world.pageIds[0], 'a Page');
    world.simulator.faults.add({ match: { pageId }, effect: { type: 'error', code: 613 } });
    expect((await world.tidemark.sync({ facebookPageId: pageId })).status).toBe('succeeded');
    expect(stepMs).not.toBe(0);
    expect(world.simulator.calls.violations).toEqual([]);
  });

  it('is told by the status of the Page, until the next sync succeeds', async () => {
    await using world = await openWorld({ version: 17 });
    const pageId = must(world.pageIds[0], 'a Page');
    world.simulator.quotas.saturate({ pool: 'messenger', pageId, percent: 107, blockedMs: 13 * MINUTE_MS });
    const refused = await outcomeOf(world, pageId);
    expect(refused).toMatchObject(THROTTLED);
    expect(await statusOf(world, pageId)).toEqual({ status: 'throttled', statusDetail: refused.message });
    const throttled = await outcomeOf(world, pageId);
    // As long as the usage header of the messenger pool says, by the minute.
    expect(must(throttled.retryAfterMs, 'it is known')).toBeGreaterThan(12.5 * MINUTE_MS);
    expect(must(throttled.retryAfterMs, 'it is known')).toBeLessThanOrEqual(13.1 * MINUTE_MS);
    expect((await statusOf(world, pageId)).statusDetail).toContain('(#80006)');

    world.simulator.quotas.reset();
    await using eye = await openEye(world.databaseUrl);
    await openPools(eye.client);
    await using fresh = await createTidemark(world.settings);
    await fresh.sync({ facebookPageId: pageId });
    expect(await statusOf(world, pageId)).toEqual({ status: 'connected', statusDetail: null });
    expect(await world.differences()).toEqual([]);
    expect(world.simulator.calls.violations).toEqual([]);
  });
});

describe('a quota that is used up', () => {
  it('of a Page cools down by its usage before it ever refuses; what still came through is used', async () => {
    // 200 calls a day for each of 0.0625 people: the thirteenth call uses it up.
    await using world = await openWorld({ version: 17, simulator: { conversations: 500, engagedPeople: 0.0625 } });
    const pageId = must(world.pageIds[0], 'a Page');
    let { graphCalls: made } = await world.tidemark.sync({ facebookPageId: pageId });
    await using eye = await openEye(world.databaseUrl);
    let outcome;
    do {
      // It only looks, one call after the other: five of them, if it can.
      await eye.client.query('UPDATE facebook_pages SET last_synced_at = NULL');
      outcome = await outcomeOf(world, pageId);
      made += outcome.calls;
    } while (outcome.code === undefined);
    expect(outcome).toMatchObject(THROTTLED);
    expect(made).toBe(13);
    const { retryAfterMs, message, calls } = await outcomeOf(world, pageId);
    expect(calls).toBe(0);
    expect(must(retryAfterMs, 'it is known')).toBeGreaterThan(23 * 60 * MINUTE_MS);
    expect(message).toContain('messenger quota as 104 % used');
    expect(world.simulator.calls.all.filter((call) => call.code !== undefined)).toEqual([]);
  });

  it('of a Page that is too small for its list lets a first sync end all the same, a part a day', async () => {
    const messagesPerConversation = { min: 1, max: 2, mean: 1 };
    const simulator = { conversations: 2500, engagedPeople: 0.0625, messagesPerConversation };
    await using world = await openWorld({ version: 17, simulator });
    const facebookPageId = must(world.pageIds[0], 'a Page');
    await using eye = await openEye(world.databaseUrl);
    const codes: (string | undefined)[] = [];
    do {
      await using tidemark = await createTidemark(world.settings);
      codes.push((await outcomeOf(world, facebookPageId, tidemark)).code);
      world.simulator.quotas.reset();
      // As if the day were over.
      await eye.client.query(
        `UPDATE facebook_sync_state SET last_call_at = last_call_at - interval '1 day', cooldown_until = now()
         WHERE cooldown_until IS NOT NULL`,
      );
    } while (codes.at(-1) === 'THROTTLED' && codes.length < 10);
    expect(codes.at(-1)).toBeUndefined();
    expect(codes.length).toBeGreaterThan(2);
    expect(await world.differences()).toEqual([]);
  });

  it('never lets a walk go on behind what was not collected when it filled', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 1000 } });
    const facebookPageId = must(world.pageIds[0], 'a Page');
    await using eye = await openEye(world.databaseUrl);
    const countHeld = async () => {
      const { rows } = await eye.client.query<{ held: number }>(
        'SELECT count(*)::int AS held FROM facebook_conversations',
      );
      return rows[0]?.held ?? 0;
    };
    let nested = 0;
    const stop = world.simulator.world.onCall(async ({ kind, messagesLimit }) => {
      if (kind !== 'conversations' || messagesLimit === 0 || ++nested > 1) return;
      // The first range is refused when those behind it are stored.
      await expect.poll(countHeld, { timeout: 20_000, interval: 10 }).toBeGreaterThanOrEqual(300);
      const effect = { type: 'throttle', blockedMs: 15 * MINUTE_MS } as const;
      world.simulator.faults.add({ match: { kind: 'conversations' }, times: 'always', effect });
    });
    expect(await outcomeOf(world, facebookPageId)).toMatchObject(THROTTLED);
    stop();
    world.simulator.faults.clear();
    world.simulator.quotas.reset();
    await openPools(eye.client);
    await using fresh = await createTidemark(world.settings);
    expect(await fresh.sync({ facebookPageId })).toMatchObject({ status: 'succeeded', total: 1000 });
    expect(await world.differences()).toEqual([]);
  });

  it('of a Page lets a sync succeed whose last call filled it', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 100, engagedPeople: 0.01 } });
    expect((await world.tidemark.sync({ facebookPageId: world.pageIds[0] })).status).toBe('succeeded');
    expect(await world.differences()).toEqual([]);
    expect(await outcomeOf(world, must(world.pageIds[0], 'a Page'))).toMatchObject({ ...THROTTLED, calls: 0 });
  });

  it('of the app stops every Page at once, and the connecting of Pages too', async () => {
    await using world = await openWorld({ version: 17, simulator: { pages: 4, conversations: 20 } });
    await world.tidemark.sync({ facebookPageId: world.pageIds[0] });
    world.simulator.quotas.saturate({ pool: 'app', percent: 101 });
    expect(await outcomeOf(world, must(world.pageIds[0], 'a Page'))).toMatchObject({ ...THROTTLED, calls: 1 });

    await using fresh = await createTidemark(world.settings);
    const { calls } = world.simulator.calls.total;
    for (const tidemark of [world.tidemark, fresh]) {
      await expect(tidemark.pages.connect(new Secret(world.simulator.world.tokens.user))).rejects.toMatchObject(
        THROTTLED,
      );
      const { results } = await tidemark.syncAll({});
      expect(results.map((row) => row.code)).toEqual(Array(4).fill('THROTTLED'));
    }
    expect(world.simulator.calls.total.calls).toBe(calls);
    expect(world.simulator.calls.violations).toEqual([]);
  });
});

describe.concurrent('a cooldown', () => {
  it('of the app stops the runs of other processes within seconds', async () => {
    await using world = await openWorld({
      version: 17,
      simulator: { pages: 2, conversations: 3000, latency: { baseMs: 600 } },
    });
    const [first, second] = pagesOf(world);
    await using other = await createTidemark(world.settings);
    const running = outcomeOf(world, second, other);
    await expect.poll(() => world.simulator.calls.ofPage(second).calls).toBeGreaterThan(0);
    world.simulator.faults.add({ match: { pageId: first }, effect: { type: 'error', code: 4 } });
    expect(await outcomeOf(world, first)).toMatchObject(THROTTLED);
    const blockedAt = Date.now();
    expect(await running).toMatchObject({ ...THROTTLED, message: expect.stringContaining('the whole app') as string });
    expect(Date.now() - blockedAt).toBeLessThan(9000);
    expect(await world.differences(second)).not.toEqual([]);
  });

  it('does not cost the run its lease that waits for it; who wants the Page too gets its answer', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 20 } });
    const pageId = must(world.pageIds[0], 'a Page');
    await world.tidemark.sync({ facebookPageId: pageId });
    await using eye = await openEye(world.databaseUrl);
    await eye.client.query(`UPDATE facebook_sync_state SET cooldown_until = now() + interval '7 seconds'`);
    const lease = async () => {
      const { rows } = await eye.client.query<{ expires_at: Date | null }>(
        'SELECT lease_expires_at AS expires_at FROM facebook_sync_state',
      );
      return rows[0]?.expires_at?.getTime() ?? 0;
    };
    await using waiting = await createTidemark(world.settings);
    await using other = await createTidemark(world.settings);
    world.takeCalls();
    const first = waiting.sync({ facebookPageId: pageId });
    await expect.poll(lease).toBeGreaterThan(0);
    const begun = await lease();
    const second = other.sync({ facebookPageId: pageId });
    await expect.poll(lease, { timeout: 7000 }).toBeGreaterThan(begun);
    expect(world.takeCalls()).toBe(0);

    const answers = await Promise.all([first, second]);
    expect(answers.map((answer) => answer.status)).toEqual(['succeeded', 'succeeded']);
    expect(answers[0].runId).toBe(answers[1].runId);
    expect(world.takeCalls()).toBe(1);
  });
});

/** Stores a cooldown in the database, for processes that begin from now on. */
async function block(world: TestWorld, { scope, seconds }: { scope: 'app' | 'page'; seconds: number }): Promise<void> {
  await using eye = await openEye(world.databaseUrl);
  const sql =
    scope === 'page'
      ? `UPDATE facebook_sync_state SET cooldown_until = now() + $1 * interval '1 second', cooldown_reason = 'Used up.'`
      : `INSERT INTO facebook_quotas (quota, cooldown_until, cooldown_reason)
         VALUES ('app', now() + $1 * interval '1 second', 'Used up.')`;
  await eye.client.query(sql, [seconds]);
}

describe.concurrent('a run whose time is over before its cooldown ends', () => {
  for (const scope of ['page', 'app'] as const) {
    it(`(${scope}) ends at once, says when it ends, keeps what is stored and moves nothing`, async () => {
      await using world = await openWorld({ version: 17, simulator: { conversations: 1500, seed: 5 } });
      const named = { facebookPageId: must(world.pageIds[0], 'a Page') };
      const slice = await world.tidemark.sync({ ...named, maxDurationMs: 1 });
      expect(slice).toMatchObject({ status: 'partial', lastSyncedAt: null });
      await block(world, { scope, seconds: 60 });
      await using fresh = await createTidemark(world.settings);
      world.takeCalls();
      const startedAt = Date.now();
      const inTime = { ...named, maxDurationMs: 3000 };
      const told = { ...THROTTLED, retryAfterMs: expect.closeTo(60_000, -5) as number };
      await expect(fresh.sync(inTime)).rejects.toMatchObject(told);
      await expect(fresh.verify({ ...inTime, repair: true })).rejects.toMatchObject(told);
      await fresh.collectHistory(inTime);
      const due = await fresh.jobs.runDue({ maxDurationMs: 3000 });
      expect(due).toMatchObject({ success: false, results: [{ ...THROTTLED, success: false }], pagesVerified: 0 });
      expect(Date.now() - startedAt).toBeLessThan(10_000);
      expect(world.takeCalls()).toBe(0);
      const page = await fresh.pages.find(named);
      expect(page).toMatchObject({ lastSyncedAt: null, status: 'throttled' });
      expect(page.statusDetail).toMatch(/throttles .+ for another \d\d s/);

      await using eye = await openEye(world.databaseUrl);
      await openPools(eye.client);
      await using later = await createTidemark(world.settings);
      // It goes on where the first slice stopped.
      expect((await later.sync(named)).total).toBeLessThan(1500);
      expect(await world.differences()).toEqual([]);
    });
  }

  it('is waited for by a run that has the time', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 20 } });
    const named = { facebookPageId: must(world.pageIds[0], 'a Page') };
    await world.tidemark.sync(named);
    await block(world, { scope: 'page', seconds: 4 });
    await block(world, { scope: 'app', seconds: 3 });
    await using fresh = await createTidemark(world.settings);
    const startedAt = Date.now();
    expect(await fresh.sync({ ...named, maxDurationMs: 15_000 })).toMatchObject({ status: 'succeeded' });
    expect(Date.now() - startedAt).toBeGreaterThan(3000);
  });

  it('has its waiting for the Page counted as its own time', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 20 } });
    const named = { facebookPageId: must(world.pageIds[0], 'a Page') };
    await world.tidemark.sync(named);
    await using eye = await openEye(world.databaseUrl);
    // A process that died without a word: its lease runs out in four seconds.
    await eye.client.query(
      `UPDATE facebook_sync_state SET lease_run_id = gen_random_uuid(), lease_expires_at = now() + interval '4 seconds'`,
    );
    await block(world, { scope: 'page', seconds: 12 });
    await using fresh = await createTidemark(world.settings);
    const startedAt = Date.now();
    // Eight seconds would be enough, were they counted from the end of the four.
    await expect(fresh.sync({ ...named, maxDurationMs: 9000 })).rejects.toMatchObject(THROTTLED);
    expect(Date.now() - startedAt).toBeLessThan(9000);
  });
});

describe('a quota that is nearly used up', () => {
  for (const pool of ['app', 'messenger'] as const) {
    it(`(${pool}) is left to the syncs: history ends before its next call, syncs go on`, async () => {
      await using world = await openWorld({ version: 17, simulator: DEEP });
      const pageId = must(world.pageIds[0], 'a Page');
      await world.tidemark.sync({ facebookPageId: pageId });
      world.simulator.quotas.saturate({ pool, pageId, percent: 79 });
      const [row] = (await world.tidemark.collectHistory({ maxDurationMs: 1 })).results;
      expect(row).toMatchObject({ status: 'partial', graphCalls: 1 });

      world.simulator.quotas.saturate({ pool, pageId, percent: 80 });
      for (const graphCalls of [1, 0]) {
        const [yielding] = (await world.tidemark.collectHistory({})).results;
        expect(yielding).toMatchObject({ status: 'partial', graphCalls });
      }
      world.simulator.world.activity({ pageId, newMessages: 3 });
      expect(await world.tidemark.sync({ facebookPageId: pageId })).toMatchObject({ status: 'succeeded', synced: 3 });

      world.simulator.quotas.reset();
      await world.tidemark.sync({ facebookPageId: pageId });
      const [rest] = (await world.tidemark.collectHistory({})).results;
      expect(rest).toMatchObject({ status: 'succeeded' });
      expect(await world.differences()).toEqual([]);
    });
  }
});
