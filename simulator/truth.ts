/**
 * The truth about a Page as plain data, for comparing a mirror with the world field by field. Facebook's words and
 * omissions do not occur here, except where a fact really is absent.
 */
import { lacksFields, linkOf, participantsOf, snippetOf } from './conversation-facts.ts';
import { newestMessages } from './messages.ts';
import type { Ground } from './ground.ts';
import type { Attachment, Conversation, Message, Person, Platform, Reaction, Share, Story } from './model.ts';
import type { Rules } from './options.ts';

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
  readonly story: Story | undefined;
  readonly isUnsupported: boolean;
  readonly reactions: readonly Reaction[];
  readonly replyTo: string | undefined;
  readonly numberOfEdits: number;
  /** Whether the API shows more of it than id and time, as long as nothing is added. */
  readonly isReadable: boolean;
}

export interface ConversationTruth {
  readonly id: string;
  readonly platform: Platform;
  readonly customer: Person;
  /** ISO 8601 to the second; undefined when Facebook shows none. */
  readonly updatedTime: string | undefined;
  /** This and the next three are undefined where Instagram does not show them. */
  readonly messageCount: number | undefined;
  readonly unreadCount: number | undefined;
  readonly snippet: string | undefined;
  readonly link: string | undefined;
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

/** Of both platforms, unless one is named. */
export function pageTruth(input: {
  readonly ground: Ground;
  readonly rules: Rules;
  readonly pageId: string;
  readonly platform: Platform | undefined;
}): PageTruth {
  const { ground, rules, pageId, platform } = input;
  const page = ground.page(pageId);
  const platforms = platform === undefined ? (['messenger', 'instagram'] as const) : [platform];
  const living = platforms.flatMap((each) => page.timelines[each].slice(0, page.timelines[each].size));
  const gone = page.conversations.filter((one) => one.deleted && platforms.includes(one.platform));
  const toTruth = (conversation: Conversation): ConversationTruth => conversationTruth(ground, rules, conversation);
  return {
    id: page.id,
    name: page.name,
    instagramId: page.instagram?.id,
    conversations: living.map(toTruth),
    deletedConversations: gone.map(toTruth),
  };
}

function conversationTruth(ground: Ground, rules: Rules, conversation: Conversation): ConversationTruth {
  const readable = rules.readableMessages[conversation.platform];
  const isWhole = !lacksFields(conversation, rules);
  const messages = newestMessages(ground.origin, conversation, { offset: 0, count: Infinity });
  return {
    id: conversation.id,
    platform: conversation.platform,
    customer: conversation.customer,
    updatedTime: conversation.oddity === 'no-updated-time' ? undefined : toIsoSeconds(conversation.updatedAt),
    messageCount: isWhole ? messages.length : undefined,
    unreadCount: isWhole ? conversation.unreadCount : undefined,
    snippet: isWhole ? snippetOf(messages[0]) : undefined,
    link: isWhole ? linkOf(conversation) : undefined,
    participants: participantsOf(conversation),
    messages: messages.map((message, offset) => messageTruth(message, offset < readable)).toReversed(),
    deletedMessages: conversation.deletedMessages.map((message) => messageTruth(message, false)),
  };
}

function messageTruth(message: Message, isReadable: boolean): MessageTruth {
  const { createdAt, ordinal: _ordinal, to: _to, writtenText: _writtenText, ...shown } = message;
  return { ...shown, createdTime: toIsoSeconds(createdAt), isReadable };
}

function toIsoSeconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
