/** schema.sql and docs/schema.md say what the migrations make, on every PostgreSQL that must work. */
import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readSchema } from '../../scripts/schema/read-schema.ts';
import { renderSchemaDocs } from '../../scripts/schema/render-schema-docs.ts';
import { renderSchemaSql } from '../../scripts/schema/render-schema-sql.ts';
import { createTestDatabase, describeEachPostgres } from '../../test/support/postgres.ts';
import { connect } from './connect.ts';
import { migrate } from './migrate.ts';
import { TABLES } from './visible-rows.ts';

const ADVICE = 'run `node scripts/generate-schema.ts` and commit what it writes';
const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describeEachPostgres('the schema', (version) => {
  async function emptyDatabase() {
    const { url, drop } = await createTestDatabase({ version });
    onTestFinished(drop);
    const database = connect({ connectionString: url });
    onTestFinished(() => database.close());
    return database;
  }

  async function migratedSchema() {
    const database = await emptyDatabase();
    await migrate(database);
    return readSchema(database.query);
  }

  it('is the one of schema.sql', async () => {
    expect(renderSchemaSql(await migratedSchema()), ADVICE).toBe(read('src/store/schema.sql'));
  });

  it('is made by schema.sql as well, so nothing is left out there', async () => {
    const database = await emptyDatabase();
    await database.query(read('src/store/schema.sql'));
    expect(renderSchemaSql(await readSchema(database.query))).toBe(read('src/store/schema.sql'));
  });

  it('is the one of docs/schema.md', async () => {
    expect(renderSchemaDocs(await migratedSchema()), ADVICE).toBe(read('docs/schema.md'));
  });

  it('says of every table and column what it is for', async () => {
    const silent = (await migratedSchema()).flatMap((table) => [
      ...(table.comment === null ? [table.name] : []),
      ...table.columns.filter(({ comment }) => comment === null).map(({ name }) => `${table.name}.${name}`),
    ]);
    expect(silent).toEqual([]);
  });

  it('is closed to everybody but its owner, and every table of it is looked at before it is read', async () => {
    const schema = await migratedSchema();
    expect(schema.filter((table) => !table.hasRowSecurity).map(({ name }) => name)).toEqual([]);
    expect(schema.map(({ name }) => name)).toEqual(TABLES.toSorted());
  });

  describe('can be partitioned and distributed by Page:', () => {
    /**
     * Tables that are whole everywhere: the Pages, which every other table refers to, and what concerns them all or, as a
     * delivery, any of them.
     */
    const WHOLE = new Set([
      'facebook_pages',
      'facebook_quotas',
      'facebook_webhook_events',
      'tidemark_adopted_columns',
      'tidemark_migrations',
    ]);

    const splitTables = async () => (await migratedSchema()).filter(({ name }) => !WHOLE.has(name));

    it('every other table has a page_id that is never null, and a primary key', async () => {
      const tables = await splitTables();
      expect(tables.length).toBeGreaterThan(4);
      for (const { name, columns, constraints } of tables) {
        expect(columns, name).toContainEqual(
          expect.objectContaining({ name: 'page_id', type: 'uuid', isNullable: false }),
        );
        expect(
          constraints.map(({ kind }) => kind),
          name,
        ).toContain('primary key');
      }
    });

    it('page_id leads every key and every unique index', async () => {
      for (const { name, constraints, indexes } of await splitTables()) {
        const keys = constraints.filter(({ kind }) => kind === 'primary key' || kind === 'unique');
        for (const { definition } of keys) expect(definition, name).toMatch(/ \(page_id\b/);
        const unique = indexes.filter((index) => index.startsWith('CREATE UNIQUE INDEX'));
        for (const index of unique) expect(index, name).toMatch(/ USING btree \(page_id\b/);
      }
    });

    it('the only foreign keys are to the Page, and what a Page leaves behind goes with it', async () => {
      for (const { name, constraints } of await splitTables()) {
        const foreign = constraints.filter(({ kind }) => kind === 'foreign key').map(({ definition }) => definition);
        expect(foreign, name).toEqual(['FOREIGN KEY (page_id) REFERENCES facebook_pages(id) ON DELETE CASCADE']);
      }
    });

    it('no sequence numbers rows, no trigger reaches beyond them', async () => {
      for (const { name, columns, triggers } of await splitTables()) {
        expect(triggers, name).toEqual([]);
        expect(
          columns.filter((column) => column.default?.includes('nextval')),
          name,
        ).toEqual([]);
      }
    });
  });
});
