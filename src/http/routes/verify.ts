/**
 * Comparing the mirror with Facebook and waiting for the answer. A client that goes away does not stop the run: nothing
 * of the request is handed on that could.
 */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Tidemark } from '../../api/tidemark.ts';
import { jsonBody } from '../json-body.ts';
import { requirePageRef } from '../page-ref.ts';
import { defineRoute } from '../define-route.ts';
import { json, ANYWHERE, BODY_FAULTS, FACEBOOK_FAULTS, problems } from '../responses.ts';
import { VerifyRequestSchema, VerifySchema } from '../../api/verify.ts';

const verify = defineRoute({
  method: 'post',
  path: '/api/conversations/verify',
  operationId: 'verify',
  summary: 'Compare the mirror of one Page with Facebook',
  description:
    'Walks the whole list of conversations and names every difference, also where the number of stored messages is not ' +
    'what it was or what Facebook counts; with `repair` it also makes the mirror whole again. What a message says is ' +
    'compared with `deep` only. Steps aside for syncs and goes on after them.',
  tags: ['Verify'],
  middleware: jsonBody,
  request: { body: { required: true, content: json(VerifyRequestSchema) } },
  responses: {
    200: { description: 'What differs.', content: json(VerifySchema) },
    ...problems(
      'PAGE_ID_REQUIRED',
      'PAGE_IDS_DISAGREE',
      ...BODY_FAULTS,
      'PAGE_NOT_FOUND',
      'TOKEN_MISSING',
      'PAGE_BUSY',
      'RUN_CANCELLED',
      'LEASE_LOST',
      'SHUTTING_DOWN',
      ...FACEBOOK_FAULTS,
      ...ANYWHERE,
    ),
  },
});

export function verifyRoutes(tidemark: Pick<Tidemark, 'verify'>) {
  return new OpenAPIHono().openapi(verify, async (c) => {
    const request = c.req.valid('json');
    requirePageRef(request);
    return c.json(await tidemark.verify({ ...request, trigger: 'api' }), 200);
  });
}
