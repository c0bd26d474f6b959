/** When Pages are due, and that a due Page is taken once, however many schedulers ask. */
import { describe, expect, it } from 'vitest';
import { describeEachPostgres } from '../../test/support/postgres.ts';
import { must } from '../lib/must.ts';
import { bringForward, claimDueChannels, countDuePages, enrolChannels, giveBackDueChannel } from './page-schedule.ts';
import { connectAside, type OpenedStore, openStoreForTest } from '../../test/support/store/opened-store.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Adds Pages and gives them their place in the schedule. */
async function addPages({ database }: OpenedStore, count: number, intervalMs = HOUR): Promise<void> {
  await database.query(
    `INSERT INTO facebook_pages (facebook_page_id) SELECT 'page ' || n FROM generate_series(1, $1) AS n`,
    [count],
  );
  await enrolChannels(database.query);
  const { due } = await claimDueChannels(database.query, 'sync', { intervalMs, limit: count });
  expect(due, 'a new Page is planned first').toEqual([]);
}

async function makeDue({ database }: OpenedStore): Promise<void> {
  await database.query(`UPDATE facebook_page_schedule SET next_sync_at = now() - interval '1 second'`);
}

/** Milliseconds from now until each Page's next sync. */
async function waits({ database }: OpenedStore): Promise<readonly number[]> {
  const rows = await database.query<{ wait_ms: number }>(
    `SELECT (extract(epoch FROM next_sync_at - now()) * 1000)::float8 AS wait_ms
     FROM facebook_page_schedule ORDER BY page_id`,
  );
  return rows.map((row) => row.wait_ms);
}

describeEachPostgres('the schedule of Pages', (version) => {
  it('spreads them over the interval, each at a place of its own', async () => {
    await using store = await openStoreForTest(version);
    await addPages(store, 500);
    const planned = await waits(store);
    const perTenth = Map.groupBy(planned, (waitMs) => Math.floor((10 * waitMs) / HOUR));
    expect([...perTenth.keys()].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(Math.max(...[...perTenth.values()].map((pages) => pages.length))).toBeLessThan(120);

    // The place is the Page's: taken again, it comes a whole number of intervals later.
    await makeDue(store);
    await claimDueChannels(store.database.query, 'sync', { intervalMs: HOUR, limit: 500 });
    const again = await waits(store);
    for (const [index, waitMs] of again.entries()) {
      const shiftMs = Math.abs(waitMs - (planned[index] ?? 0)) % HOUR;
      expect(Math.min(shiftMs, HOUR - shiftMs)).toBeLessThan(MINUTE);
    }
  });

  it('gives a due Page to one of two schedulers that ask at the same time', async () => {
    await using store = await openStoreForTest(version);
    await addPages(store, 300);
    await makeDue(store);
    const asking = [connectAside(store.url), connectAside(store.url)].map(async (database) => {
      const taken: string[] = [];
      for (;;) {
        const { due, isExhausted } = await claimDueChannels(database.query, 'sync', { intervalMs: HOUR, limit: 7 });
        taken.push(...due.map((page) => page.pageId));
        if (isExhausted && due.length === 0) return taken;
      }
    });
    const taken = (await Promise.all(asking)).flat();
    expect(taken).toHaveLength(300);
    expect(new Set(taken).size).toBe(300);
  });

  it('leaves out Pages that another transaction is taking, and does not wait for it', async () => {
    await using store = await openStoreForTest(version);
    await addPages(store, 10);
    await makeDue(store);
    const aside = connectAside(store.url);
    await store.database.transaction(async (query) => {
      expect((await claimDueChannels(query, 'sync', { intervalMs: HOUR, limit: 4 })).due).toHaveLength(4);
      const { due } = await claimDueChannels(aside.query, 'sync', { intervalMs: HOUR, limit: 10 });
      expect(due).toHaveLength(6);
    });
  });
});

describe('the schedule of Pages', () => {
  it('takes those first that wait longest', async () => {
    await using store = await openStoreForTest(17);
    await addPages(store, 20);
    await store.database.query(
      `UPDATE facebook_page_schedule SET next_sync_at = now() - (random() * 1000 + 1) * interval '1 second'`,
    );
    const oldest = await store.one<{ page_id: string }>(
      'SELECT page_id FROM facebook_page_schedule ORDER BY next_sync_at LIMIT 1',
    );
    const { due } = await claimDueChannels(store.database.query, 'sync', { intervalMs: HOUR, limit: 5 });
    expect(due[0]?.pageId).toBe(oldest.page_id);
    expect(due.map((page) => page.dueAt)).toEqual(due.map((page) => page.dueAt).toSorted((a, b) => a - b));
  });

  it.each([
    ['is paused', 'UPDATE facebook_pages SET is_active = false WHERE id = $1'],
    ['has a dead token', `UPDATE facebook_sync_state SET status = 'token_expired' WHERE page_id = $1`],
    ['lacks a permission', `UPDATE facebook_sync_state SET status = 'permission_missing' WHERE page_id = $1`],
    [
      'was refused for good a moment ago',
      `UPDATE facebook_sync_state SET status = 'failed', last_call_at = now() WHERE page_id = $1`,
    ],
  ])('never takes a Page that %s, until it is well again', async (_what, change) => {
    await using store = await openStoreForTest(17);
    await addPages(store, 2);
    await makeDue(store);
    const { id } = await store.one(`SELECT id FROM facebook_pages WHERE facebook_page_id = 'page 1'`);
    await store.database.query(change, [id]);
    const take = () => claimDueChannels(store.database.query, 'sync', { intervalMs: HOUR, limit: 9 });
    expect((await take()).due).toHaveLength(1);
    expect(await countDuePages(store.database.query, 'sync')).toBe(0);
    await store.database.query(`UPDATE facebook_sync_state SET status = 'connected'`);
    await store.database.query('UPDATE facebook_pages SET is_active = true');
    expect((await take()).due).toHaveLength(1);
  });

  it('takes a Page that was refused for good once a day', async () => {
    await using store = await openStoreForTest(17);
    await addPages(store, 1);
    await makeDue(store);
    await store.database.query(
      `UPDATE facebook_sync_state SET status = 'failed', last_call_at = now() - interval '25 hours'`,
    );
    const { due } = await claimDueChannels(store.database.query, 'sync', { intervalMs: HOUR, limit: 9 });
    expect(due).toHaveLength(1);
  });

  it('follows an interval that was made shorter', async () => {
    await using store = await openStoreForTest(17);
    await addPages(store, 50, 24 * HOUR);
    expect(Math.max(...(await waits(store)))).toBeGreaterThan(HOUR);
    const { due } = await claimDueChannels(store.database.query, 'sync', { intervalMs: MINUTE, limit: 50 });
    expect(due).toEqual([]);
    expect(Math.max(...(await waits(store)))).toBeLessThanOrEqual(MINUTE);
  });

  it('keeps the rhythms of sync and verify apart', async () => {
    await using store = await openStoreForTest(17);
    await addPages(store, 5);
    await makeDue(store);
    expect(await countDuePages(store.database.query, 'verify')).toBe(0);
    expect((await claimDueChannels(store.database.query, 'verify', { intervalMs: HOUR, limit: 5 })).due).toEqual([]);
    expect(await countDuePages(store.database.query, 'sync')).toBe(5);
  });

  it('without an interval takes a Page once each time all are brought forward', async () => {
    await using store = await openStoreForTest(17);
    await addPages(store, 3);
    const take = () => claimDueChannels(store.database.query, 'sync', { intervalMs: undefined, limit: 2 });
    await bringForward(store.database.query);
    const first = [(await take()).due, (await take()).due, (await take()).due].map((due) => due.length);
    expect(first).toEqual([2, 1, 0]);
    await bringForward(store.database.query);
    expect(await countDuePages(store.database.query, 'sync')).toBe(3);
  });

  it('takes a Page back as it was, or behind those that wait already', async () => {
    await using store = await openStoreForTest(17);
    await addPages(store, 3);
    await makeDue(store);
    const { query } = store.database;
    const [one, two] = (await claimDueChannels(query, 'sync', { intervalMs: HOUR, limit: 2 })).due;
    await giveBackDueChannel(query, 'sync', { ...must(one, 'it was due'), due: { inMs: 0 } });
    const { dueAt: at, ...other } = must(two, 'it was due');
    await giveBackDueChannel(query, 'sync', { ...other, due: { at } });
    const again = (await claimDueChannels(query, 'sync', { intervalMs: HOUR, limit: 3 })).due;
    expect(again).toHaveLength(3);
    expect(again.at(-1)?.pageId).toBe(one?.pageId);
  });
});
