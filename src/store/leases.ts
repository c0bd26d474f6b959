/**
 * Table facebook_sync_state: who may walk a channel, and how a run begins and keeps that right. Each step is
 * one statement, so it holds at every instant a process may be killed. How a run ends is in end-run.ts.
 */
import { TidemarkError, toRecordedError } from '../core/errors.ts';
import { type Channel, type Instant, type Lease, LEASE_MS, type RunMode } from '../core/model.ts';
import type { BeginRequest, BegunRun, OtherRun, Renewal } from '../core/store-ports.ts';
import { LIST_LIMIT } from '../core/plan.ts';
import { Secret } from '../lib/secret.ts';
import { MEND_STATE, NONSENSE_OF } from './sane-state.ts';
import { MS_UNTIL, APP_COOLDOWN, type AppCooldownRow, toAppCooldowns, toCooldowns } from './cooldowns.ts';
import type { Database } from './connect.ts';
import { STORED_TOKEN } from './page-columns.ts';

/**
 * $1 page · $2 platform · $3 fence. A row for the holder of the lease, none for anybody else; held until the statement
 * ends, so nobody takes the lease over while it writes (I6). Who finds none asks `whyLeaseIsLost`.
 */
export const UNDER_LEASE = `
  SELECT page_id, yield_requested FROM facebook_sync_state
  WHERE page_id = $1 AND platform = $2 AND lease_fence = $3
  FOR SHARE`;

/** Whether a lease has run out. One that ends much later than any lease lasts is none: nobody could ever take it over. */
export const IS_OVER = (state: string) =>
  `(${state}.lease_expires_at BETWEEN now() AND now() + interval '10 minutes') IS NOT TRUE`;

/** Whether Facebook has refused a channel for good within the last day: nobody asks again without being told to. */
export const RESTS = (state: string) =>
  `(${state}.status = 'failed' AND ${state}.last_call_at BETWEEN now() - interval '1 day' AND now() + interval '1 day')`;

/**
 * $1 page · $2 platform · $3 run · $4 lease ms · $5 forced · $6 trigger · $7 this process
 * · $8 conversations to count above the cut at most · $9 run to replace · $10 purpose.
 * Takes a lease that is free or has run out; the run that let it run out is closed as failed. A walk is full when
 * there is nothing to be incremental to, and when it was asked for: more often than the channel has done it.
 */
const BEGIN_RUN = `
WITH page AS (
  SELECT id, full_syncs_requested, ${STORED_TOKEN} AS access_token FROM facebook_pages AS page WHERE id = $1
), before AS (
  SELECT lease_run_id, last_caller, ${NONSENSE_OF('state')} AS nonsense FROM facebook_sync_state AS state
  WHERE page_id = $1 AND platform = $2
), lease AS (
  INSERT INTO facebook_sync_state AS held (page_id, platform, lease_run_id, lease_fence, lease_expires_at, last_caller)
  SELECT id, $2, $3, 1, now() + $4 * interval '1 millisecond', $7 FROM page
  ON CONFLICT (page_id, platform) DO UPDATE SET
    lease_run_id = excluded.lease_run_id,
    -- One that no number of ours can hold begins anew, where nobody has been.
    lease_fence = CASE WHEN held.lease_fence BETWEEN 0 AND 4503599627370496 THEN held.lease_fence + 1
                       ELSE extract(epoch FROM now())::bigint END,
    -- More than were asked for would keep the next ones from being done.
    full_syncs_done = least(held.full_syncs_done, (SELECT full_syncs_requested FROM page)),
    ${MEND_STATE},
    -- From when the row is ours: somebody may have held it locked for long.
    lease_expires_at = clock_timestamp() + $4 * interval '1 millisecond',
    last_caller = excluded.last_caller,
    yield_requested = false
  WHERE ($6 = 'schedule' AND ${RESTS('held')}) IS NOT TRUE AND
        CASE WHEN $9::uuid IS NULL THEN held.lease_run_id IS NULL OR ${IS_OVER('held')}
             ELSE held.lease_run_id = $9 AND ${IS_OVER('held')} END
  -- Not as this statement found it when it began: the run before may have ended while we waited for its row.
  RETURNING last_call_at, lease_fence, watermark, last_synced_at, full_syncs_done, since_filter_usable, nested_limit,
    lookback_ms, checkpoint_to_end, checkpoint_mode, checkpoint_forced, checkpoint_cursor, checkpoint_watermark, checkpoint_started_at,
    checkpoint_full_syncs_requested, cooldown_until, cooldown_reason
), abandoned AS (
  UPDATE facebook_sync_runs AS run
  SET status = 'failed', finished_at = now(), error_code = 'LEASE_LOST',
      error_message = 'The process that ran it ended without a word.'
  FROM lease, before
  WHERE run.page_id = $1 AND run.id = before.lease_run_id AND run.status = 'running'
), run AS (
  INSERT INTO facebook_sync_runs (
    page_id, id, platform, mode, forced, trigger, status, full_syncs_requested, started_at)
  SELECT page.id, $3, $2,
         CASE WHEN $10 <> 'sync' THEN $10
              WHEN $5 OR lease.watermark IS NULL
                OR lease.full_syncs_done < page.full_syncs_requested THEN 'full' ELSE 'incremental' END,
         -- Not when this statement began: it may have waited for the run before to end.
         $5, $6, 'running', page.full_syncs_requested, clock_timestamp()
  FROM page, lease
  RETURNING mode, started_at
)
SELECT lease_fence, watermark, since_filter_usable, mode, started_at, lease.last_synced_at, page.access_token, nested_limit, lookback_ms,
       checkpoint_cursor, checkpoint_watermark, checkpoint_started_at, checkpoint_to_end,
       checkpoint_mode = mode AND checkpoint_forced = $5
         AND checkpoint_full_syncs_requested = page.full_syncs_requested
         -- The time that nobody was to call does not count.
         AND greatest(lease.last_call_at, lease.cooldown_until) > now() - interval '1 hour' AS checkpoint_fits,
       (SELECT count(*) FROM (
          -- Served by idx_facebook_conversations_newest. The order is what makes PostgreSQL take it: it expects a third
          -- of the rows above any cut, and would rather read through the table until it has met enough.
          SELECT FROM facebook_conversations AS held
          WHERE held.page_id = $1 AND held.platform = $2
            AND held.updated_time >= lease.watermark - lookback_ms * interval '1 millisecond'
          ORDER BY held.updated_time DESC, held.id DESC
          LIMIT $8) AS above)::int AS held_above_cut,
       -- An entry that was made while we waited for the row of the lease is met by the next run; FINISH_RUN counts it.
       EXISTS (SELECT FROM facebook_retry_ledger AS entry
               WHERE entry.page_id = $1 AND entry.platform = $2) AS has_open_retries,
       (SELECT round(greatest(0, extract(epoch FROM now() - lease.last_call_at)) * 1000) FROM before
        WHERE last_caller <> $7 AND lease.last_call_at IS NOT NULL)::float8 AS last_call_ago_ms,
       ${MS_UNTIL('lease.cooldown_until')} AS page_cooldown_ms, lease.cooldown_reason AS page_cooldown_reason,
       (SELECT nonsense FROM before) AS nonsense, app_cooldown_ms, app_cooldown_reason
FROM lease, run, page LEFT JOIN (${APP_COOLDOWN}) AS app ON true`;

/** $1 page · $2 platform · $3 purpose · $4 trigger. Who matters more makes itself known to the holder, which then steps aside. */
const FIND_HOLDER = `
WITH holder AS (
  SELECT run.id, run.mode, run.forced FROM facebook_sync_state AS state
  JOIN facebook_sync_runs AS run ON run.page_id = state.page_id AND run.id = state.lease_run_id
  WHERE state.page_id = $1 AND state.platform = $2
), wanted AS (
  UPDATE facebook_sync_state AS state SET yield_requested = true
  FROM holder
  WHERE state.page_id = $1 AND state.platform = $2 AND NOT yield_requested
    AND ((holder.mode = 'history' AND $3 <> 'history') OR (holder.mode = 'verify' AND $3 = 'sync'))
)
SELECT holder.id AS run_id, holder.mode, holder.forced, resting.code, resting.reason
FROM facebook_pages AS page LEFT JOIN holder ON true LEFT JOIN LATERAL (
  SELECT state.status_detail AS reason, (
    SELECT error_code FROM facebook_sync_runs AS run
    WHERE run.page_id = $1 AND run.platform = $2 AND run.error_code IS NOT NULL
    ORDER BY started_at DESC LIMIT 1) AS code
  FROM facebook_sync_state AS state
  WHERE state.page_id = $1 AND state.platform = $2 AND $4 = 'schedule' AND ${RESTS('state')}
) AS resting ON true
WHERE page.id = $1`;

const STATE_OF = `
SELECT CASE WHEN status = 'running' THEN 'running' WHEN error_code = 'LEASE_LOST' THEN 'abandoned' ELSE 'ended' END AS state
FROM facebook_sync_runs WHERE id = $1`;

/** $1 page · $2 platform · $3 fence · $4 lease ms · $5 run. No row: another run has taken over. */
const RENEW = `
WITH renewed AS (
  UPDATE facebook_sync_state
  SET lease_expires_at = now() + $4 * interval '1 millisecond', last_call_at = now()
  WHERE page_id = $1 AND platform = $2 AND lease_fence = $3
  RETURNING page_id
)
SELECT run.cancel_wanted, app_cooldown_ms, app_cooldown_reason
FROM renewed
JOIN facebook_sync_runs AS run ON run.page_id = $1 AND run.id = $5
LEFT JOIN (${APP_COOLDOWN}) AS app ON true`;

/** How a run stands; `abandoned` as well when it is not there any more: its Page is gone, and `begin` will say so. */
export async function findRunState(database: Database, runId: string): Promise<'running' | 'ended' | 'abandoned'> {
  const [row] = await database.query<{ state: 'running' | 'ended' | 'abandoned' }>(STATE_OF, [runId]);
  return row?.state ?? 'abandoned';
}

/** The error for who has just been refused: LEASE_LOST or PAGE_NOT_FOUND. */
export async function whyLeaseIsLost(database: Database, { pageId, platform }: Channel): Promise<TidemarkError> {
  const pages = await database.query('SELECT FROM facebook_pages WHERE id = $1', [pageId]);
  return pages.length === 0
    ? new TidemarkError('PAGE_NOT_FOUND', `Page ${pageId} was removed while a run of it went on; the run has ended.`)
    : new TidemarkError('LEASE_LOST', `Another process has taken over the ${platform} sync of Page ${pageId}.`);
}

interface HolderRow extends Record<string, unknown> {
  readonly run_id: string | null;
  readonly mode: RunMode;
  readonly forced: boolean;
  /** Why nobody who was not told to asks for the channel today. */
  readonly code: string | null;
  readonly reason: string | null;
}

interface BegunRow extends AppCooldownRow {
  readonly lease_fence: number;
  readonly started_at: Instant;
  readonly watermark: Instant | null;
  readonly since_filter_usable: boolean;
  readonly held_above_cut: number;
  readonly has_open_retries: boolean;
  readonly nested_limit: number | null;
  readonly lookback_ms: number;
  readonly checkpoint_fits: boolean | null;
  readonly checkpoint_cursor: string | null;
  readonly checkpoint_watermark: Instant | null;
  readonly checkpoint_started_at: Instant | null;
  readonly checkpoint_to_end: boolean;
  readonly mode: RunMode;
  readonly last_synced_at: Instant | null;
  readonly access_token: string | null;
  readonly last_call_ago_ms: number | null;
  readonly page_cooldown_ms: number | null;
  readonly page_cooldown_reason: string | null;
  readonly nonsense: readonly string[] | null;
}

/** `processId` tells our own calls from those of other processes. */
export async function beginRun(
  database: Database,
  request: BeginRequest,
  processId: string,
): Promise<BegunRun | OtherRun | undefined> {
  const { pageId, platform, runId, forced, trigger, insteadOf, purpose } = request;
  const asked = [pageId, platform, runId, LEASE_MS, forced, trigger, processId, LIST_LIMIT];
  const values = [...asked, insteadOf ?? null, purpose];
  const [row] = await database.query<BegunRow>(BEGIN_RUN, values);
  if (row === undefined) {
    const [holder] = await database.query<HolderRow>(FIND_HOLDER, [pageId, platform, purpose, trigger]);
    if (holder === undefined) throw new TidemarkError('PAGE_NOT_FOUND', `Page ${pageId} is no longer connected.`);
    if (holder.reason !== null) throw toRecordedError(holder.code ?? undefined, holder.reason);
    return holder.run_id === null
      ? undefined
      : { kind: 'other', runId: holder.run_id, mode: holder.mode, forced: holder.forced };
  }
  return {
    kind: 'begun',
    lease: { pageId, platform, runId, fence: row.lease_fence },
    mode: row.mode,
    startedAt: row.started_at,
    storedToken: row.access_token ? new Secret(row.access_token) : undefined,
    watermark: row.watermark ?? undefined,
    lastSyncedAt: row.last_synced_at ?? undefined,
    lookbackMs: row.lookback_ms,
    storedInLookback: row.held_above_cut,
    filterUsable: row.since_filter_usable,
    hasOpenRetries: row.has_open_retries,
    nestedLimit: row.nested_limit ?? LIST_LIMIT,
    checkpoint:
      row.checkpoint_fits !== true || row.checkpoint_cursor === null || row.checkpoint_started_at === null
        ? undefined
        : {
            after: row.checkpoint_cursor,
            nextWatermark: row.checkpoint_watermark ?? undefined,
            startedAt: row.checkpoint_started_at,
            toEnd: row.checkpoint_to_end,
          },
    lastCallAgoMs: row.last_call_ago_ms ?? undefined,
    nonsense: row.nonsense ?? [],
    cooldowns: [
      ...toAppCooldowns(row),
      ...toCooldowns('page', { ms: row.page_cooldown_ms, reason: row.page_cooldown_reason }),
    ],
  };
}

export async function renewLease(database: Database, lease: Lease): Promise<Renewal> {
  const { pageId, platform, fence, runId } = lease;
  const values = [pageId, platform, fence, LEASE_MS, runId];
  const [row] = await database.query<AppCooldownRow & { readonly cancel_wanted: boolean }>(RENEW, values);
  if (row === undefined) return { end: await whyLeaseIsLost(database, lease), cooldowns: [] };
  const end = row.cancel_wanted ? new TidemarkError('RUN_CANCELLED', `Run ${runId} was cancelled.`) : undefined;
  return { end, cooldowns: toAppCooldowns(row) };
}
