/** Jobs as the API takes and answers them. */
import { z } from '@hono/zod-openapi';
import type { FailedJobAnswer, FailedJobListAnswer, JobsRetriedAnswer, QueueName } from '../api.ts';
import {
  Count,
  DurationMs,
  Instant,
  NOT_A_DURATION,
  NOT_AN_OBJECT,
  OptionalText,
  optional,
  PlatformSchema,
} from './fields.ts';
import { SyncAllRowSchema, whichPage } from './sync.ts';

const EXAMPLE_PAGE_ID = '0199a3c4-5b6d-7e8f-9a0b-1c2d3e4f5a6b';
const QueueSchema = z.enum(
  ['sync', 'verify', 'history'],
  'must be sync, verify or history',
) satisfies z.ZodType<QueueName>;

const FailedJobSchema = z
  .object({
    ...whichPage,
    platform: PlatformSchema,
    queue: QueueSchema,
    attempts: Count,
    error: z.string().openapi({ description: 'Why the last attempt failed.' }),
    code: z.string(),
    failedAt: Instant.openapi({ description: 'When it was given up.' }),
  })
  .openapi('FailedJob', {
    example: {
      pageId: EXAMPLE_PAGE_ID,
      facebookPageId: '101234567890123',
      pageName: 'Corner Bakery',
      platform: 'messenger',
      queue: 'sync',
      attempts: 1,
      error: 'Facebook no longer accepts the token of Page Corner Bakery.',
      code: 'TOKEN_EXPIRED',
      failedAt: '2026-03-01T09:30:00.000Z',
    },
  }) satisfies z.ZodType<FailedJobAnswer>;

export const FailedJobListSchema = z
  .object({ success: z.literal(true), jobs: z.array(FailedJobSchema).readonly() })
  .openapi('FailedJobList') satisfies z.ZodType<FailedJobListAnswer>;

export const RetryRequestSchema = z
  .object(
    {
      pageId: OptionalText.openapi({ description: 'Only jobs of this Page (uuid).' }),
      facebookPageId: OptionalText.openapi({ description: 'Only jobs of the Page with this id at Facebook.' }),
      platform: optional(PlatformSchema).openapi({ description: 'Only jobs of this channel.' }),
      queue: optional(QueueSchema).openapi({ description: 'Only jobs of this kind.' }),
    },
    NOT_AN_OBJECT,
  )
  .openapi('RetryRequest', { example: { pageId: EXAMPLE_PAGE_ID } });

export const JobsRetriedSchema = z
  .object({ success: z.literal(true), retried: Count.openapi({ description: 'Jobs that were added again.' }) })
  .openapi('JobsRetried') satisfies z.ZodType<JobsRetriedAnswer>;

const description = 'Stop after this long; the next call goes on from there. Default: 50,000.';

export const DueRequestSchema = z
  .object(
    {
      maxDurationMs: DurationMs.openapi({
        description,
      }),
    },
    NOT_AN_OBJECT,
  )
  .openapi('DueRequest', { example: {} });

export const DueQuerySchema = z.object({
  maxDurationMs: z.coerce
    .number(NOT_A_DURATION)
    .int(NOT_A_DURATION)
    .positive(NOT_A_DURATION)
    .optional()
    .openapi({ description }),
});

export const DueSchema = z
  .object({
    success: z.boolean().openapi({ description: 'Whether no Page failed.' }),
    pagesSynced: Count,
    pagesFailed: Count,
    pagesVerified: Count,
    pagesLeft: Count.openapi({ description: 'Pages whose sync is due and was not begun, or not finished.' }),
    verifyLeft: Count.openapi({ description: 'Pages whose verify is due and was not begun, or not finished.' }),
    historyLeft: Count.openapi({ description: 'Pages that have older messages to bring.' }),
    results: z.array(SyncAllRowSchema).readonly(),
    done: z.boolean().openapi({ description: 'Whether nothing is left to do now.' }),
    message: z.string(),
    durationMs: Count,
  })
  .openapi('Due');
