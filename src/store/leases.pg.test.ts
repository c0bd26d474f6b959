/** Who may walk a Page: one run at a time across all processes, and none for ever. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeEachPostgres } from '../../test/support/postgres.ts';
import { LEASE_MS } from '../core/model.ts';
import { openRunStore } from './run-store.ts';
import {
  connectAside,
  openStoreForTest,
  outcome,
  toBeginRequest,
  untilWaiting,
} from '../../test/support/store/opened-store.ts';

describeEachPostgres('the lease', (version) => {
  let opened: Awaited<ReturnType<typeof openStoreForTest>>;
  beforeAll(async () => {
    opened = await openStoreForTest(version);
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  const run = (runId: string) => opened.one('SELECT * FROM facebook_sync_runs WHERE id = $1', [runId]);

  describe('is given', () => {
    it('to one run, which is named to everybody else who wants one', async () => {
      const { lease } = await opened.begin();
      expect(await run(lease.runId)).toMatchObject({
        status: 'running',
        mode: 'full',
        trigger: 'library',
        finished_at: null,
      });
      const second = await opened.ledger.begin(await toBeginRequest(opened, { pageId: lease.pageId }));
      expect(second).toEqual({ kind: 'other', runId: lease.runId, mode: 'full', forced: false });
      expect(await opened.ledger.stateOf(lease.runId)).toBe('running');
    });

    it('for its whole time, to who had to wait for its row', async () => {
      const { lease } = await opened.begin();
      await opened.expire(lease);
      const blocker = connectAside(opened.url);
      const { pageId } = lease;
      const begun = Promise.withResolvers<unknown>();
      await blocker.transaction(async (query) => {
        await query('SELECT FROM facebook_sync_state WHERE page_id = $1 FOR UPDATE', [pageId]);
        opened.begin({ pageId }).then(begun.resolve, begun.reject);
        await untilWaiting(opened, 1);
        await query('SELECT pg_sleep(1.5)');
      });
      await begun.promise;
      const { left_ms: leftMs } = await opened.one<{ left_ms: number }>(
        `SELECT (extract(epoch FROM lease_expires_at - now()) * 1000)::float8 AS left_ms
         FROM facebook_sync_state WHERE page_id = $1`,
        [pageId],
      );
      expect(leftMs).toBeGreaterThan(LEASE_MS - 1000);
    });

    it('to exactly one of many processes that want it at the same instant', async () => {
      const pageId = await opened.addPage();
      const blocker = connectAside(opened.url);
      const wanted = await Promise.all(Array.from({ length: 8 }, () => toBeginRequest(opened, { pageId })));
      const begun = await blocker.transaction(async (query) => {
        // Holds all of them up just before they take the lease, then lets them go at once.
        await query('LOCK TABLE facebook_sync_state IN SHARE MODE');
        const attempts = wanted.map((request) => openRunStore(opened.database, crypto.randomUUID()).begin(request));
        await untilWaiting(opened, wanted.length);
        return { attempts };
      });
      const results = await Promise.all(begun.attempts);
      const [winner, ...others] = results.toSorted((a, b) => ((a?.kind ?? '') < (b?.kind ?? '') ? -1 : 1));
      if (winner?.kind !== 'begun') throw new Error('nobody began');
      for (const other of others) expect(other).toMatchObject({ kind: 'other', runId: winner.lease.runId });
      const runs = await opened.database.query('SELECT id FROM facebook_sync_runs WHERE page_id = $1', [pageId]);
      expect(runs).toEqual([{ id: winner.lease.runId }]);
    });

    it('to a run that is recorded as begun when it had it, not when it asked', async () => {
      const { lease, store } = await opened.begin();
      const request = await toBeginRequest(opened, { pageId: lease.pageId });
      await opened.database.transaction(async (query) => {
        // As a statement that has come a long way: its now() is before the end of the run before.
        await query('SELECT now()');
        await store.finish(outcome());
        const begun = await openRunStore({ ...opened.database, query }, crypto.randomUUID()).begin(request);
        expect(begun).toMatchObject({ kind: 'begun' });
      });
      const { finished_at: finishedAt } = await run(lease.runId);
      expect((await run(request.runId))['started_at']).toBeGreaterThanOrEqual(Number(finishedAt));
    });

    it('with the last call of the run before, even when that run ended while the lease was asked for', async () => {
      const pageId = await opened.addPage();
      await opened.begin({ pageId });
      await opened.database.query(
        `UPDATE facebook_sync_state SET last_call_at = now() - interval '1 minute' WHERE page_id = $1`,
        [pageId],
      );
      const ending = connectAside(opened.url);
      const next = openRunStore(opened.database, crypto.randomUUID());
      const { waited } = await ending.transaction(async (query) => {
        await query(
          `UPDATE facebook_sync_state SET lease_run_id = NULL, lease_expires_at = NULL, last_call_at = now()
           WHERE page_id = $1`,
          [pageId],
        );
        const waiting = next.begin(await toBeginRequest(opened, { pageId }));
        await untilWaiting(opened, 1);
        return { waited: waiting };
      });
      const heir = await waited;
      if (heir?.kind !== 'begun') throw new Error('nobody began');
      expect(heir.lastCallAgoMs).toBeLessThan(20_000);
      expect(heir.lastCallAgoMs).toBeGreaterThanOrEqual(0);
    });

    it('for each platform by itself', async () => {
      const { lease } = await opened.begin();
      const instagram = await opened.begin({ pageId: lease.pageId, platform: 'instagram' });
      expect(instagram.lease.platform).toBe('instagram');
      await opened.ledger.fail(instagram.lease, {
        code: 'X',
        message: 'x',
        graphCalls: 0,
        listed: 0,
        phases: {},
        pageStatus: undefined,
      });
      expect(await opened.ledger.stateOf(lease.runId)).toBe('running');
    });

    it('for no Page that is not there', async () => {
      const request = await toBeginRequest(opened, { pageId: crypto.randomUUID() });
      await expect(opened.ledger.begin(request)).rejects.toMatchObject({ code: 'PAGE_NOT_FOUND' });
    });

    it('with a fence above that of every run before', async () => {
      const pageId = await opened.addPage();
      const fences: number[] = [];
      for (let n = 0; n < 3; n++) {
        const { lease, store } = await opened.begin({ pageId });
        fences.push(lease.fence);
        await store.finish(outcome());
      }
      expect(fences).toEqual(fences.toSorted((a, b) => a - b));
      expect(new Set(fences).size).toBe(3);
    });

    it('with word of how long ago another process may have called, and none of our own calls', async () => {
      const { lease } = await opened.begin();
      await opened.ledger.renew(lease);
      await opened.database.query(
        `UPDATE facebook_sync_state SET lease_run_id = NULL, last_call_at = now() - interval '700 milliseconds'
         WHERE page_id = $1`,
        [lease.pageId],
      );
      const stranger = openRunStore(opened.database, crypto.randomUUID());
      const begun = await stranger.begin(await toBeginRequest(opened, { pageId: lease.pageId }));
      if (begun?.kind !== 'begun') throw new Error('the lease was free');
      expect(begun.lastCallAgoMs).toBeGreaterThanOrEqual(700);
      await stranger.fail(begun.lease, {
        code: 'X',
        message: 'x',
        graphCalls: 0,
        listed: 0,
        phases: {},
        pageStatus: undefined,
      });
      const again = await stranger.begin(await toBeginRequest(opened, { pageId: lease.pageId }));
      expect(again).toMatchObject({ kind: 'begun', lastCallAgoMs: undefined });
    });
  });

  describe('of a process that died passes on', () => {
    it('once it has run out, not before, and its run is closed as failed', async () => {
      const dead = await opened.begin();
      const request = await toBeginRequest(opened, { pageId: dead.lease.pageId });
      expect(await opened.ledger.begin(request)).toMatchObject({ kind: 'other' });
      await opened.expire(dead.lease);
      const heir = await opened.ledger.begin(request);
      expect(heir).toMatchObject({ kind: 'begun', lease: { fence: dead.lease.fence + 1 } });
      expect(await run(dead.lease.runId)).toMatchObject({ status: 'failed', error_code: 'LEASE_LOST' });
      expect((await run(dead.lease.runId))['finished_at']).not.toBeNull();
      expect(await opened.ledger.stateOf(dead.lease.runId)).toBe('abandoned');
    });

    it('unless it was renewed', async () => {
      const { lease } = await opened.begin();
      await opened.expire(lease);
      expect(await opened.ledger.renew(lease)).toEqual({ end: undefined, cooldowns: [] });
      expect(await opened.ledger.begin(await toBeginRequest(opened, { pageId: lease.pageId }))).toMatchObject({
        kind: 'other',
      });
    });

    it('exactly once, however many have waited for it', async () => {
      const dead = await opened.begin();
      const { pageId, runId } = dead.lease;
      await opened.expire(dead.lease);
      const heirs = await Promise.all(
        Array.from({ length: 6 }, async () =>
          opened.ledger.begin(await toBeginRequest(opened, { pageId, insteadOf: runId })),
        ),
      );
      expect(heirs.filter((heir) => heir?.kind === 'begun')).toHaveLength(1);
    });

    it('but not for a caller who waits for another run: that one has ended, and its answer is there', async () => {
      const { lease } = await opened.begin();
      await opened.expire(lease);
      const request = await toBeginRequest(opened, { pageId: lease.pageId, insteadOf: crypto.randomUUID() });
      expect(await opened.ledger.begin(request)).toMatchObject({ kind: 'other', runId: lease.runId });
    });
  });
});
