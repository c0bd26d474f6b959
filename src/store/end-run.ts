/**
 * How far a run is, and how it ends: run, lease, channel, watermark and Page move together, in one statement each, so it
 * holds at every instant a process may be killed. The watermark must never move for less than a complete walk (I1).
 */
import type { Lease } from '../core/model.ts';
import type { Checkpoint, RunFailure, RunProgress, SyncOutcome } from '../core/store-ports.ts';
import type { Database } from './connect.ts';
import { toIso, toText } from './sql-values.ts';
import { DERIVE_PAGE } from './page-columns.ts';
import { toStorableText } from './text.ts';

/**
 * $1 page · $2 platform · $3 fence · $4 run · $5 complete · $6 watermark · $7 walk start · $8 listed · $9 skipped
 * · $10 calls · $11 rest: cursor · $12 rest: top · $13 nested limit · $14 only looked · $15 why partial: code
 * · $16 sentence · $17 phases · $18 rest: to the end · $19 lookback after a miss, which brings the next verify forward.
 * Watermark, last_synced_at, run and lease move together. The watermark never moves back (I1). A full sync that was asked
 * for while the run went on is still to be done: this one may have been past what it was asked for. The mirror is whole,
 * and last_synced_at moves, only when the retry ledger is empty.
 */
const FINISH_RUN = `
WITH lease AS (
  UPDATE facebook_sync_state AS state
  SET lease_run_id = NULL, lease_expires_at = NULL, last_call_at = now(),
      status = 'connected', status_detail = NULL,
      watermark = CASE WHEN $5 THEN greatest($6, state.watermark) ELSE state.watermark END,
      last_synced_at = CASE WHEN decision.whole
                              -- A walk in slices may have begun before one that was complete in between.
                              AND (state.last_synced_at BETWEEN $7 AND now()) IS NOT TRUE
                            THEN $7 ELSE state.last_synced_at END,
      full_syncs_done = CASE WHEN $5 AND run.mode = 'full'
                             THEN greatest(state.full_syncs_done, run.full_syncs_requested)
                             ELSE state.full_syncs_done END,
      -- The place of another kind of walk is kept: forced slices must not begin again after every ordinary sync.
      checkpoint_mode = CASE WHEN keep THEN checkpoint_mode WHEN $11::text IS NOT NULL THEN run.mode END,
      checkpoint_forced = CASE WHEN keep THEN checkpoint_forced WHEN $11 IS NOT NULL THEN run.forced END,
      checkpoint_cursor = CASE WHEN keep THEN checkpoint_cursor ELSE $11::text END,
      checkpoint_watermark = CASE WHEN keep THEN checkpoint_watermark ELSE $12::timestamptz END,
      checkpoint_to_end = CASE WHEN keep THEN checkpoint_to_end ELSE $18 END,
      checkpoint_started_at = CASE WHEN keep THEN checkpoint_started_at WHEN $11 IS NOT NULL THEN $7::timestamptz END,
      checkpoint_full_syncs_requested = CASE WHEN keep THEN checkpoint_full_syncs_requested
                                             ELSE run.full_syncs_requested END,
      nested_limit = $13,
      lookback_ms = coalesce($19, lookback_ms)
  FROM facebook_sync_runs AS run, LATERAL (
    SELECT run.mode IN ('verify', 'contacts') OR ($11::text IS NULL AND run.mode = 'incremental' AND EXISTS (
             SELECT FROM facebook_sync_state AS resting
             WHERE resting.page_id = $1 AND resting.platform = $2 AND resting.checkpoint_forced
           )) AS keep,
           $5 AND NOT EXISTS (
             SELECT FROM facebook_retry_ledger WHERE page_id = $1 AND platform = $2
           ) AS whole
  ) AS decision
  WHERE state.page_id = $1 AND state.platform = $2 AND state.lease_fence = $3
    AND run.page_id = $1 AND run.id = $4 AND run.status = 'running'
  RETURNING state.page_id, decision.whole
), page AS (
  UPDATE facebook_pages AS page SET ${DERIVE_PAGE} FROM lease WHERE page.id = lease.page_id
), verify AS (
  UPDATE facebook_page_schedule AS schedule
  SET next_verify_at = least(next_verify_at, now() + interval '30 minutes')
  FROM lease
  WHERE schedule.page_id = lease.page_id AND schedule.platform = $2 AND $19 IS NOT NULL AND next_verify_at IS NOT NULL
), run AS (
  UPDATE facebook_sync_runs
  SET status = CASE WHEN whole OR $14 THEN 'succeeded' ELSE 'partial' END, finished_at = now(),
      listed = $8, skipped = $9, graph_calls = $10, error_code = $15, error_message = $16, phases = $17
  FROM lease
  WHERE facebook_sync_runs.page_id = $1 AND id = $4
)
SELECT whole OR $14 AS succeeded FROM lease`;

/** $1 page · $2 platform · $3 fence · $4 run · $5 calls · $6 listed · $7 phases. A late note never overtakes the end of the run. */
const NOTE_PROGRESS = `
UPDATE facebook_sync_runs AS run SET graph_calls = $5, listed = $6, phases = $7
FROM facebook_sync_state AS state
WHERE state.page_id = $1 AND state.platform = $2 AND state.lease_fence = $3
  AND run.page_id = $1 AND run.id = $4 AND run.status = 'running'`;

/** $1 page · $2 platform · $3 fence · $4 run · $5 cursor · $6 top · $7 walk start · $8 to the end. */
const SAVE_CHECKPOINT = `
UPDATE facebook_sync_state AS state
SET checkpoint_mode = run.mode, checkpoint_forced = run.forced, checkpoint_cursor = $5, checkpoint_watermark = $6,
    checkpoint_started_at = $7, checkpoint_to_end = $8, checkpoint_full_syncs_requested = run.full_syncs_requested
FROM facebook_sync_runs AS run
WHERE state.page_id = $1 AND state.platform = $2 AND state.lease_fence = $3
  AND run.page_id = $1 AND run.id = $4 AND run.status = 'running'
RETURNING state.page_id`;

/**
 * $1 page · $2 platform · $3 fence · $4 run · $5 calls · $6 code · $7 message · $8 status of the channel or null
 * · $9 listed · $10 phases.
 */
const FAIL_RUN = `
WITH lease AS (
  UPDATE facebook_sync_state
  SET lease_run_id = NULL, lease_expires_at = NULL, last_call_at = now(),
      status = coalesce($8, status), status_detail = CASE WHEN $8::text IS NULL THEN status_detail ELSE $7 END
  WHERE page_id = $1 AND platform = $2 AND lease_fence = $3
  RETURNING page_id
), page AS (
  UPDATE facebook_pages AS page SET ${DERIVE_PAGE} FROM lease WHERE page.id = lease.page_id AND $8 IS NOT NULL
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

/** Notes where the next walk of this kind goes on; false when another run has taken the lease over. */
export async function saveCheckpoint(
  database: Database,
  { pageId, platform, fence, runId }: Lease,
  { after, nextWatermark, startedAt, toEnd = false }: Checkpoint,
): Promise<boolean> {
  const place = [after ?? null, toIso(nextWatermark) ?? null, toIso(startedAt), toEnd];
  return (await database.query(SAVE_CHECKPOINT, [pageId, platform, fence, runId, ...place])).length > 0;
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
    checkpoint?.toEnd === true,
    outcome.lookbackMs ?? null,
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
