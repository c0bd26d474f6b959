/**
 * The statements that people, and Supabase's HTTP interface for them, write to read the mirror: plain ORDER BY, for one
 * Page and for all. Each must be served by an index, whatever the size. The soak does it with a million messages.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import pg from 'pg';
import { must } from '../../src/lib/must.ts';
import {
  createTestDatabase,
  describeEachPostgres,
  type PostgresVersion,
  type TestDatabase,
} from '../support/postgres.ts';
import { SOAK } from '../support/rigour.ts';
import { migrateDatabase } from '../../src/store/migrate.ts';

/** A million takes a minute: in the soak, on the oldest server. */
const messagesOn = (version: PostgresVersion) => (SOAK > 1 && version === 15 ? 1_000_000 : 30_000);
const PER_CONVERSATION = 10;
const PAGES = 25;

/** Page 1 is new and holds three old threads, page 2 most of all there is. One in a thousand has no time. */
const fill = (messages: number) => `
INSERT INTO facebook_pages (facebook_page_id, name) SELECT n::text, 'Page ' || n FROM generate_series(1, ${PAGES}) AS n;
CREATE TEMP TABLE pages AS SELECT id, facebook_page_id::int AS n FROM facebook_pages;
INSERT INTO facebook_conversations (page_id, id, platform, updated_time, raw)
SELECT pages.id, 't_' || c, 'messenger',
       CASE WHEN c % 1000 = 999 THEN '-infinity' ELSE '2026-01-01'::timestamptz - hashint4(c) % 50000 * interval '1 minute' END, '{}'
FROM generate_series(0, ${messages / PER_CONVERSATION} - 1) AS c
JOIN pages ON pages.n = CASE WHEN c < 3 THEN 1 WHEN c % 4 > 0 THEN 2 ELSE 3 + c % ${PAGES - 2} END;
INSERT INTO facebook_messages (page_id, id, conversation_id, created_time, source, raw)
SELECT page_id, 'm_' || id || '_' || n, id,
       CASE WHEN hashtext(id || n) % 1000 = 0 THEN '-infinity' ELSE greatest(updated_time, '2020-01-01') - n * interval '1 hour' END,
       'sync', '{}'
FROM facebook_conversations, generate_series(1, ${PER_CONVERSATION}) AS n;
ANALYZE facebook_conversations, facebook_messages, facebook_pages;`;

interface Plan {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

const nodesOf = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap((child) => nodesOf(child))];

/** As PostgREST asks for a list. */
const overHttp = (table: string, where: string, order: string) => `
WITH pgrst_source AS (
  SELECT "public"."${table}".* FROM "public"."${table}" ${where} ORDER BY "public"."${table}"."${order}" DESC LIMIT 20 OFFSET 0)
SELECT null::bigint AS total_result_set, pg_catalog.count(_postgrest_t) AS page_total,
       coalesce(json_agg(_postgrest_t), '[]') AS body
FROM (SELECT * FROM pgrst_source) _postgrest_t`;

describeEachPostgres('plain SQL', (version) => {
  let server: TestDatabase;
  /** As anybody's: nothing of what Tidemark says to its own sessions. */
  let client: pg.Client;
  const pageIds: string[] = [];
  beforeAll(async () => {
    server = await createTestDatabase({ version });
    await migrateDatabase({ databaseUrl: server.url });
    client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query(fill(messagesOn(version)));
    const pages = await client.query<{ id: string }>('SELECT id FROM facebook_pages ORDER BY facebook_page_id::int');
    pageIds.push(...pages.rows.map(({ id }) => id));
  }, 400_000);
  afterAll(async () => {
    await client.end();
    await server.drop();
  });

  /** How a statement is answered: by which index, and how many rows were looked at for it. */
  async function explain(sql: string) {
    const { rows: plans } = await client.query<{ 'QUERY PLAN': readonly [{ readonly Plan: Plan }] }>(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
    );
    const nodes = nodesOf(must(plans[0], 'a plan is a row')['QUERY PLAN'][0].Plan);
    const scans = nodes.filter((node) => node['Node Type'].endsWith('Scan') && node['Index Name'] !== undefined);
    return {
      kinds: nodes.map((node) => node['Node Type']),
      indexes: scans.map((node) => node['Index Name']),
      rows: scans.reduce((sum, node) => sum + node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0), 0),
    };
  }

  const small = () => pageIds[0] ?? '';
  const large = () => pageIds[1] ?? '';
  const middle = () => pageIds[9] ?? '';

  describe.each([
    { table: 'facebook_conversations', time: 'updated_time' },
    { table: 'facebook_messages', time: 'created_time' },
  ])('of $table', ({ table, time }) => {
    const of = (page: () => string) => () => `WHERE page_id = '${page()}'`;
    it.each([
      ['all Pages', () => ''],
      ['a Page with most of the rows', of(large)],
      ['a Page among others', of(middle)],
      ['a Page with few, old rows', of(small)],
      ['what is older than a row', () => `WHERE ${time} < '2025-12-20'`],
      ['what is older than a row of a Page', () => `WHERE page_id = '${middle()}' AND ${time} < '2025-12-20'`],
    ])('the newest of %s are read from an index, and hardly more than they', async (_, where) => {
      const statements = [
        `SELECT * FROM ${table} ${where()} ORDER BY ${time} DESC LIMIT 20`,
        `SELECT * FROM ${table} ${where()} ORDER BY ${time} DESC, id DESC LIMIT 20`,
        overHttp(table, where(), time),
      ];
      for (const sql of statements) {
        const { kinds, indexes, rows } = await explain(sql);
        expect(kinds, sql).not.toContain('Seq Scan');
        expect(indexes, sql).toHaveLength(1);
        expect(rows, sql).toBeLessThan(400);
      }
    });

    it('come with a time, and what has none comes last', async () => {
      const { rows } = await client.query(
        `SELECT (SELECT count(*) FROM ${table} WHERE ${time} IS NULL)::int AS empty,
                (SELECT ${time} = '-infinity' FROM ${table} ORDER BY ${time} LIMIT 1) AS undated`,
      );
      expect(rows).toEqual([{ empty: 0, undated: true }]);
    });
  });

  it.each(['DESC', 'ASC'])('a conversation is read from an index, %s', async (direction) => {
    const where = `WHERE page_id = '${large()}' AND conversation_id = 't_5'`;
    const { kinds, rows } = await explain(
      `SELECT * FROM facebook_messages ${where} ORDER BY created_time ${direction} LIMIT 20`,
    );
    expect(kinds).not.toContain('Seq Scan');
    expect(rows).toBe(PER_CONVERSATION);
  });
});
