/** Conversations and messages of the mirror as the API answers them, and how to ask for them. */
import { z } from '@hono/zod-openapi';
import type { ConversationAnswer, ConversationListAnswer, MessageAnswer, MessageListAnswer } from '../api.ts';
import { Count, FacebookList, Instant, Limit, QueryText, Text, PlatformSchema } from './fields.ts';

const EXAMPLE_PAGE_ID = '0199a3c4-5b6d-7e8f-9a0b-1c2d3e4f5a6b';

const Cursor = QueryText.openapi({ description: '`nextCursor` of the answer before; left out for the newest.' });
const NextCursor = z.string().nullable().openapi({ description: 'Ask with this for what is older; null at the end.' });

const ConversationSchema = z
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
    contactName: z.string().nullable().openapi({ description: 'The username on Instagram.' }),
    participants: FacebookList,
    readAt: Instant.nullable().openapi({ description: 'How far the contact has read.' }),
    deliveredAt: Instant.nullable().openapi({ description: 'Up to when messages have reached the contact.' }),
    historyComplete: z.boolean().openapi({ description: 'False while older messages are still to come.' }),
    deletedAt: Instant.nullable(),
    syncedAt: Instant,
  })
  .openapi('Conversation', {
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
  }) satisfies z.ZodType<ConversationAnswer>;

export const ConversationListSchema = z
  .object({ success: z.literal(true), conversations: z.array(ConversationSchema).readonly(), nextCursor: NextCursor })
  .openapi('ConversationList') satisfies z.ZodType<ConversationListAnswer>;

export const ConversationQuerySchema = z.object({
  pageId: QueryText.openapi({ description: 'Only conversations of this Page (uuid).' }),
  platform: PlatformSchema.optional(),
  search: QueryText.openapi({ description: 'Text in contact name, snippet or ids, whatever its case.' }),
  limit: Limit,
  cursor: Cursor,
});

const MessageSchema = z
  .object({
    id: z.string(),
    conversationId: z.string(),
    createdTime: Instant.nullable(),
    fromId: z.string().nullable(),
    fromName: z.string().nullable(),
    direction: z.enum(['inbound', 'outbound']).nullable(),
    text: z.string().nullable(),
    attachments: FacebookList,
    reactions: FacebookList,
    replyTo: z.string().nullable(),
    editedAt: Instant.nullable(),
    deletedAt: Instant.nullable().openapi({ description: 'When it was unsent, or found to be gone.' }),
    source: z.enum(['sync', 'history', 'webhook']).openapi({ description: 'What brought the message first.' }),
  })
  .openapi('Message', {
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
  }) satisfies z.ZodType<MessageAnswer>;

export const MessageListSchema = z
  .object({ success: z.literal(true), messages: z.array(MessageSchema).readonly(), nextCursor: NextCursor })
  .openapi('MessageList') satisfies z.ZodType<MessageListAnswer>;

export const ConversationPathSchema = z.object({
  id: Text.openapi({ description: 'The id of the conversation.', example: 't_10161234567890123' }),
});

export const MessageQuerySchema = z.object({
  pageId: QueryText.openapi({ description: 'Needed only when two Pages hold a conversation with this id.' }),
  limit: Limit,
  cursor: Cursor,
});
