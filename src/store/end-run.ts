/**
 * How far a run is, and how it ends: run, lease, Page and watermark move together, in one statement each, so it holds
 * at every instant a process may be killed. The watermark must never move for less than a complete walk (I1).
 */
import type { Lease, RunFailure, RunProgress, SyncOutcome, Checkpoint } from '../core/store-ports.ts';
import type { Database } from './connect.ts';
import { toIso, toText } from './conversations.ts';
import { toStorableText } from './text.ts';

/**
 * $1 page · $2 platform · $3 fence · $4 run · $5 complete · $6 watermark · $7 walk start · $8 listed · $9 skipped
 * · $10 calls · $11 rest: cursor · $12 rest: top · $13 nested limit · $14 only looked · $15 why partial: code
 * · $16 sentence · $17 phases. Watermark, last_synced_at, run and lease move
 * together. The watermark never moves back (I1). last_synced_at that was cleared while the run went on stays cleared: a
 * full walk was asked for, and this one may have been past what it was asked for. The mirror is whole, and last_synced_at moves, only when the retry ledger
 * is empty.
 */
const FINISH_RUN = `
WITH lease AS (
  UPDATE facebook_sync_state AS state
  SET lease_run_id = NULL, lease_expires_at = NULL, last_call_at = now(),
      watermark = CASE WHEN $5 THEN greatest($6, state.watermark) ELSE state.watermark END,
      -- The place of another kind of walk is kept: forced slices must not begin again after every ordinary sync.
      rest_mode = CASE WHEN keep THEN rest_mode WHEN $11::text IS NOT NULL THEN run.mode END,
      rest_forced = CASE WHEN keep THEN rest_forced WHEN $11 IS NOT NULL THEN run.forced END,
      rest_after = CASE WHEN keep THEN rest_after ELSE $11::text END,
      rest_top = CASE WHEN keep THEN rest_top ELSE $12::timestamptz END,
      rest_started_at = CASE WHEN keep THEN rest_started_at WHEN $11 IS NOT NULL THEN $7::timestamptz END,
      nested_limit = $13
  FROM facebook_sync_runs AS run, LATERAL (
    SELECT run.mode = 'verify' OR ($11::text IS NULL AND run.mode = 'incremental' AND EXISTS (
      SELECT FROM facebook_sync_state AS resting
      WHERE resting.page_id = $1 AND resting.platform = $2 AND resting.rest_forced
    )) AS keep
  ) AS decision
  WHERE state.page_id = $1 AND state.platform = $2 AND state.lease_fence = $3
    AND run.page_id = $1 AND run.id = $4 AND run.status = 'running'
  RETURNING state.page_id
), verdict AS (
  SELECT page_id, $5 AND NOT EXISTS (
    SELECT FROM facebook_retry_ledger WHERE page_id = $1 AND platform = $2
  ) AS whole
  FROM lease
), page AS (
  UPDATE facebook_pages AS page
  SET last_synced_at = CASE WHEN page.last_synced_at IS NOT DISTINCT FROM run.synced_before AND verdict.whole
                             -- A walk in slices may have begun before one that was complete in between.
                             AND (page.last_synced_at BETWEEN $7 AND now()) IS NOT TRUE
                            THEN $7 ELSE page.last_synced_at END,
      status = CASE WHEN page.is_active THEN 'connected' ELSE page.status END,
      status_detail = CASE WHEN page.is_active THEN NULL ELSE page.status_detail END,
      updated_at = now()
  FROM verdict, facebook_sync_runs AS run
  WHERE page.id = verdict.page_id AND run.page_id = $1 AND run.id = $4
), run AS (
  UPDATE facebook_sync_runs
  SET status = CASE WHEN whole OR $14 THEN 'succeeded' ELSE 'partial' END, finished_at = now(),
      listed = $8, skipped = $9, graph_calls = $10, error_code = $15, error_message = $16, phases = $17
  FROM verdict
  WHERE facebook_sync_runs.page_id = $1 AND id = $4
)
SELECT whole OR $14 AS succeeded FROM verdict`;

/** $1 page · $2 platform · $3 fence · $4 run · $5 calls · $6 listed · $7 phases. A late note never overtakes the end of the run. */
const NOTE_PROGRESS = `
UPDATE facebook_sync_runs AS run SET graph_calls = $5, listed = $6, phases = $7
FROM facebook_sync_state AS state
WHERE state.page_id = $1 AND state.platform = $2 AND state.lease_fence = $3
  AND run.page_id = $1 AND run.id = $4 AND run.status = 'running'`;

/** $1 page · $2 platform · $3 fence · $4 run · $5 cursor · $6 top · $7 walk start. */
const SAVE_CHECKPOINT = `
UPDATE facebook_sync_state AS state
SET rest_mode = run.mode, rest_forced = run.forced, rest_after = $5, rest_top = $6, rest_started_at = $7
FROM facebook_sync_runs AS run
WHERE state.page_id = $1 AND state.platform = $2 AND state.lease_fence = $3
  AND run.page_id = $1 AND run.id = $4 AND run.status = 'running'`;

/**
 * $1 page · $2 platform · $3 fence · $4 run · $5 calls · $6 code · $7 message · $8 Page status or null · $9 listed
 * · $10 phases.
 */
const FAIL_RUN = `
WITH lease AS (
  UPDATE facebook_sync_state SET lease_run_id = NULL, lease_expires_at = NULL, last_call_at = now()
  WHERE page_id = $1 AND platform = $2 AND lease_fence = $3
  RETURNING page_id
), page AS (
  UPDATE facebook_pages AS page SET status = $8, status_detail = $7, updated_at = now()
  FROM lease
  WHERE page.id = lease.page_id AND page.is_active AND $8::text IS NOT NULL
)
UPDATE facebook_sync_runs
SET status = CASE WHEN $6 = 'RUN_CANCELLED' THEN 'cancelled' ELSE 'failed' END,
    finished_at = now(), graph_calls = $5, error_code = $6, error_message = $7, listed = $9, phases = $10
WHERE page_id = $1 AND id = $4 AND status = 'running'`;

export async function noteProgress(
  database: Database,
  { pageId, platform, fence, runId }: Lease,
  { graphCalls, listed, phases }: RunProgress,
): Promise<void> {
  await database.query(NOTE_PROGRESS, [pageId, platform, fence, runId, graphCalls, listed, phases]);
}

/** Notes where the next walk of this kind goes on; nothing when another run has taken the lease over. */
export async function saveCheckpoint(
  database: Database,
  { pageId, platform, fence, runId }: Lease,
  { after, nextWatermark, startedAt }: Checkpoint,
): Promise<void> {
  const place = [after ?? null, toIso(nextWatermark) ?? null, toIso(startedAt)];
  await database.query(SAVE_CHECKPOINT, [pageId, platform, fence, runId, ...place]);
}

/** Ends a run that did not fail; undefined when another run has taken the lease over, and nothing was written. */
export async function finishRun(
  database: Database,
  lease: Lease,
  outcome: SyncOutcome,
): Promise<'succeeded' | 'partial' | undefined> {
  const { end, counts, listed, startedAt, nestedLimit, reason, phases = {} } = outcome;
  const checkpoint = end.kind === 'stopped' ? end.checkpoint : undefined;
  const [row] = await database.query<{ succeeded: boolean }>(FINISH_RUN, [
    lease.pageId,
    lease.platform,
    lease.fence,
    lease.runId,
    end.kind === 'complete',
    end.kind === 'complete' ? (toIso(end.watermark) ?? null) : null,
    toIso(startedAt),
    listed,
    counts.skipped,
    counts.graphCalls,
    checkpoint?.after ?? null,
    toIso(checkpoint?.nextWatermark) ?? null,
    nestedLimit,
    end.kind === 'inspected',
    reason?.code ?? null,
    toText(reason?.message) ?? null,
    phases,
  ]);
  if (row === undefined) return undefined;
  return row.succeeded ? 'succeeded' : 'partial';
}

/** Ends a run that failed or was cancelled; nothing when another run has taken the lease over. */
export async function failRun(database: Database, lease: Lease, failure: RunFailure): Promise<void> {
  const { code, message, graphCalls, listed, phases, pageStatus } = failure;
  const { pageId, platform, fence, runId } = lease;
  await database.query(FAIL_RUN, [
    pageId,
    platform,
    fence,
    runId,
    graphCalls,
    code,
    toStorableText(message),
    pageStatus ?? null,
    listed,
    phases,
  ]);
}
