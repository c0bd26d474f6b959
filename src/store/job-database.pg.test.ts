/** The database behind the one function that the job queue's package asks for. */
import { expect, it, onTestFinished } from 'vitest';
import { describeEachPostgres } from '../../test/support/postgres.ts';
import { connect } from './connect.ts';
import { openJobDatabase } from './job-database.ts';
import { openStoreForTest } from '../../test/support/store/opened-store.ts';

describeEachPostgres("the job queue's way to the database", (version) => {
  it('runs scripts, and leaves no transaction open when one fails', async () => {
    await using store = await openStoreForTest(version);
    const single = connect({ connectionString: store.url, maxConnections: 1 });
    onTestFinished(() => single.close());
    const database = openJobDatabase((sql, values) => single.script(sql, values));

    const script = 'BEGIN; SELECT 1 AS a; SELECT now() AS b; COMMIT';
    expect(await database.executeSql(script)).toEqual({ rows: [{ a: 1 }, { b: expect.any(Date) }] });
    await expect(database.executeSql('BEGIN; CREATE TABLE half (); SELECT 1 / 0; COMMIT')).rejects.toThrow('zero');
    expect(await database.executeSql(`SELECT to_regclass('half') AS half, $1::int AS given`, [7])).toEqual({
      rows: [{ half: null, given: 7 }],
    });
  });

  it('takes part in a transaction of ours', async () => {
    await using store = await openStoreForTest(version);
    const broken = store.database.transaction(async (query) => {
      await openJobDatabase(query).executeSql('CREATE TABLE half ()');
      throw new Error('cut off');
    });
    await expect(broken).rejects.toThrow('cut off');
    expect(await store.one(`SELECT to_regclass('half') AS half`)).toEqual({ half: null });
  });
});
