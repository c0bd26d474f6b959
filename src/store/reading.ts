/**
 * Reading the mirror: conversations and messages, newest first, in keyset pages that stay stable while rows arrive.
 * Rows without a time come last, as the indexes order them.
 */
import { TidemarkError } from '../core/errors.ts';
import type { MirroredConversation, MirroredMessage } from '../core/mirror.ts';
import type { CursorPage, Instant, JsonValue, Platform } from '../core/model.ts';
import { type Queryable, UUID } from './connect.ts';
import { toLimit } from './list-limit.ts';
import { toStorableText } from './text.ts';

interface ConversationRow extends Record<string, unknown> {
  readonly id: string;
  readonly page_id: string;
  readonly platform: Platform;
  readonly updated_time: Instant | null;
  readonly message_count: number | null;
  readonly unread_count: number;
  readonly snippet: string | null;
  readonly link: string | null;
  readonly contact_id: string | null;
  readonly contact_name: string | null;
  readonly participants: JsonValue;
  readonly read_at: Instant | null;
  readonly delivered_at: Instant | null;
  readonly history_complete: boolean;
  readonly deleted_at: Instant | null;
  readonly synced_at: Instant;
  readonly position: string;
}

interface MessageRow extends Record<string, unknown> {
  readonly id: string;
  readonly conversation_id: string;
  readonly created_time: Instant | null;
  readonly from_id: string | null;
  readonly from_name: string | null;
  readonly direction: MirroredMessage['direction'] | null;
  readonly text: string | null;
  readonly attachments: JsonValue;
  readonly reactions: JsonValue;
  readonly reply_to: string | null;
  readonly edited_at: Instant | null;
  readonly deleted_at: Instant | null;
  readonly source: MirroredMessage['source'];
  readonly position: string;
}

/** How far to read, and from where: `cursor` is the `after` of an earlier answer. */
interface Slice {
  /** 1 to 200. Default: 50. */
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface ConversationFilter extends Slice {
  readonly pageId: string | undefined;
  readonly platform?: Platform | undefined;
  /** Case-insensitive text looked for in contact name, snippet and ids. */
  readonly search?: string | undefined;
}

export interface MessageFilter extends Slice {
  readonly pageId: string;
  readonly conversationId: string;
}

/** A keyset position as it travels in a cursor: the exact time as PostgreSQL prints it, and the id. */
interface Position {
  readonly time: string;
  readonly id: string;
  readonly pageId: string;
}

/**
 * $1 Page or null · $2 platform or null · $3 search pattern or null · $4 limit · $5 time · $6 id · $7 Page of the
 * cursor. Takes the newest of every Page from idx_facebook_conversations_newest and merges them.
 */
const LIST_CONVERSATIONS = `
SELECT recent.* FROM facebook_pages AS page
CROSS JOIN LATERAL (
  SELECT id, page_id, platform, updated_time, message_count, unread_count, snippet, link, contact_id, contact_name,
         participants, read_at, delivered_at, history_complete, deleted_at, synced_at,
         updated_time::text AS position
  FROM facebook_conversations
  WHERE page_id = page.id
    AND ($5::timestamptz IS NULL OR updated_time <= $5)
    AND ($5::timestamptz IS NULL
         OR (updated_time, id, page_id) < ($5, $6::text, $7::uuid))
    AND ($2::text IS NULL OR platform = $2)
    AND ($3::text IS NULL OR contact_name ILIKE $3 OR snippet ILIKE $3 OR contact_id ILIKE $3 OR id ILIKE $3)
  ORDER BY updated_time DESC, id DESC
  LIMIT $4
) AS recent
WHERE $1::uuid IS NULL OR page.id = $1
ORDER BY recent.updated_time DESC, recent.id DESC, recent.page_id DESC
LIMIT $4`;

export async function listConversations(
  database: Queryable,
  query: ConversationFilter,
): Promise<CursorPage<MirroredConversation>> {
  const limit = toLimit(query.limit);
  const cursor = query.cursor === undefined ? undefined : readCursor(query.cursor);
  const rows = await database.query<ConversationRow>(LIST_CONVERSATIONS, [
    query.pageId ?? null,
    query.platform ?? null,
    query.search === undefined ? null : `%${toStorableText(query.search).replaceAll(/[\\%_]/g, String.raw`\$&`)}%`,
    limit + 1,
    cursor?.time ?? null,
    cursor?.id ?? null,
    cursor?.pageId ?? null,
  ]);
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    items: rows.slice(0, limit).map(toConversation),
    after: last === undefined ? undefined : writeCursor({ time: last.position, id: last.id, pageId: last.page_id }),
  };
}

/** The Pages that hold a conversation of this id; at Facebook ids are unique, so one. */
export async function findConversationPages(database: Queryable, conversationId: string): Promise<readonly string[]> {
  const rows = await database.query<{ page_id: string }>(
    `SELECT page.id AS page_id FROM facebook_pages AS page
     WHERE EXISTS (SELECT FROM facebook_conversations WHERE page_id = page.id AND id = $1)`,
    [conversationId],
  );
  return rows.map((row) => row.page_id);
}

/** $1 Page · $2 conversation · $3 limit · $4 time · $5 id. Served by idx_facebook_messages_newest. */
const LIST_MESSAGES = `
SELECT id, conversation_id, created_time, from_id, from_name, direction, text, attachments, reactions, reply_to,
       edited_at, deleted_at, source, created_time::text AS position
FROM facebook_messages
WHERE page_id = $1 AND conversation_id = $2
  AND ($4::timestamptz IS NULL OR (created_time, id) < ($4, $5::text))
ORDER BY created_time DESC, id DESC
LIMIT $3`;

export async function listMessages(database: Queryable, query: MessageFilter): Promise<CursorPage<MirroredMessage>> {
  const limit = toLimit(query.limit);
  const cursor = query.cursor === undefined ? undefined : readCursor(query.cursor);
  const rows = await database.query<MessageRow>(LIST_MESSAGES, [
    query.pageId,
    query.conversationId,
    limit + 1,
    cursor?.time ?? null,
    cursor?.id ?? null,
  ]);
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    items: rows.slice(0, limit).map(toMessage),
    after: last === undefined ? undefined : writeCursor({ time: last.position, id: last.id, pageId: query.pageId }),
  };
}

function toConversation(row: ConversationRow): MirroredConversation {
  return {
    id: row.id,
    pageId: row.page_id,
    platform: row.platform,
    updatedAt: row.updated_time ?? undefined,
    messageCount: row.message_count ?? undefined,
    unreadCount: row.unread_count,
    snippet: row.snippet ?? undefined,
    link: row.link ?? undefined,
    contactId: row.contact_id ?? undefined,
    contactName: row.contact_name ?? undefined,
    participants: row.participants,
    readAt: row.read_at ?? undefined,
    deliveredAt: row.delivered_at ?? undefined,
    historyComplete: row.history_complete,
    deletedAt: row.deleted_at ?? undefined,
    syncedAt: row.synced_at,
  };
}

function toMessage(row: MessageRow): MirroredMessage {
  return {
    id: row.id,
    conversationId: row.conversation_id,
    createdAt: row.created_time ?? undefined,
    fromId: row.from_id ?? undefined,
    fromName: row.from_name ?? undefined,
    direction: row.direction ?? undefined,
    text: row.text ?? undefined,
    attachments: row.attachments,
    reactions: row.reactions,
    replyTo: row.reply_to ?? undefined,
    editedAt: row.edited_at ?? undefined,
    deletedAt: row.deleted_at ?? undefined,
    source: row.source,
  };
}

function writeCursor({ time, id, pageId }: Position): string {
  return Buffer.from(JSON.stringify([time, id, pageId])).toString('base64url');
}

function readCursor(cursor: string): Position {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(parts) && parts.length === 3 && parts.every((part) => typeof part === 'string')) {
      const [time = '', id = '', pageId = ''] = parts;
      if (isTime(time) && UUID.test(pageId) && toStorableText(id) === id) return { time, id, pageId };
    }
  } catch {
    // Not base64 or not JSON: the same as any other cursor that is not ours.
  }
  throw new TidemarkError('INVALID_INPUT', 'cursor must be the nextCursor of an earlier answer.');
}

/** Whether PostgreSQL will read it as the time that it once printed: a real date, hour and offset. */
function isTime(text: string): boolean {
  if (text === '-infinity') return true;
  const [, date, hours, fraction = ''] =
    /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d{1,6})?[+-](?:0\d|1[0-5])(?::[0-5]\d){0,2}$/.exec(text) ?? [];
  const at = new Date(`${date}T${hours}${fraction.slice(0, 4)}Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(`${date}T${hours}`);
}
