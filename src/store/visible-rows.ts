/**
 * Row level security hides rows without an error: a role that it applies to would see an empty mirror and fill it
 * again. Such a role is turned away before anything is read.
 */
import { TidemarkError } from '../core/errors.ts';
import type { Queryable } from './connect.ts';

export const TABLES = [
  'facebook_pages',
  'facebook_conversations',
  'facebook_messages',
  'facebook_sync_state',
  'facebook_verify_seen',
  'facebook_unfinished_verifies',
  'facebook_sync_runs',
  'facebook_retry_ledger',
  'facebook_quotas',
  'facebook_page_schedule',
  'facebook_failed_jobs',
  'facebook_webhook_events',
  'facebook_webhook_messages',
  'facebook_message_effects',
  'facebook_wanted_contacts',
  'tidemark_migrations',
  'tidemark_adopted_columns',
] as const;

/** Resolves when every row of the tables that are there can be seen. Errors: DATABASE_UNSUPPORTED. */
export async function requireVisibleRows(database: Queryable): Promise<void> {
  const hidden = await findHiddenRows(database);
  if (hidden !== undefined) throw new TidemarkError('DATABASE_UNSUPPORTED', hidden);
}

/** A sentence about the tables whose rows are hidden; undefined when none are. */
export async function findHiddenRows({ query }: Queryable): Promise<string | undefined> {
  const hidden = await query<{ name: string }>(
    `SELECT relname AS name FROM pg_class
     WHERE relnamespace = quote_ident(current_schema())::regnamespace AND relname = ANY ($1::text[])
       AND relkind IN ('r', 'p') AND row_security_active(oid)
     ORDER BY array_position($1::text[], relname::text)`,
    [TABLES],
  );
  if (hidden.length === 0) return undefined;
  const names = hidden.map((row) => row.name).join(', ');
  return `Row level security hides rows of ${names} from this database user: connect as their owner, or as a role with BYPASSRLS.`;
}
