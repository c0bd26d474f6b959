/**
 * Migrations: numbered plain SQL files, forward only. All that are missing are applied in one transaction under a
 * lock, so two processes may start at once and a failure leaves the database as it was. A schema made by a newer
 * version is never touched.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isTidemarkError, TidemarkError } from '../core/errors.ts';
import { must } from '../lib/must.ts';
import { connect, type Database, type Queryable } from './connect.ts';
import { requireSupportedServer } from './server-facts.ts';
import { requireVisibleRows } from './visible-rows.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

export interface MigrateAnswer {
  /** Names of the migrations that were applied now, e.g. `0001_pages`; empty when nothing was missing. */
  readonly applied: readonly string[];
  readonly version: number;
}

const FOLDER = join(import.meta.dirname, 'migrations');
/** Any fixed number that nobody else uses: one migration of a database at a time. */
const LOCK = 4_680_251_119;

const CREATE_LEDGER = `CREATE TABLE IF NOT EXISTS tidemark_migrations (
  version integer PRIMARY KEY,
  name text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE tidemark_migrations ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE tidemark_migrations IS 'The migrations that this schema has been through.';
COMMENT ON COLUMN tidemark_migrations.version IS 'Number of the migration.';
COMMENT ON COLUMN tidemark_migrations.name IS 'Its name.';
COMMENT ON COLUMN tidemark_migrations.applied_at IS 'When it was applied.';`;

/** By its schema: a later one of the search_path may hold an installation of its own. */
const FIND_LEDGER = `SELECT to_regclass(quote_ident(current_schema()) || '.tidemark_migrations') IS NOT NULL AS found`;

export function readMigrations(): readonly Migration[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.sql'))
    .toSorted()
    .map((file) => {
      const name = file.replace(/\.sql$/, '');
      return { version: Number.parseInt(name, 10), name, sql: readFileSync(join(FOLDER, file), 'utf8') };
    });
}

/** Brings the schema up to date. Errors: DATABASE_UNSUPPORTED, SCHEMA_NEWER, MIGRATION_FAILED, DATABASE_UNAVAILABLE. */
export async function migrate(database: Database): Promise<MigrateAnswer> {
  const { askedSchema, ...facts } = await database.findFacts();
  requireSupportedServer(facts, askedSchema);
  await requireVisibleRows(database);
  const migrations = readMigrations();
  const { version } = must(migrations.at(-1), 'migrations are shipped with the program');
  // Most starts end here: they take no lock and need no right to change the schema.
  if (findMissing(migrations, await findApplied(database.query)).length === 0) return { applied: [], version };
  const applyMissing = async (query: Database['query']) => {
    await query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    await apply(query, { name: 'tidemark_migrations', sql: CREATE_LEDGER });
    const missing = findMissing(migrations, await findApplied(query));
    for (const migration of missing) {
      await apply(query, migration);
      await query('INSERT INTO tidemark_migrations (version, name) VALUES ($1, $2)', [
        migration.version,
        migration.name,
      ]);
    }
    return { applied: missing.map((migration) => migration.name), version };
  };
  return database.transaction(applyMissing, { isLong: true });
}

/** The version the database is at, 0 when it has none of our tables. */
export async function findSchemaVersion(database: Queryable): Promise<number> {
  return Math.max(0, ...(await findApplied(database.query)));
}

/** What is still to be applied, in order. Errors: SCHEMA_NEWER. */
export function findMissing(migrations: readonly Migration[], applied: readonly number[]): readonly Migration[] {
  const newest = Math.max(0, ...migrations.map((migration) => migration.version));
  const last = Math.max(0, ...applied);
  if (last > newest) {
    throw new TidemarkError(
      'SCHEMA_NEWER',
      `The database is at schema version ${last}, but this Tidemark knows only up to ${newest}: upgrade Tidemark.`,
    );
  }
  return migrations.filter((migration) => !applied.includes(migration.version));
}

async function findApplied(query: Database['query']): Promise<readonly number[]> {
  const [ledger] = await query<{ found: boolean }>(FIND_LEDGER);
  if (ledger?.found !== true) return [];
  const rows = await query<{ version: number }>('SELECT version FROM tidemark_migrations ORDER BY version');
  return rows.map((row) => row.version);
}

async function apply(query: Database['query'], { name, sql }: Pick<Migration, 'name' | 'sql'>): Promise<void> {
  try {
    await query(sql);
  } catch (error) {
    // Gone in the middle of it: that is no fault of the migration.
    if (isTidemarkError(error) && error.retryAfterMs !== undefined) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new TidemarkError('MIGRATION_FAILED', `Migration ${name} failed, nothing was changed: ${reason}`, {
      cause: error,
    });
  }
}

/** Migrates the database behind a connection string. */
export async function migrateDatabase(options: { readonly databaseUrl: string }): Promise<MigrateAnswer> {
  const database = connect({ connectionString: options.databaseUrl, maxConnections: 1 });
  try {
    return await migrate(database);
  } finally {
    await database.close();
  }
}

/** All migrations as one SQL script, safe to run twice, e.g. in Supabase's SQL editor. */
export function renderMigrations(): string {
  const parts = readMigrations().map(
    ({ version, name, sql }) =>
      `-- ${name}\n${sql}\nINSERT INTO tidemark_migrations (version, name) VALUES (${version}, '${name}')\n` +
      'ON CONFLICT (version) DO NOTHING;\n',
  );
  return ['BEGIN;', `SELECT pg_advisory_xact_lock(${LOCK});`, `${CREATE_LEDGER}\n`, ...parts, 'COMMIT;', ''].join('\n');
}
