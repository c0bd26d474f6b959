/** Runs as they are asked for and answered. */
import { z } from 'zod';
import { RUN_MODES, RUN_PHASES, RUN_STATUSES, RUN_TRIGGERS } from '../core/model.ts';
import {
  Count,
  EXAMPLE_PAGE_ID,
  EXAMPLE_RUN_ID,
  Instant,
  Limit,
  pageFilter,
  PlatformSchema,
  QueryText,
  Text,
} from './fields.ts';
import { request } from './request.ts';

const PhaseCostSchema = z.object({
  calls: Count.meta({ description: 'Calls to Facebook.' }),
  durationMs: Count.meta({ description: 'How long it was at work; phases go on side by side.' }),
  rows: Count.meta({ description: 'Conversations and messages that came, or, of `commit`, that were written.' }),
});

export const RunSchema = z
  .object({
    id: z.uuid(),
    pageId: z.uuid(),
    pageName: z.string().nullable(),
    platform: PlatformSchema,
    mode: z.enum(RUN_MODES),
    trigger: z.enum(RUN_TRIGGERS),
    status: z.enum(RUN_STATUSES),
    startedAt: Instant,
    finishedAt: Instant.nullable(),
    synced: Count,
    inserted: Count,
    updated: Count,
    skipped: Count,
    deleted: Count,
    eventsCreated: Count,
    listed: Count.meta({
      description:
        'Conversations that Facebook listed. It and `graphCalls` move about once a second while the run goes on.',
    }),
    graphCalls: Count,
    phases: z
      .partialRecord(z.enum(RUN_PHASES), PhaseCostSchema)
      .meta({ description: 'What each phase has cost so far; only those that there were.' }),
    errorCode: z.string().nullable(),
    errorMessage: z.string().nullable(),
  })
  .readonly()
  .meta({
    id: 'Run',
    example: {
      id: EXAMPLE_RUN_ID,
      pageId: EXAMPLE_PAGE_ID,
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
  });

/** Also the data of an event of GET /api/runs/:id/events. */
export type RunAnswer = z.output<typeof RunSchema>;

/** GET /api/runs */
export const RunListSchema = z
  .object({ success: z.literal(true), runs: z.array(RunSchema).readonly() })
  .readonly()
  .meta({ id: 'RunList' });
export type RunListAnswer = z.output<typeof RunListSchema>;

/** GET /api/runs/:id and POST /api/runs/:id/cancel */
export const RunFoundSchema = z
  .object({ success: z.literal(true), run: RunSchema })
  .readonly()
  .meta({ id: 'RunFound' });
export type RunFoundAnswer = z.output<typeof RunFoundSchema>;

export const RunQuerySchema = request({
  ...pageFilter('runs', QueryText),
  platform: PlatformSchema.optional().meta({ description: 'Only runs of this channel.' }),
  limit: Limit,
});
export type RunQuery = Readonly<z.output<typeof RunQuerySchema>>;

export const RunPathSchema = z.object({
  id: Text.meta({ description: 'The `runId` of a sync.', example: EXAMPLE_RUN_ID }),
});

const LastEventId = QueryText.meta({ description: 'Id of the last event that the client has.' });

export const RunResumeHeaderSchema = z.object({ 'last-event-id': LastEventId });

/** For clients that cannot set headers. */
export const RunResumeQuerySchema = request({ lastEventId: LastEventId });

export const RunEventsSchema = z.string().meta({
  description:
    'Events with `id`, `event` (`progress` or `end`) and `data` (a run as JSON), and comments as heartbeats.',
  example: 'id: 84\nevent: progress\ndata: {"id":"0199a3c4-6c7d-7f80-8a9b-0c1d2e3f4a5b","status":"running"}\n\n',
});
