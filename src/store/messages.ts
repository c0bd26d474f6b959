/**
 * Table facebook_messages: how a batch is written. Text is stored as Facebook sent it, but for characters that
 * PostgreSQL can't hold; a message that already says the same is not written at all.
 */
import type { MessageSnapshot } from '../core/model.ts';
import { contentHash, orderedJson } from './content-hash.ts';
import { toIso, toText } from './conversations.ts';
import { toStorableJson, toStorableText } from './text.ts';

/** The batch as jsonb_to_recordset reads it. */
export const MESSAGE_INPUT = `
  id text, conversation_id text, created_time timestamptz, from_id text, from_name text, direction text, text text,
  attachments jsonb, reactions jsonb, reply_to text, raw jsonb, content_hash text`;

/** Idempotent by the primary key; the row's revision says whether it was inserted. */
export const UPSERT_MESSAGES = ({ input, source }: { input: string; source: 'sync' | 'history' }) => `
INSERT INTO facebook_messages AS held (
  page_id, id, conversation_id, created_time, from_id, from_name, direction, text, attachments, reactions, reply_to,
  source, raw, content_hash)
SELECT page_id, id, conversation_id, created_time, from_id, from_name, direction, text, attachments, reactions, reply_to,
  '${source}', raw, content_hash
FROM ${input}
ON CONFLICT (page_id, id) DO UPDATE SET
  conversation_id = excluded.conversation_id,
  created_time = coalesce(excluded.created_time, held.created_time),
  from_id = coalesce(excluded.from_id, held.from_id),
  from_name = coalesce(excluded.from_name, held.from_name),
  direction = coalesce(excluded.direction, held.direction),
  text = excluded.text,
  attachments = excluded.attachments,
  reactions = excluded.reactions,
  reply_to = excluded.reply_to,
  raw = excluded.raw,
  content_hash = excluded.content_hash,
  synced_at = now(),
  revision = held.revision + 1
WHERE held.content_hash IS DISTINCT FROM excluded.content_hash
  -- Of older messages Facebook may show no more than that they exist: that takes nothing away from what is held.
  AND NOT (excluded.text IS NULL AND excluded.attachments = '[]' AND excluded.reactions = '[]'
           AND excluded.reply_to IS NULL)
RETURNING conversation_id, revision = 1 AS inserted`;

/** The messages of a batch, each once: Facebook may list one twice when a thread moves while it is paged. */
export function toMessageInputs(
  batch: readonly { readonly conversationId: string; readonly messages: readonly MessageSnapshot[] }[],
) {
  const inputs = new Map<string, ReturnType<typeof toInput>>();
  for (const { conversationId, messages } of batch) {
    for (const message of messages) inputs.set(toStorableText(message.id), toInput(conversationId, message));
  }
  return [...inputs.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function toInput(conversationId: string, message: MessageSnapshot) {
  const json = orderedJson(message.raw);
  const raw = toStorableJson(message.raw, json);
  // `raw` is the message itself, so it differs whenever anything unstorable is in any other field.
  const clean = raw !== message.raw;
  return {
    id: toStorableText(message.id),
    conversation_id: toStorableText(conversationId),
    created_time: toIso(message.createdAt),
    from_id: toText(message.from?.id),
    from_name: toText(message.from?.name ?? message.from?.username),
    direction: message.direction,
    text: toText(message.text),
    attachments: clean ? message.attachments.map((item) => toStorableJson({ item })['item']) : message.attachments,
    reactions: clean ? message.reactions.map((item) => toStorableJson({ item })['item']) : message.reactions,
    reply_to: toText(message.replyTo),
    raw,
    content_hash: contentHash(message.raw, json),
  };
}
