/** The record of runs does not grow for ever, and nothing is removed that anybody needs. */
import { describe, expect, it } from 'vitest';
import { partitionByPage } from '../../test/support/partitioning.ts';
import { pruneRuns } from './prune-runs.ts';
import { type OpenedStore, openStoreForTest } from '../../test/support/store/opened-store.ts';

/** A run a day, the newest one `youngest` days old. */
async function addRuns(
  store: OpenedStore,
  pageId: string,
  { count, youngest, mode = 'incremental' }: { count: number; youngest: number; mode?: string },
): Promise<void> {
  await store.database.query(
    `INSERT INTO facebook_sync_runs (page_id, id, platform, mode, trigger, status, started_at)
     SELECT $1, gen_random_uuid(), 'messenger', $2, 'schedule', 'succeeded', now() - ($3::float8 + n) * interval '1 day'
     FROM generate_series(0, $4::int - 1) AS n`,
    [pageId, mode, youngest + 0.5, count],
  );
}

async function agesOf(store: OpenedStore, pageId: string, mode = 'incremental'): Promise<readonly number[]> {
  const rows = await store.database.query<{ age: number }>(
    `SELECT floor(extract(epoch FROM now() - started_at) / 86400)::int AS age FROM facebook_sync_runs
     WHERE page_id = $1 AND mode = $2 ORDER BY age`,
    [pageId, mode],
  );
  return rows.map((row) => row.age);
}

const countTo = (end: number) => Array.from({ length: end }, (_, index) => index);

describe('old runs', () => {
  for (const isPartitioned of [false, true]) {
    it(`go after thirty days, but for the newest of each Page and kind (partitioned: ${isPartitioned})`, async () => {
      await using store = await openStoreForTest(17);
      if (isPartitioned) await partitionByPage(store.url);
      const [busy, paused] = [await store.addPage(), await store.addPage()];
      await addRuns(store, busy, { count: 60, youngest: 0 });
      await addRuns(store, busy, { count: 8, youngest: 40, mode: 'full' });
      await addRuns(store, paused, { count: 12, youngest: 100 });
      while ((await pruneRuns(store.database.query, 7)) === 'more') continue;
      expect(await agesOf(store, busy)).toEqual(countTo(35));
      expect(await agesOf(store, busy, 'full')).toEqual([40, 41, 42, 43, 44]);
      expect(await agesOf(store, paused)).toEqual([100, 101, 102, 103, 104]);
    });
  }

  it('go in batches', async () => {
    await using store = await openStoreForTest(17);
    const pageId = await store.addPage();
    await addRuns(store, pageId, { count: 15, youngest: 40 });
    expect(await pruneRuns(store.database.query, 8)).toBe('more');
    expect(await agesOf(store, pageId)).toHaveLength(7);
    expect(await pruneRuns(store.database.query, 8)).toBe('done');
    expect(await agesOf(store, pageId)).toHaveLength(5);
  });

  it('stay while they are not ended, and while somebody holds them', async () => {
    await using store = await openStoreForTest(17);
    const pageId = await store.addPage();
    await addRuns(store, pageId, { count: 7, youngest: 40 });
    await store.database.query(
      `UPDATE facebook_sync_runs SET status = 'running' WHERE started_at < now() - interval '46 days'`,
    );
    await store.database.transaction(async (query) => {
      await query('SELECT FROM facebook_sync_runs WHERE page_id = $1 FOR UPDATE', [pageId]);
      expect(await pruneRuns(store.database.query)).toBe('done');
    });
    expect(await agesOf(store, pageId)).toHaveLength(7);
    await pruneRuns(store.database.query);
    expect(await agesOf(store, pageId)).toEqual([40, 41, 42, 43, 44, 46]);
  });
});
