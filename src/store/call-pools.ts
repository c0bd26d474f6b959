/**
 * Table facebook_quotas, and the cooldown columns of facebook_sync_state: until when Facebook wants no calls. What
 * is written here holds for every process, so it is not bound to a lease. Time left is counted by the database's
 * clock alone.
 */
import type { Channel } from '../core/model.ts';
import type { PoolScope, Quiet } from '../core/quota.ts';
import type { Database } from './connect.ts';
import { toStorableText } from './text.ts';

/** $1 page · $2 platform · $3 ms · $4 reason. A longer quiet stands. */
const PARK_PAGE = `
UPDATE facebook_sync_state SET cooldown_until = now() + $3 * interval '1 millisecond', cooldown_reason = $4
WHERE page_id = $1 AND platform = $2
  AND (cooldown_until IS NULL OR cooldown_until < now() + $3 * interval '1 millisecond')`;

/** $1 ms · $2 reason. A longer quiet stands. */
const PARK_APP = `
INSERT INTO facebook_quotas AS held (quota, cooldown_until, cooldown_reason)
VALUES ('app', now() + $1 * interval '1 millisecond', $2)
ON CONFLICT (quota) DO UPDATE
SET cooldown_until = excluded.cooldown_until, cooldown_reason = excluded.cooldown_reason, updated_at = now()
WHERE held.cooldown_until < excluded.cooldown_until`;

/** How long until an instant, in ms. */
export const MS_UNTIL = (instant: string) => `(extract(epoch FROM ${instant} - now()) * 1000)::float8`;

/** The app's pool, to be joined on; without a row when it may be called. */
export const PARKED_APP = `
  SELECT ${MS_UNTIL('cooldown_until')} AS app_parked_ms, cooldown_reason AS app_parked_reason
  FROM facebook_quotas WHERE quota = 'app' AND cooldown_until > now()`;

export interface ParkedAppRow extends Record<string, unknown> {
  readonly app_parked_ms: number | null;
  readonly app_parked_reason: string | null;
}

export function toParkedApp(row: ParkedAppRow | undefined): readonly Quiet[] {
  return toQuiet('app', { ms: row?.app_parked_ms, reason: row?.app_parked_reason });
}

/** One quiet, or none: its time may have passed. */
export function toQuiet(
  scope: PoolScope,
  { ms, reason }: { readonly ms: number | null | undefined; readonly reason: string | null | undefined },
): readonly Quiet[] {
  return typeof ms === 'number' && ms > 0 ? [{ scope, ms, reason: reason ?? '' }] : [];
}

export async function parkPage(
  database: Database,
  { pageId, platform }: Channel,
  { ms, reason }: Quiet,
): Promise<void> {
  await database.query(PARK_PAGE, [pageId, platform, ms, toStorableText(reason)]);
}

export async function parkApp(database: Database, { ms, reason }: Quiet): Promise<void> {
  await database.query(PARK_APP, [ms, toStorableText(reason)]);
}

export async function findParkedApp(database: Database): Promise<readonly Quiet[]> {
  const [row] = await database.query<ParkedAppRow>(PARKED_APP);
  return toParkedApp(row);
}
