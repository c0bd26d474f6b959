/**
 * Row level security hides rows without an error: a role that it applies to would see an empty mirror and fill it
 * again. Such a role is turned away before anything is read.
 */
import { TidemarkError } from '../core/errors.ts';
import type { Database } from './connect.ts';

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
] as const;

/** Resolves when every row of the tables that are there can be seen. Errors: DATABASE_UNSUPPORTED. */
export async function requireVisibleRows(database: Database): Promise<void> {
  const hidden = await database.query<{ name: string }>(
    `SELECT name FROM unnest($1::text[]) AS name
     WHERE to_regclass(name) IS NOT NULL AND row_security_active(to_regclass(name))`,
    [TABLES],
  );
  if (hidden.length === 0) return;
  const names = hidden.map((row) => row.name).join(', ');
  throw new TidemarkError(
    'DATABASE_UNSUPPORTED',
    `Row level security hides rows of ${names} from this database user: connect as their owner, or as a role with BYPASSRLS.`,
  );
}
