/** Conversations and messages as the mirror holds them, for those who read it. */
import type { Instant, JsonValue, Platform } from './model.ts';

export interface MirroredConversation {
  readonly id: string;
  readonly pageId: string;
  readonly platform: Platform;
  readonly updatedAt: Instant | undefined;
  readonly messageCount: number | undefined;
  readonly unreadCount: number;
  readonly snippet: string | undefined;
  readonly link: string | undefined;
  readonly contactId: string | undefined;
  readonly contactName: string | undefined;
  readonly participants: JsonValue;
  readonly readAt: Instant | undefined;
  readonly deliveredAt: Instant | undefined;
  readonly historyComplete: boolean;
  readonly deletedAt: Instant | undefined;
  readonly syncedAt: Instant;
}

export const MESSAGE_DIRECTIONS = ['inbound', 'outbound'] as const;
/** What brought a message first. */
export const MESSAGE_SOURCES = ['sync', 'history', 'webhook'] as const;

export interface MirroredMessage {
  readonly id: string;
  readonly conversationId: string;
  readonly createdAt: Instant | undefined;
  readonly fromId: string | undefined;
  readonly fromName: string | undefined;
  readonly direction: (typeof MESSAGE_DIRECTIONS)[number] | undefined;
  readonly text: string | undefined;
  readonly attachments: JsonValue;
  readonly reactions: JsonValue;
  readonly replyTo: string | undefined;
  readonly editedAt: Instant | undefined;
  readonly deletedAt: Instant | undefined;
  readonly source: (typeof MESSAGE_SOURCES)[number];
}
