/**
 * Table facebook_conversations: how a batch is written. A row only moves forward (I5): what a later run was told stands,
 * whatever it is dated, and within a run an older snapshot never overwrites a newer one. A known contact is never
 * forgotten, and a row that already says the same is not written at all.
 */
import type { CollectedConversation } from '../core/model.ts';
import { type BatchInput, batchTable, toBatchInput, toRaw } from './batch-input.ts';
import { SHOWN_AT } from './message-effects.ts';
import { toIso, toText } from './sql-values.ts';
import { toStorableJson, toStorableText } from './text.ts';

/** The columns of a batch; one entry per column, in one place. */
const COLUMNS = `
  id text, updated_time timestamptz, message_count integer, unread_count integer, snippet text, link text,
  contact_id text, contact_name text, participants jsonb, content_hash text,
  collected boolean, history_complete boolean,
  newest_message_id text, newest_message_time timestamptz, floor_message_id text, floor_message_time timestamptz,
  floor_cursor text`;

/** Columns that say what Facebook showed. */
const SNAPSHOT = ['updated_time', 'message_count', 'unread_count'];
/** Columns that Facebook may stop showing: what was known stays. */
const KNOWN = ['contact_id', 'contact_name', 'link'];
/** Columns that say what was collected; a light snapshot leaves them alone. */
const COLLECTED = [
  'collected_updated_time',
  'collected_message_count',
  'newest_message_id',
  'newest_message_time',
  'floor_message_id',
  'floor_message_time',
  'history_complete',
  'held_message_count',
];

const NOT_OLDER = `(held.written_by_fence IS DISTINCT FROM excluded.written_by_fence
    OR excluded.updated_time >= held.updated_time)`;
const IS_COLLECTED = 'excluded.collected_at IS NOT NULL';

const forward = (column: string, value = `excluded.${column}`) =>
  `${column} = CASE WHEN ${NOT_OLDER} THEN ${value} ELSE held.${column} END`;
/** What a run shows that began before a message was unsent may still hold it. The next one is looked at again. */
const HIDDEN = `held.unsent_at >= to_timestamp(${SHOWN_AT} / 1000)`;
const HIDING = [
  forward('snippet', `CASE WHEN ${HIDDEN} THEN NULL ELSE excluded.snippet END`),
  forward('raw', `CASE WHEN ${HIDDEN} THEN excluded.raw - 'snippet' ELSE excluded.raw END`),
  forward('content_hash', `CASE WHEN ${HIDDEN} THEN NULL ELSE excluded.content_hash END`),
];
const newerKnown = (column: string) =>
  `${column} = CASE WHEN ${NOT_OLDER} THEN coalesce(excluded.${column}, held.${column})
    ELSE coalesce(held.${column}, excluded.${column}) END`;
const ifCollected = (column: string) =>
  `${column} = CASE WHEN ${IS_COLLECTED} THEN excluded.${column} ELSE held.${column} END`;
const row = (table: string, columns: readonly string[]) => columns.map((column) => `${table}.${column}`).join(', ');

interface UpsertConversations {
  readonly input: BatchInput;
  readonly platform: string;
  readonly fence: string;
  /** How many live messages there are of `input.id` after the statement. */
  readonly held: string;
}

/**
 * $1 page · $4 run. Writes for who holds the `lease`. Idempotent by the primary key. Whether a row was inserted or updated is said by
 * the row itself (its revision): PostgreSQL's xmax would say it too, but not on a partitioned table.
 */
export const UPSERT_CONVERSATIONS = ({ input, platform, fence, held }: UpsertConversations) => `
INSERT INTO facebook_conversations AS held (
  page_id, platform, id, written_by_fence, updated_time, message_count, unread_count, snippet, link, contact_id, contact_name,
  participants, raw, content_hash, collected_at, collected_updated_time, collected_message_count,
  newest_message_id, newest_message_time, floor_message_id, floor_message_time, floor_cursor, history_complete,
  held_message_count)
SELECT page_id, ${platform}, id, ${fence}, coalesce(updated_time, '-infinity'), message_count, unread_count, snippet, link, contact_id, contact_name,
  participants, raw, content_hash, CASE WHEN collected THEN now() END, updated_time, message_count,
  newest_message_id, newest_message_time, floor_message_id, floor_message_time, floor_cursor, history_complete,
  CASE WHEN collected THEN ${held} END
FROM lease CROSS JOIN ${batchTable(input, COLUMNS)}
ON CONFLICT (page_id, id) DO UPDATE SET
  ${[...SNAPSHOT.map((column) => forward(column)), ...HIDING].join(',\n  ')},
  ${COLLECTED.map(ifCollected).join(',\n  ')},
  ${KNOWN.map(newerKnown).join(',\n  ')},
  participants = CASE WHEN ${NOT_OLDER} AND excluded.participants IS DISTINCT FROM '[]' THEN excluded.participants
                      ELSE held.participants END,
  collected_at = coalesce(excluded.collected_at, held.collected_at),
  floor_cursor = CASE WHEN ${IS_COLLECTED} AND excluded.floor_message_id IS DISTINCT FROM held.floor_message_id
                      THEN excluded.floor_cursor ELSE held.floor_cursor END,
  written_by_fence = excluded.written_by_fence,
  deleted_at = NULL,
  synced_at = now(),
  revision = held.revision + 1
WHERE (${NOT_OLDER} AND held.content_hash IS DISTINCT FROM excluded.content_hash)
   OR held.deleted_at IS NOT NULL
   OR (${IS_COLLECTED} AND (held.collected_at IS NULL
       OR (${row('held', COLLECTED)}) IS DISTINCT FROM (${row('excluded', COLLECTED)})))
RETURNING id, revision = 1 AS inserted`;

export function toConversationInput(batch: readonly CollectedConversation[]): BatchInput {
  return toBatchInput(batch.map(toRow));
}

function toRow({ snapshot, range, olderCursor, collected, historyComplete }: CollectedConversation) {
  const { contact, participants } = snapshot;
  // What the participants are read from is in `raw` too, so nothing of them needs replacing when nothing there does.
  const { raw, isReplaced, hash } = toRaw(snapshot.raw);
  return {
    columns: {
      id: toStorableText(snapshot.id),
      updated_time: toIso(snapshot.updatedAt),
      message_count: toCount(snapshot.messageCount),
      unread_count: toCount(snapshot.unreadCount) ?? 0,
      snippet: toText(snapshot.snippet),
      link: toText(snapshot.link),
      contact_id: toText(contact?.id),
      contact_name: toText(contact?.name ?? contact?.username),
      participants: isReplaced ? participants.map((person) => toStorableJson({ ...person })) : participants,
      content_hash: hash,
      collected,
      history_complete: historyComplete,
      newest_message_id: toText(range?.newest.id),
      newest_message_time: toIso(range?.newest.createdAt),
      floor_message_id: toText(range?.oldest.id),
      floor_message_time: toIso(range?.oldest.createdAt),
      floor_cursor: olderCursor,
    },
    raw,
  };
}

/** A count as an integer column holds it; one bad count must not sink a batch. */
function toCount(count: number | undefined): number | undefined {
  return count !== undefined && Number.isInteger(count) && Math.abs(count) < 2 ** 31 ? count : undefined;
}
