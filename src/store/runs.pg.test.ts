/** The history of runs, read. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachPostgres } from '../../test/support/postgres.ts';
import { NO_COUNTS } from '../core/model.ts';
import { must } from '../lib/must.ts';
import { findRun, listRuns } from './runs.ts';
import { openStoreForTest, outcome } from '../../test/support/store/opened-store.ts';

describeEachPostgres('runs', (version) => {
  let opened: Awaited<ReturnType<typeof openStoreForTest>>;
  beforeAll(async () => {
    opened = await openStoreForTest(version);
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  it('are listed newest first, of one Page and of all, as many as were asked for', async () => {
    const pageIds = [await opened.addPage(), await opened.addPage(), await opened.addPage()];
    const begun: { readonly id: string; readonly pageId: string }[] = [];
    for (const [n, pageId] of [...pageIds, ...pageIds, ...pageIds].entries()) {
      const { lease, store } = await opened.begin({ pageId });
      await store.finish(outcome());
      await opened.database.query(
        `UPDATE facebook_sync_runs SET started_at = now() + $2 * interval '1 minute' WHERE id = $1`,
        [lease.runId, n],
      );
      begun.unshift({ id: lease.runId, pageId });
    }
    const listed = async (pageId: string | undefined, limit: number) =>
      (await listRuns(opened.database, { pageId, limit })).map((run) => run.id);
    expect(await listed(undefined, 200)).toEqual(begun.map((run) => run.id));
    expect(await listed(undefined, 4)).toEqual(begun.slice(0, 4).map((run) => run.id));
    const [, pageId] = pageIds;
    const own = begun.filter((run) => run.pageId === pageId).map((run) => run.id);
    expect(await listed(pageId, 2)).toEqual(own.slice(0, 2));
    await opened.database.query(`UPDATE facebook_sync_runs SET platform = 'instagram' WHERE id = ANY ($1)`, [
      [begun[1]?.id, begun[4]?.id],
    ]);
    const onInstagram = await listRuns(opened.database, { platform: 'instagram', limit: 1 });
    expect(onInstagram).toMatchObject([{ id: begun[1]?.id, platform: 'instagram' }]);
    const ofPage = await listRuns(opened.database, { pageId, platform: 'messenger' });
    expect(ofPage.map((run) => run.id)).toEqual(own.filter((id) => id !== begun[1]?.id && id !== begun[4]?.id));
    for (const limit of [0, -1, 201, 1.5]) {
      await expect(listed(undefined, limit)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
  });

  it('are found by their id with the name of their Page, and by nothing that is no id', async () => {
    const { lease } = await opened.begin();
    const run = must(await findRun(opened.database, lease.runId), 'it has begun');
    expect(run).toMatchObject({
      status: 'running',
      pageName: 'Harbour Café',
      finishedAt: undefined,
      synced: 0,
      phases: {},
    });
    for (const id of ['', 'no uuid', `${lease.runId}\0`, crypto.randomUUID()]) {
      expect(await findRun(opened.database, id)).toBeUndefined();
    }
  });

  it('tell how far the mirror of their Page is when they are read, not when they ended', async () => {
    const first = await opened.begin();
    const { pageId, runId } = first.lease;
    const syncedAt = async () => (await findRun(opened.database, runId, pageId))?.lastSyncedAt;
    expect(await syncedAt()).toBeUndefined();
    const startedAt = Date.now();
    await first.store.finish(outcome({ startedAt }));
    expect(await syncedAt()).toBe(startedAt);
    await opened.database.query('UPDATE facebook_pages SET last_synced_at = NULL WHERE id = $1', [pageId]);
    expect(await syncedAt()).toBeUndefined();
  });

  it('show how far they are while they go on: noted by their holder only, and never after their end', async () => {
    const { lease, store } = await opened.begin();
    const noted = { graphCalls: 3, listed: 200, phases: { survey: { calls: 3, durationMs: 1_400, rows: 200 } } };
    const find = () => findRun(opened.database, lease.runId);
    await opened.ledger.note(lease, noted);
    expect(await find()).toMatchObject({ ...noted, status: 'running' });
    await opened.ledger.note({ ...lease, fence: lease.fence + 1 }, { graphCalls: 99, listed: 0, phases: {} });
    expect(await find()).toMatchObject(noted);
    await store.finish(outcome({ counts: { ...NO_COUNTS, graphCalls: 4 }, listed: 201, phases: {} }));
    const ended = await find();
    expect(ended).toMatchObject({ graphCalls: 4, listed: 201, phases: {} });
    await opened.ledger.note(lease, noted);
    expect(await find()).toEqual(ended);
  });
});
