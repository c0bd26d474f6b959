/**
 * The mirror as the one history run sees it that holds the lease of its channel. A step is one statement,
 * and writes nothing at all when the lease has passed to another run (I6).
 */
import type { Channel, Lease, Platform } from '../core/model.ts';
import type { HistoryStore, OpenHistory } from '../core/store-ports.ts';
import type { Database } from './connect.ts';
import { toIso, toText } from './sql-values.ts';
import { UNDER_LEASE, whyLeaseIsLost } from './leases.ts';
import { LIVE_MESSAGES } from './message-rows.ts';
import { LIVE_CHANGES, toMessageInput, UPSERT_MESSAGES } from './messages.ts';
import { nameTrigger } from './name-trigger.ts';
import { CALLABLE } from './page-schedule.ts';

const HELD = LIVE_MESSAGES({ page: 'conversation.page_id', conversation: 'conversation.id' });

/** Names of what a statement knows. */
interface Where {
  readonly page: string;
  readonly platform: string;
  readonly depth: string;
}

/** Conversations of a channel that lack older messages, down to a depth (null: all). Served by idx_facebook_conversations_open_history. */
const INCOMPLETE = ({ page, platform, depth }: Where) => `
FROM facebook_conversations AS conversation
WHERE conversation.page_id = ${page} AND conversation.platform = ${platform} AND NOT history_complete AND collected_at IS NOT NULL
  AND floor_message_id IS NOT NULL AND deleted_at IS NULL
  AND (${depth}::int IS NULL OR ${depth} > ${HELD})`;

/** Those of them that are not left alone for now; none is for longer than a day, whatever somebody wrote there. */
const OPEN = (where: Where) => `${INCOMPLETE(where)}
  AND (history_retry_at BETWEEN now() AND now() + interval '2 days') IS NOT TRUE`;

/** $1 page · $2 platform · $3 depth or null · $4 limit. */
const FIND_OPEN = `
SELECT id, floor_message_id, floor_message_time, floor_cursor, history_problem IS NOT NULL AS was_refused, ${HELD} AS held
${OPEN({ page: '$1', platform: '$2', depth: '$3' })}
ORDER BY updated_time DESC, id DESC
LIMIT $4`;

/** $1 page · $2 platform · $3 depth or null · $4 limit. */
const COUNT_OPEN = `
SELECT count(*)::int AS open FROM (SELECT 1 ${OPEN({ page: '$1', platform: '$2', depth: '$3' })} LIMIT $4) AS counted`;

/** $1 page · $2 platform · $3 fence · $4 run · $5, $6 messages · $7 conversation · $8 floor · $9 its time · $10 cursor · $11 whether it is the end · $12 whether that is believed. */
const COMMIT_STEP = `
WITH lease AS MATERIALIZED (${UNDER_LEASE}), messages AS (
  ${UPSERT_MESSAGES({ input: ['$5', '$6'], source: 'history' })}
), grown AS (
  ${LIVE_CHANGES()}
), counts AS (
  SELECT count(*) FILTER (WHERE inserted)::int AS events_created,
         coalesce((SELECT live FROM grown WHERE conversation_id = $7), 0) AS live
  FROM messages
), conversation AS (
  UPDATE facebook_conversations AS conversation
  SET floor_message_id = $8, floor_message_time = $9, floor_cursor = $10,
      history_complete = $11 AND ($12 OR coalesce(
        held_message_count + counts.live >= collected_message_count, true)),
      held_message_count = held_message_count + counts.live,
      history_retry_at = NULL, history_problem = NULL, revision = revision + 1
  FROM lease, counts
  WHERE conversation.page_id = $1 AND id = $7
  RETURNING history_complete
), run AS (
  UPDATE facebook_sync_runs AS run SET events_created = run.events_created + counts.events_created
  FROM counts WHERE run.page_id = $1 AND run.id = $4
)
SELECT yield_requested, events_created, coalesce((SELECT history_complete FROM conversation), $11) AS complete
FROM lease, counts`;

/** $1 page · $2 platform · $3 fence · $4 conversation · $5 reason · $6 ms to wait. */
const POSTPONE = `
WITH lease AS MATERIALIZED (${UNDER_LEASE}), conversation AS (
  UPDATE facebook_conversations AS conversation
  SET history_retry_at = now() + $6 * interval '1 millisecond', history_problem = $5
  FROM lease
  WHERE conversation.page_id = $1 AND conversation.id = $4
)
SELECT yield_requested FROM lease`;

/** $1 page · $2 platform · $3 depth or null · $4 fence · $5 run · $6 calls · $7 phases. */
const FINISH = `
WITH lease AS (
  UPDATE facebook_sync_state SET lease_run_id = NULL, lease_expires_at = NULL, last_call_at = now()
  WHERE page_id = $1 AND platform = $2 AND lease_fence = $4
  RETURNING page_id
)
UPDATE facebook_sync_runs AS run
SET status = CASE WHEN EXISTS (SELECT ${INCOMPLETE({ page: '$1', platform: '$2', depth: '$3' })}) THEN 'partial' ELSE 'succeeded' END,
    finished_at = now(), graph_calls = $6, phases = $7
FROM lease
WHERE run.page_id = $1 AND run.id = $5
RETURNING status`;

interface StepRow extends Record<string, unknown> {
  readonly yield_requested: boolean;
  readonly events_created: number;
  readonly complete: boolean;
}

interface OpenRow extends Record<string, unknown> {
  readonly id: string;
  readonly floor_message_id: string;
  readonly floor_message_time: number | null;
  readonly floor_cursor: string | null;
  readonly held: number;
  readonly was_refused: boolean;
}

interface StepRow extends Record<string, unknown> {
  readonly yield_requested: boolean;
  readonly events_created: number;
}

export function openHistoryStore(database: Database, lease: Lease): HistoryStore {
  const { pageId, platform, fence, runId } = lease;

  return {
    async findOpen({ limit, depth }) {
      const rows = await database.query<OpenRow>(FIND_OPEN, [pageId, platform, toDepth(depth), limit]);
      return rows.map(toOpenHistory);
    },

    async countOpen({ limit, depth }) {
      const [row] = await database.query<{ open: number }>(COUNT_OPEN, [pageId, platform, toDepth(depth), limit]);
      return row?.open ?? 0;
    },

    async commit({ conversationId, messages, oldest, cursor, end }) {
      const values = [
        pageId,
        platform,
        fence,
        runId,
        ...toMessageInput([{ conversationId, messages }]),
        conversationId,
        toText(oldest.id),
        toIso(oldest.createdAt) ?? null,
        cursor ?? null,
        end !== undefined,
        end === 'believed',
      ];
      const [row] = await database.query<StepRow>(COMMIT_STEP, values).catch(async (error: unknown) => {
        throw await nameTrigger(database, error);
      });
      if (row === undefined) throw await whyLeaseIsLost(database, lease);
      return { eventsCreated: row.events_created, complete: row.complete, shouldYield: row.yield_requested };
    },

    async postpone({ conversationId, reason, againInMs }) {
      const values = [pageId, platform, fence, conversationId, toText(reason), againInMs];
      const [row] = await database.query<{ yield_requested: boolean }>(POSTPONE, values);
      if (row === undefined) throw await whyLeaseIsLost(database, lease);
      return { shouldYield: row.yield_requested };
    },

    async finish({ depth, graphCalls, phases = {} }) {
      const values = [pageId, platform, toDepth(depth), fence, runId, graphCalls, phases];
      const [row] = await database.query<{ status: 'succeeded' | 'partial' }>(FINISH, values);
      if (row === undefined) throw await whyLeaseIsLost(database, lease);
      return row.status;
    },
  };
}

/** Channels with older messages to bring. Default: looked for in every channel that Facebook may be called for. */
export async function findChannelsWithOpenHistory(
  database: Database,
  { depth, channel }: { readonly depth: number; readonly channel?: Channel },
): Promise<readonly Channel[]> {
  const open = OPEN({ page: 'state.page_id', platform: 'state.platform', depth: '$1' });
  const rows = await database.query<{ page_id: string; platform: Platform }>(
    `SELECT state.page_id, state.platform
     FROM facebook_sync_state AS state JOIN facebook_pages AS page ON page.id = state.page_id
     WHERE ${CALLABLE} AND ($2::uuid IS NULL OR state.page_id = $2 AND state.platform = $3) AND EXISTS (SELECT ${open})
     ORDER BY state.page_id, state.platform DESC`,
    [toDepth(depth), channel?.pageId ?? null, channel?.platform ?? null],
  );
  return rows.map((row) => ({ pageId: row.page_id, platform: row.platform }));
}

function toDepth(depth: number): number | null {
  return depth === Infinity ? null : depth;
}

function toOpenHistory(row: OpenRow): OpenHistory {
  return {
    conversationId: row.id,
    oldest: { id: row.floor_message_id, createdAt: row.floor_message_time ?? undefined },
    cursor: row.floor_cursor ?? undefined,
    stored: row.held,
    wasRefused: row.was_refused,
  };
}
