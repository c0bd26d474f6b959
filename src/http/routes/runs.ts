/** The history of syncs. Nothing here changes it. */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import type { Tidemark } from '../../core/engine-api.ts';
import { refuseInvalidInput } from '../invalid-input.ts';
import { json } from '../schemas/fields.ts';
import { ANYWHERE, problems } from '../schemas/problem.ts';
import { RunFoundSchema, RunListSchema, RunPathSchema, RunQuerySchema } from '../schemas/runs.ts';

const tags = ['Runs'];

const listRuns = createRoute({
  method: 'get',
  path: '/api/runs',
  operationId: 'listRuns',
  summary: 'List runs, newest first',
  tags,
  request: { query: RunQuerySchema },
  responses: {
    200: { description: 'The newest runs, of one Page or of all.', content: json(RunListSchema) },
    ...problems('INVALID_INPUT', 'PAGE_IDS_DISAGREE', 'PAGE_NOT_FOUND', ...ANYWHERE),
  },
});

const findRun = createRoute({
  method: 'get',
  path: '/api/runs/{id}',
  operationId: 'findRun',
  summary: 'One run',
  tags,
  request: { params: RunPathSchema },
  responses: {
    200: { description: 'The run as it stands.', content: json(RunFoundSchema) },
    ...problems('INVALID_INPUT', 'RUN_NOT_FOUND', ...ANYWHERE),
  },
});

export function runRoutes({ runs }: Tidemark) {
  return new OpenAPIHono({ defaultHook: refuseInvalidInput })
    .openapi(listRuns, async (c) =>
      c.json({ success: true as const, runs: await runs.list(c.req.valid('query')) }, 200),
    )
    .openapi(findRun, async (c) =>
      c.json({ success: true as const, run: await runs.find(c.req.valid('param').id) }, 200),
    );
}
