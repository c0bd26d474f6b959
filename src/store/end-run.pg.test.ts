/** How far the mirror is known to reach, in which mode a Page is walked, and how runs end. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeEachPostgres } from '../../test/support/postgres.ts';
import type { Instant, Lease } from '../core/model.ts';
import { NO_COUNTS } from '../core/model.ts';
import { collected, openStoreForTest, outcome, snapshot } from '../../test/support/store/opened-store.ts';

const HOUR_MS = 3_600_000;
const PHASES = { survey: { calls: 7, durationMs: 3_400, rows: 90 } };
const START_AT = Date.UTC(2026, 2, 1, 8);
const complete = (watermark: Instant | undefined, startedAt = START_AT) =>
  outcome({ startedAt, end: { kind: 'complete', watermark } });

describeEachPostgres('the run ledger', (version) => {
  let opened: Awaited<ReturnType<typeof openStoreForTest>>;
  beforeAll(async () => {
    opened = await openStoreForTest(version);
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  const run = (runId: string) => opened.one('SELECT * FROM facebook_sync_runs WHERE id = $1', [runId]);
  const state = ({ pageId }: Pick<Lease, 'pageId'>) =>
    opened.one('SELECT * FROM facebook_sync_state WHERE page_id = $1', [pageId]);
  const page = ({ pageId }: Pick<Lease, 'pageId'>) =>
    opened.one('SELECT status, status_detail, last_synced_at FROM facebook_pages WHERE id = $1', [pageId]);
  const clearLastSynced = ({ pageId }: Pick<Lease, 'pageId'>) =>
    opened.database.query('UPDATE facebook_pages SET last_synced_at = NULL WHERE id = $1', [pageId]);
  /** A Page that a complete walk has been through. */
  async function syncedPage(watermark: Instant | undefined = START_AT) {
    const { lease, store } = await opened.begin();
    await store.finish(complete(watermark));
    return { pageId: lease.pageId };
  }

  describe('moves the watermark', () => {
    it('only forward (I1)', async () => {
      const { pageId } = await syncedPage(START_AT);
      for (const [watermark, expected] of [
        [START_AT - HOUR_MS, START_AT],
        [undefined, START_AT],
        [START_AT + HOUR_MS, START_AT + HOUR_MS],
        [START_AT + 1, START_AT + HOUR_MS],
      ] as const) {
        for (const forced of [false, true]) {
          const { store } = await opened.begin({ pageId, forced });
          await store.finish(complete(watermark));
          expect((await state({ pageId }))['watermark']).toBe(expected);
        }
      }
    });

    it('never back, not even by the full walk that clearing last_synced_at asks for (I1)', async () => {
      const { pageId } = await syncedPage(START_AT);
      await clearLastSynced({ pageId });
      const { store, mode } = await opened.begin({ pageId });
      expect(mode).toBe('full');
      expect((await state({ pageId }))['watermark']).toBe(START_AT);
      await store.finish(complete(START_AT - HOUR_MS));
      expect((await state({ pageId }))['watermark']).toBe(START_AT);
    });

    it('only when the walk was complete: stopped or failed, everything stays (I1)', async () => {
      const { pageId } = await syncedPage(START_AT);
      const before = await page({ pageId });
      const checkpoint = { after: 'cursor', startedAt: START_AT + HOUR_MS, nextWatermark: START_AT + 2 * HOUR_MS };
      for (const end of [
        { kind: 'stopped', checkpoint },
        { kind: 'stopped', checkpoint: undefined },
      ] as const) {
        const { store, lease } = await opened.begin({ pageId });
        expect(await store.finish(outcome({ end, startedAt: checkpoint.startedAt }))).toBe('partial');
        expect(await run(lease.runId)).toMatchObject({ status: 'partial' });
        expect(await page({ pageId })).toEqual(before);
        expect((await state({ pageId }))['watermark']).toBe(START_AT);
      }
      const { lease } = await opened.begin({ pageId });
      await opened.ledger.fail(lease, {
        code: 'GRAPH_ERROR',
        message: 'x',
        graphCalls: 1,
        listed: 0,
        phases: {},
        pageStatus: undefined,
      });
      expect(await page({ pageId })).toEqual(before);
      expect((await state({ pageId }))['watermark']).toBe(START_AT);
    });

    it('and last_synced_at to the start of the walk, never to its end', async () => {
      const { pageId } = await syncedPage();
      const { store } = await opened.begin({ pageId });
      await store.finish(complete(START_AT, START_AT + HOUR_MS));
      expect((await page({ pageId }))['last_synced_at']).toBe(START_AT + HOUR_MS);
    });

    it('past conversations of the retry ledger, but then the run is partial and last_synced_at stays (I13)', async () => {
      const { pageId } = await syncedPage(START_AT);
      const { store, lease } = await opened.begin({ pageId });
      await store.recordFailures([{ conversationId: 't_1', code: 'GRAPH_ERROR', reason: 'not shown' }]);
      expect(await store.finish(complete(START_AT + HOUR_MS, START_AT + HOUR_MS))).toBe('partial');
      expect(await run(lease.runId)).toMatchObject({ status: 'partial' });
      expect((await state({ pageId }))['watermark']).toBe(START_AT + HOUR_MS);
      expect((await page({ pageId }))['last_synced_at']).toBe(START_AT);

      const next = await opened.begin({ pageId });
      await next.store.commit([collected(snapshot('t_1'))]);
      expect(await next.store.finish(complete(START_AT + HOUR_MS, START_AT + HOUR_MS))).toBe('succeeded');
      expect((await page({ pageId }))['last_synced_at']).toBe(START_AT + HOUR_MS);
    });
  });

  describe('walks in full', () => {
    it('when last_synced_at is null, when it is told to, and when there is no watermark; else incrementally', async () => {
      const modeOf = async (pageId: string, forced = false) => {
        const { mode, lease } = await opened.begin({ pageId, forced });
        await opened.ledger.fail(lease, {
          code: 'X',
          message: 'x',
          graphCalls: 0,
          listed: 0,
          phases: {},
          pageStatus: undefined,
        });
        return mode;
      };
      const { pageId } = await syncedPage();
      expect(await modeOf(pageId)).toBe('incremental');
      expect(await modeOf(pageId, true)).toBe('full');
      await clearLastSynced({ pageId });
      expect(await modeOf(pageId)).toBe('full');
      expect(await modeOf(await opened.addPage())).toBe('full');
      // An adopted table may bring a last_synced_at of its own.
      const adopted = await opened.addPage();
      await opened.database.query('UPDATE facebook_pages SET last_synced_at = now() WHERE id = $1', [adopted]);
      expect(await modeOf(adopted)).toBe('full');
      // The list was empty: complete, but without a time to go on from.
      const empty = await opened.begin();
      await empty.store.finish(complete(undefined));
      expect(await modeOf(empty.lease.pageId)).toBe('full');
    });

    it('after last_synced_at was set to null while a run went on: it stays null, and the next run is full', async () => {
      const { pageId } = await syncedPage();
      const { store, mode } = await opened.begin({ pageId });
      expect(mode).toBe('incremental');
      await clearLastSynced({ pageId });
      await store.finish(complete(START_AT + HOUR_MS, START_AT + HOUR_MS));
      expect((await page({ pageId }))['last_synced_at']).toBeNull();
      const next = await opened.begin({ pageId });
      expect(next.mode).toBe('full');
      await next.store.finish(complete(START_AT, START_AT + HOUR_MS));
      expect((await page({ pageId }))['last_synced_at']).toBe(START_AT + HOUR_MS);
    });
  });

  describe('remembers where a walk stopped', () => {
    const checkpoint = { after: 'cursor', startedAt: START_AT, nextWatermark: START_AT + HOUR_MS };
    const stopped = outcome({ startedAt: START_AT, end: { kind: 'stopped', checkpoint }, nestedLimit: 12 });

    it('for the next walk of its kind, and forgets it when one was complete', async () => {
      const first = await opened.begin();
      const { pageId } = first.lease;
      await first.store.finish(stopped);
      const forced = await opened.begin({ pageId, forced: true });
      expect(forced).toMatchObject({ mode: 'full', checkpoint: undefined, nestedLimit: 12 });
      await opened.ledger.fail(forced.lease, {
        code: 'X',
        message: 'x',
        graphCalls: 0,
        listed: 0,
        phases: {},
        pageStatus: undefined,
      });
      const second = await opened.begin({ pageId });
      expect(second).toMatchObject({ mode: 'full', checkpoint, nestedLimit: 12 });
      await second.store.finish(complete(START_AT));
      const third = await opened.begin({ pageId });
      expect(third).toMatchObject({ mode: 'incremental', checkpoint: undefined });
    });

    it('without a top as well, when the list showed no times', async () => {
      const first = await opened.begin();
      await first.store.finish(
        outcome({ end: { kind: 'stopped', checkpoint: { ...checkpoint, nextWatermark: undefined } } }),
      );
      const { checkpoint: found } = await opened.begin({ pageId: first.lease.pageId });
      expect(found).toMatchObject({ after: 'cursor', nextWatermark: undefined });
    });
  });

  describe('ends a run', () => {
    it('once: a second end changes nothing, whichever came first', async () => {
      const failure = {
        code: 'GRAPH_ERROR',
        message: 'x',
        graphCalls: 1,
        listed: 0,
        phases: {},
        pageStatus: undefined,
      };
      const finished = await opened.begin();
      await finished.store.finish(complete(START_AT));
      const [ended, line] = [await run(finished.lease.runId), await state(finished.lease)];
      await opened.ledger.fail(finished.lease, failure);
      await expect(finished.store.finish(complete(START_AT + HOUR_MS))).rejects.toMatchObject({ code: 'LEASE_LOST' });
      expect(await run(finished.lease.runId)).toEqual(ended);
      expect((await state(finished.lease))['watermark']).toBe(line['watermark']);

      const failed = await opened.begin();
      await opened.ledger.fail(failed.lease, failure);
      await expect(failed.store.finish(complete(START_AT))).rejects.toMatchObject({ code: 'LEASE_LOST' });
      expect(await run(failed.lease.runId)).toMatchObject({ status: 'failed', error_code: 'GRAPH_ERROR' });
      expect((await state(failed.lease))['watermark']).toBeNull();
    });

    it('of a stale holder without any effect on the run that took over, its Page and its watermark (I6)', async () => {
      const stale = await opened.begin({ pageId: (await syncedPage()).pageId });
      const { pageId } = stale.lease;
      await opened.expire(stale.lease);
      const holder = await opened.begin({ pageId });
      const seen = async () => [
        await state({ pageId }),
        await page({ pageId }),
        await run(stale.lease.runId),
        await run(holder.lease.runId),
      ];
      const before = await seen();
      await expect(stale.store.finish(complete(START_AT + HOUR_MS))).rejects.toMatchObject({ code: 'LEASE_LOST' });
      await opened.ledger.fail(stale.lease, {
        code: 'TOKEN_EXPIRED',
        message: 'an old token',
        graphCalls: 9,
        listed: 0,
        phases: {},
        pageStatus: 'token_expired',
      });
      expect(await seen()).toEqual(before);
    });

    it('that failed with its code and sentence, the calls it made, and the Page in the state it met', async () => {
      const { lease } = await opened.begin();
      const message = 'Page 42: Facebook says "\0odd"';
      await opened.ledger.fail(lease, {
        code: 'TOKEN_EXPIRED',
        message,
        graphCalls: 7,
        listed: 90,
        phases: PHASES,
        pageStatus: 'token_expired',
      });
      const told = message.replace('\0', '\uFFFD');
      expect(await run(lease.runId)).toMatchObject({
        status: 'failed',
        error_code: 'TOKEN_EXPIRED',
        error_message: told,
        graph_calls: 7,
        listed: 90,
        phases: PHASES,
      });
      expect(await page(lease)).toMatchObject({ status: 'token_expired', status_detail: told });
      expect(await state(lease)).toMatchObject({ lease_run_id: null, lease_expires_at: null });

      const next = await opened.begin({ pageId: lease.pageId });
      await next.store.finish(outcome({ counts: { ...NO_COUNTS, graphCalls: 2 } }));
      expect(await page(lease)).toMatchObject({ status: 'connected', status_detail: null });
    });

    it('without waking a Page that was paused meanwhile', async () => {
      const { lease, store } = await opened.begin();
      await opened.database.query(`UPDATE facebook_pages SET is_active = false, status = 'paused' WHERE id = $1`, [
        lease.pageId,
      ]);
      await store.finish(complete(START_AT));
      expect(await page(lease)).toMatchObject({ status: 'paused' });
    });
  });

  it('counts the conversations above the cut, up to what one list brings', async () => {
    const first = await opened.begin();
    const { pageId } = first.lease;
    const shown = Array.from({ length: 7 }, (_, n) =>
      collected(snapshot(`t_${n}`, { updatedAt: START_AT - n * 60_000 }), []),
    );
    await first.store.commit([...shown, collected(snapshot('t_none', { updatedAt: undefined }), [])]);
    await first.store.finish(complete(START_AT));
    // The overlap is two minutes, and what lies on the cut counts.
    const second = await opened.begin({ pageId });
    expect(second.storedInLookback).toBe(3);
  });
});
