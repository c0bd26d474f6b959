/** schema.sql and docs/schema.md say what the migrations make, on every PostgreSQL that must work. */
import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
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

  it('leads every key of a table that belongs to a Page with page_id, so that it can be partitioned by Page', async () => {
    for (const { name, columns, constraints } of await migratedSchema()) {
      if (!columns.some((column) => column.name === 'page_id')) continue;
      const keys = constraints.filter(({ kind }) => kind === 'primary key' || kind === 'unique');
      expect(keys.length, name).toBeGreaterThan(0);
      for (const { definition } of keys) expect(definition, name).toMatch(/\(page_id\b/);
    }
  });
});
