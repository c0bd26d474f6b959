/**
 * What was unsent leaves nothing behind: its content goes out of the deliveries that told it, and out of the snippet of
 * its conversation. The message itself is emptied by its effects.
 */
import type { Database } from './connect.ts';
import type { PlacedEvent } from './delivery-places.ts';
import { toStorableText } from './text.ts';

type Query = Database['query'];

/** The delivery without the content of these messages. */
export type Redact = (body: string, messageIds: ReadonlySet<string>) => string;

/** $1 pages · $2 messages · $3 deliveries. */
const NOTE_CONTENTS = `
INSERT INTO facebook_webhook_messages (page_id, message_id, event_id)
SELECT DISTINCT * FROM unnest($1::uuid[], $2::text[], $3::uuid[])
ON CONFLICT DO NOTHING`;

/** $1 pages · $2 messages. Which of them were unsent, and the deliveries that tell their content. */
const FIND_UNSENT = `
SELECT asked.message_id, telling.event_id
FROM (SELECT DISTINCT * FROM unnest($1::uuid[], $2::text[])) AS asked (page_id, message_id)
JOIN facebook_webhook_messages AS telling
  ON telling.page_id = asked.page_id AND telling.message_id = asked.message_id
WHERE EXISTS (SELECT FROM facebook_messages AS message
              WHERE message.page_id = asked.page_id AND message.id = asked.message_id AND message.effects ? 'unsent')
   OR EXISTS (SELECT FROM facebook_message_effects AS other
              WHERE other.page_id = asked.page_id AND other.message_id = asked.message_id AND other.effects ? 'unsent')`;

/** $1 deliveries. */
const FIND_BODIES = 'SELECT id, body FROM facebook_webhook_events WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE';
const REWRITE = `
UPDATE facebook_webhook_events AS delivery SET body = redacted.body
FROM unnest($1::uuid[], $2::text[]) AS redacted (id, body) WHERE delivery.id = redacted.id`;

/**
 * $1 pages · $2 conversations · $3 messages · $4 when that arrived, in ms. The snippet is that of the last message: it
 * goes with it, and also when nothing is known of the message. The next sync writes what Facebook shows then.
 */
const HIDE_SNIPPETS = `
UPDATE facebook_conversations AS held
SET unsent_at = greatest(held.unsent_at, unsent.at), snippet = CASE WHEN is_last THEN NULL ELSE snippet END,
    raw = CASE WHEN is_last THEN raw - 'snippet' ELSE raw END,
    content_hash = CASE WHEN is_last THEN NULL ELSE content_hash END, revision = held.revision + 1
FROM (
  SELECT asked.page_id, asked.id, to_timestamp(max(asked.at) / 1000) AS at, bool_or(NOT EXISTS (
    SELECT FROM facebook_messages AS message JOIN facebook_messages AS newer
      ON newer.page_id = message.page_id AND newer.conversation_id = message.conversation_id
     AND newer.created_time > message.created_time AND newer.deleted_at IS NULL
    WHERE message.page_id = asked.page_id AND message.id = asked.message_id)) AS is_last
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::float8[]) AS asked (page_id, id, message_id, at)
  GROUP BY asked.page_id, asked.id
) AS unsent
WHERE held.page_id = unsent.page_id AND held.id = unsent.id
  AND held.unsent_at IS DISTINCT FROM greatest(held.unsent_at, unsent.at)`;

/** Notes which delivery tells the content of which message. */
export async function noteContents(query: Query, placed: readonly PlacedEvent[]): Promise<void> {
  const telling = placed.filter(({ event }) => event.kind === 'message' || event.kind === 'edit');
  if (telling.length === 0) return;
  await query(NOTE_CONTENTS, [
    telling.map(({ pageId }) => pageId),
    telling.map(({ event }) => messageOf(event)),
    telling.map(({ deliveryId }) => deliveryId),
  ]);
}

/** Of what is told now and was unsent, and of what was told and is unsent now. */
export async function emptyUnsent(query: Query, placed: readonly PlacedEvent[], redact: Redact): Promise<void> {
  const concerned = placed.filter(({ event }) => ['message', 'edit', 'unsend'].includes(event.kind));
  if (concerned.length === 0) return;
  const asked = [concerned.map(({ pageId }) => pageId), concerned.map(({ event }) => messageOf(event))];
  const telling = await query<{ message_id: string; event_id: string }>(FIND_UNSENT, asked);
  if (telling.length > 0) {
    const unsent = new Set(telling.map((row) => row.message_id));
    const ids = [...new Set(telling.map((row) => row.event_id))];
    const bodies = await query<{ id: string; body: string }>(FIND_BODIES, [ids]);
    await query(REWRITE, [bodies.map(({ id }) => id), bodies.map(({ body }) => redact(body, unsent))]);
  }
  const unsends = concerned.filter(
    ({ event, conversationId }) => event.kind === 'unsend' && conversationId !== undefined,
  );
  if (unsends.length === 0) return;
  await query(HIDE_SNIPPETS, [
    unsends.map(({ pageId }) => pageId),
    unsends.map(({ conversationId }) => conversationId),
    unsends.map(({ event }) => messageOf(event)),
    unsends.map(({ since, event }) => since + event.lateMs),
  ]);
}

function messageOf(event: PlacedEvent['event']): string {
  if (event.kind === 'message') return toStorableText(event.message.id);
  return 'messageId' in event ? toStorableText(event.messageId) : '';
}
