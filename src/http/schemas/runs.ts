/** The history of syncs as the API answers it, and how to ask for it. */
import { z } from '@hono/zod-openapi';
import { RUN_PHASES } from '../../core/model.ts';
import type { RunAnswer, RunFoundAnswer, RunListAnswer } from '../api.ts';
import { Count, Instant, Limit, QueryText, Text, PlatformSchema } from './fields.ts';

const EXAMPLE_RUN_ID = '0199a3c4-6c7d-7f80-8a9b-0c1d2e3f4a5b';

const PhaseCostSchema = z.object({
  calls: Count.openapi({ description: 'Calls to Facebook.' }),
  durationMs: Count.openapi({ description: 'How long it was at work; phases go on side by side.' }),
  rows: Count.openapi({ description: 'Conversations and messages that came, or, of `commit`, that were written.' }),
});

const RunSchema = z
  .object({
    id: z.uuid(),
    pageId: z.uuid(),
    pageName: z.string().nullable(),
    platform: PlatformSchema,
    mode: z.enum(['full', 'incremental', 'verify', 'history']),
    trigger: z.enum(['api', 'cli', 'schedule', 'library', 'demo']),
    status: z.enum(['running', 'succeeded', 'partial', 'failed', 'cancelled']),
    startedAt: Instant,
    finishedAt: Instant.nullable(),
    synced: Count,
    inserted: Count,
    updated: Count,
    skipped: Count,
    deleted: Count,
    eventsCreated: Count,
    listed: Count.openapi({ description: 'Conversations that Facebook listed.' }),
    graphCalls: Count,
    phases: z
      .partialRecord(z.enum(RUN_PHASES), PhaseCostSchema)
      .openapi({ description: 'What each phase has cost so far; only those that there were.' }),
    errorCode: z.string().nullable(),
    errorMessage: z.string().nullable(),
  })
  .openapi('Run', {
    example: {
      id: EXAMPLE_RUN_ID,
      pageId: '0199a3c4-5b6d-7e8f-9a0b-1c2d3e4f5a6b',
      pageName: 'Corner Bakery',
      platform: 'messenger',
      mode: 'incremental',
      trigger: 'schedule',
      status: 'succeeded',
      startedAt: '2026-03-01T09:30:00.000Z',
      finishedAt: '2026-03-01T09:30:00.640Z',
      synced: 5,
      inserted: 3,
      updated: 2,
      skipped: 0,
      deleted: 0,
      eventsCreated: 12,
      listed: 25,
      graphCalls: 2,
      phases: {
        survey: { calls: 1, durationMs: 180, rows: 25 },
        collect: { calls: 1, durationMs: 390, rows: 17 },
        commit: { calls: 0, durationMs: 22, rows: 17 },
      },
      errorCode: null,
      errorMessage: null,
    },
  }) satisfies z.ZodType<RunAnswer>;

export const RunListSchema = z
  .object({ success: z.literal(true), runs: z.array(RunSchema).readonly() })
  .openapi('RunList') satisfies z.ZodType<RunListAnswer>;

export const RunFoundSchema = z
  .object({ success: z.literal(true), run: RunSchema })
  .openapi('RunFound') satisfies z.ZodType<RunFoundAnswer>;

export const RunQuerySchema = z.object({
  pageId: QueryText.openapi({ description: 'Only runs of this Page (uuid).' }),
  facebookPageId: QueryText.openapi({ description: 'Only runs of the Page with this id at Facebook.' }),
  limit: Limit,
});

export const RunPathSchema = z.object({
  id: Text.openapi({ description: 'The `runId` of a sync.', example: EXAMPLE_RUN_ID }),
});

const LastEventId = QueryText.openapi({ description: 'Id of the last event that the client has.' });

export const RunResumeHeaderSchema = z.object({ 'last-event-id': LastEventId });

/** For clients that cannot set headers. */
export const RunResumeQuerySchema = z.object({ lastEventId: LastEventId });

export const RunEventsSchema = z.string().openapi({
  description:
    'Events with `id`, `event` (`progress` or `end`) and `data` (a run as JSON), and comments as heartbeats.',
  example: 'id: 84\nevent: progress\ndata: {"id":"0199a3c4-6c7d-7f80-8a9b-0c1d2e3f4a5b","status":"running"}\n\n',
});
