/** Table facebook_sync_runs, read: the history of what was done, and the answer of a run that another caller began. */
import type { Instant, PhaseCosts, Platform, Run, RunMode, RunStatus, RunTrigger } from '../core/model.ts';
import { type Database, type Queryable, UUID } from './connect.ts';
import { IS_OVER } from './leases.ts';
import { toLimit } from './list-limit.ts';

interface RunRow extends Record<string, unknown> {
  readonly id: string;
  readonly page_id: string;
  readonly page_name: string | null;
  readonly last_synced_at: Instant | null;
  readonly platform: Platform;
  readonly mode: RunMode;
  readonly trigger: RunTrigger;
  readonly status: RunStatus;
  readonly started_at: Instant;
  readonly finished_at: Instant | null;
  readonly listed: number;
  readonly synced: number;
  readonly inserted: number;
  readonly updated: number;
  readonly skipped: number;
  readonly deleted: number;
  readonly events_created: number;
  readonly graph_calls: number;
  readonly phases: PhaseCosts;
  readonly error_code: string | null;
  readonly error_message: string | null;
}

const SELECT_RUNS = `
SELECT run.id, run.page_id, page.name::text AS page_name, run.platform, run.mode,
       CASE WHEN state.full_syncs_done >= page.full_syncs_requested THEN state.last_synced_at END AS last_synced_at,
       run.trigger, run.status, run.started_at, run.finished_at, run.listed, run.synced, run.inserted, run.updated,
       run.skipped, run.deleted, run.events_created, run.graph_calls, run.phases, run.error_code, run.error_message
FROM facebook_sync_runs AS run JOIN facebook_pages AS page ON page.id = run.page_id
LEFT JOIN facebook_sync_state AS state ON state.page_id = run.page_id AND state.platform = run.platform`;

/** Newest first; `limit` from 1 to 200. Served by idx_facebook_sync_runs_newest, Page by Page. */
export async function listRuns(
  database: Queryable,
  query: {
    readonly pageId?: string | undefined;
    readonly platform?: Platform | undefined;
    readonly limit?: number | undefined;
  },
): Promise<readonly Run[]> {
  const rows = await database.query<RunRow>(
    `SELECT recent.* FROM facebook_pages AS shown
     CROSS JOIN LATERAL (
       ${SELECT_RUNS} WHERE run.page_id = shown.id AND ($3::text IS NULL OR run.platform = $3)
       ORDER BY run.started_at DESC LIMIT $2
     ) AS recent
     WHERE $1::uuid IS NULL OR shown.id = $1
     ORDER BY recent.started_at DESC LIMIT $2`,
    [query.pageId ?? null, toLimit(query.limit), query.platform ?? null],
  );
  return rows.map(toRun);
}

/** Served by idx_facebook_sync_runs_id; with the Page, who knows it, by the primary key and in one partition. */
export async function findRun(database: Database, runId: string, pageId?: string): Promise<Run | undefined> {
  if (!UUID.test(runId)) return undefined;
  const [row] = await database.query<RunRow>(
    `${SELECT_RUNS} WHERE run.id = $1 AND ($2::uuid IS NULL OR run.page_id = $2)`,
    [runId, pageId ?? null],
  );
  return row && toRun(row);
}

/**
 * $1 run. Its process sees the wish with the next renewal of its lease; a run whose lease has run out has no process
 * any more and is closed here.
 */
const CANCEL = `
WITH alive AS (
  SELECT FROM facebook_sync_runs AS run
  JOIN facebook_sync_state AS state ON state.page_id = run.page_id AND state.platform = run.platform
  WHERE run.id = $1 AND state.lease_run_id = $1 AND NOT ${IS_OVER('state')}
)
UPDATE facebook_sync_runs
SET cancel_wanted = true,
    status = CASE WHEN EXISTS (SELECT FROM alive) THEN status ELSE 'cancelled' END,
    finished_at = CASE WHEN NOT EXISTS (SELECT FROM alive) THEN now() END,
    error_code = CASE WHEN NOT EXISTS (SELECT FROM alive) THEN 'RUN_CANCELLED' END,
    error_message = CASE WHEN NOT EXISTS (SELECT FROM alive) THEN 'The run was cancelled after its process had ended.' END
WHERE id = $1 AND status = 'running'
RETURNING id`;

/** False when the run is not running. Served by idx_facebook_sync_runs_id. */
export async function cancelRun(database: Database, runId: string): Promise<boolean> {
  return (await database.query(CANCEL, [runId])).length > 0;
}

function toRun(row: RunRow): Run {
  return {
    id: row.id,
    pageId: row.page_id,
    pageName: row.page_name ?? undefined,
    lastSyncedAt: row.last_synced_at ?? undefined,
    platform: row.platform,
    mode: row.mode,
    trigger: row.trigger,
    status: row.status,
    startedAt: row.started_at,
    finishedAt: row.finished_at ?? undefined,
    listed: row.listed,
    synced: row.synced,
    inserted: row.inserted,
    updated: row.updated,
    skipped: row.skipped,
    deleted: row.deleted,
    eventsCreated: row.events_created,
    graphCalls: row.graph_calls,
    phases: row.phases,
    errorCode: row.error_code ?? undefined,
    errorMessage: row.error_message ?? undefined,
  };
}
