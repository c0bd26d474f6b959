/** The conversations that could not be collected, until they are (I13). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachPostgres } from '../../test/support/postgres.ts';
import { collected, light, openStoreForTest, snapshot } from '../../test/support/store/opened-store.ts';

const refusalOf = (conversationId: string, reason = 'not shown') => ({ conversationId, code: 'GRAPH_ERROR', reason });

describeEachPostgres('the retry ledger', (version) => {
  let opened: Awaited<ReturnType<typeof openStoreForTest>>;
  beforeAll(async () => {
    opened = await openStoreForTest(version);
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  const entry = (pageId: string) =>
    opened.one(
      `SELECT attempts, reason, round(extract(epoch FROM next_attempt_at - now()))::int AS wait_seconds
       FROM facebook_retry_ledger WHERE page_id = $1`,
      [pageId],
    );

  it('lets a conversation be tried again at once, then waits twice as long each time, up to three days', async () => {
    const { lease, store } = await opened.begin();
    const waits: unknown[] = [];
    for (let attempt = 1; attempt <= 16; attempt++) {
      await store.recordFailures([refusalOf('t_1', `attempt ${attempt}`)]);
      const row = await entry(lease.pageId);
      expect(row).toMatchObject({ attempts: attempt, reason: `attempt ${attempt}` });
      waits.push(row['wait_seconds']);
    }
    expect(waits).toEqual([
      0, 30, 60, 120, 240, 480, 960, 1920, 3840, 7680, 15_360, 30_720, 61_440, 122_880, 245_760, 259_200,
    ]);
  });

  it('shows what is due, longest waiting first, and nothing of other Pages', async () => {
    const { lease, store } = await opened.begin();
    const other = await opened.begin();
    await other.store.recordFailures([refusalOf('t_other')]);
    await store.recordFailures(['t_1', 't_2', 't_3', 't_4'].map((id) => refusalOf(id)));
    const minutesAgo = { t_1: 5, t_2: 9, t_3: 7, t_4: -1 };
    for (const [id, minutes] of Object.entries(minutesAgo)) {
      await opened.database.query(
        `UPDATE facebook_retry_ledger SET next_attempt_at = now() - $3 * interval '1 minute'
         WHERE page_id = $1 AND conversation_id = $2`,
        [lease.pageId, id, minutes],
      );
    }
    expect(await store.findDueRetries(10)).toEqual(['t_2', 't_3', 't_1']);
    expect(await store.findDueRetries(2)).toEqual(['t_2', 't_3']);
  });

  it('is asked only by a run that is told that it holds something, of its own Page', async () => {
    const { lease, store, hasOpenRetries } = await opened.begin();
    expect(hasOpenRetries).toBe(false);
    await store.recordFailures([refusalOf('t_1')]);
    await opened.expire(lease);
    const second = await opened.begin({ pageId: lease.pageId });
    expect(second.hasOpenRetries).toBe(true);
    expect((await opened.begin()).hasOpenRetries).toBe(false);
    await second.store.commit([collected(snapshot('t_1'))]);
    await opened.expire(second.lease);
    expect((await opened.begin({ pageId: lease.pageId })).hasOpenRetries).toBe(false);
  });

  it('takes nothing for nothing', async () => {
    const { store } = await opened.begin();
    await store.recordFailures([]);
    expect(await store.findOpenRetries()).toEqual([]);
  });

  it('keeps a conversation that was only seen, and lets go of one that was collected', async () => {
    const { store } = await opened.begin();
    await store.recordFailures([refusalOf('t_1'), refusalOf('t_2'), refusalOf('t_1', 'again')]);
    await store.commit([light(snapshot('t_1')), collected(snapshot('t_2'))]);
    expect(await store.findDueRetries(10)).toEqual(['t_1']);
  });
});
