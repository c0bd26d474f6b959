/** The big tables may be partitioned by Page: a batch on them does and counts exactly what it does on plain ones. */
import { expect, it } from 'vitest';
import { describeEachPostgres } from '../../test/support/postgres.ts';
import { collected, light, message, openStoreForTest, type OpenedStore, snapshot } from './testing/opened-store.ts';

const BIG_TABLES = ['facebook_conversations', 'facebook_messages'];

async function partition({ database }: OpenedStore): Promise<void> {
  for (const table of BIG_TABLES) {
    await database.query(`ALTER TABLE ${table} RENAME TO plain_${table}`);
    await database.query(`CREATE TABLE ${table} (LIKE plain_${table} INCLUDING ALL) PARTITION BY HASH (page_id)`);
    for (let n = 0; n < 4; n++) {
      await database.query(
        `CREATE TABLE ${table}_${n} PARTITION OF ${table} FOR VALUES WITH (MODULUS 4, REMAINDER ${n})`,
      );
    }
  }
}

/** First sight, the same again, changes beside new ones, a light refresh, an older snapshot; what each of them counts. */
async function commitStory(opened: OpenedStore) {
  const { lease, store } = await opened.begin();
  const first = Array.from({ length: 20 }, (_, n) => collected(snapshot(`t_${n}`)));
  const changed = (n: number) =>
    collected(snapshot(`t_${n}`, { updatedAt: 4e12, snippet: 'changed' }), [
      message(`m_new_${n}`),
      message(`m_t_${n}`),
    ]);
  const counts = [
    await store.commit(first),
    await store.commit(first),
    await store.commit([changed(0), changed(1), changed(20), collected(snapshot('t_21'), [])]),
    await store.commit([light(snapshot('t_2', { snippet: 'seen', raw: {} })), light(snapshot('t_22'))]),
    await store.commit([
      collected(snapshot('t_0', { updatedAt: 1, snippet: 'older' }), [message('m_edited'), message('m_t_0')]),
    ]),
  ];
  const rows = await opened.one(
    `SELECT (SELECT jsonb_agg(to_jsonb(c) - ARRAY['page_id', 'synced_at', 'collected_at'] ORDER BY id)
             FROM facebook_conversations AS c WHERE page_id = $1) AS conversations,
            (SELECT jsonb_agg(to_jsonb(m) - ARRAY['page_id', 'synced_at'] ORDER BY id)
             FROM facebook_messages AS m WHERE page_id = $1) AS messages`,
    [lease.pageId],
  );
  const run = await opened.one('SELECT inserted, updated, events_created FROM facebook_sync_runs WHERE id = $1', [
    lease.runId,
  ]);
  return { counts, rows, run };
}

describeEachPostgres('hash-partitioned tables', (version) => {
  it('are written and counted like plain ones', async () => {
    await using plain = await openStoreForTest(version);
    await using partitioned = await openStoreForTest(version);
    await partition(partitioned);

    const expected = await commitStory(plain);
    expect(expected.counts).toEqual([
      { inserted: 20, updated: 0, eventsCreated: 20 },
      { inserted: 0, updated: 0, eventsCreated: 0 },
      { inserted: 2, updated: 2, eventsCreated: 4 },
      { inserted: 1, updated: 1, eventsCreated: 0 },
      { inserted: 0, updated: 1, eventsCreated: 1 },
    ]);
    // Several Pages, so that several partitions are met.
    for (let n = 0; n < 6; n++) expect(await commitStory(partitioned)).toEqual(expected);
    const met = await partitioned.database.query(
      `SELECT DISTINCT tableoid FROM facebook_conversations UNION SELECT DISTINCT tableoid FROM facebook_messages`,
    );
    expect(met.length).toBeGreaterThan(2);
  });
});
