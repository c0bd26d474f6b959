/** A database that others use as well, or that gives less than is wished for: syncs succeed, or the start is refused. */
import { expect, it, onTestFinished } from 'vitest';
import { randomBytes } from 'node:crypto';
import { createTidemark } from '../../src/engine/create-tidemark.ts';
import { must } from '../../src/lib/must.ts';
import { sleep } from '../../src/lib/sleep.ts';
import { connect } from '../../src/store/connect.ts';
import { openEye } from '../support/client.ts';
import { createTestDatabase, describeEachPostgres } from '../support/postgres.ts';
import { openWorld, testSettings } from '../support/world.ts';

describeEachPostgres('a database', (version) => {
  it('whose rows an application updates in its own order fails no sync', { timeout: 180_000 }, async () => {
    await using world = await openWorld({ version, simulator: { pages: 1, conversations: 60 } });
    const facebookPageId = must(world.pageIds[0], 'a Page');
    await world.tidemark.sync({ facebookPageId });
    const over = new AbortController();
    let deadlocks = 0;
    const meddle = async () => {
      await using eye = await openEye(world.databaseUrl);
      while (!over.signal.aborted) {
        try {
          await eye.client.query('BEGIN');
          await eye.client.query(
            `UPDATE facebook_messages SET read_by_us = true WHERE (page_id, id) IN (
               SELECT page_id, id FROM facebook_messages ORDER BY id DESC LIMIT 40)`,
          );
          const { rows } = await eye.client.query<{ id: string }>(
            `SELECT id FROM facebook_conversations ORDER BY id DESC LIMIT 40`,
          );
          for (const { id } of rows)
            await eye.client.query('UPDATE facebook_conversations SET read_by_us = true WHERE id = $1', [id]);
          await eye.client.query('COMMIT');
          await sleep(25);
        } catch (error) {
          expect(error).toMatchObject({ code: '40P01' });
          deadlocks += 1;
          await eye.client.query('ROLLBACK');
        }
      }
    };
    {
      await using owner = await openEye(world.databaseUrl);
      // A deadlock is found at once instead of after a second.
      await owner.client
        .query(`ALTER DATABASE ${new URL(world.databaseUrl).pathname.slice(1)} SET deadlock_timeout = '50ms';
        ALTER TABLE facebook_messages ADD COLUMN read_by_us boolean;
        ALTER TABLE facebook_conversations ADD COLUMN read_by_us boolean`);
    }
    const meddling = meddle();
    for (let round = 0; round < 40; round += 1) {
      world.simulator.world.activity({ pageId: facebookPageId, newMessages: 25 });
      expect(await world.tidemark.sync({ facebookPageId })).toMatchObject({ status: 'succeeded' });
    }
    over.abort();
    await meddling;
    console.log(`${deadlocks} transactions of the application were deadlocked.`);
    expect(await world.differences()).toEqual([]);
  });

  it('whose user may have five connections is waited for', { timeout: 120_000 }, async () => {
    await using world = await openWorld({ version, simulator: { pages: 12, conversations: 40 } });
    const role = `limited_${randomBytes(4).toString('hex')}`;
    await using owner = await openEye(world.databaseUrl);
    await owner.client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'few' BYPASSRLS CONNECTION LIMIT 5;
      GRANT ALL ON SCHEMA public TO ${role};
      GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`);
    const url = new URL(world.databaseUrl);
    Object.assign(url, { username: role, password: 'few' });
    const settings = { ...world.settings, databaseUrl: url.href, databaseConnections: 20 };
    {
      await using limited = await createTidemark(settings);
      await using second = await createTidemark(settings);
      const [answer, other] = await Promise.all([limited.syncAll({}), second.syncAll({})]);
      expect(answer.totals).toMatchObject({ successCount: 12, failureCount: 0 });
      expect(other.totals).toMatchObject({ successCount: 12, failureCount: 0 });
      expect((await limited.conversations.list({ limit: 3 })).items).toHaveLength(3);
    }
    for (const pageId of world.pageIds) expect(await world.differences(pageId)).toEqual([]);
    await owner.client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  it('that a crowd reads from has connections left for syncs and health, and tells the crowd when to come back', async () => {
    const database = connect({ connectionString: (await fresh()).url, maxConnections: 4 });
    onTestFinished(() => database.close(0));
    const crowd = Array.from({ length: 60 }, () =>
      database.reader.query('SELECT pg_sleep(1)').then(
        () => 'read' as const,
        (error: unknown) => error,
      ),
    );
    const startedAt = performance.now();
    await Promise.all([database.query('SELECT 1'), database.health.query('SELECT 1')]);
    expect(performance.now() - startedAt).toBeLessThan(1000);
    const outcomes = await Promise.all(crowd);
    const refused = outcomes.filter((outcome) => outcome !== 'read');
    expect(refused.length).toBeGreaterThan(40);
    expect(refused.length).toBeLessThan(60);
    for (const refusal of refused)
      expect(refusal).toMatchObject({ code: 'DATABASE_UNAVAILABLE', retryAfterMs: expect.any(Number) });
  });

  it('in another encoding than UTF8 is refused at the start, with the way out', async () => {
    const { url } = await fresh();
    await using admin = await openEye(url);
    const name = `latin_${randomBytes(4).toString('hex')}`;
    await admin.client.query(
      `CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0`,
    );
    const latin = new URL(url);
    latin.pathname = `/${name}`;
    await expect(createTidemark(testSettings(latin.href, 'http://127.0.0.1:1'))).rejects.toMatchObject({
      code: 'DATABASE_UNSUPPORTED',
      message: expect.stringMatching(/LATIN1.*ENCODING 'UTF8'/),
    });
    await admin.client.query(`DROP DATABASE ${name} WITH (FORCE)`);
  });

  it('that turns read-only is not ready, and says why', async () => {
    await using world = await openWorld({ version, simulator: { conversations: 1 } });
    await world.tidemark.checkReady();
    await using owner = await openEye(world.databaseUrl);
    const name = new URL(world.databaseUrl).pathname.slice(1);
    await owner.client.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await owner.client.query(
      'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    await expect(world.tidemark.checkReady()).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringContaining('read-only'),
    });
  });

  it('asked for a schema that a pooler forgets, or that is not there, gets no tables anywhere', async () => {
    const { url } = await fresh();
    const asked = new URL(url);
    asked.searchParams.set('options', '-c search_path=crm,public');
    await expect(createTidemark(testSettings(asked.href, 'http://127.0.0.1:1'))).rejects.toMatchObject({
      code: 'DATABASE_UNSUPPORTED',
      message: expect.stringMatching(/"crm".*"public"/),
    });
    await using eye = await openEye(url);
    const { rows } = await eye.client.query(`SELECT relname FROM pg_class WHERE relname LIKE 'facebook%'`);
    expect(rows).toEqual([]);
  });

  it('that is empty is made ready by any number of processes at once', { timeout: 120_000 }, async () => {
    const { url } = await fresh();
    const settings = testSettings(url, 'http://127.0.0.1:1');
    const problems: unknown[] = [];
    const starts = Array.from({ length: 10 }, async () => {
      const tidemark = await createTidemark({ ...settings, databaseConnections: 3 });
      await tidemark.jobs.start({ onProblem: (problem) => problems.push(problem) });
      return tidemark;
    });
    const started = await Promise.allSettled(starts);
    const engines = started.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
    await Promise.all(engines.map((tidemark) => tidemark.close()));
    expect(started.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(problems).toEqual([]);
  });

  async function fresh(): Promise<{ readonly url: string }> {
    const { url, drop } = await createTestDatabase({ version });
    onTestFinished(drop);
    return { url };
  }
});
