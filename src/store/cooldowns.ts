/**
 * Cooldowns as the database knows them: of the app in table facebook_quotas, of a channel in the cooldown
 * columns of facebook_sync_state. What is written here holds for every process, so it is not bound to a lease. Time
 * left is counted by the database's clock alone.
 */
import type { Channel } from '../core/model.ts';
import type { Cooldown, QuotaScope } from '../core/limits/quota-usage.ts';
import type { Database } from './connect.ts';
import { LONGEST_COOLDOWN } from './sane-state.ts';
import { toStorableText } from './text.ts';

/** $1 page · $2 platform · $3 ms · $4 reason. A longer cooldown stands. */
const BLOCK_PAGE = `
UPDATE facebook_sync_state SET cooldown_until = now() + $3 * interval '1 millisecond', cooldown_reason = $4
WHERE page_id = $1 AND platform = $2
  AND (cooldown_until IS NULL OR cooldown_until < now() + $3 * interval '1 millisecond'
       OR cooldown_until > now() + ${LONGEST_COOLDOWN})`;

/** $1 ms · $2 reason. A longer cooldown stands. */
const BLOCK_APP = `
INSERT INTO facebook_quotas AS held (quota, cooldown_until, cooldown_reason)
VALUES ('app', now() + $1 * interval '1 millisecond', $2)
ON CONFLICT (quota) DO UPDATE
SET cooldown_until = excluded.cooldown_until, cooldown_reason = excluded.cooldown_reason, updated_at = now()
WHERE held.cooldown_until < excluded.cooldown_until OR held.cooldown_until > now() + ${LONGEST_COOLDOWN}`;

/** How long until an instant, in ms. */
export const MS_UNTIL = (instant: string) => `(extract(epoch FROM ${instant} - now()) * 1000)::float8`;

/** Of the app, to be joined on; without a row when there is none. */
export const APP_COOLDOWN = `
  SELECT ${MS_UNTIL('cooldown_until')} AS app_cooldown_ms, cooldown_reason AS app_cooldown_reason
  FROM facebook_quotas
  WHERE quota = 'app' AND cooldown_until > now() AND cooldown_until <= now() + ${LONGEST_COOLDOWN}`;

export interface AppCooldownRow extends Record<string, unknown> {
  readonly app_cooldown_ms: number | null;
  readonly app_cooldown_reason: string | null;
}

export function toAppCooldowns(row: AppCooldownRow | undefined): readonly Cooldown[] {
  return toCooldowns('app', { ms: row?.app_cooldown_ms, reason: row?.app_cooldown_reason });
}

/** One cooldown, or none: its time may have passed. */
export function toCooldowns(
  scope: QuotaScope,
  { ms, reason }: { readonly ms: number | null | undefined; readonly reason: string | null | undefined },
): readonly Cooldown[] {
  return typeof ms === 'number' && ms > 0 ? [{ scope, ms, reason: reason ?? '' }] : [];
}

export async function saveCooldownOfPage(
  database: Database,
  { pageId, platform }: Channel,
  { ms, reason }: Cooldown,
): Promise<void> {
  await database.query(BLOCK_PAGE, [pageId, platform, ms, toStorableText(reason)]);
}

export async function saveCooldownOfApp(database: Database, { ms, reason }: Cooldown): Promise<void> {
  await database.query(BLOCK_APP, [ms, toStorableText(reason)]);
}

export async function findCooldownOfApp(database: Database): Promise<readonly Cooldown[]> {
  const [row] = await database.query<AppCooldownRow>(APP_COOLDOWN);
  return toAppCooldowns(row);
}

export interface PaceOfChannel {
  readonly lastCallAgoMs: number | undefined;
  readonly cooldowns: readonly Cooldown[];
}

/** $1 page · $2 platform. */
const FIND_PACE = `
SELECT (extract(epoch FROM now() - last_call_at) * 1000)::float8 AS ago_ms,
       CASE WHEN cooldown_until <= now() + ${LONGEST_COOLDOWN} THEN ${MS_UNTIL('cooldown_until')} END AS ms,
       cooldown_reason AS reason
FROM facebook_sync_state WHERE page_id = $1 AND platform = $2`;

interface PaceRow extends Record<string, unknown> {
  readonly ago_ms: number | null;
  readonly ms: number | null;
  readonly reason: string | null;
}

/** What a call outside any run has to keep to: whoever called last, and what Facebook asked for. */
export async function findPace(database: Database, { pageId, platform }: Channel): Promise<PaceOfChannel> {
  const [row] = await database.query<PaceRow>(FIND_PACE, [pageId, platform]);
  return {
    lastCallAgoMs: row?.ago_ms ?? undefined,
    cooldowns: row === undefined ? [] : toCooldowns('page', row),
  };
}

/** Notes a call outside any run, by nobody in particular: whoever begins the next run keeps the pace after it. */
export async function noteCall(database: Database, { pageId, platform }: Channel): Promise<void> {
  await database.query(
    `UPDATE facebook_sync_state SET last_call_at = now(), last_caller = gen_random_uuid()
     WHERE page_id = $1 AND platform = $2`,
    [pageId, platform],
  );
}
