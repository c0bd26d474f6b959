/** Migrations: forward, once, all or nothing, in whatever schema, as whatever owner. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { readSchema } from '../../scripts/schema/read-schema.ts';
import { renderSchemaSql } from '../../scripts/schema/render-schema-sql.ts';
import { createTestDatabase, describeEachPostgres } from '../../test/support/postgres.ts';
import { openMigratedDatabase } from '../../test/support/world.ts';
import { must } from '../lib/must.ts';
import { connect } from './connect.ts';
import { findSchemaVersion, migrate, migrateDatabase, readMigrations, renderMigrations } from './migrate.ts';
import { openStore } from './open-store.ts';

const MIGRATIONS = readMigrations();
const NAMES = MIGRATIONS.map((migration) => migration.name);
const NEWEST = Math.max(...MIGRATIONS.map((migration) => migration.version));

function open(connectionString: string) {
  const database = connect({ connectionString });
  onTestFinished(() => database.close());
  return database;
}

function withOptions(url: string, options: string): string {
  const changed = new URL(url);
  changed.searchParams.set('options', options);
  return changed.href;
}

/** The same server and database as another role, which may log in. */
async function addRole(url: string, attributes = ''): Promise<{ readonly name: string; readonly url: string }> {
  const name = `role_${crypto.randomUUID().replaceAll('-', '')}`;
  const admin = open(url);
  await admin.query(`CREATE ROLE ${name} LOGIN PASSWORD 'pass' ${attributes}`);
  onTestFinished(async () => {
    const cleaner = connect({ connectionString: url });
    await cleaner.query(`DROP OWNED BY ${name} CASCADE`);
    await cleaner.query(`DROP ROLE ${name}`);
    await cleaner.close();
  });
  const changed = new URL(url);
  changed.username = name;
  changed.password = 'pass';
  return { name, url: changed.href };
}

describeEachPostgres('migrating', (version) => {
  async function emptyDatabase(): Promise<string> {
    const { url, drop } = await createTestDatabase({ version });
    onTestFinished(drop);
    return url;
  }

  async function migratedDatabase(): Promise<string> {
    const { url, drop } = await openMigratedDatabase(version);
    onTestFinished(drop);
    return url;
  }

  const schemaOf = async (url: string) => renderSchemaSql(await readSchema(open(url).query));

  it('an empty database applies every migration, and then none', async () => {
    const url = await emptyDatabase();
    expect(await findSchemaVersion(open(url))).toBe(0);
    expect(await migrateDatabase({ databaseUrl: url })).toEqual({ applied: NAMES, version: NEWEST });
    expect(await findSchemaVersion(open(url))).toBe(NEWEST);
    expect(await migrateDatabase({ databaseUrl: url })).toEqual({ applied: [], version: NEWEST });
  });

  it('from eight connections at the same instant applies every migration once, and all of them succeed', async () => {
    const url = await emptyDatabase();
    const answers = await Promise.all(Array.from({ length: 8 }, () => migrateDatabase({ databaseUrl: url })));
    expect(answers.map((answer) => answer.applied).filter((applied) => applied.length > 0)).toEqual([NAMES]);
    for (const answer of answers) expect(answer.version).toBe(NEWEST);
    const ledger = await open(url).query('SELECT name FROM tidemark_migrations ORDER BY version');
    expect(ledger.map((row) => row['name'])).toEqual(NAMES);
  });

  it('goes on where an older version has stopped', async () => {
    const url = await emptyDatabase();
    const database = open(url);
    await database.query(renderMigrations());
    const whole = await schemaOf(url);
    for (const last of NAMES.map((_, index) => index + 1)) {
      const older = await emptyDatabase();
      const script = renderMigrations().split(`-- ${NAMES[last] ?? 'no later one'}\n`)[0] ?? '';
      await open(older).query(last === NAMES.length ? script : `${script}COMMIT;`);
      expect(await migrateDatabase({ databaseUrl: older })).toEqual({ applied: NAMES.slice(last), version: NEWEST });
      expect(await schemaOf(older)).toBe(whole);
    }
  });

  it('again changes nothing: neither the schema nor a row, by the program or by the printed SQL, in any order', async () => {
    const url = await migratedDatabase();
    const database = open(url);
    await database.query(
      `INSERT INTO facebook_pages (facebook_page_id, name, access_token, status, is_active)
       VALUES ('1', 'One', 'tm1:x:y', 'throttled', false)`,
    );
    const seen = async () => [
      await schemaOf(url),
      await database.query('SELECT xmin::text, * FROM facebook_pages'),
      await database.query('SELECT xmin::text, * FROM tidemark_migrations ORDER BY version'),
    ];
    const before = await seen();
    const byProgram = () => migrate(database);
    const bySql = () => database.query(renderMigrations());
    for (const again of [bySql, byProgram, bySql, bySql, byProgram, byProgram]) {
      await again();
      expect(await seen()).toEqual(before);
    }
  });

  it('by the printed SQL makes the same schema as the program does', async () => {
    const url = await emptyDatabase();
    const database = open(url);
    await database.query(renderMigrations());
    await database.query(renderMigrations());
    expect(await migrate(database)).toEqual({ applied: [], version: NEWEST });
    expect(await schemaOf(url)).toBe(await schemaOf(await migratedDatabase()));
  });

  it('refuses a schema that a newer version made, and changes nothing', async () => {
    const url = await migratedDatabase();
    const database = open(url);
    await database.query(`INSERT INTO tidemark_migrations (version, name) VALUES (${NEWEST + 1}, 'from the future')`);
    await database.query('DROP TABLE facebook_messages');
    const before = await schemaOf(url);
    await expect(migrate(database)).rejects.toMatchObject({ code: 'SCHEMA_NEWER' });
    await expect(migrate(database)).rejects.toThrow(new RegExp(`version ${NEWEST + 1}.*up to ${NEWEST}`));
    expect(await schemaOf(url)).toBe(before);
  });

  it('leaves everything as it was when a migration fails, and names it', async () => {
    const url = await emptyDatabase();
    const database = open(url);
    await database.query(`
      CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
        IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'public.facebook_conversations') THEN
          RAISE EXCEPTION 'not here';
        END IF;
      END $$;
      CREATE EVENT TRIGGER refuse ON ddl_command_end WHEN tag IN ('CREATE TABLE') EXECUTE FUNCTION refuse();`);
    const before = await schemaOf(url);
    const failing = await migrate(database).catch((error: unknown) => error);
    expect(failing).toMatchObject({ code: 'MIGRATION_FAILED' });
    expect(failing).toHaveProperty('message', expect.stringContaining('0002_mirror failed, nothing was changed: '));
    expect(await schemaOf(url)).toBe(before);
    await expect(open(url).query(renderMigrations())).rejects.toThrow('not here');
    expect(await schemaOf(url)).toBe(before);

    await database.query('DROP EVENT TRIGGER refuse');
    expect(await migrate(database)).toEqual({ applied: NAMES, version: NEWEST });
  });

  it('that the server ends in the middle is DATABASE_UNAVAILABLE, no fault of the migration', async () => {
    const url = await emptyDatabase();
    const [blocker, database] = [open(url), open(url)];
    await blocker.query('CREATE TABLE facebook_pages (id uuid PRIMARY KEY, facebook_page_id text)');
    const failed = await blocker.transaction(async (query) => {
      await query('LOCK TABLE facebook_pages');
      const failing = migrate(database).catch((error: unknown) => error);
      const end = () =>
        // Beside the transaction, in which nobody is seen to come or go.
        database.query(
          `SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity
           WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
      await expect.poll(async () => (await end()).length, { interval: 20 }).toBe(1);
      return failing;
    });
    expect(failed).toMatchObject({ code: 'DATABASE_UNAVAILABLE', retryAfterMs: 5000 });
    expect(await findSchemaVersion(database)).toBe(0);
  });

  describe('for who only looks', () => {
    const look = (databaseUrl: string) =>
      openStore({ databaseUrl, dataDir: '/nowhere', encryptionKey: undefined, makesTables: false });

    it('is refused in a database that has never been migrated, whatever stands in it, and nothing is made', async () => {
      for (const sql of ['SELECT', 'CREATE TABLE facebook_pages (id uuid PRIMARY KEY, facebook_page_id text)']) {
        const url = await emptyDatabase();
        await open(url).query(sql);
        const before = await schemaOf(url);
        await expect(look(url)).rejects.toMatchObject({
          code: 'SCHEMA_MISSING',
          message:
            'The database has no tables of Tidemark yet (schema public). `tidemark migrate` makes them; ' +
            '`tidemark migrate --check` says beforehand what that would change.',
        });
        expect(await schemaOf(url)).toBe(before);
      }
    });

    it('is done where an older version was', async () => {
      const url = await emptyDatabase();
      const script = renderMigrations().split(`-- ${NAMES.at(-1) ?? ''}\n`)[0] ?? '';
      await open(url).query(`${script}COMMIT;`);
      const store = await look(url);
      await store.checkReady();
      await store.close();
      expect(await findSchemaVersion(open(url))).toBe(NEWEST);
    });
  });

  describe('in the schema of the setting', () => {
    it('makes it and every table in it, and leaves public alone, by the program and by the printed SQL', async () => {
      const url = await emptyDatabase();
      await open(url).query(
        'CREATE TABLE facebook_pages (mine integer); CREATE TABLE facebook_messages (mine integer)',
      );
      const publicly = await schemaOf(url);
      const whole = await schemaOf(await migratedDatabase());
      expect(await migrateDatabase({ databaseUrl: url, schema: 'Mirror_1' })).toMatchObject({ applied: NAMES });
      await open(url).query(renderMigrations({ schema: 'by_hand' }));
      for (const schema of ['Mirror_1', 'by_hand']) {
        const there = connect({ connectionString: url, schema });
        onTestFinished(() => there.close());
        expect(renderSchemaSql(await readSchema(there.query))).toBe(whole);
        expect(await migrate(there)).toEqual({ applied: [], version: NEWEST });
      }
      expect(await schemaOf(url)).toBe(publicly);
    });

    it('stands above the one of the connection, and is not made by who only looks', async () => {
      const url = await emptyDatabase();
      await open(url).query('CREATE SCHEMA other');
      const databaseUrl = withOptions(url, '-c search_path=other');
      const looking = openStore({
        databaseUrl,
        schema: 'mirror',
        dataDir: '/nowhere',
        encryptionKey: undefined,
        makesTables: false,
      });
      await expect(looking).rejects.toMatchObject({
        code: 'SCHEMA_MISSING',
        message: expect.stringContaining('mirror'),
      });
      await migrateDatabase({ databaseUrl, schema: 'mirror' });
      const schemas = await open(url).query(
        `SELECT DISTINCT schemaname AS name FROM pg_tables WHERE tablename LIKE 'facebook%'`,
      );
      expect(schemas).toEqual([{ name: 'mirror' }]);
    });
  });

  describe('in another schema', () => {
    it('of the search_path puts every table there and leaves public alone', async () => {
      const url = await emptyDatabase();
      await open(url).query('CREATE SCHEMA mirror');
      const there = withOptions(url, '-c search_path=mirror');
      await migrateDatabase({ databaseUrl: there });
      expect(await schemaOf(there)).toBe(await schemaOf(await migratedDatabase()));
      expect(await schemaOf(url)).toBe(renderSchemaSql([]));
      expect(await migrateDatabase({ databaseUrl: there })).toEqual({ applied: [], version: NEWEST });
    });

    it('does not take the tables of a later schema of the search_path for its own', async () => {
      const url = await migratedDatabase();
      await open(url).query('CREATE SCHEMA tenant');
      const there = withOptions(url, '-c search_path=tenant,public');
      expect(await findSchemaVersion(open(there))).toBe(0);
      expect(await migrateDatabase({ databaseUrl: there })).toMatchObject({ applied: NAMES });
      const tables = await open(url).query(
        `SELECT schemaname FROM pg_tables WHERE tablename = 'facebook_pages' ORDER BY 1`,
      );
      expect(tables.map((row) => row['schemaname'])).toEqual(['public', 'tenant']);
    });

    it('that is not there says so', async () => {
      const url = await emptyDatabase();
      await expect(migrateDatabase({ databaseUrl: withOptions(url, '-c search_path=nowhere') })).rejects.toMatchObject({
        code: 'DATABASE_UNSUPPORTED',
        message: expect.stringMatching(/No schema.*CREATE SCHEMA/),
      });
    });
  });

  describe('as somebody who is no superuser', () => {
    const storeOf = async (databaseUrl: string) => {
      const store = await openStore({ databaseUrl, dataDir: '/nowhere', encryptionKey: undefined });
      onTestFinished(() => store.close());
      return store;
    };

    it('works for the owner of the schema, who then sees every row', async () => {
      const url = await emptyDatabase();
      const owner = await addRole(url);
      await open(url).query(`CREATE SCHEMA own AUTHORIZATION ${owner.name}`);
      const there = withOptions(owner.url, '-c search_path=own');
      expect(await migrateDatabase({ databaseUrl: there })).toMatchObject({ applied: NAMES });
      const store = await storeOf(there);
      await store.checkReady();
      await store.database.query(`INSERT INTO facebook_pages (facebook_page_id) VALUES ('1')`);
      expect(await store.database.query('SELECT facebook_page_id FROM facebook_pages')).toHaveLength(1);
    });

    it('fails clearly for one who may make no tables', async () => {
      const url = await emptyDatabase();
      const guest = await addRole(url);
      await expect(migrateDatabase({ databaseUrl: guest.url })).rejects.toMatchObject({
        code: 'MIGRATION_FAILED',
        message: expect.stringContaining('permission denied'),
      });
    });

    it('is not needed once it is done: a role with BYPASSRLS and rights to the rows can work', async () => {
      const url = await migratedDatabase();
      const worker = await addRole(url, 'BYPASSRLS');
      await open(url).query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${worker.name}`);
      const store = await storeOf(worker.url);
      await expect(store.checkReady()).resolves.toBeUndefined();
    });

    it('refuses a role from which row level security hides the rows, whatever is hidden', async () => {
      const url = await migratedDatabase();
      const blind = await addRole(url);
      await open(url).query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${blind.name}`);
      const failing = await storeOf(blind.url).catch((error: unknown) => error);
      expect(failing).toMatchObject({ code: 'DATABASE_UNSUPPORTED' });
      const { message } = must(failing instanceof Error ? failing : undefined, 'it was refused');
      expect(message).toMatch(/facebook_conversations.*facebook_retry_ledger.*BYPASSRLS/);
    });

    it('refuses the owner too where the rows are hidden from the owner', async () => {
      const url = await emptyDatabase();
      const owner = await addRole(url);
      await open(url).query(`CREATE SCHEMA own AUTHORIZATION ${owner.name}`);
      const there = withOptions(owner.url, '-c search_path=own');
      await open(there).query('CREATE TABLE facebook_pages (id uuid PRIMARY KEY, facebook_page_id text)');
      await open(there).query('ALTER TABLE facebook_pages ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY');
      await expect(migrateDatabase({ databaseUrl: there })).rejects.toMatchObject({
        code: 'DATABASE_UNSUPPORTED',
        message: expect.stringContaining('hides rows of facebook_pages'),
      });
    });
  });
});
