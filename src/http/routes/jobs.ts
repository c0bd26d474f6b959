/** Jobs that were given up, and the call that does what is due where no worker runs. */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Tidemark } from '../../api/tidemark.ts';
import { jsonBody } from '../json-body.ts';
import {
  DueQuerySchema,
  DueRequestSchema,
  DueSchema,
  FailedJobListSchema,
  JobsRetriedSchema,
  RetryRequestSchema,
} from '../../api/jobs.ts';
import { defineRoute } from '../define-route.ts';
import { json, ANYWHERE, BODY_FAULTS, problems } from '../responses.ts';

const tags = ['Jobs'];

const listFailedJobs = defineRoute({
  method: 'get',
  path: '/api/jobs/failed',
  operationId: 'listFailedJobs',
  summary: 'Jobs that were given up, newest first',
  description:
    'One for each Page and kind of work, at most. It leaves the list when it is retried, and when a later job of its ' +
    'kind succeeds.',
  tags,
  responses: {
    200: { description: 'The jobs, with Page and reason.', content: json(FailedJobListSchema) },
    ...problems(...ANYWHERE),
  },
});

const retryFailedJobs = defineRoute({
  method: 'post',
  path: '/api/jobs/failed/retry',
  operationId: 'retryFailedJobs',
  summary: 'Put jobs that were given up back to work',
  description: 'All of them, or those of one Page or kind. The body may be left out.',
  tags,
  middleware: jsonBody,
  request: { body: { required: false, content: json(RetryRequestSchema) } },
  responses: {
    200: { description: 'How many there were.', content: json(JobsRetriedSchema) },
    ...problems(...BODY_FAULTS, 'PAGE_IDS_DISAGREE', 'PAGE_NOT_FOUND', ...ANYWHERE),
  },
});

const due = {
  path: '/api/cron/sync',
  summary: 'Do what is due, within a time',
  description:
    'Syncs the Pages that are due, longest waiting first and in parallel, then verifies and brings older messages as ' +
    'far as the time allows, and says what is left. For hosts without a worker: call it from a scheduler, such as ' +
    "Vercel's cron. It may be called while workers run, and while another call is under way: no Page is taken twice.",
  tags,
  responses: {
    200: { description: 'What was done, and what is left.', content: json(DueSchema) },
    ...problems(...BODY_FAULTS, 'SHUTTING_DOWN', ...ANYWHERE),
  },
} as const;

const postDue = defineRoute({
  ...due,
  method: 'post',
  operationId: 'runDue',
  middleware: jsonBody,
  request: { query: DueQuerySchema, body: { required: false, content: json(DueRequestSchema) } },
});

const getDue = defineRoute({
  ...due,
  method: 'get',
  operationId: 'runDueByGet',
  request: { query: DueQuerySchema },
});

export function jobRoutes({ jobs }: Tidemark) {
  return new OpenAPIHono()
    .openapi(listFailedJobs, async (c) => c.json({ success: true as const, jobs: await jobs.failed() }, 200))
    .openapi(retryFailedJobs, async (c) =>
      c.json({ success: true as const, retried: await jobs.retry(c.req.valid('json')) }, 200),
    )
    .openapi(postDue, async (c) =>
      c.json(await jobs.runDue({ ...c.req.valid('query'), ...definedIn(c.req.valid('json')) }), 200),
    )
    .openapi(getDue, async (c) => c.json(await jobs.runDue(c.req.valid('query')), 200));
}

/** A body that does not name the time leaves it to the query. */
function definedIn({ maxDurationMs }: { readonly maxDurationMs?: number | undefined }) {
  return maxDurationMs === undefined ? {} : { maxDurationMs };
}
