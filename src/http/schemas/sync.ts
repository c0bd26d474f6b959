/** Syncs as the API takes and answers them. */
import { z } from '@hono/zod-openapi';
import type { SyncAnswer } from '../api.ts';
import {
  Count,
  Duration,
  DurationMs,
  Instant,
  NOT_AN_OBJECT,
  optional,
  pageRef,
  platform,
  PlatformSchema,
} from './fields.ts';

const EXAMPLE_PAGE_ID = '0199a3c4-5b6d-7e8f-9a0b-1c2d3e4f5a6b';

const how = {
  platform,
  forceFull: optional(z.boolean('must be true or false')).openapi({
    description: 'Collect everything again, whatever the mirror holds. Default: false.',
  }),
  maxDurationMs: DurationMs.openapi({
    description: 'Stop after this long and answer `partial`; the next sync goes on from there. Default: no bound.',
  }),
};

export const SyncRequestSchema = z
  .object(
    {
      ...pageRef,
      ...how,
    },
    NOT_AN_OBJECT,
  )
  .openapi('SyncRequest', { example: { pageId: EXAMPLE_PAGE_ID } });

export const SyncAllRequestSchema = z.object(how, NOT_AN_OBJECT).openapi('SyncAllRequest', { example: {} });

const SyncModeSchema = z.enum(['full', 'incremental']);

const changes = {
  synced: Count.openapi({ description: 'Conversations whose mirror changed: inserted + updated.' }),
  inserted: Count,
  updated: Count,
  eventsCreated: Count.openapi({ description: 'Messages newly mirrored.' }),
  graphCalls: Count.openapi({ description: 'Calls made to Facebook.' }),
  durationMs: Count,
};

export const whichPage = { pageId: z.uuid(), facebookPageId: z.string(), pageName: z.string().nullable() };

const OpenRetrySchema = z
  .object({
    conversationId: z.string(),
    code: z.string(),
    reason: z.string(),
    attempts: Count,
    firstFailedAt: Instant,
    nextAttemptAt: Instant.openapi({ description: 'Not asked for again before.' }),
  })
  .openapi('OpenRetry');
const openRetries = z
  .array(OpenRetrySchema)
  .readonly()
  .openapi({ description: 'Conversations that Facebook would not give; later syncs ask again. At most a hundred.' });

const ChannelSyncSchema = z
  .object({
    platform: PlatformSchema,
    runId: z.string().optional(),
    syncMode: SyncModeSchema.optional(),
    ...changes,
    skipped: Count,
    status: z.enum(['succeeded', 'partial', 'failed']),
    lastSyncedAt: Instant.nullable(),
    error: z.string().optional(),
    code: z.string().optional(),
  })
  .openapi('ChannelSync');
const channels = z
  .array(ChannelSyncSchema)
  .readonly()
  .openapi({ description: 'What came of each channel of the Page; the other fields are of all of them together.' });

export const SyncSchema = z
  .object({
    success: z.literal(true),
    syncMode: SyncModeSchema.openapi({ description: '`full` for a first or forced sync.' }),
    ...changes,
    message: z.string(),
    skipped: Count.openapi({ description: 'Conversations listed that were already current.' }),
    deleted: Count,
    total: Count,
    status: z.enum(['succeeded', 'partial']).openapi({
      description: '`partial`: something is left for the next sync; `lastSyncedAt` has not moved.',
    }),
    duration: Duration,
    runId: z.string().openapi({ description: 'The run of the first channel.' }),
    ...whichPage,
    lastSyncedAt: Instant.nullable().openapi({ description: 'The older one of the channels.' }),
    code: z.string().optional().openapi({ description: 'Why it is partial, when that is not for lack of time.' }),
    reason: z.string().optional().openapi({ description: 'The same in a sentence.' }),
    openRetries,
    channels,
  })
  .openapi('Sync', {
    example: {
      success: true,
      syncMode: 'incremental',
      synced: 5,
      inserted: 3,
      updated: 2,
      message: 'Incremental sync: 5 conversation(s) with 12 events',
      skipped: 0,
      deleted: 0,
      total: 5,
      eventsCreated: 12,
      status: 'succeeded',
      durationMs: 640,
      duration: '0.64s',
      runId: '0199a3c4-6c7d-7f80-8a9b-0c1d2e3f4a5b',
      pageId: EXAMPLE_PAGE_ID,
      facebookPageId: '101234567890123',
      pageName: 'Corner Bakery',
      graphCalls: 2,
      lastSyncedAt: '2026-03-01T09:30:00.000Z',
      openRetries: [],
      channels: [
        {
          platform: 'messenger',
          runId: '0199a3c4-6c7d-7f80-8a9b-0c1d2e3f4a5b',
          syncMode: 'incremental',
          synced: 5,
          inserted: 3,
          updated: 2,
          skipped: 0,
          eventsCreated: 12,
          status: 'succeeded',
          lastSyncedAt: '2026-03-01T09:30:00.000Z',
          graphCalls: 2,
          durationMs: 640,
        },
      ],
    },
  }) satisfies z.ZodType<SyncAnswer>;

export const SyncAllRowSchema = z
  .object({
    ...whichPage,
    success: z.boolean(),
    syncMode: SyncModeSchema.optional(),
    ...changes,
    status: z.enum(['succeeded', 'partial', 'failed']),
    error: z.string().optional().openapi({ description: 'Why this Page failed, or is partial.' }),
    code: z.string().optional(),
    openRetries: openRetries.optional(),
    channels: channels.optional(),
  })
  .openapi('SyncAllRow');

export const SyncAllSchema = z
  .object({
    success: z.boolean(),
    totalPages: Count,
    results: z.array(SyncAllRowSchema).readonly(),
    totals: z.object({
      totalSynced: Count,
      totalInserted: Count,
      totalUpdated: Count,
      totalEvents: Count,
      successCount: Count,
      failureCount: Count,
    }),
    message: z.string(),
    durationMs: Count,
    duration: Duration,
  })
  .openapi('SyncAll');

export const SyncStreamSchema = z.string().openapi({
  description: 'Events, each `data: <JSON>` and two line feeds.',
  example: 'data: {"status":"starting","syncMode":"incremental","runId":"0199a3c4-5b6d-7e8f-9a0b-1c2d3e4f5a6b"}\n\n',
});
