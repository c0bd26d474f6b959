/**
 * Table facebook_messages: how a batch is written. Text is stored as Facebook sent it, but for characters that
 * PostgreSQL can't hold; a message that already says the same is not written at all.
 */
import type { JsonValue, MessageSnapshot } from '../core/model.ts';
import { type BatchInput, batchTable, type InputRow, toBatchInput, toRaw } from './batch-input.ts';
import { LOOK_AGAIN, ONLY_SHOWN, showTo, visible } from './message-effects.ts';
import { toIso, toText } from './sql-values.ts';
import { toStorableJson, toStorableText } from './text.ts';

/** The columns of a batch; lists that are empty are left out. */
const COLUMNS = `
  id text, conversation_id text, created_time timestamptz, from_id text, from_name text, direction text, text text,
  attachments jsonb, reactions jsonb, reply_to text, content_hash text`;

/** What Facebook shows, as it is written where events have told nothing. Of older messages it may show less than is held. */
const INSERTED = { text: 'text', attachments: "coalesce(attachments, '[]')", reactions: "coalesce(reactions, '[]')" };
const UPDATED = {
  text: "coalesce(nullif(excluded.text, ''), nullif(held.text, ''), excluded.text, held.text)",
  attachments: "CASE WHEN excluded.attachments = '[]' THEN held.attachments ELSE excluded.attachments END",
  reactions: 'excluded.reactions',
};

/** What was told before the message came, joined with what is shown of it. */
const FIRST_EFFECTS = `
CASE WHEN told.effects IS NOT NULL
     THEN ${showTo('told.effects', { text: 'text', reactions: INSERTED.reactions })} END`;

/** The row as it is shown by the statement; what was told by then is in it already. */
const SHOWN_TEXT =
  "CASE WHEN excluded.effects IS NULL THEN excluded.text ELSE excluded.effects -> 'shown' ->> 'text' END";
const SHOWN_REACTIONS = `
CASE WHEN excluded.effects IS NULL THEN excluded.reactions
     ELSE coalesce(excluded.effects -> 'shown' -> 'reactions', '[]') END`;

/** A text that Facebook shows changed is one of an edit, whether or not that was told. */
const NEXT_EFFECTS = `
CASE WHEN held.effects IS NOT NULL OR excluded.effects IS NOT NULL
       OR nullif(excluded.text, '') <> nullif(held.text, '')
     THEN ${showTo(`tidemark_join_effects(${ONLY_SHOWN('held')}, coalesce(excluded.effects - 'shown', '{}'))`, {
       text: SHOWN_TEXT,
       reactions: SHOWN_REACTIONS,
     })} END`;

const SEEN_FIRST = visible('effects', INSERTED);
const SEEN_NEXT = visible(NEXT_EFFECTS, UPDATED);

/**
 * $1 page · $4 run. Writes for who holds the `lease`. Idempotent by the primary key; the row's revision says whether it
 * was inserted. What events have told of a message is joined in by the same expressions that apply events.
 */
export const UPSERT_MESSAGES = ({ input, source }: { input: BatchInput; source: 'sync' | 'history' }) => `
INSERT INTO facebook_messages AS held (
  page_id, id, conversation_id, created_time, from_id, from_name, direction, text, attachments, reactions, reply_to,
  source, raw, content_hash, effects, edited_at, deleted_at)
SELECT page_id, id, conversation_id, coalesce(created_time, '-infinity'), from_id, from_name, direction, ${SEEN_FIRST.text},
  ${SEEN_FIRST.attachments}, ${SEEN_FIRST.reactions}, ${SEEN_FIRST.keep('reply_to')}, '${source}', ${SEEN_FIRST.raw('raw')},
  ${SEEN_FIRST.keep(LOOK_AGAIN('effects', 'content_hash'))}, effects, ${SEEN_FIRST.editedAt}, ${SEEN_FIRST.deletedAt}
FROM (
  SELECT lease.page_id, input.*, ${FIRST_EFFECTS} AS effects
  FROM lease CROSS JOIN ${batchTable(input, COLUMNS)}
  LEFT JOIN facebook_message_effects AS told ON told.page_id = $1 AND told.message_id = input.id
) AS shown
ON CONFLICT (page_id, id) DO UPDATE SET
  conversation_id = excluded.conversation_id,
  created_time = coalesce(nullif(excluded.created_time, '-infinity'), held.created_time),
  from_id = coalesce(excluded.from_id, held.from_id),
  from_name = coalesce(excluded.from_name, held.from_name),
  direction = coalesce(excluded.direction, held.direction),
  text = ${SEEN_NEXT.text},
  attachments = ${SEEN_NEXT.attachments},
  reactions = ${SEEN_NEXT.reactions},
  reply_to = coalesce(excluded.reply_to, held.reply_to),
  raw = ${SEEN_NEXT.raw('excluded.raw')},
  content_hash = ${LOOK_AGAIN('held.effects', 'excluded.content_hash')},
  effects = ${NEXT_EFFECTS},
  edited_at = ${SEEN_NEXT.editedAt},
  deleted_at = ${SEEN_NEXT.deletedAt},
  synced_at = now(),
  revision = held.revision + 1
WHERE (held.content_hash IS DISTINCT FROM excluded.content_hash OR held.conversation_id <> excluded.conversation_id)
  -- What was unsent never comes back.
  AND (held.effects ? 'unsent') IS NOT TRUE
  -- Of older messages Facebook may show no more than that they exist: that takes nothing away from what is held.
  AND NOT ((excluded.text IS NULL OR (excluded.text = '' AND coalesce(held.text, '') <> '')) AND excluded.attachments = '[]' AND excluded.reactions = '[]'
           AND excluded.reply_to IS NULL AND held.raw - '{id,created_time}'::text[] IS DISTINCT FROM '{}')
RETURNING id, conversation_id, revision = 1 AS inserted, deleted_at IS NULL AS live`;

/**
 * Of the messages with these ids ($n, an array) nothing is left but that they were there, as of an unsend. Without a
 * fingerprint, one that Facebook shows again is written anew. Idempotent: what is gone already is left alone.
 */
export const MARK_GONE = (ids: string) => `
UPDATE facebook_messages AS message
SET deleted_at = now(), text = NULL, attachments = '[]', reactions = '[]', reply_to = NULL,
    raw = jsonb_strip_nulls(jsonb_build_object('id', raw -> 'id', 'created_time', raw -> 'created_time')),
    content_hash = NULL, effects = NULL, synced_at = now(), revision = message.revision + 1
FROM lease
WHERE message.page_id = $1 AND message.id = ANY (${ids}::text[]) AND message.deleted_at IS NULL
RETURNING message.conversation_id`;

/**
 * By how much a statement changes the number of live messages of each conversation: of `messages` as UPSERT_MESSAGES
 * answers them, which may have been another conversation's, and of `gone` as MARK_GONE does. The table shows how it was before.
 */
export const LIVE_CHANGES = (others = '') => `
SELECT conversation_id, sum(change)::int AS live FROM (
  SELECT conversation_id, live::int AS change FROM messages
  UNION ALL
  SELECT before.conversation_id, -1 FROM messages
  JOIN facebook_messages AS before ON before.page_id = $1 AND before.id = messages.id
  WHERE NOT messages.inserted AND before.deleted_at IS NULL
  ${others}
) AS changes GROUP BY conversation_id`;

/** The messages of a batch, each once: Facebook may list one twice when a thread moves while it is paged. */
export function toMessageInput(
  batch: readonly { readonly conversationId: string; readonly messages: readonly MessageSnapshot[] }[],
): BatchInput {
  const rows = new Map<string, ReturnType<typeof toRow>>();
  for (const { conversationId, messages } of batch) {
    for (const message of messages) rows.set(toStorableText(message.id), toRow(conversationId, message));
  }
  return toBatchInput([...rows.values()].toSorted((a, b) => (a.columns.id < b.columns.id ? -1 : 1)));
}

function toRow(conversationId: string, message: MessageSnapshot) {
  // `raw` is the message itself, so it differs whenever anything unstorable is in any other field.
  const { raw, isReplaced, hash } = toRaw(message.raw);
  const toList = (items: readonly JsonValue[]) => {
    if (items.length === 0) return undefined;
    return isReplaced ? items.map((item) => toStorableJson({ item })['item']) : items;
  };
  return {
    columns: {
      id: toStorableText(message.id),
      conversation_id: toStorableText(conversationId),
      created_time: toIso(message.createdAt),
      from_id: toText(message.from?.id),
      from_name: toText(message.from?.name ?? message.from?.username),
      direction: message.direction,
      text: toText(message.text),
      attachments: toList(message.attachments),
      reactions: toList(message.reactions),
      reply_to: toText(message.replyTo),
      content_hash: hash,
    },
    raw,
  } satisfies InputRow<unknown>;
}
