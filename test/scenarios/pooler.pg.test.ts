/**
 * Everything works through a transaction pooler, as Supabase gives one to every project: a transaction gets whatever
 * server connection is free, and nothing of a session outlives it.
 */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { createTidemark } from '../../src/engine/create-tidemark.ts';
import type { TidemarkError } from '../../src/core/errors.ts';
import { must } from '../../src/lib/must.ts';
import { connect, type Database } from '../../src/store/connect.ts';
import { migrateDatabase, readMigrations } from '../../src/store/migrate.ts';
import { openRunStore } from '../../src/store/run-store.ts';
import { collected, openStoreForTest, snapshot, toBeginRequest } from '../support/store/opened-store.ts';
import { openWalkStore } from '../../src/store/walk-store.ts';
import { overlappingRuns } from '../support/all-pages.ts';
import { openEye } from '../support/client.ts';
import { NO_PGBOUNCER, type PgBouncer, SERVER_CONNECTIONS, startPgBouncer } from '../support/pgbouncer.ts';
import { createTestDatabase, describeEachPostgres } from '../support/postgres.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

/** What a pooler keeps in step for its clients by itself, by SET. */
const CARRIED_ALONG = ['application_name', 'client_encoding', 'DateStyle', 'IntervalStyle', 'TimeZone'];

/** What anybody left behind in the sessions behind the pooler; nothing when all of them are as they were opened. */
async function leftInSessions(pooledUrl: string, directUrl: string): Promise<string[]> {
  const left: string[] = [];
  const sessions = Array.from({ length: SERVER_CONNECTIONS }, () => new pg.Client({ connectionString: pooledUrl }));
  const pids = new Set<number>();
  try {
    await Promise.all(sessions.map((session) => session.connect()));
    // All at once in a transaction: that takes hold of every server connection there is.
    await Promise.all(sessions.map((session) => session.query('BEGIN')));
    for (const session of sessions) {
      const { rows } = await session.query<{ pid: number; found: string[] }>(
        `SELECT pg_backend_pid() AS pid, array(
           SELECT 'prepared statement ' || name FROM pg_prepared_statements
           UNION ALL SELECT 'setting ' || name || ' = ' || setting FROM pg_settings
             WHERE source = 'session' AND name <> ALL ($1)
           UNION ALL SELECT 'cursor ' || name FROM pg_cursors WHERE is_holdable
           UNION ALL SELECT 'channel ' || channel FROM pg_listening_channels() AS channel
           UNION ALL SELECT 'temporary table ' || relname FROM pg_class WHERE relpersistence = 't') AS found`,
        [CARRIED_ALONG],
      );
      for (const { pid, found } of rows) {
        pids.add(pid);
        left.push(...found);
      }
    }
  } finally {
    await Promise.all(sessions.map((session) => session.end()));
  }
  expect(pids.size).toBe(SERVER_CONNECTIONS);
  await using eye = await openEye(directUrl);
  const { rows } = await eye.client.query<{ lock: string }>(
    `SELECT 'advisory lock ' || objid AS lock FROM pg_locks
     WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return [...left, ...rows.map(({ lock }) => lock)];
}

async function differences(world: TestWorld): Promise<string[]> {
  const all = await Promise.all(world.pageIds.map((pageId) => world.differences(pageId)));
  return all.flat();
}

const WITHOUT = NO_PGBOUNCER === undefined ? '' : ` (skipped: ${NO_PGBOUNCER})`;

describe.skipIf(NO_PGBOUNCER !== undefined)(`through PgBouncer in transaction mode${WITHOUT}`, () => {
  describeEachPostgres('a small pool', (version) => {
    let pooler: PgBouncer;
    beforeAll(async () => {
      pooler = await startPgBouncer(inject('postgresUrls')[version]);
    });
    afterAll(() => pooler[Symbol.asyncDispose]());

    it('migrates an empty database once, however many want to at the same instant', async () => {
      const { url, drop } = await createTestDatabase({ version });
      onTestFinished(drop);
      const pooledUrl = pooler.through(url);
      const answers = await Promise.all(Array.from({ length: 8 }, () => migrateDatabase({ databaseUrl: pooledUrl })));
      const names = readMigrations().map(({ name }) => name);
      expect(answers.map(({ applied }) => applied).filter((applied) => applied.length > 0)).toEqual([names]);
      expect(await leftInSessions(pooledUrl, url)).toEqual([]);
    });

    it('makes the mirror equal the world: many Pages at once, two engines, old messages and new ones', async () => {
      await using world = await openWorld({
        version,
        simulator: { pages: 6, conversations: 40, messagesPerConversation: { min: 1, max: 130, mean: 15 } },
        through: pooler.through,
      });
      await using other = await createTidemark(world.settings);
      const engines = [world.tidemark, other];
      const both = async () => Promise.all(engines.map((tidemark) => tidemark.syncAll({})));

      for (const { totals } of await both()) expect(totals).toMatchObject({ successCount: 6, failureCount: 0 });
      for (let round = 0; ; round++) {
        const answers = await Promise.all(engines.map((tidemark) => tidemark.collectHistory({})));
        if (answers.every(({ results }) => results.length === 0)) break;
        expect(round).toBeLessThan(100);
      }
      expect(await differences(world)).toEqual([]);

      for (const pageId of world.pageIds)
        world.simulator.world.activity({ pageId, newMessages: 5, newConversations: 2 });
      for (const { totals } of await both()) expect(totals).toMatchObject({ successCount: 6, failureCount: 0 });
      expect(await differences(world)).toEqual([]);

      // Whatever the two of them opened, the server was asked by no more than the pool holds.
      await using eye = await openEye(world.databaseUrl);
      const { rows } = await eye.client.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
           AND backend_type = 'client backend'`,
      );
      expect(rows.length).toBeLessThanOrEqual(SERVER_CONNECTIONS);
      expect(await leftInSessions(pooler.through(world.databaseUrl), world.databaseUrl)).toEqual([]);
    });

    it('carries the jobs: queues made by several at once, shared work, a hand-over, and old messages', async () => {
      await using world = await openWorld({
        version,
        simulator: {
          pages: 8,
          conversations: 40,
          messagesPerConversation: { min: 1, max: 60, mean: 8 },
          latency: { baseMs: 20 },
        },
        settings: { syncIntervalMs: 2000, verifyIntervalMs: 4000 },
        through: pooler.through,
      });
      const problems: string[] = [];
      const onProblem = ({ message }: TidemarkError) => problems.push(message);
      const leaving = await createTidemark(world.settings);
      await using staying = await createTidemark(world.settings);
      const engines = [world.tidemark, leaving, staying];
      await Promise.all(engines.map((tidemark) => tidemark.jobs.start({ onProblem })));
      const modes = async () => new Set((await world.tidemark.runs.list({ limit: 200 })).map((run) => run.mode));
      await expect.poll(modes, { timeout: 30_000 }).toEqual(new Set(['full', 'incremental', 'verify', 'history']));
      await leaving.close();
      for (const pageId of world.pageIds)
        world.simulator.world.activity({ pageId, newMessages: 3, newConversations: 1 });
      await expect.poll(() => differences(world), { timeout: 40_000, interval: 500 }).toEqual([]);
      world.tidemark.jobs.stop();
      await staying.close();
      expect(problems).toEqual([]);
      expect(await world.tidemark.jobs.failed()).toEqual([]);
      expect(await overlappingRuns(world)).toEqual([]);
      expect(await leftInSessions(pooler.through(world.databaseUrl), world.databaseUrl)).toEqual([]);
    });

    it('reads the mirror page by page, each conversation and message once', async () => {
      await using world = await openWorld({
        version,
        simulator: { pages: 2, conversations: 70 },
        through: pooler.through,
      });
      await world.tidemark.syncAll({});
      const ids: string[] = [];
      for (let cursor: string | undefined; ;) {
        const { items, nextCursor } = await world.tidemark.conversations.list({ limit: 25, cursor });
        ids.push(...items.map(({ id }) => id));
        if (nextCursor === null) break;
        cursor = nextCursor;
      }
      expect(new Set(ids).size).toBe(140);
      expect(ids).toHaveLength(140);
      const conversationId = must(ids[0], 'a hundred and forty of them');
      const all = world.pageIds.flatMap((pageId) => world.simulator.world.truth(pageId).conversations);
      const shown = must(
        all.find(({ id }) => id === conversationId),
        'it is of this world',
      );
      const { items } = await world.tidemark.conversations.messages({ conversationId, limit: 200 });
      expect(new Set(items.map(({ id }) => id))).toEqual(new Set(shown.messages.map(({ id }) => id)));
      expect(await world.tidemark.runs.list({})).toHaveLength(2);
    });

    it('gives the lease to exactly one, and lets nobody write who has lost it', async () => {
      await using straight = await openStoreForTest(version);
      const pooled = (): Database => {
        const database = connect({ connectionString: pooler.through(straight.url) });
        onTestFinished(() => database.close());
        return database;
      };
      const databases = Array.from({ length: 6 }, pooled);
      const pageId = await straight.addPage();
      const wanted = await Promise.all(databases.map(() => toBeginRequest(straight, { pageId })));
      const results = await Promise.all(
        databases.map((database, index) =>
          openRunStore(database, crypto.randomUUID()).begin(must(wanted[index], 'one each')),
        ),
      );
      const begun = results.filter((result) => result?.kind === 'begun');
      expect(begun).toHaveLength(1);
      const { lease } = must(begun[0], 'exactly one');

      const [first, second] = [pooled(), pooled()];
      const stale = openWalkStore(first, lease);
      await stale.commit([collected(snapshot('t_1'))]);
      await straight.expire(lease);
      const heir = await openRunStore(second, crypto.randomUUID()).begin(await toBeginRequest(straight, { pageId }));
      expect(heir).toMatchObject({ kind: 'begun', lease: { fence: lease.fence + 1 } });
      await expect(stale.commit([collected(snapshot('t_2'))])).rejects.toMatchObject({ code: 'LEASE_LOST' });
      const rows = await straight.database.query('SELECT id FROM facebook_conversations WHERE page_id = $1', [pageId]);
      expect(rows).toEqual([{ id: 't_1' }]);
      expect(await leftInSessions(pooler.through(straight.url), straight.url)).toEqual([]);
    });

    it('goes on after the pooler has lost its connections to the server', async () => {
      await using world = await openWorld({ version, through: pooler.through });
      await world.tidemark.syncAll({});
      await using eye = await openEye(world.databaseUrl);
      await eye.client.query(
        'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      );
      const pageId = must(world.pageIds[0], 'a world has a Page');
      world.simulator.world.activity({ pageId, newMessages: 3 });
      const sync = () => world.tidemark.sync({ facebookPageId: pageId }).catch((error: unknown) => error);
      // A statement that meets a connection just lost is told so; it may be asked again.
      await expect.poll(sync, { timeout: 45_000 }).toMatchObject({ status: 'succeeded' });
      expect(await world.differences()).toEqual([]);
    });

    it('says which setting of the connection string the pooler will not pass on', async () => {
      const url = new URL(pooler.through(inject('postgresUrls')[version]));
      url.searchParams.set('options', '-c search_path=mirror');
      const database = connect({ connectionString: url.href });
      onTestFinished(() => database.close());
      const failure = await database.query('SELECT 1').catch((error: unknown) => error);
      expect(failure).toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
        message: expect.stringMatching(/pooler.*options/),
      });
      expect(failure).not.toHaveProperty('retryAfterMs', expect.any(Number));
    });
  });
});
