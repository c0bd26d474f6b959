/**
 * The tables that grow may be partitioned by Page: a batch on them does and counts exactly what it does on plain ones,
 * and every statement of a sync goes to the one partition of its Page, by the index that it uses on plain tables.
 */
import { expect, it, onTestFinished } from 'vitest';
import { PARTITIONED, partitionByPage } from '../../test/support/partitioning.ts';
import { describeEachPostgres } from '../../test/support/postgres.ts';
import { type Touch, traced } from '../../test/support/touched.ts';
import { must } from '../lib/must.ts';
import { connect } from './connect.ts';
import { findChannelsWithOpenHistory, openHistoryStore } from './history-store.ts';
import { listConversations, listMessages } from './reading.ts';
import { findRun, listRuns } from './runs.ts';
import { openRunStore } from './run-store.ts';
import {
  collected,
  light,
  message,
  openStoreForTest,
  type OpenedStore,
  outcome,
  snapshot,
  toBeginRequest,
} from '../../test/support/store/opened-store.ts';
import { openWalkStore } from './walk-store.ts';

const FAILURE = { code: 'X', message: 'x', listed: 0, phases: {}, pageStatus: undefined };

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

/** Facebook's JSON of a row is most of it, and what makes reading through a table dear. */
const RAW = `jsonb_build_object('id', n, 'as Facebook shows it', repeat('x', 600))`;

/** Always the same, so that they lie in the same partitions every time; the first one is large. */
const PAGE_IDS = [1, 2, 3, 4].map((n) => `5f0c6f0e-6d0a-4c7b-9b1e-00000000000${n}`);
const CONVERSATIONS = [6000, 100, 100, 100];

/** Pages that have a past, one as large as the planner needs to see to prefer indexes. Answers that one. */
async function fillPages({ database }: OpenedStore): Promise<string> {
  await database.query(
    'INSERT INTO facebook_pages (id, facebook_page_id) SELECT id, id::text FROM unnest($1::uuid[]) AS id',
    [PAGE_IDS],
  );
  const rows = (columns: string, values: string) => `(page_id, ${columns})
    SELECT page_id, ${values}
    FROM unnest($1::uuid[], $2::int[]) AS page (page_id, rows), generate_series(1, rows) AS n`;
  const past = [
    `facebook_conversations ${rows(
      'id, platform, updated_time, raw, content_hash, collected_at, floor_message_id, history_complete',
      `'t_' || n, 'messenger', timestamptz '2026-01-01' - n * interval '1 minute', ${RAW}, '', now(), 'm', n > 20`,
    )}`,
    `facebook_messages ${rows(
      'id, conversation_id, created_time, source, raw, content_hash',
      `'m_' || n, 't_' || n % 1000, timestamptz '2026-01-01' - n * interval '1 second', 'sync', ${RAW}, ''`,
    )}`,
    `facebook_sync_runs ${rows(
      'id, platform, mode, trigger, status, started_at',
      `gen_random_uuid(), 'messenger', 'incremental', 'library', 'succeeded', now() - n * interval '5 minutes'`,
    )}`,
    `facebook_retry_ledger ${rows(
      'platform, conversation_id, error_code, reason, next_attempt_at',
      `'messenger', 'lost_' || n, 'GRAPH_ERROR', 'refused', now()`,
    )} WHERE n <= 20`,
  ];
  for (const insert of past) await database.query(`INSERT INTO ${insert}`, [PAGE_IDS, CONVERSATIONS]);
  await database.query('ANALYZE');
  return must(PAGE_IDS[0], 'four of them');
}

/** Every statement of the life of a Page, and what it touched. */
async function liveThrough(opened: OpenedStore, pageId: string): Promise<ReadonlyMap<string, readonly Touch[]>> {
  const direct = connect({ connectionString: opened.url, maxConnections: 1 });
  onTestFinished(() => direct.close());
  const database = traced(direct);
  const ledger = openRunStore(database, crypto.randomUUID());
  const seen = new Map<string, readonly Touch[]>();
  const step = async <T>(name: string, work: Promise<T>): Promise<T> => {
    const answer = await work;
    seen.set(
      name,
      database.takeTouches().filter(({ table }) => PARTITIONED.some((partitioned) => partitioned === table)),
    );
    return answer;
  };
  const begin = async (name: string, fields: Parameters<typeof toBeginRequest>[1]) => {
    const begun = await step(name, ledger.begin(await toBeginRequest(opened, { pageId, ...fields })));
    if (begun?.kind !== 'begun') throw new Error('the lease was free');
    return begun.lease;
  };
  const batch = Array.from({ length: 25 }, (_, n) => snapshot(`t_${n * 7 + 1}`, { updatedAt: 4e12 }));
  const page = { pageId, limit: 50 };

  await opened.database.query('DELETE FROM facebook_sync_state WHERE page_id = $1', [pageId]);
  await opened.database.query(
    `INSERT INTO facebook_sync_state (page_id, platform, watermark) VALUES ($1, 'messenger', '2025-12-31 20:00')`,
    [pageId],
  );
  const lease = await begin('begin, with what is held above the cut', {});
  const store = openWalkStore(database, lease);
  await step('survey', store.findStored(batch));
  await step('collect new and changed ones', store.commit(batch.map((shown) => collected(shown))));
  await step('collect the same again', store.commit(batch.map((shown) => collected(shown))));
  await step('due retries', store.findDueRetries(10));
  await step('failures', store.recordFailures([{ conversationId: 'lost_9', code: 'GRAPH_ERROR', reason: 'again' }]));
  await step('settled retries', store.settleRetries(['lost_9', 'lost_10']));
  await step('meeting a run under way', ledger.begin(await toBeginRequest(opened, { pageId })));
  await step('place', store.saveCheckpoint({ after: 'cursor', nextWatermark: undefined, startedAt: 0 }));
  await step('finish', store.finish(outcome()));
  const failing = await begin('begin again', {});
  await step('fail', ledger.fail(failing, { ...FAILURE, graphCalls: 1 }));

  const digging = await begin('begin history', { purpose: 'history' });
  const history = openHistoryStore(database, digging);
  await step(
    'whether history is open',
    findChannelsWithOpenHistory(database, { depth: Infinity, channel: { pageId, platform: 'messenger' } }),
  );
  const [open] = await step('open history', history.findOpen({ limit: 20, depth: 500 }));
  const { conversationId, oldest } = must(open, 'some history is open');
  const postponed = { conversationId, reason: 'refused', againInMs: 1000 };
  await step(
    'history step',
    history.commit({ conversationId, messages: [message('m_old')], oldest, cursor: 'c', end: 'believed' }),
  );
  await step('postponed history', history.postpone(postponed));
  await step('finish history', history.finish({ depth: Infinity, graphCalls: 1 }));

  await step('newest conversations', listConversations(database, page));
  await step('messages of a conversation', listMessages(database, { ...page, conversationId: 't_7' }));
  await step('runs of a Page', listRuns(database, page));
  await step('one run of a Page', findRun(database, lease.runId, pageId));
  return seen;
}

/** By table: the indexes used, and whether it was read through or written. The retry ledger is small either way. */
function toAccess(touches: readonly Touch[]): readonly string[] {
  const large = touches.filter(({ table }) => table !== 'facebook_retry_ledger');
  return [...new Set(large.map(({ table, by }) => `${table}: ${by}`))].toSorted();
}

describeEachPostgres('hash-partitioned tables', (version) => {
  it('are written and counted like plain ones', async () => {
    await using plain = await openStoreForTest(version);
    await using partitioned = await openStoreForTest(version);
    await partitionByPage(partitioned.url);

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

  it('are touched in the one partition of the Page, by the indexes that plain ones are touched by', async () => {
    await using plain = await openStoreForTest(version);
    await using partitioned = await openStoreForTest(version);
    await partitionByPage(partitioned.url);
    const expected = await liveThrough(plain, await fillPages(plain));
    const met = await liveThrough(partitioned, await fillPages(partitioned));

    for (const [name, touches] of met) {
      expect(toAccess(touches), name).toEqual(toAccess(expected.get(name) ?? []));
      expect(touches.length, name).toBeGreaterThan(0);
      expect(toAccess(touches).filter((access) => access.endsWith('read through'))).toEqual([]);
      for (const table of PARTITIONED) {
        const partitions = new Set(touches.filter((touch) => touch.table === table).map(({ partition }) => partition));
        expect(partitions.size, `${name}: partitions of ${table}`).toBeLessThanOrEqual(1);
      }
    }
    // What must be served by an index of its own.
    expect(toAccess(met.get('survey') ?? [])).toEqual(['facebook_conversations: facebook_conversations_pkey']);
    expect(toAccess(met.get('newest conversations') ?? [])).toEqual([
      'facebook_conversations: idx_facebook_conversations_newest',
    ]);
    expect(toAccess(met.get('messages of a conversation') ?? [])).toEqual([
      'facebook_messages: idx_facebook_messages_newest',
    ]);
    expect(toAccess(met.get('begin, with what is held above the cut') ?? [])).toContain(
      'facebook_conversations: idx_facebook_conversations_newest',
    );
  });
});
