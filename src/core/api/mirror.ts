/** Conversations and messages of the mirror as they are read, newest first. */
import type { JsonValue, Platform } from '../model.ts';

/** A page of a list, newest first. `nextCursor` is opaque and null at the end. */
export interface ListAnswer<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

export interface ConversationQuery {
  readonly pageId?: string | undefined;
  readonly platform?: Platform | undefined;
  /** Case-insensitive text looked for in contact name, snippet and ids. */
  readonly search?: string | undefined;
  /** 1 to 200. Default: 50. */
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface ConversationAnswer {
  readonly id: string;
  readonly pageId: string;
  readonly platform: Platform;
  readonly updatedTime: string | null;
  readonly messageCount: number | null;
  readonly unreadCount: number;
  readonly snippet: string | null;
  readonly link: string | null;
  readonly contactId: string | null;
  readonly contactName: string | null;
  readonly participants: JsonValue;
  readonly readAt: string | null;
  readonly deliveredAt: string | null;
  readonly historyComplete: boolean;
  readonly deletedAt: string | null;
  readonly syncedAt: string;
}

export interface MessageQuery {
  readonly conversationId: string;
  /** Needed only when two Pages hold a conversation with this id. */
  readonly pageId?: string | undefined;
  /** 1 to 200. Default: 50. */
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface MessageAnswer {
  readonly id: string;
  readonly conversationId: string;
  readonly createdTime: string | null;
  readonly fromId: string | null;
  readonly fromName: string | null;
  readonly direction: 'inbound' | 'outbound' | null;
  readonly text: string | null;
  readonly attachments: JsonValue;
  readonly reactions: JsonValue;
  readonly replyTo: string | null;
  readonly editedAt: string | null;
  readonly deletedAt: string | null;
  readonly source: 'sync' | 'history' | 'webhook';
}
