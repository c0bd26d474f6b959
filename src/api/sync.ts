/** Syncs as they are asked for and answered, of one Page and of many. */
import { z } from 'zod';
import { SYNC_MODES } from '../core/model.ts';
import type { CallerOptions, ManyPagesOptions } from './caller.ts';
import {
  Count,
  Duration,
  DurationMs,
  EXAMPLE_PAGE_ID,
  EXAMPLE_RUN_ID,
  Instant,
  onlyPlatform,
  optional,
  pageRef,
  PlatformSchema,
  whichPage,
  YesOrNo,
} from './fields.ts';
import { request } from './request.ts';

const how = {
  platform: onlyPlatform,
  forceFull: optional(YesOrNo).meta({
    description: 'Collect everything again, whatever the mirror holds. Default: false.',
  }),
  maxDurationMs: DurationMs.meta({
    description: 'Stop after this long and answer `partial`; the next sync goes on from there. Default: no bound.',
  }),
};

export const SyncRequestSchema = request({ ...pageRef, ...how }).meta({
  id: 'SyncRequest',
  example: { pageId: EXAMPLE_PAGE_ID },
});
export interface SyncRequest extends Readonly<z.output<typeof SyncRequestSchema>>, CallerOptions {}

export const SyncAllRequestSchema = request(how).meta({ id: 'SyncAllRequest', example: {} });
export interface SyncAllRequest extends Readonly<z.output<typeof SyncAllRequestSchema>>, ManyPagesOptions {}

const SyncModeSchema = z.enum(SYNC_MODES);

const changes = {
  synced: Count.meta({ description: 'Conversations whose mirror changed: inserted + updated.' }),
  inserted: Count,
  updated: Count,
  skipped: Count.meta({ description: 'Conversations that were already current.' }),
  checked: Count.meta({ description: 'Conversations that were looked at: synced + skipped.' }),
  eventsCreated: Count.meta({ description: 'Messages newly mirrored.' }),
  graphCalls: Count.meta({ description: 'Calls made to Facebook.' }),
  durationMs: Count,
};

const OpenRetrySchema = z
  .object({
    conversationId: z.string(),
    code: z.string(),
    reason: z.string(),
    attempts: Count,
    firstFailedAt: Instant,
    nextAttemptAt: Instant.meta({ description: 'Not asked for again before.' }),
  })
  .readonly()
  .meta({ id: 'OpenRetry' });
export type OpenRetryAnswer = z.output<typeof OpenRetrySchema>;

const openRetries = z.array(OpenRetrySchema).readonly().meta({
  description:
    'Conversations that Facebook would not give, longest waiting first; later syncs ask again. At most a hundred.',
});

const ChannelSyncSchema = z
  .object({
    platform: PlatformSchema,
    runId: z.string().optional().meta({ description: 'Not known of a channel that failed.' }),
    syncMode: SyncModeSchema.optional(),
    ...changes,
    status: z.enum(['succeeded', 'partial', 'failed']),
    lastSyncedAt: Instant.nullable(),
    error: z.string().optional().meta({ description: 'Why this channel failed, or is partial.' }),
    code: z.string().optional(),
  })
  .readonly()
  .meta({ id: 'ChannelSync' });
export type ChannelSyncAnswer = z.output<typeof ChannelSyncSchema>;

const channels = z.array(ChannelSyncSchema).readonly().meta({
  description: 'What came of each channel of the Page; the other fields are of all of them together.',
});

const EXAMPLE_CHANNEL = {
  platform: 'messenger',
  runId: EXAMPLE_RUN_ID,
  syncMode: 'incremental',
  synced: 5,
  inserted: 3,
  updated: 2,
  skipped: 0,
  checked: 5,
  eventsCreated: 12,
  status: 'succeeded',
  lastSyncedAt: '2026-03-01T09:30:00.000Z',
  graphCalls: 2,
  durationMs: 640,
};

export const SyncSchema = z
  .object({
    success: z.literal(true),
    syncMode: SyncModeSchema.meta({ description: '`full` for a first or forced sync.' }),
    ...changes,
    message: z.string(),
    deleted: Count,
    total: Count,
    status: z.enum(['succeeded', 'partial']).meta({
      description: '`partial`: something is left for the next sync; `lastSyncedAt` has not moved.',
    }),
    duration: Duration,
    runId: z.string().meta({ description: 'The run of the first channel.' }),
    ...whichPage,
    lastSyncedAt: Instant.nullable().meta({ description: 'The older one of the channels.' }),
    code: z.string().optional().meta({ description: 'Why it is partial, when that is not for lack of time.' }),
    reason: z.string().optional().meta({ description: 'The same in a sentence.' }),
    openRetries,
    channels,
  })
  .readonly()
  .meta({
    id: 'Sync',
    example: {
      success: true,
      syncMode: 'incremental',
      synced: 5,
      inserted: 3,
      updated: 2,
      message: 'Incremental sync: 5 conversation(s) with 12 events',
      skipped: 0,
      checked: 5,
      deleted: 0,
      total: 5,
      eventsCreated: 12,
      status: 'succeeded',
      durationMs: 640,
      duration: '0.64s',
      runId: EXAMPLE_RUN_ID,
      pageId: EXAMPLE_PAGE_ID,
      facebookPageId: '101234567890123',
      pageName: 'Corner Bakery',
      graphCalls: 2,
      lastSyncedAt: '2026-03-01T09:30:00.000Z',
      openRetries: [],
      channels: [EXAMPLE_CHANNEL],
    },
  });
/** POST /api/conversations/sync */
export type SyncAnswer = z.output<typeof SyncSchema>;

export const EXAMPLE_ROW = {
  pageId: EXAMPLE_PAGE_ID,
  facebookPageId: '101234567890123',
  pageName: 'Corner Bakery',
  success: true,
  syncMode: 'incremental',
  synced: 5,
  inserted: 3,
  updated: 2,
  skipped: 0,
  checked: 5,
  eventsCreated: 12,
  graphCalls: 2,
  status: 'succeeded',
  durationMs: 640,
  openRetries: [],
  channels: [EXAMPLE_CHANNEL],
};

export const SyncAllRowSchema = z
  .object({
    ...whichPage,
    success: z.boolean(),
    syncMode: SyncModeSchema.optional(),
    ...changes,
    status: z.enum(['succeeded', 'partial', 'failed']),
    error: z.string().optional().meta({ description: 'Why this Page failed, or is partial.' }),
    code: z.string().optional(),
    openRetries: openRetries.optional(),
    channels: channels.optional(),
  })
  .readonly()
  .meta({ id: 'SyncAllRow', example: EXAMPLE_ROW });
export type SyncAllRow = z.output<typeof SyncAllRowSchema>;

export const SyncAllSchema = z
  .object({
    success: z.boolean().meta({ description: 'Whether every Page succeeded.' }),
    totalPages: Count,
    results: z.array(SyncAllRowSchema).readonly(),
    totals: z
      .object({
        totalSynced: Count,
        totalInserted: Count,
        totalUpdated: Count,
        totalSkipped: Count,
        totalChecked: Count.meta({ description: 'Conversations that were looked at: totalSynced + totalSkipped.' }),
        totalEvents: Count,
        successCount: Count,
        failureCount: Count,
      })
      .readonly(),
    message: z.string(),
    durationMs: Count,
    duration: Duration,
  })
  .readonly()
  .meta({
    id: 'SyncAll',
    example: {
      success: true,
      totalPages: 1,
      results: [EXAMPLE_ROW],
      totals: {
        totalSynced: 5,
        totalInserted: 3,
        totalUpdated: 2,
        totalSkipped: 0,
        totalChecked: 5,
        totalEvents: 12,
        successCount: 1,
        failureCount: 0,
      },
      message: 'Synced 5 conversation(s) across 1 of 1 page(s)',
      durationMs: 700,
      duration: '0.70s',
    },
  });
/** POST /api/conversations/sync-all */
export type SyncAllAnswer = z.output<typeof SyncAllSchema>;

export const SyncStreamSchema = z.string().meta({
  description: 'Events, each `data: <JSON>` and two line feeds.',
  example: 'data: {"status":"starting","syncMode":"incremental","runId":"0199a3c4-5b6d-7e8f-9a0b-1c2d3e4f5a6b"}\n\n',
});
