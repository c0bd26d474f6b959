/**
 * What one PostgreSQL carries: how fast the mirror is written and read as its tables grow, and how much disk a row
 * takes. `node bench/table-size.ts [--partitioned] [MILLIONS…]` (default: 1 3) fills an embedded PostgreSQL with its
 * ordinary, durable settings in a temporary folder. Nothing here is measured on a database of yours.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CollectedConversation } from '../src/core/model.ts';
import type { BegunRun } from '../src/core/store-ports.ts';
import { NO_COUNTS } from '../src/core/model.ts';
import { must } from '../src/lib/must.ts';
import { connect, type Database } from '../src/store/connect.ts';
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.ts';
import { findConversationPages, listConversations, listMessages } from '../src/store/reading.ts';
import { openRunStore } from '../src/store/run-store.ts';
import { openWalkStore } from '../src/store/walk-store.ts';
import { fillUpTo, mirrorOnePage } from './grow-mirror.ts';

const PAGES_AT_ONCE = 4;
const SAMPLES = 60;

const flags = process.argv.slice(2);
const millions = flags.map(Number).filter((number) => number > 0);
const sizes = millions.length > 0 ? millions : [1, 3];

const folder = await mkdtemp(join(tmpdir(), 'tidemark-bench-'));
console.log(`In ${folder}, which is removed at the end; interrupted, it stays.`);
const server = await startEmbeddedPostgres({ dataDir: folder });
try {
  const [template, batches] = await mirrorOnePage(server.connectionString);
  const database = connect({ connectionString: server.connectionString });
  if (flags.includes('--partitioned')) {
    await database.query(await readFile(new URL('../docs/partitioning.sql', import.meta.url), 'utf8'));
  }
  for (const size of sizes) {
    const filledInMs = await timed(() => fillUpTo(database, { template, messages: size * 1e6 }));
    await database.query('VACUUM ANALYZE');
    await database.query('CHECKPOINT');
    console.log(`\n${await describeRows(database)}, filled in ${Math.round(filledInMs / 1000)} s`);
    console.table(await measureSizes(database));
    console.table(await measureWork(database, batches));
  }
  await database.close();
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

async function describeRows(database: Database): Promise<string> {
  const [row] = await database.query<{ pages: number; conversations: number; messages: number; bytes: number }>(
    `SELECT (SELECT count(*) FROM facebook_pages) AS pages, (SELECT count(*) FROM facebook_conversations) AS conversations,
            (SELECT count(*) FROM facebook_messages) AS messages, pg_database_size(current_database()) AS bytes`,
  );
  const { pages, conversations, messages, bytes } = must(row, 'counts are one row');
  const number = new Intl.NumberFormat('en');
  return `${number.format(pages)} Pages, ${number.format(conversations)} conversations, ${number.format(messages)} messages: ${number.format(Math.round(bytes / 1e6))} MB`;
}

/** Bytes a row, of the tables and of each of their indexes, partitions taken together. */
async function measureSizes(database: Database) {
  const rows = await database.query<{ relation: string; bytes: number; rows: number }>(
    `WITH counted (owner, rows) AS (
       VALUES ('facebook_conversations'::regclass, (SELECT count(*) FROM facebook_conversations)),
              ('facebook_messages', (SELECT count(*) FROM facebook_messages)),
              ('facebook_sync_runs', (SELECT count(*) FROM facebook_sync_runs))
     ), relation AS (
       SELECT owner AS relation, rows FROM counted
       UNION ALL SELECT indexrelid::regclass, rows FROM counted JOIN pg_index ON indrelid = owner
     )
     SELECT relation::text, rows, (
       pg_table_size(relation) + coalesce((SELECT sum(pg_table_size(inhrelid)) FROM pg_inherits WHERE inhparent = relation), 0)
     )::float8 AS bytes
     FROM relation ORDER BY 1`,
  );
  return rows.map((row) => ({
    relation: row.relation,
    MB: Math.round(row.bytes / 1e6),
    'bytes a row': Math.round(row.bytes / row.rows),
  }));
}

async function measureWork(database: Database, batches: readonly (readonly CollectedConversation[])[]) {
  const ledger = openRunStore(database, crypto.randomUUID());
  const begin = async (pageId: string): Promise<BegunRun> => {
    const request = { purpose: 'sync', pageId, platform: 'messenger', forced: false, trigger: 'library' } as const;
    const begun = await ledger.begin({ ...request, runId: crypto.randomUUID(), insteadOf: undefined });
    if (begun?.kind !== 'begun') throw new Error('Nobody else is at work on the Page.');
    return begun;
  };
  const finish = async ({ lease }: BegunRun) =>
    openWalkStore(database, lease).finish({
      startedAt: Date.now(),
      end: { kind: 'complete', watermark: Date.now() },
      nestedLimit: 100,
      counts: NO_COUNTS,
      listed: 25,
    });
  const addPage = async () => {
    const sql = `INSERT INTO facebook_pages (facebook_page_id) VALUES (gen_random_uuid()::text) RETURNING id`;
    return must((await database.query<{ id: string }>(sql))[0], 'it was made').id;
  };
  const writePage = async (pageId: string) => {
    const begun = await begin(pageId);
    for (const batch of batches) await openWalkStore(database, begun.lease).commit(batch);
    await finish(begun);
  };
  const messages = batches.flat().reduce((sum, item) => sum + item.messages.length, 0);
  const first = must(batches[0], 'a Page has batches');

  const known = await database.query<{ id: string }>(
    `SELECT page.id FROM facebook_pages AS page JOIN facebook_sync_state AS state ON state.page_id = page.id
     WHERE state.watermark IS NOT NULL ORDER BY md5(page.id::text) LIMIT ${SAMPLES}`,
  );
  const eachPage = (work: (pageId: string, index: number) => Promise<unknown>) =>
    median(
      known.map(
        ({ id }, index) =>
          () =>
            work(id, index),
      ),
    );

  const fresh = await addPage();
  const walBefore = await walPosition(database);
  const newPageMs = await timed(() => writePage(fresh));
  const walBytes = (await walPosition(database)) - walBefore;
  const sameAgainMs = await timed(() => writePage(fresh));
  const several = await Promise.all(Array.from({ length: PAGES_AT_ONCE }, addPage));
  const severalMs = await timed(() => Promise.all(several.map(writePage)));

  return [
    { what: 'a new Page, messages a second', value: Math.round((messages / newPageMs) * 1000) },
    {
      what: `${PAGES_AT_ONCE} new Pages at once, messages a second`,
      value: Math.round(((messages * PAGES_AT_ONCE) / severalMs) * 1000),
    },
    { what: 'the same Page again, unchanged, messages a second', value: Math.round((messages / sameAgainMs) * 1000) },
    { what: 'WAL bytes a message, with its share of the conversation', value: Math.round(walBytes / messages) },
    {
      what: 'quiet round (begin, look 25 up, finish), ms',
      value: await eachPage(async (pageId) => {
        const begun = await begin(pageId);
        await openWalkStore(database, begun.lease).findStored(first.slice(0, 25).map(({ snapshot }) => snapshot));
        await finish(begun);
      }),
    },
    {
      what: 'round with a new message in each of 5 conversations, ms',
      value: await eachPage(async (pageId, index) => {
        const begun = await begin(pageId);
        const store = openWalkStore(database, begun.lease);
        await store.findStored(first.slice(0, 25).map(({ snapshot }) => snapshot));
        await store.commit(first.slice(0, 5).map((item) => withNewMessage(item, index)));
        await finish(begun);
      }),
    },
    {
      what: 'newest 50 conversations of a Page, ms',
      value: await eachPage((pageId) => listConversations(database, { pageId, limit: 50 })),
    },
    {
      what: 'newest 50 conversations of all Pages, ms',
      value: await median(
        Array.from({ length: 5 }, () => () => listConversations(database, { pageId: undefined, limit: 50 })),
      ),
    },
    {
      what: 'newest 50 messages of a conversation, ms',
      value: await eachPage((pageId) =>
        listMessages(database, { pageId, conversationId: must(first[7], 'a hundred').snapshot.id, limit: 50 }),
      ),
    },
    {
      what: 'the Page of a conversation that only its id names, ms',
      value: await median(Array.from({ length: 5 }, () => () => findConversationPages(database, 't_unknown'))),
    },
  ];
}

function withNewMessage(item: CollectedConversation, round: number): CollectedConversation {
  const now = Date.now();
  const id = `m_${round}_${now}_${item.snapshot.id}`;
  const last = must(item.messages[0], 'it has a message');
  const raw = { ...item.snapshot.raw, updated_time: new Date(now).toISOString() };
  return {
    ...item,
    snapshot: { ...item.snapshot, updatedAt: now, raw },
    messages: [{ ...last, id, createdAt: now, raw: { ...last.raw, id } }],
    range: { newest: { id, createdAt: now }, oldest: must(item.range, 'it has messages').oldest },
  };
}

async function walPosition(database: Database): Promise<number> {
  const [row] = await database.query<{ at: string }>(`SELECT pg_current_wal_lsn() - '0/0' AS at`);
  return Number(must(row, 'there is a position').at);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** In milliseconds, of works done one after the other. */
async function median(works: readonly (() => Promise<unknown>)[]): Promise<number> {
  const times: number[] = [];
  for (const work of works) times.push(await timed(work));
  const sorted = times.toSorted((a, b) => a - b);
  return Math.round(must(sorted[Math.floor(sorted.length / 2)], 'there are some') * 100) / 100;
}
