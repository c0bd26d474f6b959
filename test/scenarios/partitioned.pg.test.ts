/** A mirror whose tables are partitioned by Page, as docs/partitioning.sql makes them, is the same mirror. */
import { expect, it, onTestFinished } from 'vitest';
import { readSchema } from '../../scripts/schema/read-schema.ts';
import { renderSchemaSql } from '../../scripts/schema/render-schema-sql.ts';
import { must } from '../../src/lib/must.ts';
import { connect, type Database } from '../../src/store/connect.ts';
import { migrate, readMigrations, renderMigrations } from '../../src/store/migrate.ts';
import { PARTITIONED, partitionByPage } from '../support/partitioning.ts';
import { createTestDatabase, describeEachPostgres, type PostgresVersion } from '../support/postgres.ts';
import { openMigratedDatabase, openWorld, type TestWorld } from '../support/world.ts';

function open(url: string): Database {
  const database = connect({ connectionString: url });
  onTestFinished(() => database.close());
  return database;
}

/** The tables as a program sees them: without the partitions they are made of. */
async function schemaOf(database: Database): Promise<string> {
  const partitions = await database.query('SELECT relname FROM pg_class WHERE relispartition');
  const names = new Set(partitions.map((row) => row['relname']));
  const tables = await readSchema(database.query);
  return renderSchemaSql(tables.filter(({ name }) => !names.has(name))).replaceAll(' ON ONLY ', ' ON ');
}

async function differences(world: TestWorld): Promise<string[]> {
  const all = await Promise.all(world.pageIds.map((pageId) => world.differences(pageId)));
  return all.flat();
}

/** Everything that a Page goes through, with the reading of it. */
async function liveThrough(world: TestWorld): Promise<void> {
  const { tidemark, simulator, pageIds } = world;
  expect((await tidemark.syncAll({})).totals).toMatchObject({ failureCount: 0 });
  for (let round = 0; (await tidemark.collectHistory({})).results.length > 0; round++) expect(round).toBeLessThan(50);
  expect(await differences(world)).toEqual([]);
  for (const pageId of pageIds) simulator.world.activity({ pageId, newMessages: 4, newConversations: 2 });
  const { totals } = await tidemark.syncAll({});
  expect(totals).toMatchObject({ failureCount: 0, totalSynced: 6 * pageIds.length, totalInserted: 2 * pageIds.length });
  expect(await differences(world)).toEqual([]);
  expect((await tidemark.syncAll({})).totals).toMatchObject({ failureCount: 0, totalSynced: 0 });

  const ids: string[] = [];
  for (let cursor: string | undefined; ;) {
    const { items, nextCursor } = await tidemark.conversations.list({ limit: 60, cursor });
    ids.push(...items.map(({ id }) => id));
    if (nextCursor === null) break;
    cursor = nextCursor;
  }
  const all = pageIds.flatMap((pageId) => simulator.world.truth(pageId).conversations);
  expect(ids.toSorted()).toEqual(all.map(({ id }) => id).toSorted());
  const conversation = must(all[0], 'a world has conversations');
  const { items } = await tidemark.conversations.messages({ conversationId: conversation.id, limit: 200 });
  expect(items).toHaveLength(Math.min(200, conversation.messages.length));
  expect(await tidemark.runs.list({ limit: 200 })).not.toHaveLength(0);
}

const MANY = { pages: 4, conversations: 30, messagesPerConversation: { min: 1, max: 130, mean: 12 } };

describeEachPostgres('partitioned by Page', (version: PostgresVersion) => {
  it('from the start, it holds what Facebook holds, and a Page that is removed takes all of its rows along', async () => {
    await using world = await openWorld({ version, simulator: MANY });
    await partitionByPage(world.databaseUrl);
    await liveThrough(world);
    const database = open(world.databaseUrl);
    const [used] = await database.query<{ count: number }>(
      'SELECT count(DISTINCT tableoid)::int AS count FROM facebook_messages',
    );
    expect(used?.count).toBeGreaterThan(1);

    const pages = await world.tidemark.pages.list();
    await database.query(
      `INSERT INTO facebook_retry_ledger (page_id, platform, conversation_id, error_code, reason, next_attempt_at)
       SELECT id, 'messenger', 't', 'GRAPH_ERROR', 'refused', now() FROM facebook_pages`,
    );
    const [gone, ...stay] = pages.map(({ id }) => id).toSorted();
    await world.tidemark.pages.remove(must(gone, 'several Pages'));
    for (const table of PARTITIONED) {
      const rows = await database.query(`SELECT DISTINCT page_id FROM ${table} ORDER BY page_id`);
      expect(rows, table).toEqual(stay.map((id) => ({ page_id: id })));
    }
    for (const page of pages.filter(({ id }) => id !== gone)) {
      expect(await world.differences(page.facebookPageId)).toEqual([]);
    }
  });

  it('when it is filled already, it keeps every row, and the next sync fetches only what is new', async () => {
    await using world = await openWorld({ version, simulator: { pages: 4, conversations: 30 } });
    await world.tidemark.syncAll({});
    const database = open(world.databaseUrl);
    const held = () =>
      Promise.all(PARTITIONED.map((table) => database.query(`SELECT * FROM ${table} ORDER BY ${table}::text`)));
    const before = await held();
    await partitionByPage(world.databaseUrl);
    expect(await held()).toEqual(before);
    expect((await world.tidemark.syncAll({})).totals).toMatchObject({ failureCount: 0, totalSynced: 0 });
    for (const pageId of world.pageIds) world.simulator.world.activity({ pageId, newMessages: 3 });
    expect((await world.tidemark.syncAll({})).totals).toMatchObject({ failureCount: 0, totalSynced: 12 });
    expect(await differences(world)).toEqual([]);
  });
});

describeEachPostgres('the recipe of docs/partitioning.sql', (version) => {
  async function migrated(): Promise<{ readonly url: string; readonly database: Database }> {
    const { url, drop } = await openMigratedDatabase(version);
    onTestFinished(drop);
    return { url, database: open(url) };
  }

  it('leaves the schema as it was but for closed partitions, and changes nothing when it is run again', async () => {
    const { url, database } = await migrated();
    const plain = await schemaOf(database);
    await partitionByPage(url);
    expect(await schemaOf(database)).toBe(plain);
    const objects = () => database.query('SELECT oid, relname FROM pg_class ORDER BY oid');
    const before = await objects();
    await partitionByPage(url);
    expect(await objects()).toEqual(before);
    const kinds = await database.query(`SELECT relname FROM pg_class WHERE relkind = 'p' ORDER BY relname`);
    expect(kinds.map((row) => row['relname'])).toEqual(PARTITIONED);
    // A partition can be asked for by its own name: row level security of its table does not help there.
    const unguarded = await database.query(
      'SELECT relname FROM pg_class WHERE relispartition AND relkind = $1 AND NOT relrowsecurity',
      ['r'],
    );
    expect(unguarded).toEqual([]);
  });

  it('is tolerated by every migration that comes after it, and by all of them run again as SQL', async () => {
    const { url, drop } = await createTestDatabase({ version });
    onTestFinished(drop);
    const database = open(url);
    const all = readMigrations();
    const [head = ''] = renderMigrations().split(`-- ${all[0]?.name}\n`);
    await database.query(`${head}COMMIT;`);
    for (const migration of all) {
      await database.query(migration.sql);
      await database.query('INSERT INTO tidemark_migrations (version, name) VALUES ($1, $2)', [
        migration.version,
        migration.name,
      ]);
      await partitionByPage(url);
    }
    expect(await migrate(database)).toMatchObject({ applied: [] });
    await database.query(renderMigrations());
    expect(await schemaOf(database)).toBe(await schemaOf((await migrated()).database));
  });

  it('refuses to lose policies, and then leaves everything as it was', async () => {
    const { url, database } = await migrated();
    await database.query('CREATE POLICY everybody ON facebook_messages USING (true)');
    const before = await schemaOf(database);
    await expect(partitionByPage(url)).rejects.toThrow('facebook_messages has policies or triggers');
    expect(await schemaOf(database)).toBe(before);
  });
});
