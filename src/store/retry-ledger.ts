/**
 * Table facebook_retry_ledger: the conversations that could not be collected (I13). The watermark may pass them
 * because they are written down here; collecting one takes it out in the same statement that stores it.
 */
import type { Channel, Instant, Lease, OpenRetry } from '../core/model.ts';
import type { CollectFailure, OpenEntry } from '../core/store-ports.ts';
import type { Database } from './connect.ts';
import { UNDER_LEASE } from './leases.ts';
import { toIso } from './sql-values.ts';
import { toStorableText } from './text.ts';

/**
 * $1 page · $2 platform · $3 fence · $4 ids · $5 codes · $6 reasons · $7 missing · $8 times. Waits twice as long each
 * time, up to three days.
 */
const RECORD_FAILURES = `
INSERT INTO facebook_retry_ledger AS held (
  page_id, platform, conversation_id, error_code, reason, is_missing, updated_time, next_attempt_at)
SELECT $1, $2, conversation_id, error_code, reason, is_missing, updated_time, now()
FROM (${UNDER_LEASE}) AS lease
CROSS JOIN unnest($4::text[], $5::text[], $6::text[], $7::boolean[], $8::timestamptz[])
  AS input (conversation_id, error_code, reason, is_missing, updated_time)
ON CONFLICT (page_id, platform, conversation_id) DO UPDATE SET
  error_code = excluded.error_code,
  reason = excluded.reason,
  is_missing = excluded.is_missing,
  updated_time = coalesce(excluded.updated_time, held.updated_time),
  attempts = least(greatest(held.attempts, 0), 1000000) + 1,
  next_attempt_at = now()
    + least(interval '15 seconds' * 2 ^ least(greatest(held.attempts, 0), 20), interval '3 days')
RETURNING conversation_id`;

/** Served by the primary key: a Page has few of them. */
const FIND_DUE = `
SELECT conversation_id FROM facebook_retry_ledger
WHERE page_id = $1 AND platform = $2
  -- None waits for longer than three days, whatever somebody wrote there.
  AND (next_attempt_at <= now() OR next_attempt_at > now() + interval '4 days')
ORDER BY next_attempt_at LIMIT $3`;

/** More than this are never settled by one walk. */
const MOST_OPEN = 1000;

const FIND_OPEN = `
SELECT conversation_id, attempts, updated_time, is_missing, is_listed FROM facebook_retry_ledger
WHERE page_id = $1 AND platform = $2 ORDER BY first_failed_at LIMIT ${MOST_OPEN}`;

/** $1 page · $2 platform · $3 fence · $4 ids. */
const SETTLE = `
WITH lease AS MATERIALIZED (${UNDER_LEASE}), closed AS (
  DELETE FROM facebook_retry_ledger AS entry USING lease
  WHERE entry.page_id = $1 AND entry.platform = $2 AND entry.conversation_id = ANY ($4::text[])
), listed AS (
  UPDATE facebook_retry_ledger AS entry SET is_listed = true FROM lease
  WHERE entry.page_id = $1 AND entry.platform = $2 AND entry.conversation_id <> ALL ($4::text[])
)
SELECT page_id FROM lease`;

/** False when the lease has passed to another run, and nothing was written. */
export async function recordFailures(
  database: Database,
  lease: Lease,
  failures: readonly CollectFailure[],
): Promise<boolean> {
  if (failures.length === 0) return true;
  // One entry per conversation, as the statement needs it: the last reason counts.
  const distinct = new Map(failures.map((failure) => [toStorableText(failure.conversationId), failure]));
  const rows = await database.query(RECORD_FAILURES, [
    lease.pageId,
    lease.platform,
    lease.fence,
    [...distinct.keys()],
    [...distinct.values()].map((failure) => failure.code),
    [...distinct.values()].map((failure) => toStorableText(failure.reason)),
    [...distinct.values()].map((failure) => failure.isMissing === true),
    [...distinct.values()].map((failure) => toIso(failure.updatedAt) ?? null),
  ]);
  return rows.length > 0;
}

export async function findDueRetries(database: Database, lease: Lease, limit: number): Promise<readonly string[]> {
  const rows = await database.query<{ conversation_id: string }>(FIND_DUE, [lease.pageId, lease.platform, limit]);
  return rows.map((row) => row.conversation_id);
}

interface OpenRow extends Record<string, unknown> {
  readonly conversation_id: string;
  readonly attempts: number;
  readonly updated_time: Instant | null;
  readonly is_missing: boolean;
  readonly is_listed: boolean;
}

export async function findOpenRetries(database: Database, lease: Lease): Promise<readonly OpenEntry[]> {
  const rows = await database.query<OpenRow>(FIND_OPEN, [lease.pageId, lease.platform]);
  return rows.map((row) => ({
    conversationId: row.conversation_id,
    attempts: row.attempts,
    updatedAt: row.updated_time ?? undefined,
    isMissing: row.is_missing,
    isListed: row.is_listed,
  }));
}

/** False when the lease has passed to another run, and nothing was written. */
export async function settleRetries(
  database: Database,
  { pageId, platform, fence }: Lease,
  unmet: readonly string[],
): Promise<boolean> {
  return (await database.query(SETTLE, [pageId, platform, fence, unmet])).length > 0;
}

interface LedgerRow extends Record<string, unknown> {
  readonly conversation_id: string;
  readonly error_code: string;
  readonly reason: string;
  readonly attempts: number;
  readonly first_failed_at: Instant;
  readonly next_attempt_at: Instant;
}

const MOST_SHOWN = 100;

/** The entries of a channel, longest waiting first; at most a hundred. Served by the primary key. */
export async function listOpenRetries(
  database: Database,
  { pageId, platform }: Channel,
): Promise<readonly OpenRetry[]> {
  const rows = await database.query<LedgerRow>(
    `SELECT conversation_id, error_code, reason, attempts, first_failed_at, next_attempt_at
     FROM facebook_retry_ledger WHERE page_id = $1 AND platform = $2 ORDER BY first_failed_at, conversation_id LIMIT ${MOST_SHOWN}`,
    [pageId, platform],
  );
  return rows.map((row) => ({
    conversationId: row.conversation_id,
    code: row.error_code,
    reason: row.reason,
    attempts: row.attempts,
    firstFailedAt: row.first_failed_at,
    nextAttemptAt: row.next_attempt_at,
  }));
}
