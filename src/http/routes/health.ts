/**
 * For supervisors: whether the process lives, and whether it can do its work. The first never asks the database, so
 * that an outage there does not get a healthy process killed.
 */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Tidemark } from '../../api/tidemark.ts';
import { toProblem } from '../problem.ts';
import { AliveSchema, ReadySchema } from '../../api/health.ts';
import { NotReadySchema } from '../../api/problem.ts';
import { defineRoute } from '../define-route.ts';
import { json, problems } from '../responses.ts';

const tags = ['Health'];

const alive = defineRoute({
  method: 'get',
  path: '/healthz',
  operationId: 'healthz',
  summary: 'Whether the process lives',
  tags,
  responses: { 200: { description: 'It does.', content: json(AliveSchema) }, ...problems('INVALID_INPUT') },
});

const ready = defineRoute({
  method: 'get',
  path: '/readyz',
  operationId: 'readyz',
  summary: 'Whether database and schema are usable',
  tags,
  responses: {
    200: { description: 'They are.', content: json(ReadySchema) },
    503: { description: 'They are not, and why.', content: json(NotReadySchema) },
    ...problems('INVALID_INPUT'),
  },
});

export function healthRoutes(tidemark: Tidemark) {
  return new OpenAPIHono()
    .openapi(alive, (c) => c.json({ status: 'ok' as const }, 200))
    .openapi(ready, async (c) => {
      try {
        await tidemark.checkReady();
      } catch (error) {
        const { headers, body } = toProblem(error, 503);
        return c.json({ status: 'unavailable' as const, ...body }, 503, headers);
      }
      return c.json({ status: 'ready' as const }, 200);
    });
}
