/**
 * Table facebook_page_schedule: when each channel is due. Any number of schedulers share it; a due one is taken by one
 * of them. Channels of Pages that are paused, and those that Facebook will not talk about until somebody acts, are never
 * due; one that it refuses for a reason that may pass unseen is due once a day.
 */
import type { Channel, Instant, Platform } from '../core/model.ts';
import type { Database } from './connect.ts';
import { IS_OVER, RESTS } from './leases.ts';
import { toIso } from './sql-values.ts';

/** What is scheduled, each with a rhythm of its own. */
export type ScheduledQueue = 'sync' | 'verify';

export interface DueChannel extends Channel {
  /** Since when it was due. */
  readonly dueAt: Instant;
}

export interface ClaimOptions {
  /** Undefined: there is no rhythm; a channel that was taken is due again only when it is brought forward. */
  readonly intervalMs: number | undefined;
  /** Channels to look at, at most. */
  readonly limit: number;
}

const NEXT = { sync: 'next_sync_at', verify: 'next_verify_at' } as const;
/** Each rhythm has its own place in the interval, so that a verify does not meet the sync of its channel every time. */
const SEED = { sync: 0, verify: 1 } as const;

/** Channels (`state` of a `page`) that Facebook may be called for without anybody asking. */
export const CALLABLE = `page.is_active IS NOT FALSE AND state.status NOT IN ('token_expired', 'permission_missing')
    AND ${RESTS('state')} IS NOT TRUE
    AND (state.platform = 'messenger' OR page.instagram_account_id IS NOT NULL)`;

/** To be joined to `schedule`. */
const OF_SCHEDULE = `JOIN facebook_pages AS page ON page.id = schedule.page_id
  JOIN facebook_sync_state AS state ON state.page_id = schedule.page_id AND state.platform = schedule.platform`;

/** A channel that is new has no time yet. */
const ENROL = `
INSERT INTO facebook_page_schedule (page_id, platform)
SELECT page_id, platform FROM facebook_sync_state AS state
WHERE NOT EXISTS (
  SELECT FROM facebook_page_schedule AS schedule
  WHERE schedule.page_id = state.page_id AND schedule.platform = state.platform)
ORDER BY page_id, platform
ON CONFLICT (page_id, platform) DO NOTHING`;

/**
 * $1 interval ms or null · $2 limit. Takes what is due, longest waiting first, and moves it to its next place in the
 * interval: a point that its key decides, the same for every scheduler. A channel without a time, or with one that a longer
 * interval gave it, is only planned. Served by idx_facebook_page_schedule_sync and _verify.
 */
const CLAIM = (queue: ScheduledQueue) => `
WITH moment AS (
  SELECT floor(extract(epoch FROM now()) * 1000)::bigint AS now_ms
), chosen AS (
  SELECT schedule.page_id, schedule.platform, ${NEXT[queue]} AS due_at
  FROM facebook_page_schedule AS schedule ${OF_SCHEDULE}
  WHERE (${NEXT[queue]} <= now() OR ${NEXT[queue]} > now() + $1 * interval '1 millisecond'
         OR ${NEXT[queue]} IS NULL AND $1::bigint IS NOT NULL)
    AND ${CALLABLE}
  ORDER BY ${NEXT[queue]} NULLS LAST
  LIMIT $2
  FOR UPDATE OF schedule SKIP LOCKED
), placed AS (
  SELECT page_id, platform, due_at, now_ms,
         (hashtextextended(page_id || ' ' || platform, ${SEED[queue]}) & 9223372036854775807) % $1::bigint AS place_ms
  FROM chosen, moment
)
UPDATE facebook_page_schedule AS schedule
SET ${NEXT[queue]} = to_timestamp((now_ms - (now_ms - place_ms) % $1::bigint + $1::bigint) / 1000.0)
FROM placed WHERE schedule.page_id = placed.page_id AND schedule.platform = placed.platform
RETURNING schedule.page_id, schedule.platform, due_at, coalesce(due_at <= now(), false) AS is_due`;

interface ClaimedRow extends Record<string, unknown> {
  readonly page_id: string;
  readonly platform: Platform;
  readonly due_at: Instant;
  readonly is_due: boolean;
}

/** Gives new channels a place in the schedule. */
export async function enrolChannels(query: Database['query']): Promise<void> {
  await query(ENROL);
}

/** Takes channels that are due; nobody else gets them. `isExhausted`: there is nothing more to take now. */
export async function claimDueChannels(
  query: Database['query'],
  queue: ScheduledQueue,
  { intervalMs, limit }: ClaimOptions,
): Promise<{ readonly due: readonly DueChannel[]; readonly isExhausted: boolean }> {
  const rows = await query<ClaimedRow>(CLAIM(queue), [intervalMs ?? null, limit]);
  const due = rows.filter((row) => row.is_due).toSorted((one, other) => one.due_at - other.due_at);
  return {
    due: due.map((row) => ({ pageId: row.page_id, platform: row.platform, dueAt: row.due_at })),
    isExhausted: rows.length < limit,
  };
}

/** Makes the channels due that have no time, and those that are to be walked in full and that nobody is at work on. */
export async function bringForward(query: Database['query']): Promise<void> {
  await query(
    `UPDATE facebook_page_schedule AS schedule SET next_sync_at = now()
     FROM facebook_pages AS page JOIN facebook_sync_state AS state ON state.page_id = page.id
     WHERE page.id = schedule.page_id AND state.platform = schedule.platform AND ${CALLABLE}
       AND (next_sync_at IS NULL OR next_sync_at > now() + interval '400 days'
         OR (state.watermark IS NULL OR state.full_syncs_done < page.full_syncs_requested)
           AND next_sync_at > now() AND ${IS_OVER('state')})`,
  );
}

/** Makes a taken channel due again: at a time that the schedule told, or after a while by the database's clock. */
export async function giveBackDueChannel(
  query: Database['query'],
  queue: ScheduledQueue,
  { pageId, platform, due }: Channel & { readonly due: { readonly at: Instant } | { readonly inMs: number } },
): Promise<void> {
  await query(
    `UPDATE facebook_page_schedule SET ${NEXT[queue]} = coalesce($3::timestamptz, now() + $4 * interval '1 millisecond')
     WHERE page_id = $1 AND platform = $2`,
    [pageId, platform, 'at' in due ? (toIso(due.at) ?? null) : null, 'inMs' in due ? due.inMs : 0],
  );
}

/** How many Pages have a channel that waits to be taken. */
export async function countDuePages(query: Database['query'], queue: ScheduledQueue): Promise<number> {
  const [row] = await query<{ count: number }>(
    `SELECT count(DISTINCT schedule.page_id) AS count FROM facebook_page_schedule AS schedule ${OF_SCHEDULE}
     WHERE ${NEXT[queue]} <= now() AND ${CALLABLE}`,
  );
  return row?.count ?? 0;
}
