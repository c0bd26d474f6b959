/** Conversations and messages of the mirror as they are shown. */
import type { MirroredConversation, MirroredMessage } from '../../core/mirror.ts';
import type { CursorPage } from '../../core/model.ts';
import type { ConversationAnswer, ListAnswer, MessageAnswer } from '../conversations.ts';
import { toIso, toIsoOrNull } from './in-words.ts';

export function toListView<T, View>({ items, after }: CursorPage<T>, toView: (item: T) => View): ListAnswer<View> {
  return { items: items.map(toView), nextCursor: after ?? null };
}

export function toConversationView({ updatedAt, ...conversation }: MirroredConversation): ConversationAnswer {
  return {
    ...conversation,
    updatedTime: toIsoOrNull(updatedAt),
    messageCount: conversation.messageCount ?? null,
    snippet: conversation.snippet ?? null,
    link: conversation.link ?? null,
    contactId: conversation.contactId ?? null,
    contactName: conversation.contactName ?? null,
    readAt: toIsoOrNull(conversation.readAt),
    deliveredAt: toIsoOrNull(conversation.deliveredAt),
    deletedAt: toIsoOrNull(conversation.deletedAt),
    syncedAt: toIso(conversation.syncedAt),
  };
}

export function toMessageView({ createdAt, ...message }: MirroredMessage): MessageAnswer {
  return {
    ...message,
    createdTime: toIsoOrNull(createdAt),
    fromId: message.fromId ?? null,
    fromName: message.fromName ?? null,
    direction: message.direction ?? null,
    text: message.text ?? null,
    replyTo: message.replyTo ?? null,
    editedAt: toIsoOrNull(message.editedAt),
    deletedAt: toIsoOrNull(message.deletedAt),
  };
}
