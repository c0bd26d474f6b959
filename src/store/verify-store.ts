/**
 * A verify as it is remembered: what it has seen (table facebook_verify_seen), and where it stopped before its end
 * (table facebook_unfinished_verifies); and its end: which held conversations were not seen, and their marking as
 * deleted. The mark is soft: messages stay, and a walk that meets the conversation again takes the mark away.
 */
import type { VerificationNotes } from '../core/findings.ts';
import type { Instant, JsonObject, Lease } from '../core/model.ts';
import type { OpenedVerify, UnfinishedVerify, VerifyKind, VerifyStore } from '../core/store-ports.ts';
import { must } from '../lib/must.ts';
import type { Database } from './connect.ts';
import { toIso } from './sql-values.ts';
import { UNDER_LEASE, whyLeaseIsLost } from './leases.ts';
import { toStorableJson, toStorableText } from './text.ts';

/**
 * $1 page · $2 platform · $3 fence · $4 repairs. Finds the verify of this kind to go on with. One that rests for long has an old cursor and old
 * findings, and one whose Page was asked to be synced anew may be past what that is for: they are dropped. What was
 * seen by a verify that nobody goes on with is swept away: whoever else was at it has lost the lease.
 */
const RESUME = `
WITH lease AS MATERIALIZED (${UNDER_LEASE}), unfinished AS (
  SELECT resting.repairs, resting.generation, resting.after, resting.top, resting.started_at, resting.notes,
         coalesce(
           resting.kept_at > now() - interval '2 hours'
           AND resting.full_syncs_requested = page.full_syncs_requested
           AND (SELECT min(seen_at) FROM facebook_verify_seen AS seen
                WHERE seen.page_id = $1 AND seen.platform = $2 AND seen.generation = resting.generation
               ) > now() - interval '1 day', false) AS fits
  FROM facebook_unfinished_verifies AS resting
  JOIN lease ON lease.page_id = resting.page_id
  JOIN facebook_pages AS page ON page.id = resting.page_id
  WHERE resting.platform = $2
), dropped AS (
  DELETE FROM facebook_unfinished_verifies AS resting USING unfinished
  WHERE resting.page_id = $1 AND resting.platform = $2 AND resting.repairs = unfinished.repairs AND NOT unfinished.fits
), swept AS (
  DELETE FROM facebook_verify_seen AS seen USING lease
  WHERE seen.page_id = $1 AND seen.platform = $2
    AND NOT EXISTS (SELECT FROM unfinished WHERE unfinished.fits AND unfinished.generation = seen.generation)
)
SELECT generation, after, top, started_at, notes
FROM lease LEFT JOIN unfinished ON unfinished.fits AND unfinished.repairs = $4`;

/** And $4 repairs · $5 generation · $6 run · $7 cursor · $8 top · $9 start · $10 notes. */
const SAVE = `
WITH lease AS MATERIALIZED (${UNDER_LEASE})
INSERT INTO facebook_unfinished_verifies (
  page_id, platform, repairs, generation, after, top, started_at, notes, full_syncs_requested)
SELECT lease.page_id, $2, $4, $5, $7, $8, $9, $10, run.full_syncs_requested
FROM lease JOIN facebook_sync_runs AS run ON run.page_id = $1 AND run.id = $6
ON CONFLICT (page_id, platform, repairs) DO UPDATE SET
  generation = excluded.generation, after = excluded.after, top = excluded.top, started_at = excluded.started_at,
  notes = excluded.notes, full_syncs_requested = excluded.full_syncs_requested, kept_at = now()
RETURNING page_id`;

/** And $4 generation · $5 ids. */
const RECORD_SEEN = `
WITH lease AS MATERIALIZED (${UNDER_LEASE}), noted AS (
  INSERT INTO facebook_verify_seen (page_id, platform, generation, position, conversation_ids)
  SELECT page_id, $2, $4, (
    SELECT count(*) FROM facebook_verify_seen AS seen
    WHERE seen.page_id = $1 AND seen.platform = $2 AND seen.generation = $4
  ), $5
  FROM lease
)
SELECT yield_requested FROM lease`;

const IS_WANTED = `
SELECT yield_requested FROM facebook_sync_state
WHERE page_id = $1 AND platform = $2 AND lease_fence = $3`;

/**
 * $1 page · $2 platform · $3 generation · $4 limit · $5 ids asked for before. EXCEPT rather than an anti-join: the
 * planner cannot know how many ids the arrays hold. What was written since the verify began was shown by Facebook since
 * then. Each verify begins elsewhere among the unseen: those that are there though they are never listed must not keep
 * the others from their turn.
 */
const FIND_UNSEEN = `
WITH seen AS (
  SELECT conversation_ids, seen_at FROM facebook_verify_seen
  WHERE page_id = $1 AND platform = $2 AND generation = $3
), held AS (
  SELECT id, synced_at FROM facebook_conversations
  WHERE page_id = $1 AND platform = $2 AND deleted_at IS NULL
), unseen AS (
  SELECT id FROM held WHERE synced_at < (SELECT min(seen_at) FROM seen)
  EXCEPT SELECT unnest(conversation_ids) FROM seen
  EXCEPT SELECT unnest($5::text[])
), shown AS (
  SELECT id, contact_name AS name, extract(epoch FROM nullif(updated_time, '-infinity')) * 1000 AS at FROM facebook_conversations
  WHERE page_id = $1 AND id IN (SELECT id FROM unseen ORDER BY md5(id || $3::uuid::text) LIMIT $4)
)
SELECT (SELECT count(*) FROM held)::int AS held, (SELECT count(*) FROM unseen)::int AS unseen,
       (SELECT coalesce(jsonb_agg(shown ORDER BY id), '[]') FROM shown) AS shown`;

interface UnseenRow extends Record<string, unknown> {
  readonly held: number;
  readonly unseen: number;
  readonly shown: readonly { readonly id: string; readonly name: string | null; readonly at: Instant | null }[];
}

/** And $4 run · $5 ids. Idempotent: what is marked already is left alone. */
const MARK_DELETED = `
WITH lease AS MATERIALIZED (${UNDER_LEASE}), gone AS (
  UPDATE facebook_conversations AS held
  SET deleted_at = now(), synced_at = now(), revision = revision + 1
  FROM lease
  WHERE held.page_id = $1 AND held.platform = $2 AND held.id = ANY ($5::text[]) AND held.deleted_at IS NULL
  RETURNING held.id
), run AS (
  UPDATE facebook_sync_runs AS run SET deleted = run.deleted + (SELECT count(*) FROM gone)::int
  FROM lease WHERE run.page_id = $1 AND run.id = $4
)
SELECT count(*)::int AS leases FROM lease`;

/** And $4 generation · $5 repairs. What one that only looks has found is out of date once another has repaired it. */
const FORGET = `
WITH lease AS MATERIALIZED (${UNDER_LEASE}), resting AS (
  DELETE FROM facebook_unfinished_verifies AS resting USING lease
  WHERE resting.page_id = $1 AND resting.platform = $2 AND (resting.generation = $4 OR ($5 AND NOT resting.repairs))
), seen AS (
  DELETE FROM facebook_verify_seen AS seen USING lease
  WHERE seen.page_id = $1 AND seen.platform = $2 AND seen.generation = $4
)
SELECT page_id FROM lease`;

interface ResumedRow extends Record<string, unknown> {
  readonly generation: string | null;
  readonly after: string | null;
  readonly top: Instant | null;
  readonly started_at: Instant | null;
  readonly notes: VerificationNotes | null;
}

/** The verify that the holder of the lease goes on with, or begins. Rejects with LEASE_LOST. */
export async function openVerify(
  database: Database,
  lease: Lease,
  { repairs, deepSince }: VerifyKind,
): Promise<OpenedVerify> {
  const { pageId, platform, fence, runId } = lease;
  const [row] = await database.query<ResumedRow>(RESUME, [pageId, platform, fence, repairs]);
  if (row === undefined) throw await whyLeaseIsLost(database, lease);
  const unfinished = toUnfinished(row, deepSince);
  const generation = unfinished === undefined ? runId : (row.generation ?? runId);
  return { verifyStore: openVerifyStore(database, lease, { repairs, generation }), unfinished };
}

function toUnfinished(
  { after, top, started_at: startedAt, notes }: ResumedRow,
  deepSince: Instant | undefined,
): UnfinishedVerify | undefined {
  // Notes of another form are of another version, and begin anew, as those of a verify that goes less deep or deeper.
  if (startedAt === null || notes === null || !('probed' in notes) || notes.deepSince !== deepSince) return undefined;
  return { checkpoint: { after: after ?? undefined, nextWatermark: top ?? undefined, startedAt }, notes };
}

function openVerifyStore(
  database: Database,
  lease: Lease,
  { repairs, generation }: { readonly repairs: boolean; readonly generation: string },
): VerifyStore {
  const { pageId, platform, fence, runId } = lease;
  const held = [pageId, platform, fence];

  /** The one row of a statement that finds none without the lease. */
  async function underLease<Row extends Record<string, unknown>>(
    sql: string,
    values: readonly unknown[],
  ): Promise<Row> {
    const [row] = await database.query<Row>(sql, [...held, ...values]);
    if (row === undefined) throw await whyLeaseIsLost(database, lease);
    return row;
  }

  return {
    async save({ checkpoint, notes }) {
      // What is undefined, and characters that jsonb can't hold, go on the way.
      const storable = toStorableJson(JSON.parse(JSON.stringify(notes)) as JsonObject);
      const { after, nextWatermark, startedAt } = checkpoint;
      const place = [after ?? null, toIso(nextWatermark) ?? null, toIso(startedAt)];
      await underLease(SAVE, [repairs, generation, runId, ...place, storable]);
    },

    async recordSeen(conversationIds) {
      const ids = conversationIds.map(toStorableText);
      const row = await underLease<{ yield_requested: boolean }>(RECORD_SEEN, [generation, ids]);
      return { shouldYield: row.yield_requested };
    },

    async shouldYield() {
      return (await underLease<{ yield_requested: boolean }>(IS_WANTED, [])).yield_requested;
    },

    async findUnseen({ limit, probed }) {
      const values = [pageId, platform, generation, limit, probed];
      const [row] = await database.query<UnseenRow>(FIND_UNSEEN, values);
      const { held: all, unseen, shown } = must(row, 'counts are one row');
      const conversations = shown.map(({ id, name, at }) => ({
        id,
        contactName: name ?? undefined,
        updatedAt: at ?? undefined,
      }));
      return { stored: all, unseen, conversations };
    },

    async markDeleted(conversationIds) {
      const [row] = await database.query<{ leases: number }>(MARK_DELETED, [...held, runId, conversationIds]);
      if (must(row, 'a count is one row').leases === 0) throw await whyLeaseIsLost(database, lease);
    },

    async forget() {
      await underLease(FORGET, [generation, repairs]);
    },
  };
}
