/**
 * What is in the way of a migration: said by the check, by the migration and by the printed SQL, each with what to do,
 * and not a thing is changed. Each has a schema of its own, which TIDEMARK_SCHEMA names.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, describeEachPostgres, type TestDatabase } from '../../test/support/postgres.ts';
import { catalogOf } from '../../test/support/store/catalog-of.ts';
import { checkMigration } from './check-migration.ts';
import { connect } from './connect.ts';
import { migrateDatabase, renderMigrations } from './migrate.ts';

const PAGES = (columns: string) => `CREATE TABLE facebook_pages (${columns})`;
const GOOD = 'id uuid PRIMARY KEY, facebook_page_id text NOT NULL UNIQUE';

const SHAPES: readonly (readonly [named: string, sql: string, sentence: RegExp])[] = [
  [
    'a table of conversations',
    'CREATE TABLE facebook_conversations (id text, last_message text)',
    /There is a table facebook_conversations already, and it is not Tidemark's\. Rename it \(ALTER TABLE facebook_conversations RENAME TO …\), or set TIDEMARK_SCHEMA/,
  ],
  [
    'a table of messages that looks like ours',
    'CREATE TABLE facebook_messages (page_id uuid, id text, conversation_id text, created_time timestamptz, raw jsonb)',
    /There is a table facebook_messages already/,
  ],
  [
    'a view of conversations',
    'CREATE VIEW facebook_conversations AS SELECT 1 AS id',
    /ALTER VIEW facebook_conversations/,
  ],
  [
    'a materialized view of messages',
    'CREATE MATERIALIZED VIEW facebook_messages AS SELECT 1 AS id',
    /There is a materialized view facebook_messages.*ALTER MATERIALIZED VIEW/,
  ],
  [
    'a foreign table',
    `CREATE EXTENSION IF NOT EXISTS file_fdw; CREATE SERVER IF NOT EXISTS files FOREIGN DATA WRAPPER file_fdw;
     CREATE FOREIGN TABLE facebook_pages (id uuid, facebook_page_id text) SERVER files OPTIONS (filename '/nowhere')`,
    /There is a foreign table facebook_pages.*ALTER FOREIGN TABLE/,
  ],
  ['a view of Pages', 'CREATE VIEW facebook_pages AS SELECT 1 AS id', /There is a view facebook_pages already/],
  [
    'Pages in partitions',
    `${PAGES('id uuid PRIMARY KEY, facebook_page_id text')} PARTITION BY HASH (id)`,
    /There is a partitioned table facebook_pages.*ALTER TABLE/,
  ],
  ['a sequence', 'CREATE SEQUENCE facebook_sync_runs', /There is a sequence facebook_sync_runs.*ALTER SEQUENCE/],
  ['a type', `CREATE TYPE facebook_messages AS ENUM ('a')`, /There is a type facebook_messages.*ALTER TYPE/],
  [
    'a domain',
    'CREATE DOMAIN facebook_quotas AS text; CREATE DOMAIN facebook_call_pools AS text',
    /There is a type facebook_call_pools/,
  ],
  [
    'an index of another table',
    'CREATE TABLE mine (a integer); CREATE INDEX idx_facebook_messages_newest ON mine (a)',
    /There is an index idx_facebook_messages_newest.*ALTER INDEX/,
  ],
  [
    'a function',
    `CREATE FUNCTION tidemark_derive_page() RETURNS integer LANGUAGE sql AS 'SELECT 1'`,
    /There is a function tidemark_derive_page.*ALTER FUNCTION/,
  ],
  [
    'serial ids',
    PAGES('id serial PRIMARY KEY, facebook_page_id text'),
    /facebook_pages\.id is integer, but Tidemark needs uuid/,
  ],
  [
    'ids as texts',
    PAGES('id text PRIMARY KEY, facebook_page_id text'),
    /facebook_pages\.id is text, but Tidemark needs uuid/,
  ],
  [
    'other names for the ids',
    PAGES('page_id uuid PRIMARY KEY, fb_id text'),
    /no column facebook_page_id\..*no column id\./,
  ],
  [
    'ids of Facebook as uuids',
    PAGES('id uuid PRIMARY KEY, facebook_page_id uuid'),
    /facebook_page_id is uuid, but Tidemark needs text or bigint/,
  ],
  ['an encrypted token', PAGES(`${GOOD}, access_token bytea`), /access_token is bytea, but Tidemark needs text/],
  ['a name in languages', PAGES(`${GOOD}, name jsonb`), /facebook_pages\.name is jsonb, but Tidemark needs text/],
  [
    'a flag as a number',
    PAGES(`${GOOD}, is_active smallint DEFAULT 1`),
    /is_active is smallint, but Tidemark needs boolean/,
  ],
  [
    'days of syncs that are never null',
    PAGES(`${GOOD}, last_synced_at date NOT NULL DEFAULT now()`),
    /last_synced_at is date, but Tidemark needs timestamptz.*last_synced_at is never null.*ALTER COLUMN last_synced_at DROP NOT NULL/,
  ],
  [
    'a computed time',
    PAGES(`${GOOD}, at timestamptz, last_synced_at timestamptz GENERATED ALWAYS AS (at) STORED`),
    /last_synced_at is computed/,
  ],
  [
    'an account that is never null',
    PAGES(`${GOOD}, instagram_account_id text NOT NULL DEFAULT ''`),
    /instagram_account_id DROP NOT NULL/,
  ],
  [
    'accounts that are empty texts',
    `${PAGES(`${GOOD}, instagram_account_id text`)}; INSERT INTO facebook_pages VALUES (gen_random_uuid(), '1', '')`,
    /SET instagram_account_id = NULL WHERE instagram_account_id = ''/,
  ],
  [
    'columns of our names',
    PAGES(`${GOOD}, sync_status text, full_syncs_requested text`),
    /facebook_pages\.full_syncs_requested.*facebook_pages\.sync_status/,
  ],
  ['an unlogged table', `CREATE UNLOGGED TABLE facebook_pages (${GOOD})`, /unlogged.*SET LOGGED/],
  [
    'a Page twice',
    `${PAGES('id uuid PRIMARY KEY DEFAULT gen_random_uuid(), facebook_page_id text')};
     INSERT INTO facebook_pages (facebook_page_id) VALUES ('41'), ('42'), ('42')`,
    /more than once: 42\. Keep one row of each/,
  ],
  [
    'an id twice',
    `${PAGES('id uuid NOT NULL, facebook_page_id text')};
     INSERT INTO facebook_pages SELECT '0b0c6f0e-6d0a-4c7b-9b1e-0f6f7a1f2d3c', n::text FROM generate_series(1, 2) AS n`,
    /these ids more than once: 0b0c6f0e/,
  ],
];

describeEachPostgres('what is in the way', (version) => {
  let server: TestDatabase;
  beforeAll(async () => {
    server = await createTestDatabase({ version });
  });
  afterAll(() => server.drop());

  describe.each(SHAPES.map(([named, sql, sentence], index) => ({ named, sql, sentence, schema: `shape_${index}` })))(
    'such as $named',
    ({ sql, sentence, schema }) => {
      it('is told with what to do, and nothing is changed', async () => {
        const admin = connect({ connectionString: server.url, maxConnections: 1 });
        await admin.query(`CREATE SCHEMA ${schema}; SET LOCAL search_path TO ${schema}; ${sql}`);
        await admin.close();
        const target = { databaseUrl: server.url, schema };
        const database = connect({ connectionString: server.url, schema, maxConnections: 1 });
        const before = await catalogOf(database);

        const { obstacles } = await checkMigration(target);
        expect(obstacles.join(' ')).toMatch(sentence);
        for (const obstacle of obstacles) expect(obstacle).toMatch(/^(?:The|There|This) .+\.$/);
        await expect(migrateDatabase(target)).rejects.toMatchObject({
          code: 'MIGRATION_FAILED',
          message: `Nothing was changed. ${obstacles.join(' ')}`,
        });
        await expect(database.query(renderMigrations({ schema }))).rejects.toThrow(sentence);
        expect(await catalogOf(database)).toEqual(before);
        await database.close();
      });
    },
  );

  it('is a schema that the user may not make anything in, or a table that is not theirs', async () => {
    const admin = connect({ connectionString: server.url, maxConnections: 1 });
    const role = `role_${crypto.randomUUID().replaceAll('-', '')}`;
    await admin.query(
      `CREATE ROLE ${role} LOGIN PASSWORD 'pass'; CREATE SCHEMA closed; CREATE SCHEMA shut;
       CREATE TABLE closed.facebook_pages (${GOOD}); GRANT USAGE ON SCHEMA closed TO ${role};
       GRANT SELECT ON closed.facebook_pages TO ${role}`,
    );
    const url = new URL(server.url);
    [url.username, url.password] = [role, 'pass'];
    const check = (schema: string) => checkMigration({ databaseUrl: url.href, schema });
    expect((await check('closed')).obstacles).toEqual([
      expect.stringMatching(/^The table facebook_pages belongs to \w+, and only its owner may add columns/),
      expect.stringMatching(/GRANT CREATE ON SCHEMA closed TO role_/),
    ]);
    expect((await check('not_there')).obstacles).toEqual([expect.stringMatching(/may not make the schema not_there/)]);
    await expect(check('shut')).rejects.toMatchObject({ code: 'DATABASE_UNSUPPORTED' });
    await admin.query(`DROP OWNED BY ${role}`);
    await admin.query(`DROP ROLE ${role}`);
    await admin.close();
  });
});
