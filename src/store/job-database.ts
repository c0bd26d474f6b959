/**
 * The database as the job queue's package uses it: our pool, or a transaction of ours, behind the one function that it
 * asks for. It must never open connections of its own.
 */
import { isDataRefused } from '../core/errors.ts';
import { must } from '../lib/must.ts';
import type { Database, Row } from './connect.ts';

/** What pg-boss takes as its `db`. */
export interface JobDatabase {
  executeSql(sql: string, values?: unknown[]): Promise<{ rows: Row[] }>;
}

export function openJobDatabase(run: Database['script']): JobDatabase {
  return {
    async executeSql(sql, values) {
      try {
        return { rows: [...(await run(sql, values))] };
      } catch (error) {
        // The package tells by PostgreSQL's own code what is no failure to it.
        throw isDataRefused(error) ? error.cause : error;
      }
    },
  };
}

/**
 * The same within a transaction of ours: the package's own transactions become part of it. What the package makes first
 * is made by one process at a time, under a lock that the end of the transaction gives back, through any pooler.
 */
export async function openLockedJobDatabase(query: Database['query']): Promise<JobDatabase> {
  await query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
  return openJobDatabase((sql, values) =>
    query(values === undefined ? sql.replace(/^\s*BEGIN;/, '').replace(/COMMIT;?\s*$/, '') : sql, values),
  );
}

/** Any fixed number that nobody else uses, and not that of the migrations. */
const LOCK = 4_680_251_120;

/**
 * The schema that holds the queue's tables: one for each schema that holds ours, because two installations in one
 * database must not take each other's jobs.
 */
export async function findJobSchema(database: Database): Promise<string> {
  const [row] = await database.query<{ name: string }>(
    `SELECT CASE current_schema() WHEN 'public' THEN 'tidemark_jobs'
            ELSE 'tidemark_jobs_' || left(md5(current_schema()), 8) END AS name`,
  );
  return must(row, 'a SELECT without FROM gives one row').name;
}
