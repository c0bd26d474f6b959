/** Finds the trigger of the owner that refused a row: PostgreSQL only says in which function it failed. */
import { isDataRefused } from '../core/errors.ts';
import type { Database } from './connect.ts';
import { isInRoutine, placeOf, toRefusal } from './refused-data.ts';

/** $1 where it failed. Ours are known by their names. */
const FIND_TRIGGER = `
SELECT tgname AS name, tgrelid::regclass::text AS table
FROM pg_trigger
WHERE NOT tgisinternal AND tgname NOT LIKE 'tidemark\\_%'
  AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = quote_ident(current_schema())::regnamespace AND relname LIKE 'facebook\\_%')
  AND strpos($1, tgfoid::regprocedure::text) > 0
ORDER BY strpos($1, tgfoid::regprocedure::text) LIMIT 1`;

/** Names the trigger that refused a row. Any other error stays as it is. */
export async function nameTrigger(database: Database, error: unknown): Promise<unknown> {
  const cause = isDataRefused(error) ? error.cause : undefined;
  if (!(cause instanceof Error) || !isInRoutine(cause)) return error;
  const [trigger] = await database.query<{ readonly name: string; readonly table: string }>(FIND_TRIGGER, [
    placeOf(cause).join('\n'),
  ]);
  return trigger === undefined ? error : toRefusal(cause, `trigger "${trigger.name}" of table "${trigger.table}"`);
}
