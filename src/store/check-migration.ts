/** `tidemark migrate --check`: what a migration would do and what is in its way, without doing any of it. */
import { connect, type Database } from './connect.ts';
import { findMadeNames } from './made-names.ts';
import { findApplied, findMissing, type MigrationTarget, readMigrations } from './migrate.ts';
import { findMigrationFindings } from './migration-findings.ts';
import { requireSupportedServer } from './server-facts.ts';
import { findHiddenRows } from './visible-rows.ts';

/** Each list is of sentences. */
export interface MigrationCheck {
  /** The one that the tables are in, or would be. */
  readonly schema: string;
  /** Version of the tables, 0 when there are none of Tidemark's. */
  readonly version: number;
  /** The version that a migration would bring them to. */
  readonly newestVersion: number;
  /** What a migration would do. */
  readonly changes: readonly string[];
  /** What is in the way of it, and what to do. */
  readonly obstacles: readonly string[];
  /** What is good to know. */
  readonly notices: readonly string[];
}

/** Errors: DATABASE_UNSUPPORTED, SCHEMA_NEWER, DATABASE_UNAVAILABLE. */
export async function checkMigration({ databaseUrl, schema }: MigrationTarget): Promise<MigrationCheck> {
  const database = connect({ connectionString: databaseUrl, schema, maxConnections: 1 });
  try {
    return await check(database);
  } finally {
    await database.close();
  }
}

async function check(database: Database): Promise<MigrationCheck> {
  const { askedSchema, ...facts } = await database.findFacts();
  requireSupportedServer(facts, askedSchema);
  const schema = facts.schemas[0] ?? '';
  const isMissing = facts.schemaState === 'missing';
  return database.transaction(async (query) => {
    await query('SET TRANSACTION READ ONLY');
    const applied = await findApplied(query);
    const migrations = readMigrations();
    const missing = findMissing(migrations, applied);
    const made = findMadeNames(missing);
    const findings = await findMigrationFindings(query, { names: findMadeNames(migrations), applied });
    const of = (kind: string) => findings.filter((finding) => finding.kind === kind).map(({ sentence }) => sentence);
    const taken = isMissing ? [] : await findTables(query);
    const tables = [...new Set(made.filter(({ kind }) => kind === 'table').map(({ name }) => name))]
      .filter((name) => !taken.includes(name) && !RENAMED.has(name))
      .toSorted();
    const hidden = await findHiddenRows({ query });
    const mayNotMake = isMissing && !(await mayMakeSchemas(query));
    return {
      schema,
      version: Math.max(0, ...applied),
      newestVersion: Math.max(0, ...migrations.map(({ version }) => version)),
      changes: [
        ...(isMissing ? [`It makes the schema ${schema}.`] : []),
        ...(tables.length === 0 ? [] : [`It makes these tables in the schema ${schema}: ${tables.join(', ')}.`]),
        ...of('change'),
        ...(applied.length === 0 || missing.length === 0
          ? []
          : [`It applies to Tidemark's own tables: ${missing.map(({ name }) => name).join(', ')}.`]),
      ],
      obstacles: [
        ...(mayNotMake
          ? [`This database user may not make the schema ${schema}. Make it (CREATE SCHEMA), and let the user use it.`]
          : []),
        ...(hidden === undefined ? [] : [hidden]),
        ...of('obstacle'),
      ],
      notices: of('notice'),
    };
  });
}

/** A later migration gives them another name. */
const RENAMED: ReadonlySet<string> = new Set(['facebook_call_pools']);

async function findTables(query: Database['query']): Promise<readonly string[]> {
  const rows = await query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = quote_ident(current_schema())::regnamespace AND relkind IN ('r', 'p')`,
  );
  return rows.map(({ name }) => name);
}

async function mayMakeSchemas(query: Database['query']): Promise<boolean> {
  const [row] = await query<{ may: boolean }>(`SELECT has_database_privilege(current_database(), 'CREATE') AS may`);
  return row?.may === true;
}
