/**
 * All that the mirror of a database says, table by table, as text that can be compared: everything but when a row was
 * written, by which run and how often, and what a row remembers only to be quicker.
 */
import { openEye } from './client.ts';

const TABLES: Readonly<Record<string, { readonly key: string; readonly without: readonly string[] }>> = {
  facebook_conversations: { key: 'id', without: ['synced_at', 'revision', 'collected_at', 'written_by_fence'] },
  facebook_messages: { key: 'id', without: ['synced_at', 'revision'] },
  facebook_retry_ledger: { key: 'conversation_id', without: ['first_failed_at', 'next_attempt_at'] },
  facebook_sync_state: {
    key: 'platform',
    without: [
      'last_synced_at',
      'lease_fence',
      'last_call_at',
      'last_caller',
      'lease_expires_at',
      'since_filter_usable',
      'nested_limit',
    ],
  },
};

/** One line for each row, sorted. */
export async function readMirror(databaseUrl: string): Promise<readonly string[]> {
  await using eye = await openEye(databaseUrl);
  const lines: string[] = [];
  for (const [table, { key, without }] of Object.entries(TABLES)) {
    const { rows } = await eye.client.query<{ line: string }>(
      `SELECT (to_jsonb(shown) - $1::text[])::text AS line FROM ${table} AS shown ORDER BY page_id, ${key} COLLATE "C"`,
      [without],
    );
    lines.push(...rows.map(({ line }) => `${table} ${line}`));
  }
  return lines;
}
