/**
 * The messages of conversations as they lie in the store: counted, and looked for in a stretch that Facebook has shown.
 * Reads only.
 */
import type { Lease } from '../core/model.ts';
import type { MessagesOf, RowCount, Stretch } from '../core/store-ports.ts';
import type { Database } from './connect.ts';
import { toIso } from './sql-values.ts';
import { toStorableText } from './text.ts';

/** Live messages of a conversation. All of them by idx_facebook_messages_newest, those that are gone by idx_facebook_messages_gone. */
export const LIVE_MESSAGES = ({ page, conversation }: { readonly page: string; readonly conversation: string }) => `(
  (SELECT count(*) FROM facebook_messages AS message
   WHERE message.page_id = ${page} AND message.conversation_id = ${conversation})
  - (SELECT count(*) FROM facebook_messages AS message
     WHERE message.page_id = ${page} AND message.conversation_id = ${conversation} AND message.deleted_at IS NOT NULL)
)::int`;

/** $1 page · $2 conversations · $3 conversations of the named messages · $4 their ids, by the primary key. */
const COUNT_ROWS = `
WITH named AS (
  SELECT DISTINCT conversation_id, id FROM unnest($3::text[], $4::text[]) AS named (conversation_id, id)
), fresh AS (
  SELECT named.conversation_id, count(*)::int AS messages
  FROM named LEFT JOIN facebook_messages AS held
    ON held.page_id = $1 AND held.id = named.id AND held.conversation_id = named.conversation_id
   AND held.deleted_at IS NULL
  WHERE held.id IS NULL
  GROUP BY named.conversation_id
)
SELECT asked.id, ${LIVE_MESSAGES({ page: '$1', conversation: 'asked.id' })} AS live,
       coalesce(fresh.messages, 0) AS fresh
FROM unnest($2::text[]) AS asked (id) LEFT JOIN fresh ON fresh.conversation_id = asked.id`;

/** $1 page · $2 conversation · $3, $4 times · $5 ids. Served by idx_facebook_messages_newest. */
const FIND_UNSHOWN = `
SELECT id FROM facebook_messages
WHERE page_id = $1 AND conversation_id = $2 AND deleted_at IS NULL AND created_time IS NOT NULL
  AND coalesce(created_time, '-infinity'::timestamptz) > coalesce($3::timestamptz, '-infinity')
  AND coalesce(created_time, '-infinity'::timestamptz) <= coalesce($4::timestamptz, 'infinity')
  AND NOT id = ANY ($5::text[])
ORDER BY coalesce(created_time, '-infinity'::timestamptz) DESC, id DESC
LIMIT 100`;

export async function countRows(
  database: Database,
  { pageId }: Lease,
  asked: readonly MessagesOf[],
): Promise<ReadonlyMap<string, RowCount>> {
  if (asked.length === 0) return new Map();
  const storable = new Map(asked.map(({ conversationId }) => [toStorableText(conversationId), conversationId]));
  const named = asked.flatMap(({ conversationId, messageIds }) =>
    messageIds.map((id) => [toStorableText(conversationId), toStorableText(id)] as const),
  );
  const rows = await database.query<{ id: string; live: number; fresh: number }>(COUNT_ROWS, [
    pageId,
    [...storable.keys()],
    named.map(([conversationId]) => conversationId),
    named.map(([, id]) => id),
  ]);
  return new Map(rows.map(({ id, live, fresh }) => [storable.get(id) ?? id, { live, fresh }]));
}

export async function findUnshown(
  database: Database,
  { pageId }: Lease,
  { conversationId, after, upTo, shown }: Stretch,
): Promise<readonly string[]> {
  const bounds = [toIso(after) ?? null, toIso(upTo) ?? null];
  const values = [pageId, toStorableText(conversationId), ...bounds, shown.map(toStorableText)];
  const rows = await database.query<{ id: string }>(FIND_UNSHOWN, values);
  return rows.map(({ id }) => id);
}
