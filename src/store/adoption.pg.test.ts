/**
 * A `facebook_pages` that another program made: adopted, with nothing of what it holds changed, or refused clearly. What
 * becomes of which table is in adopted-shapes.pg.test.ts.
 */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { compareMirror } from '../../test/support/compare-mirror.ts';
import { createTestDatabase, describeEachPostgres } from '../../test/support/postgres.ts';
import { testSettings } from '../../test/support/world.ts';
import { createTidemark } from '../engine/create-tidemark.ts';
import { must } from '../lib/must.ts';
import { Secret } from '../lib/secret.ts';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { connect, type Database } from './connect.ts';
import { migrate, renderMigrations } from './migrate.ts';
import { listPages } from './pages.ts';

/** The table that programs of the kind have, and what they are told to add for incremental syncs. */
const THEIR_TABLE = `
CREATE TABLE facebook_pages (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL,
  facebook_page_id varchar(64) NOT NULL,
  name varchar(255) NOT NULL,
  access_token text NOT NULL,
  is_active boolean DEFAULT true,
  category text NOT NULL,
  settings jsonb DEFAULT '{}',
  created_at timestamp without time zone DEFAULT now(),
  UNIQUE (user_id, facebook_page_id)
);
CREATE TABLE campaigns (page_id uuid REFERENCES facebook_pages (id), title text);
ALTER TABLE facebook_pages ADD COLUMN IF NOT EXISTS last_synced_at TIMESTAMPTZ;
CREATE INDEX IF NOT EXISTS idx_facebook_pages_last_synced_at ON facebook_pages(last_synced_at);`;

const USER_ID = '0b0c6f0e-6d0a-4c7b-9b1e-0f6f7a1f2d3c';

describeEachPostgres('a facebook_pages of another program', (version) => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator({ pages: 2, conversations: 12, callsPerSecond: 0 });
  });
  afterAll(() => simulator.close());

  async function databaseWith(sql: string): Promise<{ readonly url: string; readonly database: Database }> {
    const { url, drop } = await createTestDatabase({ version });
    onTestFinished(drop);
    const database = connect({ connectionString: url });
    onTestFinished(() => database.close());
    await database.query(sql);
    return { url, database };
  }

  const refusal = async (sql: string): Promise<Error> => {
    const { database } = await databaseWith(sql);
    const before = await database.query('SELECT * FROM facebook_pages');
    const error = await migrate(database).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'MIGRATION_FAILED' });
    expect(await database.query('SELECT * FROM facebook_pages')).toEqual(before);
    return must(error instanceof Error ? error : undefined, 'it was refused');
  };

  /** What the program of the user sees of its table, whatever the types are by now. */
  const theirs = (database: Database) =>
    database.query(
      `SELECT id, user_id, facebook_page_id, name, access_token, is_active, category, settings, last_synced_at,
              created_at::text
       FROM facebook_pages ORDER BY facebook_page_id`,
    );

  it('is adopted with its rows, its unknown columns and its keys, and the engine syncs with the token it holds', async () => {
    const { url, database } = await databaseWith(THEIR_TABLE);
    const [facebookPageId = ''] = simulator.world.pages.map((page) => page.id);
    const token = simulator.world.renewToken(facebookPageId);
    await database.query(
      `INSERT INTO facebook_pages (user_id, facebook_page_id, name, access_token, is_active, category, settings, created_at)
       VALUES ($1, $2, 'Bäckerei', $3, NULL, 'Bakery', '{"a":[1]}', '2024-11-10 10:00:00.123456'),
              ($1, '77', 'Closed', 'EAAGother', false, 'Bar', NULL, NULL)`,
      [USER_ID, facebookPageId, token],
    );
    await database.query(`INSERT INTO campaigns SELECT id, 'Summer' FROM facebook_pages`);
    const before = await theirs(database);

    // In a time zone of its own: their times without a zone are UTC all the same.
    await database.transaction(async (query) => {
      await query(`SET LOCAL timezone = 'Asia/Kolkata'`);
      await query(renderMigrations().replace('BEGIN;', '').replace('COMMIT;', ''));
    });
    await migrate(database);
    await database.query(renderMigrations());

    const [one] = before;
    expect(await theirs(database)).toEqual(before);
    expect(await database.query('SELECT title FROM campaigns')).toHaveLength(2);

    const tidemark = await createTidemark(testSettings(url, simulator.url));
    onTestFinished(() => tidemark.close());
    expect(await tidemark.pages.find({ facebookPageId })).toMatchObject({
      id: one?.['id'],
      name: 'Bäckerei',
      status: 'connected',
    });
    expect(await tidemark.sync({ facebookPageId })).toMatchObject({ syncMode: 'full', status: 'succeeded' });
    expect(await compareMirror(url, simulator.world.truth(facebookPageId))).toEqual([]);
    expect(await tidemark.sync({ facebookPageId })).toMatchObject({ syncMode: 'incremental', synced: 0 });

    const [row] = await database.query(
      'SELECT access_token, access_token_encrypted FROM facebook_pages WHERE facebook_page_id = $1',
      [facebookPageId],
    );
    expect(row).toEqual({ access_token: token, access_token_encrypted: expect.stringMatching(/^tm1:/) });
  });

  it('takes a fresh token for a Page that it knows, though it wants columns that we cannot fill', async () => {
    const { url, database } = await databaseWith(THEIR_TABLE);
    const [facebookPageId = ''] = simulator.world.pages.map((page) => page.id);
    await database.query(
      `INSERT INTO facebook_pages (user_id, facebook_page_id, name, access_token, category) VALUES ($1, $2, 'A', 'EAAGdead', 'B')`,
      [USER_ID, facebookPageId],
    );
    const tidemark = await createTidemark(testSettings(url, simulator.url));
    onTestFinished(() => tidemark.close());
    const answer = await tidemark.pages.connect(new Secret(simulator.world.renewToken(facebookPageId)));
    expect(answer.connected).toMatchObject([{ facebookPageId, status: 'connected' }]);
    expect(await tidemark.sync({ facebookPageId })).toMatchObject({ status: 'succeeded' });
    const rows = await database.query('SELECT user_id, category FROM facebook_pages');
    expect(rows).toEqual([{ user_id: USER_ID, category: 'B' }]);
  });

  it('with numbers for Facebook ids, statuses and times of its own keeps them, whatever time zone it is migrated in', async () => {
    const { database } = await databaseWith(`
      CREATE TABLE facebook_pages (
        id uuid PRIMARY KEY,
        facebook_page_id bigint NOT NULL DEFAULT 0,
        status varchar(20) NOT NULL DEFAULT 'active',
        last_synced_at timestamp,
        updated_at timestamp
      );
      INSERT INTO facebook_pages VALUES (gen_random_uuid(), 103456789012345678, 'active', '2024-11-10', '2024-11-10 12:00');`);
    await database.transaction(async (query) => {
      await query(`SET LOCAL timezone = 'Asia/Kolkata'`);
      await query(renderMigrations().replace('BEGIN;', '').replace('COMMIT;', ''));
    });
    const sql = 'SELECT facebook_page_id::text, status, last_synced_at::text, updated_at::text FROM facebook_pages';
    expect(await database.query(sql)).toEqual([
      {
        facebook_page_id: '103456789012345678',
        status: 'active',
        last_synced_at: '2024-11-10 00:00:00',
        updated_at: '2024-11-10 12:00:00',
      },
    ]);
    expect(await listPages(database)).toMatchObject([
      {
        facebookPageId: '103456789012345678',
        isActive: true,
        status: 'connected',
        lastSyncedAt: Date.UTC(2024, 10, 10),
        updatedAt: Date.UTC(2024, 10, 10, 12),
      },
    ]);
  });

  it('without a primary key gets what other tables need to refer to it, once', async () => {
    const { database } = await databaseWith(`
      CREATE TABLE facebook_pages (id uuid NOT NULL, facebook_page_id text);
      INSERT INTO facebook_pages VALUES (gen_random_uuid(), '1'), (gen_random_uuid(), '2');`);
    await migrate(database);
    await database.query(renderMigrations());
    const keys = await database.query(`SELECT conname FROM pg_constraint WHERE conname LIKE 'facebook_pages_id%'`);
    expect(keys).toEqual([{ conname: 'facebook_pages_id_key' }]);
  });

  it('that is hidden by policies of its own keeps them', async () => {
    const { database } = await databaseWith(`${THEIR_TABLE}
      ALTER TABLE facebook_pages ENABLE ROW LEVEL SECURITY;
      CREATE POLICY own_pages ON facebook_pages USING (user_id::text = current_user);`);
    await migrate(database);
    const policies = await database.query(`SELECT policyname FROM pg_policies WHERE tablename = 'facebook_pages'`);
    expect(policies).toEqual([{ policyname: 'own_pages' }]);
  });

  it('that is open stays open: others may be reading it', async () => {
    const { database } = await databaseWith(THEIR_TABLE);
    await migrate(database);
    const open = await database.query(
      `SELECT relname FROM pg_class WHERE relname IN ('facebook_pages', 'facebook_messages') AND NOT relrowsecurity`,
    );
    expect(open).toEqual([{ relname: 'facebook_pages' }]);
  });

  describe('is refused, untouched and with a sentence that says why', () => {
    it.each([
      [
        'serial ids',
        'CREATE TABLE facebook_pages (id serial PRIMARY KEY, facebook_page_id text)',
        /facebook_pages\.id is integer.*needs uuid/,
      ],
      ['no id', 'CREATE TABLE facebook_pages (facebook_page_id text)', /no column id\. Add it/],
      [
        'ids left empty',
        `CREATE TABLE facebook_pages (id uuid, facebook_page_id text); INSERT INTO facebook_pages VALUES (NULL, '1')`,
        /facebook_pages\.id may be null.*SET NOT NULL/,
      ],
      ['no id of Facebook', 'CREATE TABLE facebook_pages (id uuid PRIMARY KEY)', /no column facebook_page_id/],
      [
        'a Page without an id of Facebook',
        `CREATE TABLE facebook_pages (id uuid PRIMARY KEY, facebook_page_id text);
         INSERT INTO facebook_pages VALUES (gen_random_uuid(), NULL)`,
        /rows without a facebook_page_id \(1\)/,
      ],
      [
        'Pages that are there twice',
        `CREATE TABLE facebook_pages (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), facebook_page_id varchar(50));
         INSERT INTO facebook_pages (facebook_page_id) VALUES ('41'), ('42'), ('42'), ('43'), ('43'), ('43')`,
        /more than once: 42, 43\. Keep one row of each/,
      ],
    ])('with %s', async (_, sql, sentence) => {
      const { message } = await refusal(sql);
      expect(message).toMatch(/^Nothing was changed\. /);
      expect(message).toMatch(sentence);
    });
  });
});
