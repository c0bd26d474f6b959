/** Conversations of Facebook as snapshots, with the messages that came along. Their raw object is kept without those. */
import { HEAD_CURSOR } from '../core/list-pages.ts';
import type { ConversationSnapshot, CursorPage, JsonValue, MessageSnapshot, Platform } from '../core/model.ts';
import { MESSAGE_FIELDS, parseMessage } from './messages.ts';
import { type ItemProblem, parseItems, toNextCursor } from './paging.ts';
import { type Self, toContact } from './self.ts';
import {
  isObject,
  type Maybe,
  noteCutLists,
  OddItem,
  requireId,
  toCount,
  toEntries,
  toInstant,
  toName,
  toParticipant,
  toText,
} from './shapes.ts';

/** On Instagram only what is documented: a field that is not there could fail the whole call. */
const CONVERSATION_FIELDS: Readonly<Record<Platform, string>> = {
  messenger: 'id,updated_time,message_count,unread_count,snippet,link,participants',
  instagram: 'id,updated_time,participants{id,username}',
};

/** What is asked of a conversation, with its newest `messages` messages; 0 for none. */
export function toConversationFields(platform: Platform, messages: number): string {
  const fields = CONVERSATION_FIELDS[platform];
  return messages === 0 ? fields : `${fields},messages.limit(${messages}){${MESSAGE_FIELDS[platform]}}`;
}

export interface ConversationReading {
  readonly self: Self;
  /** Whether messages were asked for. */
  readonly isNested: boolean;
  /** Told of messages that could not be read. */
  readonly onProblem: (problem: ItemProblem) => void;
}

/** Throws an OddItem for what is not an object with an id. */
export function parseConversation(value: JsonValue, reading: ConversationReading): ConversationSnapshot {
  if (!isObject(value)) throw new OddItem('it is not an object');
  const id = requireId(value['id']);
  const { messages, ...raw } = value;
  const messageCount = toCount(raw['message_count']);
  // First of all: they may tell under which other ids the Page writes.
  const nested = reading.isNested
    ? toNestedMessages({ messages, messageCount, conversationId: id }, reading)
    : undefined;
  return {
    id,
    updatedAt: toInstant(raw['updated_time']),
    messageCount,
    unreadCount: toCount(raw['unread_count']),
    snippet: toText(raw['snippet']),
    link: toName(raw['link']),
    participants: toEntries(raw['participants']).flatMap((person) => toParticipant(person) ?? []),
    contact: toContact(raw['participants'], reading.self),
    messages: nested,
    raw: noteCutLists(raw, ['participants']),
  };
}

interface NestedInput {
  readonly messages: Maybe;
  readonly messageCount: number | undefined;
  readonly conversationId: string;
}

/**
 * The newest messages. Facebook leaves the list out when it is empty; a conversation that has messages, or may have,
 * and brings none, or that ends though it counts more, goes on at the head of its own list: it is not taken for whole.
 */
function toNestedMessages(
  { messages, messageCount, conversationId }: NestedInput,
  { self, onProblem }: ConversationReading,
): CursorPage<MessageSnapshot> {
  if (!isObject(messages) || !Array.isArray(messages['data'])) {
    return { items: [], after: messageCount === 0 ? undefined : HEAD_CURSOR };
  }
  const items = parseItems({
    items: messages['data'],
    parse: (message) => parseMessage(message, self),
    subject: `the messages of conversation ${conversationId}`,
    conversationId,
    onProblem,
  });
  const isShort = messageCount !== undefined && messages['data'].length < messageCount;
  return { items, after: toNextCursor(messages['paging']) ?? (isShort ? HEAD_CURSOR : undefined) };
}
