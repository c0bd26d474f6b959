/**
 * Writes src/store/schema.sql and docs/schema.md, out of a database that was migrated for it and is gone afterwards.
 * Run it after adding a migration: `node scripts/generate-schema.ts`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../src/store/connect.ts';
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.ts';
import { migrate } from '../src/store/migrate.ts';
import { readSchema } from './schema/read-schema.ts';
import { renderSchemaDocs } from './schema/render-schema-docs.ts';
import { renderSchemaSql } from './schema/render-schema-sql.ts';

const ROOT = new URL('../', import.meta.url);

const dataDir = mkdtempSync(join(tmpdir(), 'tidemark-schema-'));
try {
  const server = await startEmbeddedPostgres({ dataDir });
  const database = connect({ connectionString: server.connectionString });
  try {
    await migrate(database);
    const schema = await readSchema(database.query);
    writeFileSync(new URL('src/store/schema.sql', ROOT), renderSchemaSql(schema));
    writeFileSync(new URL('docs/schema.md', ROOT), renderSchemaDocs(schema));
  } finally {
    await database.close();
    await server.stop();
  }
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
