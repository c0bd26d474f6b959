/**
 * The truth about a Page as plain data, for comparing a mirror with the world field by field. Facebook's words and
 * omissions do not occur here, except where a fact really is absent.
 */
import { linkOf, participantsOf, snippetOf } from './conversation-facts.ts';
import { newestMessages } from './messages.ts';
import type { Ground } from './ground.ts';
import type { Attachment, Conversation, Message, Person, Platform, Reaction, Share } from './model.ts';

export interface MessageTruth {
  readonly id: string;
  /** ISO 8601 to the second, as precise as Facebook shows it. */
  readonly createdTime: string;
  readonly sentByPage: boolean;
  readonly from: Person | undefined;
  /** Exactly as written: NUL and lone surrogates included. */
  readonly text: string | undefined;
  readonly attachments: readonly Attachment[];
  readonly shares: readonly Share[];
  readonly sticker: string | undefined;
  readonly reactions: readonly Reaction[];
  readonly replyTo: string | undefined;
  readonly numberOfEdits: number;
}

export interface ConversationTruth {
  readonly id: string;
  readonly platform: Platform;
  readonly customer: Person;
  /** ISO 8601 to the second; undefined when Facebook shows none. */
  readonly updatedTime: string | undefined;
  readonly messageCount: number;
  readonly unreadCount: number;
  readonly snippet: string | undefined;
  readonly link: string;
  readonly participants: readonly Person[] | undefined;
  /** Oldest first. */
  readonly messages: readonly MessageTruth[];
  readonly deletedMessages: readonly MessageTruth[];
}

export interface PageTruth {
  readonly id: string;
  readonly name: string;
  readonly instagramId: string | undefined;
  /** Newest first, Messenger before Instagram. */
  readonly conversations: readonly ConversationTruth[];
  readonly deletedConversations: readonly ConversationTruth[];
}

export function pageTruth(ground: Ground, pageId: string): PageTruth {
  const page = ground.page(pageId);
  const { messenger, instagram } = page.timelines;
  const living = [...messenger.slice(0, messenger.size), ...instagram.slice(0, instagram.size)];
  const toTruth = (conversation: Conversation): ConversationTruth => conversationTruth(ground, conversation);
  return {
    id: page.id,
    name: page.name,
    instagramId: page.instagram?.id,
    conversations: living.map(toTruth),
    deletedConversations: page.conversations.filter(({ deleted }) => deleted).map(toTruth),
  };
}

function conversationTruth(ground: Ground, conversation: Conversation): ConversationTruth {
  const messages = newestMessages(ground.origin, conversation, { offset: 0, count: Infinity });
  return {
    id: conversation.id,
    platform: conversation.platform,
    customer: conversation.customer,
    updatedTime: conversation.oddity === 'no-updated-time' ? undefined : toIsoSeconds(conversation.updatedAt),
    messageCount: messages.length,
    unreadCount: conversation.unreadCount,
    snippet: snippetOf(messages[0]),
    link: linkOf(conversation),
    participants: participantsOf(conversation),
    messages: messages.toReversed().map(messageTruth),
    deletedMessages: conversation.deletedMessages.map(messageTruth),
  };
}

function messageTruth(message: Message): MessageTruth {
  const { id, createdAt, sentByPage, from, text, attachments, shares, sticker, reactions, replyTo } = message;
  const createdTime = toIsoSeconds(createdAt);
  const { numberOfEdits } = message;
  return {
    id,
    createdTime,
    sentByPage,
    from,
    text,
    attachments,
    shares,
    sticker,
    reactions,
    replyTo,
    numberOfEdits,
  };
}

function toIsoSeconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
