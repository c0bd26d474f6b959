/** Partitions a migrated test database as a user would: with docs/partitioning.sql, as it is. */
import { readFile } from 'node:fs/promises';
import { openEye } from './client.ts';

/** The tables that the recipe partitions. */
export const PARTITIONED = [
  'facebook_conversations',
  'facebook_messages',
  'facebook_retry_ledger',
  'facebook_sync_runs',
] as const;

export async function partitionByPage(databaseUrl: string): Promise<void> {
  const recipe = await readFile(new URL('../../docs/partitioning.sql', import.meta.url), 'utf8');
  await using eye = await openEye(databaseUrl);
  await eye.client.query(recipe);
}
