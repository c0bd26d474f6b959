/**
 * Tables of other programs that are adopted: nothing that was there is any different afterwards, column by column, and a
 * sync of its Page works. Each has a schema of its own, which TIDEMARK_SCHEMA names.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareMirror } from '../../test/support/compare-mirror.ts';
import { createTestDatabase, describeEachPostgres, type TestDatabase } from '../../test/support/postgres.ts';
import { ADOPTED_SHAPES, type AdoptedShape } from '../../test/support/store/adopted-shapes.ts';
import { type Catalog, catalogOf, rowsOf } from '../../test/support/store/catalog-of.ts';
import { testSettings } from '../../test/support/world.ts';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { createTidemark } from '../engine/create-tidemark.ts';
import { must } from '../lib/must.ts';
import { Secret } from '../lib/secret.ts';
import { checkMigration } from './check-migration.ts';
import { connect, type Database } from './connect.ts';
import { migrateDatabase, renderMigrations } from './migrate.ts';

/** What Tidemark adds to the table. */
const ADDED =
  /^(?:facebook_pages\.\w+|(?:constraint|index) (?:idx_)?facebook_pages_\w+.*|trigger tidemark_\w+ of facebook_pages)$/;

describeEachPostgres('a facebook_pages of another program', (version) => {
  let simulator: Simulator;
  let server: TestDatabase;
  beforeAll(async () => {
    simulator = await startSimulator({ pages: 1, conversations: 4, callsPerSecond: 0 });
    server = await createTestDatabase({ version });
  });
  afterAll(async () => {
    await simulator.close();
    await server.drop();
  });
  const facebookPageId = () => must(simulator.world.pages[0], 'the world has a Page').id;

  /** A schema with the table in it. */
  async function make(schema: string, { sql }: AdoptedShape) {
    const token = simulator.world.renewToken(facebookPageId());
    const admin = connect({ connectionString: server.url, maxConnections: 1 });
    await admin.query(
      `CREATE SCHEMA ${schema}; SET LOCAL search_path TO ${schema};
       ${sql.replaceAll('PAGE', facebookPageId()).replaceAll('TOKEN', token)}`,
    );
    await admin.close();
    return { database: connect({ connectionString: server.url, schema, maxConnections: 3 }), token };
  }

  const columnsOf = (catalog: Catalog) => [...catalog.keys()].filter((name) => /^[a-z]\w*\..+$/.test(name));
  const only = (catalog: Catalog, { keys }: { readonly keys: Catalog }) =>
    new Map([...catalog].filter(([name]) => keys.has(name)));

  async function expectUntouched(database: Database, before: Catalog) {
    const after = await catalogOf(database);
    expect(only(after, { keys: before })).toEqual(before);
    const newOnes = [...after.keys()].filter((name) => !before.has(name) && /\bfacebook_pages\b/.test(name));
    expect(newOnes.filter((name) => !ADDED.test(name) && !/_page_id_fkey of /.test(name))).toEqual([]);
    return newOnes;
  }

  describe.each(ADOPTED_SHAPES.map((shape, index) => ({ ...shape, schema: `shape_${index}` })))(
    'with $named',
    ({ schema, ...shape }) => {
      it('stays as it is, and is synced', async () => {
        const { database, token } = await make(schema, shape);
        const target = { databaseUrl: server.url, schema };
        const before = await catalogOf(database);
        const rows = await rowsOf(database, columnsOf(before));

        const check = await checkMigration(target);
        expect(check.obstacles).toEqual([]);
        if (shape.notice !== undefined) expect(check.notices).toContainEqual(expect.stringMatching(shape.notice));
        expect(await catalogOf(database)).toEqual(before);

        if (version === 15) {
          await database.query(renderMigrations({ schema }));
          await database.query(renderMigrations({ schema }));
        } else await migrateDatabase(target);
        const added = await expectUntouched(database, before);
        expect(await rowsOf(database, columnsOf(before))).toEqual(rows);
        const announced = check.changes.find((sentence) =>
          sentence.startsWith('It adds to the table facebook_pages: '),
        );
        const columns = added.flatMap((name) => /^facebook_pages\.(\w+)$/.exec(name)?.[1] ?? []);
        expect(announced).toBe(`It adds to the table facebook_pages: ${columns.toSorted().join(', ')}.`);

        const settings = { ...testSettings(server.url, simulator.url), schema };
        await using tidemark = await createTidemark(settings);
        const ref = { facebookPageId: facebookPageId() };
        expect(await tidemark.pages.find(ref)).toMatchObject({ ...ref, status: 'connected', isActive: true });
        if (!shape.sql.includes('TOKEN')) await tidemark.pages.connect(new Secret(token));
        expect(await tidemark.sync(ref)).toMatchObject({ syncMode: 'full', status: 'succeeded', inserted: 4 });
        expect(await tidemark.sync(ref)).toMatchObject({ syncMode: 'incremental', status: 'succeeded' });
        const there = new URL(server.url);
        there.searchParams.set('options', `-c search_path=${schema}`);
        expect(await compareMirror(there.href, simulator.world.truth(facebookPageId()))).toEqual([]);
        const page = await tidemark.pages.find(ref);
        expect(page).toMatchObject({ status: 'connected', lastSyncedAt: expect.any(String) });
        expect(Date.now() - Date.parse(must(page.lastSyncedAt, 'it was synced'))).toBeLessThan(60_000);

        await expectUntouched(database, before);
        const moving = new Set(['last_synced_at', ...(shape.moves ?? [])].map((name) => `facebook_pages.${name}`));
        const kept = columnsOf(before).filter((name) => !moving.has(name));
        const keptBefore = Object.fromEntries(
          Object.entries(rows).map(([table, list]) => [
            table,
            (list as readonly Record<string, unknown>[]).map((row) =>
              Object.fromEntries(Object.entries(row).filter(([name]) => kept.includes(`${table}.${name}`))),
            ),
          ]),
        );
        expect(await rowsOf(database, kept)).toEqual(keptBefore);

        if (shape.afterwards !== undefined) await database.query(shape.afterwards);
        await database.close();
      });
    },
  );
});
