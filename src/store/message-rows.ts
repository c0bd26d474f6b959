/**
 * The messages of conversations as they lie in the store: counted, and looked for in a stretch that Facebook has shown.
 * Reads only.
 */
import type { Lease, MessageSnapshot } from '../core/model.ts';
import type { MessagesOf, RowCount, Stretch } from '../core/store-ports.ts';
import type { Database } from './connect.ts';
import { contentHash } from './content-hash.ts';
import { toIso } from './sql-values.ts';
import { toStorableText } from './text.ts';

/** Live messages of a conversation. All of them by idx_facebook_messages_newest, those that are gone by idx_facebook_messages_gone. */
export const LIVE_MESSAGES = ({ page, conversation }: { readonly page: string; readonly conversation: string }) => `(
  (SELECT count(*) FROM facebook_messages AS message
   WHERE message.page_id = ${page} AND message.conversation_id = ${conversation})
  - (SELECT count(*) FROM facebook_messages AS message
     WHERE message.page_id = ${page} AND message.conversation_id = ${conversation} AND message.deleted_at IS NOT NULL)
)::int`;

/** $1 page · $2 conversations · $3 conversations of the messages · $4 their ids, by the primary key · $5 their fingerprints. */
const COUNT_ROWS = `
WITH named AS (
  SELECT DISTINCT ON (conversation_id, id) *
  FROM unnest($3::text[], $4::text[], $5::text[]) AS named (conversation_id, id, content_hash)
), compared AS (
  SELECT named.conversation_id, count(*) FILTER (WHERE held.id IS NULL)::int AS fresh,
         count(*) FILTER (WHERE held.content_hash <> named.content_hash)::int AS changed
  FROM named LEFT JOIN facebook_messages AS held
    ON held.page_id = $1 AND held.id = named.id AND held.conversation_id = named.conversation_id
   AND held.deleted_at IS NULL
  GROUP BY named.conversation_id
)
SELECT asked.id, ${LIVE_MESSAGES({ page: '$1', conversation: 'asked.id' })} AS live,
       coalesce(compared.fresh, 0) AS fresh, coalesce(compared.changed, 0) AS changed
FROM unnest($2::text[]) AS asked (id) LEFT JOIN compared ON compared.conversation_id = asked.id`;

/** $1 page · $2 conversation · $3, $4 times · $5 ids · $6 limit. Served by idx_facebook_messages_newest. */
const FIND_UNSHOWN = `
SELECT id FROM facebook_messages
WHERE page_id = $1 AND conversation_id = $2 AND deleted_at IS NULL AND created_time > '-infinity'
  AND created_time > coalesce($3::timestamptz, '-infinity')
  AND created_time <= coalesce($4::timestamptz, 'infinity')
  AND NOT id = ANY ($5::text[])
ORDER BY created_time DESC, id DESC
LIMIT $6`;

interface CountedRow extends RowCount, Record<string, unknown> {
  readonly id: string;
}

export async function countRows(
  database: Database,
  { pageId }: Lease,
  asked: readonly MessagesOf[],
): Promise<ReadonlyMap<string, RowCount>> {
  if (asked.length === 0) return new Map();
  const storable = new Map(asked.map(({ conversationId }) => [toStorableText(conversationId), conversationId]));
  const shown = asked.flatMap(({ conversationId, messages }) =>
    messages.map((message) => ({ conversationId: toStorableText(conversationId), message })),
  );
  const rows = await database.query<CountedRow>(COUNT_ROWS, [
    pageId,
    [...storable.keys()],
    shown.map(({ conversationId }) => conversationId),
    shown.map(({ message }) => toStorableText(message.id)),
    shown.map(({ message }) => (isBare(message) ? null : contentHash(message.raw))),
  ]);
  return new Map(rows.map(({ id, ...count }) => [storable.get(id) ?? id, count]));
}

/** Of an older message Facebook may show no more than that it exists: that is no change. */
function isBare({ text, attachments, reactions, replyTo }: MessageSnapshot): boolean {
  return text === undefined && attachments.length === 0 && reactions.length === 0 && replyTo === undefined;
}

export async function findUnshown(
  database: Database,
  { pageId }: Lease,
  { conversationId, after, upTo, shown, limit }: Stretch,
): Promise<readonly string[]> {
  const bounds = [toIso(after) ?? null, toIso(upTo) ?? null];
  const values = [pageId, toStorableText(conversationId), ...bounds, shown.map(toStorableText), limit];
  const rows = await database.query<{ id: string }>(FIND_UNSHOWN, values);
  return rows.map(({ id }) => id);
}
