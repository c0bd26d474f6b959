/**
 * Migrations: numbered plain SQL files, forward only. All that are missing are applied in one transaction under a
 * lock, so two processes may start at once and a failure leaves the database as it was. A schema made by a newer
 * version is never touched.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TidemarkError } from '../core/errors.ts';
import { must } from '../lib/must.ts';
import { connect, type Database } from './connect.ts';

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
const OLDEST_SERVER = 150_000;
/** Any fixed number that nobody else uses: one migration of a database at a time. */
const LOCK = 4_680_251_119;

const CREATE_LEDGER = `CREATE TABLE IF NOT EXISTS tidemark_migrations (
  version integer PRIMARY KEY,
  name text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE tidemark_migrations ENABLE ROW LEVEL SECURITY;`;

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
  await requireSupportedServer(database);
  const migrations = readMigrations();
  const newest = must(migrations.at(-1), 'migrations are shipped with the program').version;
  return database.transaction(async (query) => {
    await query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    await query(CREATE_LEDGER);
    const done = await query<{ version: number }>('SELECT version FROM tidemark_migrations ORDER BY version');
    const applied = new Set(done.map((row) => row.version));
    const last = done.at(-1)?.version ?? 0;
    if (last > newest) {
      throw new TidemarkError(
        'SCHEMA_NEWER',
        `The database is at schema version ${last}, but this Tidemark knows only up to ${newest}: upgrade Tidemark.`,
      );
    }
    const missing = migrations.filter((migration) => !applied.has(migration.version));
    for (const { version, name, sql } of missing) {
      try {
        await query(sql);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new TidemarkError('MIGRATION_FAILED', `Migration ${name} failed, nothing was changed: ${reason}`, {
          cause: error,
        });
      }
      await query('INSERT INTO tidemark_migrations (version, name) VALUES ($1, $2)', [version, name]);
    }
    return { applied: missing.map((migration) => migration.name), version: newest };
  });
}

/** The version the database is at, 0 when it has none of our tables. */
export async function findSchemaVersion(database: Database): Promise<number> {
  const [table] = await database.query<{ ledger: string | null }>(
    `SELECT to_regclass('tidemark_migrations')::text AS ledger`,
  );
  if (table?.ledger === null) return 0;
  const [row] = await database.query<{ version: number | null }>(
    'SELECT max(version) AS version FROM tidemark_migrations',
  );
  return row?.version ?? 0;
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

async function requireSupportedServer(database: Database): Promise<void> {
  const [row] = await database.query<{ number: string; version: string }>(
    `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS version`,
  );
  const server = must(row, 'current_setting gives one row');
  if (Number(server.number) < OLDEST_SERVER) {
    throw new TidemarkError('DATABASE_UNSUPPORTED', `The database is PostgreSQL ${server.version}; 15 is the oldest.`);
  }
}
