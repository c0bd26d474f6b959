/**
 * What events tell, written into the mirror: messages, what became of them, and how far contacts have read. Each statement
 * writes only what is new, so that a repeated event writes nothing.
 */
import type { Instant, JsonObject, JsonValue } from '../core/model.ts';
import type { ToldMessage, WebhookEvent } from '../core/webhook.ts';
import type { Database } from './connect.ts';
import type { PlacedEvent, WaitingEvent } from './delivery-places.ts';
import { ONLY_SHOWN, tellTo, visible } from './message-effects.ts';
import { toIso, toText } from './sql-values.ts';
import { toStorableJson, toStorableText } from './text.ts';

type Query = Database['query'];

const TOLD = { text: 'told.text', attachments: 'told.attachments', reactions: "'[]'::jsonb" };
const TOLD_EFFECTS = `CASE WHEN other.effects IS NOT NULL THEN ${tellTo('other.effects', 'told.text')} END`;
const TOLD_FIRST = visible('told.effects', TOLD);
const EXCLUDED_TEXT =
  "CASE WHEN excluded.effects IS NULL THEN excluded.text ELSE excluded.effects -> 'shown' ->> 'text' END";
const FILLED_EFFECTS = `
CASE WHEN held.effects IS NOT NULL OR excluded.effects IS NOT NULL
     THEN ${tellTo(
       `tidemark_join_effects(${ONLY_SHOWN('held')}, coalesce(excluded.effects - 'shown', '{}'))`,
       EXCLUDED_TEXT,
     )} END`;
const FILLED = visible(FILLED_EFFECTS, {
  text: 'excluded.text',
  attachments: 'excluded.attachments',
  reactions: 'held.reactions',
});

/**
 * $1 messages. A message that Facebook has shown says more than what was told of it, unless only its id and time were
 * shown. One that is gone stays so.
 */
const TELL_MESSAGES = `
INSERT INTO facebook_messages AS held (
  page_id, id, conversation_id, created_time, from_id, from_name, direction, text, attachments, reactions, reply_to,
  source, raw, effects, edited_at, deleted_at)
SELECT told.page_id, told.id, told.conversation_id, coalesce(told.created_time, '-infinity'), told.from_id,
  CASE WHEN told.from_id = conversation.contact_id THEN conversation.contact_name ELSE page.name END,
  told.direction, ${TOLD_FIRST.text}, ${TOLD_FIRST.attachments}, ${TOLD_FIRST.reactions},
  ${TOLD_FIRST.keep('told.reply_to')}, 'webhook',
  CASE WHEN told.effects ? 'unsent' THEN jsonb_build_object('id', told.id) ELSE told.raw END,
  told.effects, ${TOLD_FIRST.editedAt}, ${TOLD_FIRST.deletedAt}
FROM (
  SELECT told.*, ${TOLD_EFFECTS} AS effects
  FROM jsonb_to_recordset($1::jsonb) AS told (
    page_id uuid, id text, conversation_id text, platform text, created_time timestamptz, from_id text, direction text,
    text text, attachments jsonb, reply_to text, raw jsonb)
  LEFT JOIN facebook_message_effects AS other ON other.page_id = told.page_id AND other.message_id = told.id
) AS told
JOIN facebook_conversations AS conversation
  ON conversation.page_id = told.page_id AND conversation.id = told.conversation_id
LEFT JOIN facebook_pages AS page ON page.id = told.page_id AND told.platform = 'messenger'
ON CONFLICT (page_id, id) DO UPDATE SET
  created_time = coalesce(nullif(held.created_time, '-infinity'), excluded.created_time),
  from_id = excluded.from_id,
  from_name = excluded.from_name,
  direction = excluded.direction,
  text = ${FILLED.text},
  attachments = ${FILLED.attachments},
  reactions = ${FILLED.reactions},
  reply_to = excluded.reply_to,
  raw = excluded.raw,
  effects = ${FILLED_EFFECTS},
  edited_at = ${FILLED.editedAt},
  deleted_at = ${FILLED.deletedAt},
  synced_at = now(),
  revision = held.revision + 1
WHERE held.deleted_at IS NULL AND held.raw - '{id,created_time}'::text[] = '{}'`;

/**
 * $1 messages. Facebook showed another text before this was told: so it shows texts as they are edited. That is noted,
 * because what it shows from now on stands above the edits that were told before.
 */
const NOTE_WRITTEN = `
UPDATE facebook_messages AS held
SET effects = tidemark_join_effects(${ONLY_SHOWN('held')}, jsonb_build_object('written', told.text)),
    content_hash = NULL, revision = held.revision + 1
FROM jsonb_to_recordset($1::jsonb) AS told (page_id uuid, id text, text text)
WHERE held.page_id = told.page_id AND held.id = told.id AND held.deleted_at IS NULL
  AND told.text <> '' AND NOT coalesce(held.effects ? 'written', false)
  AND coalesce(${ONLY_SHOWN('held')} -> 'shown' ->> 'text', '') NOT IN ('', told.text)`;

/** $1 conversations with the time of their newest message that was told. The next sync writes what Facebook shows of them. */
const MOVE_CONVERSATIONS = `
UPDATE facebook_conversations AS held
SET updated_time = told.at, snippet = newest.text, content_hash = NULL, synced_at = now(), revision = held.revision + 1
FROM jsonb_to_recordset($1::jsonb) AS told (page_id uuid, id text, at timestamptz, message_id text),
     LATERAL (SELECT message.text FROM facebook_messages AS message
              WHERE message.page_id = told.page_id AND message.id = told.message_id AND message.deleted_at IS NULL) AS newest (text)
WHERE held.page_id = told.page_id AND held.id = told.id AND held.updated_time < told.at`;

const NEXT_EFFECTS = `tidemark_join_effects(${ONLY_SHOWN('held')}, told.effects)`;
const NEXT = visible(NEXT_EFFECTS, { text: 'held.text', attachments: 'held.attachments', reactions: 'held.reactions' });

/** Joins what is `told` of messages that are in the mirror. */
const CHANGE_MESSAGES = `
UPDATE facebook_messages AS held
SET text = ${NEXT.text}, attachments = ${NEXT.attachments}, reactions = ${NEXT.reactions},
    reply_to = ${NEXT.keep('held.reply_to')},
    raw = CASE WHEN told.effects ? 'unsent' THEN jsonb_build_object('id', held.id) ELSE held.raw END,
    effects = ${NEXT_EFFECTS}, edited_at = ${NEXT.editedAt}, deleted_at = ${NEXT.deletedAt},
    -- The next run that shows it writes it anew.
    content_hash = NULL, synced_at = now(), revision = held.revision + 1
FROM told
WHERE held.page_id = told.page_id AND held.id = told.message_id
  -- What is gone by itself is not brought back by what was told of it.
  AND (held.deleted_at IS NULL OR held.effects ? 'unsent' OR told.effects ? 'unsent')
  AND held.effects IS DISTINCT FROM ${NEXT_EFFECTS}`;

/** $1 effects, one for a message. Those of messages that are not in the mirror are kept for when they come. */
const TELL_EFFECTS = `
WITH told AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS told (page_id uuid, message_id text, effects jsonb)
), changed AS (
  ${CHANGE_MESSAGES}
)
INSERT INTO facebook_message_effects AS held (page_id, message_id, effects)
SELECT page_id, message_id, effects FROM told
WHERE NOT EXISTS (
  SELECT FROM facebook_messages AS message WHERE message.page_id = told.page_id AND message.id = told.message_id)
ON CONFLICT (page_id, message_id) DO UPDATE
SET effects = tidemark_join_effects(held.effects, excluded.effects), told_at = now()`;

/**
 * What was told while a statement was writing the message: neither saw what the other did. A statement ends within
 * seconds. Served by idx_facebook_message_effects_newest.
 */
const SETTLE_EFFECTS = `
WITH told AS (
  DELETE FROM facebook_message_effects AS other USING facebook_messages AS message
  WHERE other.told_at > now() - interval '2 minutes'
    AND message.page_id = other.page_id AND message.id = other.message_id
  RETURNING other.*
)
${CHANGE_MESSAGES}`;

/** $1 receipts. They only move forward. */
const TELL_RECEIPTS = `
UPDATE facebook_conversations AS held
SET read_at = greatest(held.read_at, told.read_at), delivered_at = greatest(held.delivered_at, told.delivered_at),
    synced_at = now(), revision = held.revision + 1
FROM jsonb_to_recordset($1::jsonb) AS told (page_id uuid, id text, read_at timestamptz, delivered_at timestamptz)
WHERE held.page_id = told.page_id AND held.id = told.id
  AND (greatest(held.read_at, told.read_at) IS DISTINCT FROM held.read_at
       OR greatest(held.delivered_at, told.delivered_at) IS DISTINCT FROM held.delivered_at)`;

/** $1 pages · $2 ids. By the primary key. To the second, which is as precise as Facebook shows it. */
const FIND_MESSAGE_TIMES = `
SELECT message.page_id, message.id, date_trunc('second', nullif(message.created_time, '-infinity')) AS created_time
FROM unnest($1::uuid[], $2::text[]) AS asked (page_id, id)
JOIN facebook_messages AS message ON message.page_id = asked.page_id AND message.id = asked.id`;

export async function applyMessages(query: Query, placed: readonly PlacedEvent[]): Promise<void> {
  const rows = new Map<string, ReturnType<typeof toMessageRow>>();
  for (const { event, pageId, conversationId } of placed) {
    if (event.kind !== 'message' || conversationId === undefined) continue;
    const row = toMessageRow(event.message, { event, pageId, conversationId });
    rows.set(toKey(pageId, row.id), row);
  }
  if (rows.size === 0) return;
  const messages = JSON.stringify(sorted([...rows.values()]));
  await query(TELL_MESSAGES, [messages]);
  await query(NOTE_WRITTEN, [messages]);
  const newest = new Map<string, { page_id: string; id: string; at: string; message_id: string }>();
  for (const { page_id, conversation_id: id, id: message_id, updated_time: at } of rows.values()) {
    if (at === undefined) continue;
    const other = newest.get(toKey(page_id, id));
    if (other === undefined || at > other.at) newest.set(toKey(page_id, id), { page_id, id, at, message_id });
  }
  if (newest.size > 0) await query(MOVE_CONVERSATIONS, [JSON.stringify(sorted([...newest.values()]))]);
}

function toMessageRow(
  message: ToldMessage,
  { event, pageId, conversationId }: { event: WebhookEvent; pageId: string; conversationId: string },
) {
  const attachments = toStorableJson({ attachments: message.attachments })['attachments'] as JsonValue;
  return {
    page_id: pageId,
    id: toStorableText(message.id),
    conversation_id: conversationId,
    platform: event.platform,
    created_time: toIso(event.at),
    // As precise as Facebook shows it.
    updated_time: event.at === undefined ? undefined : toIso(Math.floor(event.at / 1000) * 1000),
    from_id: toText(message.fromId),
    direction: message.direction,
    text: toText(message.text),
    attachments,
    reply_to: toText(message.replyTo),
    raw: toStorableJson(message.raw),
  };
}

/** Several that are told of one message are told one after the other: which stands, the database decides. */
export async function applyEffects(query: Query, placed: readonly PlacedEvent[]): Promise<void> {
  const rounds: Map<string, EffectsRow>[] = [];
  for (const one of placed) {
    const row = toEffectsRow(one);
    if (row === undefined) continue;
    const key = toKey(row.page_id, row.message_id);
    const free = rounds.find((round) => !round.has(key));
    if (free === undefined) rounds.push(new Map([[key, row]]));
    else free.set(key, row);
  }
  for (const round of rounds) {
    const rows = [...round.values()].toSorted((a, b) => (a.message_id < b.message_id ? -1 : 1));
    await query(TELL_EFFECTS, [JSON.stringify(rows)]);
  }
}

export async function settleEffects(query: Query): Promise<void> {
  await query(SETTLE_EFFECTS);
}

interface EffectsRow {
  readonly page_id: string;
  readonly message_id: string;
  readonly effects: JsonObject;
}

function toEffectsRow({ event, since, pageId }: PlacedEvent): EffectsRow | undefined {
  const effects = toEffects(event, since);
  if (effects === undefined || !('messageId' in event)) return undefined;
  return { page_id: pageId, message_id: toStorableText(event.messageId), effects: toStorableJson(effects) };
}

function toEffects(event: WebhookEvent, since: number): JsonObject | undefined {
  const at = event.at ?? since;
  switch (event.kind) {
    case 'unsend':
      return { unsent: at };
    case 'edit':
      return { edit: [event.number, at, event.text, since] };
    case 'reaction': {
      const told = [at, event.reaction ?? null, event.emoji ?? null, since];
      return { reactions: { [event.actorId]: told } };
    }
    default:
      return undefined;
  }
}

interface Receipt {
  readonly page_id: string;
  readonly id: string;
  readonly read?: Instant;
  readonly delivered?: Instant;
}

/** Who has read up to a message has read up to its time: one that is not in the mirror yet is waited for. */
export async function findReadMessages(query: Query, placed: readonly PlacedEvent[]) {
  const read: Receipt[] = [];
  const upToMessages: { readonly one: PlacedEvent; readonly id: string; readonly messageId: string }[] = [];
  for (const one of placed) {
    const { event, pageId, conversationId: id } = one;
    if (id === undefined) continue;
    if (event.kind === 'delivery') read.push({ page_id: pageId, id, delivered: event.upTo });
    if (event.kind !== 'read') continue;
    if (typeof event.upTo === 'number') read.push({ page_id: pageId, id, read: event.upTo });
    else upToMessages.push({ one, id, messageId: toStorableText(event.upTo.messageId) });
  }
  const unread: WaitingEvent[] = [];
  if (upToMessages.length === 0) return { read, unread };
  const rows = await query<{ page_id: string; id: string; created_time: number | null }>(FIND_MESSAGE_TIMES, [
    upToMessages.map(({ one }) => one.pageId),
    upToMessages.map(({ messageId }) => messageId),
  ]);
  const times = new Map(rows.map((row) => [toKey(row.page_id, row.id), row.created_time ?? undefined]));
  for (const { one, id, messageId } of upToMessages) {
    const at = times.get(toKey(one.pageId, messageId));
    if (at === undefined) unread.push({ ...one, waitsFor: `message:${messageId}` });
    else read.push({ page_id: one.pageId, id, read: at });
  }
  return { read, unread };
}

export async function applyReceipts(query: Query, receipts: readonly Receipt[]): Promise<void> {
  if (receipts.length === 0) return;
  const latest = (times: readonly (Instant | undefined)[]) => {
    const known = times.filter((time) => time !== undefined);
    return known.length === 0 ? undefined : toIso(Math.max(...known));
  };
  const rows = [...Map.groupBy(receipts, ({ page_id, id }) => toKey(page_id, id)).values()].map((all) => ({
    page_id: all[0]?.page_id ?? '',
    id: all[0]?.id ?? '',
    read_at: latest(all.map(({ read }) => read)),
    delivered_at: latest(all.map(({ delivered }) => delivered)),
  }));
  await query(TELL_RECEIPTS, [JSON.stringify(sorted(rows))]);
}

/** One order for all, so that those who write side by side can't wait for each other in a circle. */
function sorted<Row extends { readonly id: string }>(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function toKey(pageId: string, id: string): string {
  return `${pageId} ${id}`;
}
