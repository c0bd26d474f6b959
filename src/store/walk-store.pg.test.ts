/** A batch in the database: all or nothing, only by the holder of the lease, never for nothing, counted as it is. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeEachPostgres } from '../../test/support/postgres.ts';
import type { MessageSnapshot } from '../core/model.ts';
import { NO_COUNTS } from '../core/model.ts';
import {
  collected,
  connectAside,
  light,
  message,
  openStoreForTest,
  outcome,
  snapshot,
  untilWaiting,
} from '../../test/support/store/opened-store.ts';
import { openWalkStore } from './walk-store.ts';

describeEachPostgres('a batch', (version) => {
  let opened: Awaited<ReturnType<typeof openStoreForTest>>;
  beforeAll(async () => {
    opened = await openStoreForTest(version);
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  const conversationIds = async (pageId: string) =>
    (
      await opened.database.query<{ id: string }>(
        'SELECT id FROM facebook_conversations WHERE page_id = $1 ORDER BY id COLLATE "C"',
        [pageId],
      )
    ).map((row) => row.id);
  const messageIds = async (pageId: string) =>
    (
      await opened.database.query<{ id: string }>(
        'SELECT id FROM facebook_messages WHERE page_id = $1 ORDER BY id COLLATE "C"',
        [pageId],
      )
    ).map((row) => row.id);
  const conversation = (pageId: string, id: string) =>
    opened.one('SELECT * FROM facebook_conversations WHERE page_id = $1 AND id = $2', [pageId, id]);
  const counters = (runId: string) =>
    opened.one('SELECT synced, inserted, updated, events_created FROM facebook_sync_runs WHERE id = $1', [runId]);
  /** Which version of every row of the Page lies there; a written row has another one. */
  const versions = (pageId: string) =>
    opened.database.query(
      `SELECT 'conversation' AS kind, id, xmin::text FROM facebook_conversations WHERE page_id = $1
       UNION ALL SELECT 'message', id, xmin::text FROM facebook_messages WHERE page_id = $1
       UNION ALL SELECT 'run', id::text, xmin::text FROM facebook_sync_runs WHERE page_id = $1
       UNION ALL SELECT 'state', platform, xmin::text FROM facebook_sync_state WHERE page_id = $1
       ORDER BY kind, id`,
      [pageId],
    );

  describe('is all or nothing (I3)', () => {
    const refused = { direction: 'sideways' } as unknown as Partial<MessageSnapshot>;

    it.each([
      ['a message', collected(snapshot('t_2'), [message('m_2', refused)])],
      ['a conversation', { ...collected(snapshot('t_2')), historyComplete: null as unknown as boolean }],
    ])(
      'leaves no trace when %s of it is refused: no row, no count, no entry less in the retry ledger',
      async (_, bad) => {
        const { lease, store } = await opened.begin();
        await store.commit([collected(snapshot('t_0'))]);
        await store.recordFailures([{ conversationId: 't_1', code: 'GRAPH_ERROR', reason: 'not shown' }]);
        const before = await versions(lease.pageId);

        await expect(store.commit([collected(snapshot('t_1')), bad, collected(snapshot('t_3'))])).rejects.toThrow(
          /violates/,
        );
        expect(await versions(lease.pageId)).toEqual(before);
        expect(await counters(lease.runId)).toEqual({ synced: 1, inserted: 1, updated: 0, events_created: 1 });
        expect(await store.findDueRetries(10)).toEqual(['t_1']);

        expect(await store.commit([collected(snapshot('t_1')), collected(snapshot('t_3'))])).toMatchObject({
          inserted: 2,
        });
        expect(await store.findDueRetries(10)).toEqual([]);
      },
    );

    it('is not held up by the batch of another Page that was refused', async () => {
      const [one, other] = [await opened.begin(), await opened.begin()];
      const results = await Promise.allSettled([
        one.store.commit([collected(snapshot('t_1'), [message('m_1', refused)])]),
        other.store.commit([collected(snapshot('t_1'))]),
      ]);
      expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled']);
      expect(await conversationIds(one.lease.pageId)).toEqual([]);
      expect(await messageIds(other.lease.pageId)).toEqual(['m_t_1']);
    });
  });

  describe('of a run whose lease was taken over (I6)', () => {
    async function takenOver() {
      const stale = await opened.begin();
      await stale.store.commit([collected(snapshot('t_1'))]);
      await opened.expire(stale.lease);
      const holder = await opened.begin({ pageId: stale.lease.pageId });
      return { stale, holder, before: await versions(stale.lease.pageId) };
    }

    it('writes nothing and says LEASE_LOST', async () => {
      const { stale, before } = await takenOver();
      await expect(stale.store.commit([collected(snapshot('t_2'))])).rejects.toMatchObject({ code: 'LEASE_LOST' });
      await expect(
        stale.store.recordFailures([{ conversationId: 't_3', code: 'GRAPH_ERROR', reason: 'x' }]),
      ).rejects.toMatchObject({ code: 'LEASE_LOST' });
      await expect(stale.store.finish(outcome())).rejects.toMatchObject({ code: 'LEASE_LOST' });
      await expect(stale.store.disableSinceFilter()).rejects.toMatchObject({ code: 'LEASE_LOST' });
      const place = { after: 'cursor', nextWatermark: undefined, startedAt: 0 };
      await expect(stale.store.saveCheckpoint(place)).rejects.toMatchObject({ code: 'LEASE_LOST' });
      expect(await opened.ledger.renew(stale.lease)).toMatchObject({ end: { code: 'LEASE_LOST' } });
      expect(await versions(stale.lease.pageId)).toEqual(before);
    });

    it('says LEASE_LOST even when there was nothing left to write', async () => {
      const { stale } = await takenOver();
      await expect(stale.store.commit([collected(snapshot('t_1'))])).rejects.toMatchObject({ code: 'LEASE_LOST' });
    });

    it('takes nothing out of the retry ledger', async () => {
      const { stale, holder } = await takenOver();
      await holder.store.recordFailures([{ conversationId: 't_1', code: 'GRAPH_ERROR', reason: 'not shown' }]);
      await expect(stale.store.commit([collected(snapshot('t_1'))])).rejects.toMatchObject({ code: 'LEASE_LOST' });
      expect(await holder.store.findDueRetries(10)).toEqual(['t_1']);
    });

    it('is waited for when it was already writing, and nobody walks until it has ended', async () => {
      const stale = await opened.begin();
      const { pageId } = stale.lease;
      await stale.store.commit([collected(snapshot('t_1'))]);
      await opened.expire(stale.lease);

      const blocker = connectAside(opened.url);
      const writing = await blocker.transaction(async (query) => {
        await query('SELECT FROM facebook_conversations WHERE page_id = $1 FOR UPDATE', [pageId]);
        const commit = stale.store.commit([
          collected(snapshot('t_1', { snippet: 'Changed' })),
          collected(snapshot('t_2')),
        ]);
        await untilWaiting(opened, 1);
        let isTaken = false;
        const takeover = opened.begin({ pageId }).then((run) => {
          isTaken = true;
          return run;
        });
        await untilWaiting(opened, 2);
        expect(isTaken).toBe(false);
        return { commit, takeover };
      });
      expect(await writing.commit).toEqual({ inserted: 1, updated: 1, eventsCreated: 1 });
      const holder = await writing.takeover;
      expect(holder.lease.fence).toBeGreaterThan(stale.lease.fence);
      expect(await conversationIds(pageId)).toEqual(['t_1', 't_2']);
      await expect(stale.store.commit([collected(snapshot('t_3'))])).rejects.toMatchObject({ code: 'LEASE_LOST' });
    });

    it('writes nothing when the takeover was under way as it came', async () => {
      const stale = await opened.begin();
      const { pageId } = stale.lease;
      const taker = connectAside(opened.url);
      const late = await taker.transaction(async (query) => {
        await query('UPDATE facebook_sync_state SET lease_fence = lease_fence + 1 WHERE page_id = $1', [pageId]);
        const outcomes = Promise.allSettled([stale.store.commit([collected(snapshot('t_1'))])]);
        await untilWaiting(opened, 1);
        return { outcomes };
      });
      const [result] = await late.outcomes;
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'LEASE_LOST' } });
      expect(await conversationIds(pageId)).toEqual([]);
    });
  });

  describe('that says what is held already', () => {
    const photo = (signature: string, host = 'cdn-1') => {
      const url = `https://${host}.example/v/photo.jpg?oh=00_${signature}&oe=${signature}`;
      return message('m_photo', { attachments: [{ url }], raw: { id: 'm_photo', attachments: [{ url }] } });
    };

    it('writes no row at all: none of conversations, messages, runs and state', async () => {
      const { lease, store } = await opened.begin();
      const batch = Array.from({ length: 30 }, (_, n) => collected(snapshot(`t_${n}`)));
      expect(await store.commit(batch)).toEqual({ inserted: 30, updated: 0, eventsCreated: 30 });
      const before = await versions(lease.pageId);
      expect(before).toHaveLength(62);
      expect(await store.commit(batch.toReversed())).toEqual({ inserted: 0, updated: 0, eventsCreated: 0 });
      expect(await store.commit(batch.map((item) => light(item.snapshot)))).toMatchObject({ updated: 0 });
      expect(await store.commit([])).toEqual({ inserted: 0, updated: 0, eventsCreated: 0 });
      expect(await versions(lease.pageId)).toEqual(before);
    });

    it('but for the signatures of its media writes no row either', async () => {
      const { lease, store } = await opened.begin();
      const fresh = (...photos: Parameters<typeof photo>) => collected(snapshot('t_1'), [photo(...photos)]);
      await store.commit([fresh('6A0')]);
      const before = await versions(lease.pageId);
      expect(await store.commit([fresh('6B1', 'cdn-2')])).toMatchObject({ updated: 0, eventsCreated: 0 });
      expect(await versions(lease.pageId)).toEqual(before);
    });

    it('writes one row for one change, and counts its conversation once', async () => {
      const { lease, store } = await opened.begin();
      const batch = ['t_1', 't_2'].map((id) => collected(snapshot(id)));
      await store.commit(batch);
      const before = new Map((await versions(lease.pageId)).map((row) => [`${row['kind']} ${row['id']}`, row['xmin']]));
      const edited = message('m_t_2', { text: 'edited' });
      const again = collected(snapshot('t_2'), [edited]);
      expect(await store.commit([...batch.slice(0, 1), again])).toEqual({ inserted: 0, updated: 1, eventsCreated: 0 });
      const written = (await versions(lease.pageId)).filter(
        (row) => before.get(`${row['kind']} ${row['id']}`) !== row['xmin'],
      );
      expect(written.map((row) => row['kind'])).toEqual(['message', 'run']);
    });
  });

  it('counts rows that are new and rows that changed, and adds them up in its run', async () => {
    const { lease, store } = await opened.begin();
    await store.commit([collected(snapshot('t_1')), light(snapshot('t_2'))]);
    const moved = collected(snapshot('t_1', { updatedAt: Date.now() }), [message('m_2'), message('m_t_1')]);
    expect(await store.commit([moved, collected(snapshot('t_2')), collected(snapshot('t_3'))])).toEqual({
      inserted: 1,
      updated: 2,
      eventsCreated: 3,
    });
    expect(await counters(lease.runId)).toEqual({ synced: 5, inserted: 3, updated: 2, events_created: 4 });
    await store.finish(outcome({ counts: { ...NO_COUNTS, skipped: 4, graphCalls: 3 }, listed: 7 }));
    expect(
      await opened.one('SELECT status, synced, skipped, graph_calls, listed FROM facebook_sync_runs WHERE id = $1', [
        lease.runId,
      ]),
    ).toEqual({ status: 'succeeded', synced: 5, skipped: 4, graph_calls: 3, listed: 7 });
  });

  it('that holds a conversation twice stores the newer one, and every message of the collected one', async () => {
    const { lease, store } = await opened.begin();
    const early = collected(snapshot('t_1', { updatedAt: 1000, snippet: 'early' }), [message('m_1')]);
    const late = collected(snapshot('t_1', { updatedAt: 2000, snippet: 'late' }), [message('m_2'), message('m_1')]);
    for (const batch of [
      [early, late],
      [late, early],
    ]) {
      await store.commit(batch);
      expect(await conversation(lease.pageId, 't_1')).toMatchObject({ snippet: 'late', newest_message_id: 'm_2' });
      expect(await messageIds(lease.pageId)).toEqual(['m_1', 'm_2']);
    }
  });

  it('written beside others with the same rows ends like they do, in no circle of waiting', async () => {
    const { lease } = await opened.begin();
    const rows = Array.from({ length: 60 }, (_, n) => n);
    const batchOf = (round: number, order: readonly number[]) =>
      order.map((n) =>
        collected(snapshot(`t_${n}`, { updatedAt: 1000 + round, snippet: `round ${round}` }), [
          message(`m_${n}`, { text: `round ${round}` }),
          message(`m_${59 - n}_other`),
        ]),
      );
    for (let round = 0; round < 5; round++) {
      const orders = [
        rows,
        rows.toReversed(),
        rows.toSorted((a, b) => ((a * 7) % 60) - ((b * 7) % 60)),
        rows.slice(20),
      ];
      await Promise.all(orders.map((order) => openWalkStore(opened.database, lease).commit(batchOf(round, order))));
    }
    expect(await conversationIds(lease.pageId)).toHaveLength(60);
    expect(await messageIds(lease.pageId)).toHaveLength(120);
    expect(await counters(lease.runId)).toMatchObject({ inserted: 60, events_created: 120 });
  });

  it('that shares messages with others, in other conversations and another order, waits in no circle either', async () => {
    const { lease } = await opened.begin();
    const shared = Array.from({ length: 400 }, (_, n) => message(`m_${n}`));
    for (let round = 0; round < 4; round++) {
      const orders = [shared, shared.toReversed()].map((order) =>
        order.map((item) => ({ ...item, raw: { ...item.raw, round } })),
      );
      await Promise.all(
        orders.map((order, n) =>
          openWalkStore(opened.database, lease).commit([collected(snapshot(`t_${round}_${n}`), order)]),
        ),
      );
    }
    expect(await messageIds(lease.pageId)).toHaveLength(400);
  });
});
