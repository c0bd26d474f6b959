/** Conversations and messages of the mirror, newest first, as they are asked for and answered. */
import { z } from 'zod';
import { MESSAGE_DIRECTIONS, MESSAGE_SOURCES } from '../core/mirror.ts';
import {
  Count,
  EXAMPLE_PAGE_ID,
  FacebookList,
  Instant,
  Limit,
  pageFilter,
  PlatformSchema,
  QueryText,
  Text,
} from './fields.ts';
import { request } from './request.ts';

/** A page of a list, newest first. `nextCursor` is opaque and null at the end. */
export interface ListAnswer<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

const Cursor = QueryText.meta({ description: '`nextCursor` of the answer before; left out for the newest.' });
const NextCursor = z.string().nullable().meta({ description: 'Ask with this for what is older; null at the end.' });

export const ConversationSchema = z
  .object({
    id: z.string(),
    pageId: z.uuid(),
    platform: PlatformSchema,
    updatedTime: Instant.nullable(),
    messageCount: Count.nullable(),
    unreadCount: Count,
    snippet: z.string().nullable(),
    link: z.string().nullable(),
    contactId: z.string().nullable(),
    contactName: z.string().nullable().meta({ description: 'The username on Instagram.' }),
    participants: FacebookList,
    readAt: Instant.nullable().meta({ description: 'How far the contact has read.' }),
    deliveredAt: Instant.nullable().meta({ description: 'Up to when messages have reached the contact.' }),
    historyComplete: z.boolean().meta({ description: 'False while older messages are still to come.' }),
    deletedAt: Instant.nullable(),
    syncedAt: Instant,
  })
  .readonly()
  .meta({
    id: 'Conversation',
    example: {
      id: 't_10161234567890123',
      pageId: EXAMPLE_PAGE_ID,
      platform: 'messenger',
      updatedTime: '2026-03-01T09:29:41.000Z',
      messageCount: 12,
      unreadCount: 1,
      snippet: 'Is the sourdough still there?',
      link: '/101234567890123/inbox/10161234567890123/',
      contactId: '5566778899001122',
      contactName: 'Ada Winter',
      participants: [{ id: '5566778899001122', name: 'Ada Winter' }],
      readAt: null,
      deliveredAt: null,
      historyComplete: true,
      deletedAt: null,
      syncedAt: '2026-03-01T09:30:01.000Z',
    },
  });
export type ConversationAnswer = z.output<typeof ConversationSchema>;

/** GET /api/conversations */
export const ConversationListSchema = z
  .object({ success: z.literal(true), conversations: z.array(ConversationSchema).readonly(), nextCursor: NextCursor })
  .readonly()
  .meta({ id: 'ConversationList' });
export type ConversationListAnswer = z.output<typeof ConversationListSchema>;

export const ConversationQuerySchema = request({
  ...pageFilter('conversations', QueryText),
  platform: PlatformSchema.optional(),
  search: QueryText.meta({ description: 'Text in contact name, snippet or ids, whatever its case.' }),
  limit: Limit,
  cursor: Cursor,
});
export type ConversationQuery = Readonly<z.output<typeof ConversationQuerySchema>>;

export const MessageSchema = z
  .object({
    id: z.string(),
    conversationId: z.string(),
    createdTime: Instant.nullable(),
    fromId: z.string().nullable(),
    fromName: z.string().nullable(),
    direction: z.enum(MESSAGE_DIRECTIONS).nullable(),
    text: z.string().nullable(),
    attachments: FacebookList,
    reactions: FacebookList,
    replyTo: z.string().nullable(),
    editedAt: Instant.nullable(),
    deletedAt: Instant.nullable().meta({ description: 'When it was unsent, or found to be gone.' }),
    source: z.enum(MESSAGE_SOURCES).meta({ description: 'What brought the message first.' }),
  })
  .readonly()
  .meta({
    id: 'Message',
    example: {
      id: 'm_AbCdEf0123456789',
      conversationId: 't_10161234567890123',
      createdTime: '2026-03-01T09:29:41.000Z',
      fromId: '5566778899001122',
      fromName: 'Ada Winter',
      direction: 'inbound',
      text: 'Is the sourdough still there?',
      attachments: [],
      reactions: [],
      replyTo: null,
      editedAt: null,
      deletedAt: null,
      source: 'sync',
    },
  });
export type MessageAnswer = z.output<typeof MessageSchema>;

/** GET /api/conversations/:id/messages */
export const MessageListSchema = z
  .object({ success: z.literal(true), messages: z.array(MessageSchema).readonly(), nextCursor: NextCursor })
  .readonly()
  .meta({ id: 'MessageList' });
export type MessageListAnswer = z.output<typeof MessageListSchema>;

export const ConversationPathSchema = z.object({
  id: Text.meta({ description: 'The id of the conversation.', example: 't_10161234567890123' }),
});

export const MessageQuerySchema = request({
  pageId: QueryText.meta({ description: 'Needed only when two Pages hold a conversation with this id.' }),
  facebookPageId: QueryText.meta({ description: 'The same Page by its id at Facebook.' }),
  limit: Limit,
  cursor: Cursor,
});

export interface MessageQuery extends Readonly<z.output<typeof MessageQuerySchema>> {
  readonly conversationId: string;
}
