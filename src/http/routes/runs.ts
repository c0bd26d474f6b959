/** Runs: what was done, what goes on, and how to end it. */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Tidemark } from '../../api/tidemark.ts';
import { isLastEvent, parseEventId, streamRun } from '../run-stream.ts';
import { NoBody } from '../../api/request.ts';
import { jsonBody } from '../json-body.ts';
import { defineRoute } from '../define-route.ts';
import { ANYWHERE, BODY_FAULTS, json, problems } from '../responses.ts';
import {
  RunEventsSchema,
  RunFoundSchema,
  RunListSchema,
  RunPathSchema,
  RunQuerySchema,
  RunResumeHeaderSchema,
  RunResumeQuerySchema,
} from '../../api/runs.ts';

const tags = ['Runs'];

const listRuns = defineRoute({
  method: 'get',
  path: '/api/runs',
  operationId: 'listRuns',
  summary: 'List runs, newest first',
  tags,
  request: { query: RunQuerySchema },
  responses: {
    200: { description: 'The newest runs, of one Page or of all.', content: json(RunListSchema) },
    ...problems('PAGE_IDS_DISAGREE', 'PAGE_NOT_FOUND', ...ANYWHERE),
  },
});

const findRun = defineRoute({
  method: 'get',
  path: '/api/runs/{id}',
  operationId: 'findRun',
  summary: 'One run',
  tags,
  request: { params: RunPathSchema },
  responses: {
    200: { description: 'The run as it stands.', content: json(RunFoundSchema) },
    ...problems('RUN_NOT_FOUND', ...ANYWHERE),
  },
});

const cancelRun = defineRoute({
  method: 'post',
  path: '/api/runs/{id}/cancel',
  operationId: 'cancelRun',
  summary: 'End a run',
  description:
    'What the run has stored stays, and the next sync completes it. Whoever waits for the run is answered RUN_CANCELLED.',
  tags,
  middleware: jsonBody,
  request: { params: RunPathSchema, body: { required: false, content: json(NoBody) } },
  responses: {
    200: { description: 'The run, which has ended.', content: json(RunFoundSchema) },
    202: {
      description:
        'The run of another process, which sees the wish within six seconds. If that process is dead, asking again ' +
        'once its lease has run out, 20 seconds after its last sign of life, closes the run.',
      content: json(RunFoundSchema),
    },
    ...problems(...BODY_FAULTS, 'RUN_NOT_FOUND', 'RUN_ENDED', ...ANYWHERE),
  },
});

const watchRun = defineRoute({
  method: 'get',
  path: '/api/runs/{id}/events',
  operationId: 'watchRun',
  summary: 'Watch a run',
  description:
    'Server-sent events as `EventSource` reads them, for a run of any process: `progress` whenever its counters have ' +
    'grown, then one `end`, each with the run as its data. Whoever comes back with the id of the last event goes on ' +
    'behind it. A client that goes away does not stop the run.',
  tags,
  request: { params: RunPathSchema, query: RunResumeQuerySchema, headers: RunResumeHeaderSchema },
  responses: {
    200: { description: 'The events.', content: { 'text/event-stream': { schema: RunEventsSchema } } },
    204: { description: 'The run has ended, and the client has its end: nothing will follow, do not come back.' },
    ...problems('RUN_NOT_FOUND', ...ANYWHERE),
  },
});

export function runRoutes({ runs }: Tidemark) {
  return new OpenAPIHono()
    .openapi(listRuns, async (c) =>
      c.json({ success: true as const, runs: await runs.list(c.req.valid('query')) }, 200),
    )
    .openapi(findRun, async (c) =>
      c.json({ success: true as const, run: await runs.find(c.req.valid('param').id) }, 200),
    )
    .openapi(cancelRun, async (c) => {
      const run = await runs.cancel(c.req.valid('param').id);
      return c.json({ success: true as const, run }, run.status === 'running' ? 202 : 200);
    })
    .openapi(watchRun, async (c) => {
      const run = await runs.find(c.req.valid('param').id);
      // The header is newer: a browser that comes back sends it with the address that it began with.
      const after = parseEventId(c.req.valid('header')['last-event-id'] ?? c.req.valid('query').lastEventId);
      if (isLastEvent(run, after)) return c.body(null, 204);
      return c.body(streamRun(runs, run.id, { after }), 200, {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'X-Accel-Buffering': 'no',
      });
    });
}
