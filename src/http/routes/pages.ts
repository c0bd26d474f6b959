/** The Pages: list, connect, pause, resume, remove. Nothing here starts a sync. */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Tidemark } from '../../api/tidemark.ts';
import { jsonBody } from '../json-body.ts';
import {
  ConnectPagesSchema,
  ConnectRequestSchema,
  PageChangedSchema,
  PageChangeRequestSchema,
  PageListSchema,
  PagePathSchema,
  PageRemovedSchema,
} from '../../api/pages.ts';
import { defineRoute } from '../define-route.ts';
import { json, ANYWHERE, BODY_FAULTS, FACEBOOK_FAULTS, problems } from '../responses.ts';

const tags = ['Pages'];

const listPages = defineRoute({
  method: 'get',
  path: '/api/pages',
  operationId: 'listPages',
  summary: 'List the connected Pages',
  tags,
  responses: {
    200: { description: 'Every Page, paused ones included.', content: json(PageListSchema) },
    ...problems(...ANYWHERE),
  },
});

const connectPages = defineRoute({
  method: 'post',
  path: '/api/pages',
  operationId: 'connectPages',
  summary: 'Connect Pages with an access token',
  description:
    'A user token connects every Page it can message as, a Page token that Page. A known Page gets the new token ' +
    'and is connected again. Starts no sync.',
  tags,
  middleware: jsonBody,
  request: { body: { required: true, content: json(ConnectRequestSchema) } },
  responses: {
    200: { description: 'What became of each Page that the token shows.', content: json(ConnectPagesSchema) },
    ...problems(...BODY_FAULTS, 'TOKEN_INVALID', ...FACEBOOK_FAULTS, ...ANYWHERE),
  },
});

const changePage = defineRoute({
  method: 'patch',
  path: '/api/pages/{id}',
  operationId: 'changePage',
  summary: 'Pause or resume a Page',
  tags,
  middleware: jsonBody,
  request: { params: PagePathSchema, body: { required: true, content: json(PageChangeRequestSchema) } },
  responses: {
    200: { description: 'The Page as it is now.', content: json(PageChangedSchema) },
    ...problems(...BODY_FAULTS, 'PAGE_NOT_FOUND', ...ANYWHERE),
  },
});

const removePage = defineRoute({
  method: 'delete',
  path: '/api/pages/{id}',
  operationId: 'removePage',
  summary: 'Remove a Page with everything mirrored of it',
  tags,
  request: { params: PagePathSchema },
  responses: {
    200: { description: 'It is gone.', content: json(PageRemovedSchema) },
    ...problems('PAGE_NOT_FOUND', ...ANYWHERE),
  },
});

export function pageRoutes({ pages }: Tidemark) {
  return new OpenAPIHono()
    .openapi(listPages, async (c) => c.json({ success: true as const, pages: await pages.list() }, 200))
    .openapi(connectPages, async (c) => {
      const { connected, ...rest } = await pages.connect(c.req.valid('json').accessToken);
      return c.json({ success: true as const, pages: connected, ...rest }, 200);
    })
    .openapi(changePage, async (c) => {
      const page = await pages.setActive(c.req.valid('param').id, c.req.valid('json').isActive);
      return c.json({ success: true as const, page }, 200);
    })
    .openapi(removePage, async (c) => {
      await pages.remove(c.req.valid('param').id);
      return c.json({ success: true as const }, 200);
    });
}
