/** Reading the mirror: conversations and their messages, newest first. Nothing here calls Facebook. */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import type { Tidemark } from '../../core/engine-api.ts';
import { refuseInvalidInput } from '../invalid-input.ts';
import {
  ConversationListSchema,
  ConversationPathSchema,
  ConversationQuerySchema,
  MessageListSchema,
  MessageQuerySchema,
} from '../schemas/conversations.ts';
import { json } from '../schemas/fields.ts';
import { ANYWHERE, problems } from '../schemas/problem.ts';

const tags = ['Conversations'];

const listConversations = createRoute({
  method: 'get',
  path: '/api/conversations',
  operationId: 'listConversations',
  summary: 'List conversations, newest first',
  tags,
  request: { query: ConversationQuerySchema },
  responses: {
    200: { description: 'One page of the list.', content: json(ConversationListSchema) },
    ...problems('INVALID_INPUT', 'PAGE_NOT_FOUND', ...ANYWHERE),
  },
});

const listMessages = createRoute({
  method: 'get',
  path: '/api/conversations/{id}/messages',
  operationId: 'listMessages',
  summary: 'List the messages of a conversation, newest first',
  tags,
  request: { params: ConversationPathSchema, query: MessageQuerySchema },
  responses: {
    200: { description: 'One page of the list.', content: json(MessageListSchema) },
    ...problems('INVALID_INPUT', 'CONVERSATION_NOT_FOUND', ...ANYWHERE),
  },
});

export function conversationRoutes({ conversations }: Tidemark) {
  return new OpenAPIHono({ defaultHook: refuseInvalidInput })
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
