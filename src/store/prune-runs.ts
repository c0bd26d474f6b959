/**
 * Table facebook_sync_runs, kept from growing for ever. Only runs that have ended long ago are removed; nothing else
 * refers to them, and nobody who works on a Page is ever made to wait.
 */
import type { Database } from './connect.ts';

/** Runs removed in one statement: over in some milliseconds. */
const BATCH = 1000;

/**
 * $1 limit. Of each Page and kind the newest five of the old ones stay: a Page that was paused for long still shows what
 * it did last. Served by idx_facebook_sync_runs_newest, Page by Page: what is young is not looked at. Rows that another
 * process removes, or a backup holds, are left to the next time.
 */
const PRUNE = `
WITH old AS (
  SELECT run.page_id, run.id FROM facebook_pages AS page CROSS JOIN LATERAL (
    SELECT page_id, id, row_number() OVER (PARTITION BY platform, mode ORDER BY started_at DESC) AS place
    FROM facebook_sync_runs
    WHERE page_id = page.id AND started_at < now() - interval '30 days' AND status <> 'running'
  ) AS run
  WHERE run.place > 5
  LIMIT $1
), free AS (
  SELECT run.page_id, run.id FROM facebook_sync_runs AS run
  JOIN old ON old.page_id = run.page_id AND old.id = run.id
  FOR UPDATE OF run SKIP LOCKED
), gone AS (
  DELETE FROM facebook_sync_runs AS run USING free
  WHERE run.page_id = free.page_id AND run.id = free.id
  RETURNING run.id
)
SELECT count(*)::int AS removed FROM gone`;

/** Removes a batch of old runs; `more`: there may be others. */
export async function pruneRuns(query: Database['query'], limit = BATCH): Promise<'more' | 'done'> {
  const [row] = await query<{ removed: number }>(PRUNE, [limit]);
  return row?.removed === limit ? 'more' : 'done';
}
