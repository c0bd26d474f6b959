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
import { findMadeNames } from './made-names.ts';
import { findMigrationFindings, renderRefusal } from './migration-findings.ts';
import { requireSupportedServer } from './server-facts.ts';
import { quoteName } from './session.ts';
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

export interface MigrationTarget {
  readonly databaseUrl: string;
  readonly schema?: string | undefined;
}

const FOLDER = join(import.meta.dirname, 'migrations');
/** Any fixed number that nobody else uses: one migration of a database at a time. */
const LOCK = 4_680_251_119;

/** What the migrations know of themselves, and of a facebook_pages table that was there before them. */
const CREATE_LEDGER = `CREATE TABLE IF NOT EXISTS tidemark_migrations (
  version integer PRIMARY KEY,
  name text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE tidemark_migrations ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE tidemark_migrations IS 'The migrations that this schema has been through.';
COMMENT ON COLUMN tidemark_migrations.version IS 'Number of the migration.';
COMMENT ON COLUMN tidemark_migrations.name IS 'Its name.';
COMMENT ON COLUMN tidemark_migrations.applied_at IS 'When it was applied.';

CREATE TABLE IF NOT EXISTS tidemark_adopted_columns (
  table_name text NOT NULL,
  column_name text NOT NULL,
  PRIMARY KEY (table_name, column_name)
);
ALTER TABLE tidemark_adopted_columns ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE tidemark_adopted_columns IS 'Columns that another program had made before Tidemark came: their types, constraints and defaults are never changed.';
COMMENT ON COLUMN tidemark_adopted_columns.table_name IS 'Table.';
COMMENT ON COLUMN tidemark_adopted_columns.column_name IS 'Column of it.';`;

/**
 * By its schema: a later one of the search_path may hold an installation of its own. In pg_class, where a table that
 * somebody else has just made is seen at once.
 */
const FIND_LEDGER = `SELECT FROM pg_class
  WHERE relnamespace = quote_ident(current_schema())::regnamespace AND relname = 'tidemark_migrations'`;

export function readMigrations(): readonly Migration[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.sql'))
    .toSorted()
    .map((file) => {
      const name = file.replace(/\.sql$/, '');
      return { version: Number.parseInt(name, 10), name, sql: readFileSync(join(FOLDER, file), 'utf8') };
    });
}

export interface MigrateOptions {
  /** Whether a database that has never been Tidemark's gets its tables. Default: true. */
  readonly makesTables?: boolean | undefined;
}

/**
 * Brings the schema up to date. Errors: DATABASE_UNSUPPORTED, SCHEMA_MISSING, SCHEMA_NEWER, MIGRATION_FAILED,
 * DATABASE_UNAVAILABLE.
 */
export async function migrate(database: Database, { makesTables = true }: MigrateOptions = {}): Promise<MigrateAnswer> {
  const { askedSchema, ...facts } = await database.findFacts();
  requireSupportedServer(facts, askedSchema);
  await requireVisibleRows(database);
  const migrations = readMigrations();
  const { version } = must(migrations.at(-1), 'migrations are shipped with the program');
  // Most starts end here: they take no lock and need no right to change the schema.
  const found = await findApplied(database.query);
  if (findMissing(migrations, found).length === 0) return { applied: [], version };
  if (found.length === 0 && !makesTables) throw neverMigrated(facts.schemas[0]);
  const applyMissing = async (query: Database['query']) => {
    await query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    if (facts.schemaState === 'missing') await makeSchema(query, must(askedSchema, 'one was asked for'));
    const applied = await findApplied(query);
    await requireNothingInTheWay(query, applied);
    const missing = findMissing(migrations, applied);
    await apply(query, { name: 'tidemark_migrations', sql: CREATE_LEDGER });
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

function neverMigrated(schema: string | undefined): TidemarkError {
  return new TidemarkError(
    'SCHEMA_MISSING',
    `The database has no tables of Tidemark yet${schema === undefined ? '' : ` (schema ${schema})`}. ` +
      '`tidemark migrate` makes them; `tidemark migrate --check` says beforehand what that would change.',
  );
}

async function makeSchema(query: Database['query'], schema: string): Promise<void> {
  await apply(query, { name: `of the schema ${schema}`, sql: createSchema(schema) });
}

async function requireNothingInTheWay(query: Database['query'], applied: readonly number[]): Promise<void> {
  const findings = await findMigrationFindings(query, { names: findMadeNames(readMigrations()), applied });
  const inTheWay = findings.filter(({ kind }) => kind === 'obstacle').map(({ sentence }) => sentence);
  if (inTheWay.length === 0) return;
  throw new TidemarkError('MIGRATION_FAILED', `Nothing was changed. ${inTheWay.join(' ')}`);
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

export async function findApplied(query: Database['query']): Promise<readonly number[]> {
  if ((await query(FIND_LEDGER)).length === 0) return [];
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
export async function migrateDatabase(options: MigrationTarget): Promise<MigrateAnswer> {
  const database = connect({ connectionString: options.databaseUrl, schema: options.schema, maxConnections: 1 });
  try {
    return await migrate(database);
  } finally {
    await database.close();
  }
}

/** All migrations as one SQL script, safe to run twice, e.g. in Supabase's SQL editor. */
export function renderMigrations({ schema }: { readonly schema?: string | undefined } = {}): string {
  const migrations = readMigrations();
  const parts = migrations.map(
    ({ version, name, sql }) =>
      `-- ${name}\n${sql}\nINSERT INTO tidemark_migrations (version, name) VALUES (${version}, '${name}')\n` +
      'ON CONFLICT (version) DO NOTHING;\n',
  );
  return [
    'BEGIN;',
    `SELECT pg_advisory_xact_lock(${LOCK});`,
    ...(schema === undefined ? [] : [`${createSchema(schema)};`, `SET LOCAL search_path TO ${quoteName(schema)};`]),
    `${CREATE_LEDGER}\n`,
    '-- What is in the way is said before anything is changed.',
    `${renderRefusal(findMadeNames(migrations))}\n`,
    ...parts,
    'COMMIT;',
    '',
  ].join('\n');
}

function createSchema(schema: string): string {
  return `CREATE SCHEMA IF NOT EXISTS ${quoteName(schema)}`;
}
