/**
 * The mirror as the one walk sees it that holds the lease of its channel. A batch is one statement:
 * conversations, messages and counters stand or fall together (I3), and write nothing at all when the lease has
 * passed to another walk (I6).
 */
import type {
  BatchCounts,
  CollectedConversation,
  ConversationSnapshot,
  Lease,
  StoredConversation,
} from '../core/model.ts';
import type { SyncOutcome, WalkStore } from '../core/store-ports.ts';
import { must } from '../lib/must.ts';
import type { Database } from './connect.ts';
import { contentHash } from './content-hash.ts';
import { toConversationInput, UPSERT_CONVERSATIONS } from './conversations.ts';
import { UNDER_LEASE, whyLeaseIsLost } from './leases.ts';
import { appendMessages } from './uncheckpointed-messages.ts';
import { countRows, findUnshown, LIVE_MESSAGES } from './message-rows.ts';
import { LIVE_CHANGES, MARK_GONE, toMessageInput, UPSERT_MESSAGES } from './messages.ts';
import { nameTrigger } from './name-trigger.ts';
import { findDueRetries, findOpenRetries, recordFailures, settleRetries } from './retry-ledger.ts';
import { finishRun, saveCheckpoint } from './end-run.ts';
import { toStorableText } from './text.ts';

const LIVE_AFTER = `${LIVE_MESSAGES({ page: '$1', conversation: 'input.id' })}
    + coalesce((SELECT live FROM grown WHERE grown.conversation_id = input.id), 0)`;

/** $1 page · $2 platform · $3 fence · $4 run · $5, $6 conversations · $7, $8 messages · $9 ids of messages that are gone. */
const COMMIT_BATCH = `
WITH lease AS MATERIALIZED (${UNDER_LEASE}), messages AS (
  ${UPSERT_MESSAGES({ input: ['$7', '$8'], source: 'sync' })}
), gone AS (
  ${MARK_GONE('$9')}
), grown AS (
  ${LIVE_CHANGES('UNION ALL SELECT conversation_id, -1 FROM gone')}
), conversations AS (
  ${UPSERT_CONVERSATIONS({ input: ['$5', '$6'], platform: '$2', fence: '$3', held: LIVE_AFTER })}
), retried AS (
  DELETE FROM facebook_retry_ledger AS entry
  USING lease, jsonb_to_recordset($5::jsonb) AS input (id text, collected boolean)
  WHERE entry.page_id = $1 AND entry.platform = $2 AND entry.conversation_id = input.id AND input.collected
), changed AS (
  -- A conversation counts once, and as inserted when its own row was.
  SELECT id, bool_or(inserted) AS inserted FROM (
    SELECT id, inserted FROM conversations
    UNION ALL SELECT conversation_id, false FROM messages
    UNION ALL SELECT conversation_id, false FROM gone
  ) AS touched GROUP BY id
), counts AS (
  SELECT (SELECT count(*) FROM lease)::int AS leases,
         (SELECT count(*) FROM changed WHERE inserted)::int AS inserted,
         (SELECT count(*) FROM changed WHERE NOT inserted)::int AS updated,
         (SELECT count(*) FROM messages WHERE inserted)::int AS events_created
), run AS (
  UPDATE facebook_sync_runs AS run
  SET synced = run.synced + counts.inserted + counts.updated,
      inserted = run.inserted + counts.inserted,
      updated = run.updated + counts.updated,
      events_created = run.events_created + counts.events_created
  FROM counts
  WHERE run.page_id = $1 AND run.id = $4 AND counts.inserted + counts.updated + counts.events_created > 0
)
SELECT leases, inserted, updated, events_created FROM counts`;

const HAS_ENDS = `
  NOT EXISTS (
    SELECT FROM (VALUES (held.newest_message_id), (held.floor_message_id)) AS range_end (id)
    WHERE range_end.id IS NOT NULL AND NOT EXISTS (
      SELECT FROM facebook_messages AS message WHERE message.page_id = $1 AND message.id = range_end.id))`;

/** Served by the primary keys; with rows, also by what serves counting them. */
const findHeld = (withRows: boolean) => `
SELECT id, collected_at IS NOT NULL AS collected, collected_updated_time, collected_message_count,
       newest_message_id, newest_message_time, floor_message_id, floor_message_time,
       history_complete, held_message_count, deleted_at IS NOT NULL AS deleted, content_hash,
       ${withRows ? LIVE_MESSAGES({ page: '$1', conversation: 'held.id' }) : 'NULL::int'} AS live,
       ${withRows ? HAS_ENDS : 'true'} AS has_ends
FROM facebook_conversations AS held
WHERE page_id = $1 AND id = ANY ($2::text[])`;

/** $1 page · $2 platform · $3 limit. Served by idx_facebook_conversations_newest. */
const FIND_NEWEST = `
SELECT id FROM facebook_conversations
WHERE page_id = $1 AND platform = $2 AND collected_at IS NOT NULL AND deleted_at IS NULL
ORDER BY updated_time DESC, id DESC
LIMIT $3`;

const DISABLE_SINCE_FILTER = `
UPDATE facebook_sync_state SET since_filter_usable = false
WHERE page_id = $1 AND platform = $2 AND lease_fence = $3
RETURNING page_id`;

interface HeldRow extends Record<string, unknown> {
  readonly id: string;
  readonly collected: boolean;
  readonly collected_updated_time: number | null;
  readonly collected_message_count: number | null;
  readonly newest_message_id: string | null;
  readonly newest_message_time: number | null;
  readonly floor_message_id: string | null;
  readonly floor_message_time: number | null;
  readonly history_complete: boolean;
  readonly held_message_count: number | null;
  /** Null where nobody asked. */
  readonly live: number | null;
  readonly has_ends: boolean;
  readonly deleted: boolean;
  readonly content_hash: string | null;
}

interface CommitRow extends Record<string, unknown> {
  readonly leases: number;
  readonly inserted: number;
  readonly updated: number;
  readonly events_created: number;
}

export function openWalkStore(database: Database, lease: Lease): WalkStore {
  const { pageId, platform, fence, runId } = lease;
  const tellRefusal = async (error: unknown): Promise<never> => {
    throw await nameTrigger(database, error);
  };

  return {
    async findStored(listed, { withRows = false } = {}) {
      if (listed.length === 0) return new Map();
      const ids = listed.map((item) => toStorableText(item.id));
      const rows = await database.query<HeldRow>(findHeld(withRows), [pageId, ids]);
      const byStoredId = new Map(rows.map((row) => [row.id, row]));
      const held = new Map<string, StoredConversation>();
      for (const { id, raw } of listed) {
        const row = byStoredId.get(toStorableText(id));
        if (row !== undefined) held.set(id, toHeld(row, contentHash(raw) === row.content_hash));
      }
      return held;
    },

    countRows: (asked) => countRows(database, lease, asked),
    findUnshown: (stretch) => findUnshown(database, lease, stretch),

    async findNewest(limit) {
      const rows = await database.query<{ id: string }>(FIND_NEWEST, [pageId, platform, limit]);
      return rows.map((row) => row.id);
    },

    async commit(batch): Promise<BatchCounts> {
      const distinct = onePerConversation(batch);
      const values = [
        pageId,
        platform,
        fence,
        runId,
        ...toConversationInput(distinct),
        ...toMessageInput(distinct.map(({ snapshot, messages }) => ({ conversationId: snapshot.id, messages }))),
        distinct.flatMap(({ gone = [] }) => gone.map(toStorableText)),
      ];
      const [row] = await database.query<CommitRow>(COMMIT_BATCH, values).catch(tellRefusal);
      const counts = must(row, 'counts are one row');
      if (counts.leases === 0) throw await whyLeaseIsLost(database, lease);
      return { inserted: counts.inserted, updated: counts.updated, eventsCreated: counts.events_created };
    },

    async appendMessages(conversationId, messages) {
      const appending = appendMessages(database, lease, { conversationId, messages });
      const eventsCreated = await appending.catch(tellRefusal);
      if (eventsCreated === undefined) throw await whyLeaseIsLost(database, lease);
      return eventsCreated;
    },

    async recordFailures(failures) {
      if (!(await recordFailures(database, lease, failures))) throw await whyLeaseIsLost(database, lease);
    },

    findDueRetries: (limit) => findDueRetries(database, lease, limit),
    findOpenRetries: () => findOpenRetries(database, lease),

    async settleRetries(unmet) {
      if (!(await settleRetries(database, lease, unmet))) throw await whyLeaseIsLost(database, lease);
    },

    async disableSinceFilter() {
      const rows = await database.query(DISABLE_SINCE_FILTER, [pageId, platform, fence]);
      if (rows.length === 0) throw await whyLeaseIsLost(database, lease);
    },

    async saveCheckpoint(checkpoint) {
      if (!(await saveCheckpoint(database, lease, checkpoint))) throw await whyLeaseIsLost(database, lease);
    },

    async finish(outcome: SyncOutcome) {
      const status = await finishRun(database, lease, outcome);
      if (status === undefined) throw await whyLeaseIsLost(database, lease);
      return status;
    },
  };
}

/** A conversation may come twice in one batch when the list moved: the newer snapshot stands. */
function onePerConversation(batch: readonly CollectedConversation[]): readonly CollectedConversation[] {
  const byId = new Map<string, CollectedConversation>();
  for (const item of batch) {
    const id = toStorableText(item.snapshot.id);
    const other = byId.get(id);
    if (other === undefined || isNewer(item.snapshot, other.snapshot)) byId.set(id, item);
  }
  // One order for all, so that batches written side by side can't wait for each other in a circle.
  return [...byId.values()].toSorted((a, b) => (a.snapshot.id < b.snapshot.id ? -1 : 1));
}

function isNewer(a: ConversationSnapshot, b: ConversationSnapshot): boolean {
  return (a.updatedAt ?? -Infinity) >= (b.updatedAt ?? -Infinity);
}

function toHeld(row: HeldRow, sameSnapshot: boolean): StoredConversation {
  return {
    collected: row.collected,
    collectedUpdatedAt: row.collected_updated_time ?? undefined,
    collectedMessageCount: row.collected_message_count ?? undefined,
    range:
      row.newest_message_id === null || row.floor_message_id === null
        ? undefined
        : {
            newest: { id: row.newest_message_id, createdAt: row.newest_message_time ?? undefined },
            oldest: { id: row.floor_message_id, createdAt: row.floor_message_time ?? undefined },
          },
    historyComplete: row.history_complete,
    heldMessageCount: row.held_message_count ?? undefined,
    rows: row.live === null ? undefined : { live: row.live, hasEnds: row.has_ends },
    deleted: row.deleted,
    sameSnapshot,
  };
}
