/** Reading the mirror: conversations and their messages, newest first. Nothing here calls Facebook. */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Tidemark } from '../../api/tidemark.ts';
import {
  ConversationListSchema,
  ConversationPathSchema,
  ConversationQuerySchema,
  MessageListSchema,
  MessageQuerySchema,
} from '../../api/conversations.ts';
import { defineRoute } from '../define-route.ts';
import { json, ANYWHERE, problems } from '../responses.ts';

const tags = ['Conversations'];

const listConversations = defineRoute({
  method: 'get',
  path: '/api/conversations',
  operationId: 'listConversations',
  summary: 'List conversations, newest first',
  tags,
  request: { query: ConversationQuerySchema },
  responses: {
    200: { description: 'One page of the list.', content: json(ConversationListSchema) },
    ...problems('PAGE_IDS_DISAGREE', 'PAGE_NOT_FOUND', ...ANYWHERE),
  },
});

const listMessages = defineRoute({
  method: 'get',
  path: '/api/conversations/{id}/messages',
  operationId: 'listMessages',
  summary: 'List the messages of a conversation, newest first',
  tags,
  request: { params: ConversationPathSchema, query: MessageQuerySchema },
  responses: {
    200: { description: 'One page of the list.', content: json(MessageListSchema) },
    ...problems('PAGE_IDS_DISAGREE', 'PAGE_NOT_FOUND', 'CONVERSATION_NOT_FOUND', ...ANYWHERE),
  },
});

export function conversationRoutes({ conversations }: Tidemark) {
  return new OpenAPIHono()
    .openapi(listConversations, async (c) => {
      const { items, nextCursor } = await conversations.list(c.req.valid('query'));
      return c.json({ success: true as const, conversations: items, nextCursor }, 200);
    })
    .openapi(listMessages, async (c) => {
      const { items, nextCursor } = await conversations.messages({
        conversationId: c.req.valid('param').id,
        ...c.req.valid('query'),
      });
      return c.json({ success: true as const, messages: items, nextCursor }, 200);
    });
}
