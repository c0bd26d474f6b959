/**
 * Table facebook_page_schedule: when each Page is due. Any number of schedulers share it; a due Page is taken by one
 * of them. Pages that are paused, or that Facebook will not talk about until somebody acts, are never due.
 */
import type { Instant } from '../core/model.ts';
import type { Database } from './connect.ts';
import { toIso } from './conversations.ts';

/** What is scheduled, each with a rhythm of its own. */
export type ScheduledQueue = 'sync' | 'verify';

export interface DuePage {
  readonly pageId: string;
  /** Since when it was due. */
  readonly dueAt: Instant;
}

export interface ClaimOptions {
  /** Undefined: there is no rhythm; a Page that was taken is due again only when it is brought forward. */
  readonly intervalMs: number | undefined;
  /** Pages to look at, at most. */
  readonly limit: number;
}

const NEXT = { sync: 'next_sync_at', verify: 'next_verify_at' } as const;
/** Each rhythm has its own place in the interval, so that a verify does not meet the sync of its Page every time. */
const SEED = { sync: 0, verify: 1 } as const;

/** Pages that Facebook may be called for without anybody asking. */
export const CALLABLE = `page.is_active AND page.status NOT IN ('token_expired', 'permission_missing')`;

/** A Page that is new has no time yet. */
const ENROL = `
INSERT INTO facebook_page_schedule (page_id)
SELECT id FROM facebook_pages AS page
WHERE NOT EXISTS (SELECT FROM facebook_page_schedule AS schedule WHERE schedule.page_id = page.id)
ORDER BY id
ON CONFLICT (page_id) DO NOTHING`;

/**
 * $1 interval ms or null · $2 limit. Takes what is due, longest waiting first, and moves it to its next place in the
 * interval: a point that its id decides, the same for every scheduler. A Page without a time, or with one that a longer
 * interval gave it, is only planned. Served by idx_facebook_page_schedule_sync and _verify.
 */
const CLAIM = (queue: ScheduledQueue) => `
WITH moment AS (
  SELECT floor(extract(epoch FROM now()) * 1000)::bigint AS now_ms
), chosen AS (
  SELECT schedule.page_id, ${NEXT[queue]} AS due_at
  FROM facebook_page_schedule AS schedule JOIN facebook_pages AS page ON page.id = schedule.page_id
  WHERE (${NEXT[queue]} <= now() OR ${NEXT[queue]} > now() + $1 * interval '1 millisecond'
         OR ${NEXT[queue]} IS NULL AND $1::bigint IS NOT NULL)
    AND ${CALLABLE}
  ORDER BY ${NEXT[queue]} NULLS LAST
  LIMIT $2
  FOR UPDATE OF schedule SKIP LOCKED
), placed AS (
  SELECT page_id, due_at, now_ms, (hashtextextended(page_id::text, ${SEED[queue]}) & 9223372036854775807) % $1::bigint AS place_ms
  FROM chosen, moment
)
UPDATE facebook_page_schedule AS schedule
SET ${NEXT[queue]} = to_timestamp((now_ms - (now_ms - place_ms) % $1::bigint + $1::bigint) / 1000.0)
FROM placed WHERE schedule.page_id = placed.page_id
RETURNING schedule.page_id, due_at, coalesce(due_at <= now(), false) AS is_due`;

interface ClaimedRow extends Record<string, unknown> {
  readonly page_id: string;
  readonly due_at: Instant;
  readonly is_due: boolean;
}

/** Gives new Pages a place in the schedule. */
export async function enrolPages(query: Database['query']): Promise<void> {
  await query(ENROL);
}

/** Takes Pages that are due; nobody else gets them. `isExhausted`: there is nothing more to take now. */
export async function claimDuePages(
  query: Database['query'],
  queue: ScheduledQueue,
  { intervalMs, limit }: ClaimOptions,
): Promise<{ readonly due: readonly DuePage[]; readonly isExhausted: boolean }> {
  const rows = await query<ClaimedRow>(CLAIM(queue), [intervalMs ?? null, limit]);
  const due = rows.filter((row) => row.is_due).toSorted((one, other) => one.due_at - other.due_at);
  return { due: due.map((row) => ({ pageId: row.page_id, dueAt: row.due_at })), isExhausted: rows.length < limit };
}

/** Makes the Pages due that have no time, and those that were never synced and that nobody is at work on. */
export async function bringForward(query: Database['query']): Promise<void> {
  await query(
    `UPDATE facebook_page_schedule AS schedule SET next_sync_at = now()
     FROM facebook_pages AS page
     WHERE page.id = schedule.page_id AND ${CALLABLE}
       AND (next_sync_at IS NULL OR page.last_synced_at IS NULL AND next_sync_at > now() AND NOT EXISTS (
         SELECT FROM facebook_sync_state AS state WHERE state.page_id = page.id AND state.lease_expires_at > now()))`,
  );
}

/** Makes taken Pages due again: as of `dueAt`, or of now. */
export async function giveBackDuePages(
  query: Database['query'],
  queue: ScheduledQueue,
  pages: readonly { readonly pageId: string; readonly dueAt: Instant | undefined }[],
): Promise<void> {
  await query(
    `UPDATE facebook_page_schedule AS schedule SET ${NEXT[queue]} = coalesce(due_at, now())
     FROM unnest($1::uuid[], $2::timestamptz[]) AS given (page_id, due_at)
     WHERE schedule.page_id = given.page_id`,
    [pages.map((page) => page.pageId), pages.map((page) => toIso(page.dueAt) ?? null)],
  );
}

/** How many Pages wait to be taken. */
export async function countDuePages(query: Database['query'], queue: ScheduledQueue): Promise<number> {
  const [row] = await query<{ count: number }>(
    `SELECT count(*) AS count FROM facebook_page_schedule AS schedule
     JOIN facebook_pages AS page ON page.id = schedule.page_id
     WHERE ${NEXT[queue]} <= now() AND ${CALLABLE}`,
  );
  return row?.count ?? 0;
}
