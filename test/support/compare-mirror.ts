/**
 * Holds the mirror against the world it mirrors, row by row and field by field. Every difference is a line; an equal
 * mirror gives none. Reads both sides by itself: nothing of what is tested takes part in the comparison.
 */
import pg from 'pg';
import type { Platform } from '../../simulator/model.ts';
import type { Simulator } from '../../simulator/server.ts';
import type { ConversationTruth, MessageTruth, PageTruth } from '../../simulator/truth.ts';

type Row = Record<string, unknown>;
type Fields = Record<string, unknown>;

/** Compares everything of one Page on these platforms. */
export async function compareMirrors(
  databaseUrl: string,
  { world, rules }: Pick<Simulator, 'world' | 'rules'>,
  of: { readonly facebookPageId: string; readonly platforms: readonly Platform[] },
): Promise<string[]> {
  const hidesOlder = rules.instagram.olderMessages === 'hidden';
  const compared: string[] = [];
  for (const platform of of.platforms) {
    const truth = world.truth(of.facebookPageId, platform);
    compared.push(...(await compareMirror(databaseUrl, truth, { platform, hidesOlder })));
  }
  return compared;
}

interface Compared {
  readonly platform: Platform;
  /** Whether lists leave out messages that cannot be read. */
  readonly hidesOlder: boolean;
}

/** Compares everything of one Page on one platform. */
export async function compareMirror(
  databaseUrl: string,
  truth: PageTruth,
  { platform = 'messenger', hidesOlder = false }: Partial<Compared> = {},
): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const mirrored = async (table: string, conversationKey: string): Promise<Row[]> => {
      const answer = await client.query<Row>(
        `SELECT mirrored.* FROM ${table} AS mirrored
           JOIN facebook_pages AS page ON page.id = mirrored.page_id
           JOIN facebook_conversations AS held ON held.page_id = page.id AND held.id = mirrored.${conversationKey}
         WHERE page.facebook_page_id = $1 AND held.platform = $2`,
        [truth.id, platform],
      );
      return answer.rows;
    };
    const conversations = truth.conversations.filter((conversation) => conversation.platform === platform);
    const rows = await mirrored('facebook_conversations', 'id');
    // What is gone in the world stays in the mirror, marked; its messages stay as they are.
    const shown = new Set(conversations.map(({ id }) => id));
    const marked = new Set(rows.filter((row) => row['deleted_at'] !== null && !shown.has(String(row['id']))).map(idOf));
    const messageRows = await mirrored('facebook_messages', 'conversation_id');
    const emptied = messageRows.filter((row) => row['deleted_at'] !== null);
    const held = new Map(
      messageRows
        .filter((row) => row['deleted_at'] === null && !marked.has(String(row['conversation_id'])))
        .map((row) => [idOf(row), fromMessage(row)]),
    );
    return [
      ...emptied.filter(saysSomething).map((row) => `message ${idOf(row)} is gone, and says something all the same`),
      ...compare('conversation', {
        expected: new Map(conversations.map((conversation) => [conversation.id, toConversation(conversation)])),
        actual: new Map(rows.filter((row) => !marked.has(idOf(row))).map((row) => [idOf(row), fromConversation(row)])),
      }),
      ...compare('message', {
        expected: new Map(
          conversations.flatMap((conversation) =>
            conversation.messages
              .filter((message) => message.isReadable || !hidesOlder || held.has(message.id))
              .map((message) => [message.id, toMessage(conversation, message, held.get(message.id))]),
          ),
        ),
        actual: held,
      }),
    ];
  } finally {
    await client.end();
  }
}

/** Of a message that is gone nothing may be left but that it was there. */
function saysSomething(row: Row): boolean {
  const { text, attachments, reactions, raw } = row as { text: unknown; attachments: []; reactions: []; raw: object };
  const said = Object.keys(raw).filter((name) => name !== 'id' && name !== 'created_time');
  return text !== null || attachments.length > 0 || reactions.length > 0 || said.length > 0;
}

function idOf(row: Row): string {
  return String(row['id']);
}

function compare(kind: string, sides: { expected: Map<string, Fields>; actual: Map<string, Fields> }): string[] {
  const { expected, actual } = sides;
  const differences: string[] = [];
  for (const [id, fields] of expected) {
    const row = actual.get(id);
    if (row === undefined) {
      differences.push(`${kind} ${id} is missing in the mirror`);
      continue;
    }
    for (const [field, value] of Object.entries(fields)) {
      const wanted = JSON.stringify(value);
      const found = JSON.stringify(row[field]);
      if (wanted !== found) differences.push(`${kind} ${id}: ${field} is ${found}, in the world ${wanted}`);
    }
  }
  for (const id of actual.keys()) {
    if (!expected.has(id)) differences.push(`${kind} ${id} is in the mirror but not in the world`);
  }
  return differences;
}

function toConversation(conversation: ConversationTruth): Fields {
  const contact = conversation.participants?.find((person) => person.id === conversation.customer.id);
  return {
    platform: conversation.platform,
    updatedTime: conversation.updatedTime ?? null,
    messageCount: conversation.messageCount ?? null,
    unreadCount: conversation.unreadCount ?? 0,
    snippet: storable(conversation.snippet),
    link: storable(conversation.link),
    contactId: contact?.id ?? null,
    contactName: storable(contact?.name),
    participants: (conversation.participants ?? []).map(({ id, name }) => [id, storable(name)]),
    deleted: false,
  };
}

function fromConversation(row: Row): Fields {
  const participants = row['participants'] as readonly { id?: string; name?: string; username?: string }[];
  return {
    platform: row['platform'],
    updatedTime: toSeconds(row['updated_time']),
    messageCount: row['message_count'],
    unreadCount: row['unread_count'],
    snippet: row['snippet'],
    link: row['link'],
    contactId: row['contact_id'],
    contactName: row['contact_name'],
    participants: participants.map(({ id, name, username }) => [id, name ?? username ?? null]),
    deleted: row['deleted_at'] !== null,
  };
}

/** A message that cannot be read any more is held as it was read before, or with nothing but its id and time. */
function toMessage(
  { id: conversationId, platform }: ConversationTruth,
  message: MessageTruth,
  held: Fields | undefined,
): Fields {
  const place = { conversationId, createdTime: message.createdTime, rawId: message.id };
  if (held?.['isBare'] === true) {
    return message.isReadable ? { ...place, isBare: `not, in conversation ${conversationId}` } : place;
  }
  const sent = message.sentByPage ? 'outbound' : 'inbound';
  const isTagged = message.sentByPage && platform === 'messenger';
  const { story } = message;
  return {
    ...place,
    isBare: false,
    fromId: message.from?.id ?? null,
    fromName: storable(message.from?.name),
    // Without a sender only the tag on what a Page sent tells anything.
    direction: message.from === undefined && !isTagged ? null : sent,
    text: storable(message.text),
    attachments: message.attachments.map(({ id }) => id),
    shares: message.shares.map(({ link }) => link),
    sticker: message.sticker ?? null,
    reactions: message.reactions.map(({ reaction, person }) => [reaction, person.id]),
    replyTo: message.replyTo ?? null,
    story: story === undefined ? null : [story.kind === 'reply' ? 'reply_to' : 'mention', story.id],
    isUnsupported: message.isUnsupported,
  };
}

function fromMessage(row: Row): Fields {
  const attachments = row['attachments'] as readonly { id?: string; type?: string; link?: string; url?: string }[];
  const reactions = row['reactions'] as readonly { reaction: string; users?: readonly { id: string }[] }[];
  const raw = row['raw'] as { id?: string; story?: Record<string, { id?: string }>; is_unsupported?: boolean };
  const [story] = Object.entries(raw.story ?? {});
  return {
    isBare: Object.keys(raw).every((name) => name === 'id' || name === 'created_time'),
    conversationId: row['conversation_id'],
    createdTime: toSeconds(row['created_time']),
    fromId: row['from_id'],
    fromName: row['from_name'],
    direction: row['direction'],
    text: row['text'],
    attachments: attachments.filter(({ type }) => type === undefined).map(({ id }) => id),
    shares: attachments.filter(({ type }) => type === 'share').map(({ link }) => link),
    sticker: attachments.find(({ type }) => type === 'sticker')?.url ?? null,
    reactions: reactions.map(({ reaction, users }) => [reaction, users?.[0]?.id]),
    replyTo: row['reply_to'],
    rawId: raw.id,
    story: story === undefined ? null : [story[0], story[1].id],
    isUnsupported: raw.is_unsupported === true,
  };
}

/** What PostgreSQL can hold of a text: everything but NUL and lone surrogates. */
function storable(text: string | undefined): string | null {
  return text === undefined ? null : text.toWellFormed().replaceAll('\0', '\uFFFD');
}

function toSeconds(time: unknown): string | null {
  return time instanceof Date ? `${time.toISOString().slice(0, 19)}Z` : null;
}
