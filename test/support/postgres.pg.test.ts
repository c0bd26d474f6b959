import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { createTestDatabase, describeEachPostgres, type PostgresVersion } from './postgres.ts';

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

describeEachPostgres('test databases', (version: PostgresVersion) => {
  test('are on a server of the version asked for', async () => {
    const database = await createTestDatabase({ version });
    expect(await query(database.url, `SELECT current_setting('server_version_num')::int / 10000`)).toEqual([version]);
    await database.drop();
  });

  test('are each other strangers, and gone after drop even while somebody is connected', async () => {
    const [one, other] = await Promise.all([createTestDatabase({ version }), createTestDatabase({ version })]);
    await query(one.url, 'CREATE TABLE only_here (a int)');
    expect(await query(other.url, `SELECT to_regclass('only_here')`)).toEqual([null]);
    const lingering = new pg.Client({ connectionString: one.url });
    lingering.on('error', () => {});
    await lingering.connect();
    await Promise.all([one.drop(), other.drop()]);
    await expect(query(one.url, 'SELECT 1')).rejects.toThrow(/does not exist/);
  });

  test('build their template once, however many ask at the same moment', async () => {
    let builds = 0;
    const template = {
      name: 'counted',
      build: async (url: string) => {
        builds += 1;
        await query(url, 'CREATE TABLE held AS SELECT 7 AS a');
      },
    };
    const databases = await Promise.all(Array.from({ length: 5 }, () => createTestDatabase({ version, template })));
    for (const { url } of databases) expect(await query(url, 'SELECT a FROM held')).toEqual([7]);
    expect(builds).toBe(1);
    await Promise.all(databases.map((database) => database.drop()));
  });

  test('do not keep a template whose building failed', async () => {
    let isBroken = true;
    const template = {
      name: 'broken_once',
      build: async (url: string) => {
        await query(url, 'CREATE TABLE half_made (a int)');
        if (isBroken) throw new Error('cut short');
      },
    };
    await expect(createTestDatabase({ version, template })).rejects.toThrow('cut short');
    isBroken = false;
    const database = await createTestDatabase({ version, template });
    expect(await query(database.url, 'SELECT count(*)::int FROM half_made')).toEqual([0]);
    await database.drop();
  });

  test('know the case of all letters', async () => {
    const database = await createTestDatabase({ version });
    expect(
      await query(database.url, `SELECT lower('ÄÉŁ'), 'Ünal' ILIKE 'ünal', current_setting('server_encoding')`),
    ).toEqual(['äéł', true, 'UTF8']);
    await database.drop();
  });
});

describe('the template', () => {
  test('has a name that fits into SQL as it is', async () => {
    const template = { name: 'a"; DROP', build: async () => {} };
    await expect(createTestDatabase({ version: 17, template })).rejects.toThrow('Not a name');
  });
});
