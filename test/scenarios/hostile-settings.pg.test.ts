/**
 * A database whose owner has set everything that a session can be set to, and wrongly: what is mirrored and what is
 * answered is the same, straight and through a transaction pooler.
 */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { openEye } from '../support/client.ts';
import { NO_PGBOUNCER, type PgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { describeEachPostgres } from '../support/postgres.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

const HOSTILE: Readonly<Record<string, string>> = {
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  client_encoding: 'LATIN1',
  DateStyle: 'German, DMY',
  IntervalStyle: 'sql_standard',
  TimeZone: 'Asia/Kathmandu',
  extra_float_digits: '-15',
  bytea_output: 'escape',
  xmlbinary: 'hex',
  array_nulls: 'off',
  standard_conforming_strings: 'off',
  escape_string_warning: 'off',
  transform_null_equals: 'on',
  quote_all_identifiers: 'on',
  lc_messages: 'C',
  lc_time: 'C',
  row_security: 'off',
  gin_fuzzy_search_limit: '1',
  exit_on_error: 'on',
  statement_timeout: '150ms',
  lock_timeout: '1ms',
  idle_in_transaction_session_timeout: '50ms',
  idle_session_timeout: '300ms',
  synchronous_commit: 'off',
  plan_cache_mode: 'force_generic_plan',
  jit: 'on',
  jit_above_cost: '0',
  enable_seqscan: 'off',
};
const OF_17 = { transaction_timeout: '150ms' };

async function spoil(databaseUrl: string, settings: Readonly<Record<string, string>>): Promise<void> {
  await using eye = await openEye(databaseUrl);
  const { rows } = await eye.client.query<{ name: string }>('SELECT quote_ident(current_database()) AS name');
  const { name } = must(rows[0], 'a database has a name');
  for (const [setting, value] of Object.entries(settings))
    await eye.client.query(`ALTER ROLE CURRENT_USER IN DATABASE ${name} SET ${setting} = '${value}'`);
  // A schema of somebody else's with our names in it, and with functions that shadow PostgreSQL's.
  await eye.client.query(`CREATE SCHEMA trap;
    CREATE FUNCTION trap.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT timestamptz '1999-01-01' $$;
    CREATE FUNCTION trap.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS $$ SELECT 'nothing' $$;`);
  await eye.client.query(`ALTER ROLE CURRENT_USER IN DATABASE ${name} SET search_path = public, trap, pg_catalog`);
}

/** So that who compares reads rightly too. */
async function mend(databaseUrl: string): Promise<void> {
  await using eye = await openEye(databaseUrl);
  const { rows } = await eye.client.query<{ name: string }>('SELECT quote_ident(current_database()) AS name');
  await eye.client.query(`ALTER ROLE CURRENT_USER IN DATABASE ${must(rows[0], 'it has a name').name} RESET ALL`);
}

/** Works on it in every way; answers how the mirror then differs from the world. */
async function work(world: TestWorld): Promise<string[]> {
  const pageCount = world.pageIds.length;
  expect((await world.tidemark.syncAll({})).totals).toMatchObject({ successCount: pageCount, failureCount: 0 });
  for (const pageId of world.pageIds) world.simulator.world.activity({ pageId, newMessages: 12, newConversations: 3 });
  const { results } = await world.tidemark.syncAll({});
  expect(results.map(({ status, syncMode }) => [status, syncMode])).toEqual(
    world.pageIds.map(() => ['succeeded', 'incremental']),
  );
  await world.tidemark.collectHistory({});
  const verified = await world.tidemark.verifyAll({});
  for (const result of verified.results) expect(result).toMatchObject({ success: true });
  const [page] = await world.tidemark.pages.list();
  expect(Math.abs(Date.now() - Date.parse(must(page?.lastSyncedAt ?? undefined, 'it was just synced')))).toBeLessThan(
    120_000,
  );
  const { items } = await world.tidemark.conversations.list({ limit: 5 });
  for (const { updatedTime } of items) expect(updatedTime).toMatch(/^20\d\d-\d\d-\d\dT/);
  await mend(world.databaseUrl);
  const all: string[] = [];
  for (const pageId of world.pageIds) all.push(...(await world.differences(pageId)));
  return all;
}

describeEachPostgres('a database that is set to everything wrong', (version) => {
  const settings = version >= 17 ? { ...HOSTILE, ...OF_17 } : HOSTILE;
  const simulator = { pages: 6, conversations: 60, messagesPerConversation: { min: 1, max: 120, mean: 20 } };

  it('is mirrored to all the same', async () => {
    await using world = await openWorld({ version, simulator, prepare: (url) => spoil(url, settings) });
    expect(await work(world)).toEqual([]);
  });

  describe.skipIf(NO_PGBOUNCER)('behind a transaction pooler', () => {
    let pooler: PgBouncer;
    beforeAll(async () => {
      pooler = await startPgBouncer(inject('postgresUrls')[version]);
    });
    afterAll(() => pooler[Symbol.asyncDispose]());

    it('is mirrored to all the same', async () => {
      await using world = await openWorld({
        version,
        simulator,
        prepare: (url) => spoil(url, settings),
        through: pooler.through,
      });
      expect(await work(world)).toEqual([]);
    });
  });
});
