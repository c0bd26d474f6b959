/**
 * Starting a sync and waiting for its answer. A client that goes away does not stop the run: nothing of the request is
 * handed on that could.
 */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Tidemark } from '../../api/tidemark.ts';
import { jsonBody } from '../json-body.ts';
import { requirePageRef } from '../page-ref.ts';
import { defineRoute } from '../define-route.ts';
import { json, ANYWHERE, BODY_FAULTS, FACEBOOK_FAULTS, problems } from '../responses.ts';
import {
  SyncAllRequestSchema,
  SyncAllSchema,
  SyncRequestSchema,
  SyncSchema,
  SyncStreamSchema,
} from '../../api/sync.ts';
import { streamSync } from '../sync-stream.ts';

const tags = ['Sync'];

const sync = defineRoute({
  method: 'post',
  path: '/api/conversations/sync',
  operationId: 'sync',
  summary: 'Sync one Page',
  description:
    'Full the first time or when forced, incremental after. While a sync of the Page is running, joins that run and ' +
    'answers with its result.',
  tags,
  middleware: jsonBody,
  request: { body: { required: true, content: json(SyncRequestSchema) } },
  responses: {
    200: { description: 'What the run did.', content: json(SyncSchema) },
    ...problems(
      'PAGE_ID_REQUIRED',
      'PAGE_IDS_DISAGREE',
      ...BODY_FAULTS,
      'PAGE_NOT_FOUND',
      'TOKEN_MISSING',
      'PAGE_BUSY',
      'RUN_CANCELLED',
      'LEASE_LOST',
      'SYNC_INCOMPLETE',
      'SHUTTING_DOWN',
      ...FACEBOOK_FAULTS,
      ...ANYWHERE,
    ),
  },
});

const syncStream = defineRoute({
  method: 'post',
  path: '/api/conversations/sync-stream',
  operationId: 'syncStream',
  summary: 'Sync one Page and watch it',
  description:
    'The same as `sync`, told while it happens: one `starting` event, any number of `syncing` and `heartbeat` events, ' +
    'then one of `complete`, `partial` or `error` with all fields of the answer. Each event is one chunk, ' +
    '`data: <JSON>` and two line feeds. A client that goes away does not stop the run.',
  tags,
  middleware: jsonBody,
  request: { body: { required: true, content: json(SyncRequestSchema) } },
  responses: {
    200: { description: 'The events.', content: { 'text/event-stream': { schema: SyncStreamSchema } } },
    ...problems('PAGE_ID_REQUIRED', 'PAGE_IDS_DISAGREE', ...BODY_FAULTS, 'PAGE_NOT_FOUND', ...ANYWHERE),
  },
});

const syncAll = defineRoute({
  method: 'post',
  path: '/api/conversations/sync-all',
  operationId: 'syncAll',
  summary: 'Sync all active Pages in parallel',
  description: "The body may be left out. One Page's failure is a row of the answer and never stops another Page.",
  tags,
  middleware: jsonBody,
  request: { body: { required: false, content: json(SyncAllRequestSchema) } },
  responses: {
    200: { description: 'What was done, Page by Page.', content: json(SyncAllSchema) },
    ...problems(...BODY_FAULTS, ...ANYWHERE),
  },
});

export function syncRoutes(tidemark: Tidemark) {
  return new OpenAPIHono()
    .openapi(sync, async (c) => {
      const request = c.req.valid('json');
      requirePageRef(request);
      return c.json(await tidemark.sync({ ...request, trigger: 'api' }), 200);
    })
    .openapi(syncStream, async (c) => {
      const request = c.req.valid('json');
      // What is wrong with the request is said by the status; only the run itself is told as events.
      const { id } = await tidemark.pages.find(request);
      return c.body(streamSync(tidemark, { ...request, pageId: id, trigger: 'api' }), 200, {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'X-Accel-Buffering': 'no',
      });
    })
    .openapi(syncAll, async (c) => c.json(await tidemark.syncAll({ ...c.req.valid('json'), trigger: 'api' }), 200));
}
