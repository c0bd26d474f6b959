/**
 * The database as the job queue's package uses it: our pool, or a transaction of ours, behind the one function that it
 * asks for. It must never open connections of its own.
 */
import { must } from '../lib/must.ts';
import type { Database, Row } from './connect.ts';

/** What pg-boss takes as its `db`. */
export interface JobDatabase {
  executeSql(sql: string, values?: unknown[]): Promise<{ rows: Row[] }>;
}

export function openJobDatabase(run: Database['script']): JobDatabase {
  return { executeSql: async (sql, values) => ({ rows: [...(await run(sql, values))] }) };
}

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
