/**
 * Table facebook_verify_seen, and the end of a verify: which held conversations were not seen, and their marking as
 * deleted. The mark is soft: messages stay, and a walk that meets the conversation again takes the mark away.
 */
import type { Instant } from '../core/model.ts';
import type { Lease, VerifyStore } from '../core/ports.ts';
import { must } from '../lib/must.ts';
import type { Database } from './connect.ts';
import { whyLeaseIsLost } from './lost-lease.ts';
import { toStorableText } from './text.ts';

/**
 * $1 page · $2 platform · $3 fence · $4 generation · $5 ids. What a verify left behind whose process died goes after a
 * day: until then it may be one that has only stepped aside and goes on.
 */
const RECORD_SEEN = `
WITH lease AS MATERIALIZED (
  SELECT page_id, lease_wanted FROM facebook_sync_state
  WHERE page_id = $1 AND platform = $2 AND lease_fence = $3
  FOR SHARE
), older AS (
  DELETE FROM facebook_verify_seen AS seen USING lease
  WHERE seen.page_id = $1 AND seen.platform = $2 AND seen.generation <> $4 AND seen.seen_at < now() - interval '1 day'
), noted AS (
  INSERT INTO facebook_verify_seen (page_id, platform, generation, position, conversation_ids)
  SELECT page_id, $2, $4, (
    SELECT count(*) FROM facebook_verify_seen AS seen
    WHERE seen.page_id = $1 AND seen.platform = $2 AND seen.generation = $4
  ), $5
  FROM lease
)
SELECT lease_wanted FROM lease`;

/**
 * $1 page · $2 platform · $3 generation · $4 limit. EXCEPT rather than an anti-join: the planner cannot know how many
 * ids the arrays hold. What was written since the verify began was shown by Facebook since then. Each verify begins
 * elsewhere among the unseen: those that are there though they are never listed must not keep the others from their turn.
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
), shown AS (
  SELECT id, contact_name AS name, extract(epoch FROM updated_time) * 1000 AS at FROM facebook_conversations
  WHERE page_id = $1 AND id IN (SELECT id FROM unseen ORDER BY md5(id || $3::uuid::text) LIMIT $4)
)
SELECT (SELECT count(*) FROM held)::int AS held, (SELECT count(*) FROM unseen)::int AS unseen,
       (SELECT coalesce(jsonb_agg(shown ORDER BY id), '[]') FROM shown) AS shown`;

interface UnseenRow extends Record<string, unknown> {
  readonly held: number;
  readonly unseen: number;
  readonly shown: readonly { readonly id: string; readonly name: string | null; readonly at: Instant | null }[];
}

/** $1 page · $2 platform · $3 fence · $4 run · $5 ids. Idempotent: what is marked already is left alone. */
const MARK_DELETED = `
WITH lease AS MATERIALIZED (
  SELECT page_id FROM facebook_sync_state
  WHERE page_id = $1 AND platform = $2 AND lease_fence = $3
  FOR SHARE
), gone AS (
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

const FORGET_SEEN = 'DELETE FROM facebook_verify_seen WHERE page_id = $1 AND platform = $2 AND generation = $3';

export function openVerifyStore(database: Database, lease: Lease, generation: string): VerifyStore {
  const { pageId, platform, fence, runId } = lease;
  return {
    async recordSeen(conversationIds) {
      const ids = conversationIds.map(toStorableText);
      const values = [pageId, platform, fence, generation, ids];
      const [row] = await database.query<{ lease_wanted: boolean }>(RECORD_SEEN, values);
      if (row === undefined) throw await whyLeaseIsLost(database, lease);
      return { isWanted: row.lease_wanted };
    },

    async findUnseen(limit) {
      const values = [pageId, platform, generation, limit];
      const [row] = await database.query<UnseenRow>(FIND_UNSEEN, values);
      const { held, unseen, shown } = must(row, 'counts are one row');
      const conversations = shown.map(({ id, name, at }) => ({
        id,
        contactName: name ?? undefined,
        updatedAt: at ?? undefined,
      }));
      return { held, unseen, conversations };
    },

    async markDeleted(conversationIds) {
      const values = [pageId, platform, fence, runId, conversationIds];
      const [row] = await database.query<{ leases: number }>(MARK_DELETED, values);
      if (must(row, 'a count is one row').leases === 0) throw await whyLeaseIsLost(database, lease);
    },

    async forgetSeen() {
      await database.query(FORGET_SEEN, [pageId, platform, generation]);
    },
  };
}
