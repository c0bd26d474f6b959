/** The work that processes share, as it is asked for and answered. */
import { z } from 'zod';
import type { TidemarkError } from '../core/errors.ts';
import { QUEUE_NAMES } from '../core/model.ts';
import {
  Count,
  DurationMs,
  EXAMPLE_PAGE_ID,
  Instant,
  onlyPlatform,
  optional,
  pageFilter,
  PlatformSchema,
  QueryDurationMs,
  whichPage,
} from './fields.ts';
import { request } from './request.ts';
import { EXAMPLE_ROW, SyncAllRowSchema } from './sync.ts';

export interface JobsOptions {
  /** Take jobs and do them. Default: true. Without a worker this process only adds jobs for others. */
  readonly worker?: boolean | undefined;
  /** Add jobs for Pages that are due. Any number of processes may; they share one schedule. Default: with a worker. */
  readonly schedule?: boolean | undefined;
  /** Told of what goes wrong outside of any run: the database is away, a job was given up. */
  readonly onProblem: (problem: TidemarkError) => void;
}

const QueueSchema = z.enum(QUEUE_NAMES, 'must be sync, verify or history');

/** A job that was given up after its last attempt, or at once because trying again is of no use. */
export const FailedJobSchema = z
  .object({
    ...whichPage,
    platform: PlatformSchema,
    queue: QueueSchema,
    attempts: Count,
    error: z.string().meta({ description: 'Why the last attempt failed.' }),
    code: z.string(),
    failedAt: Instant.meta({ description: 'When it was given up.' }),
  })
  .readonly()
  .meta({
    id: 'FailedJob',
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
  });
export type FailedJobAnswer = z.output<typeof FailedJobSchema>;

/** GET /api/jobs/failed */
export const FailedJobListSchema = z
  .object({ success: z.literal(true), jobs: z.array(FailedJobSchema).readonly() })
  .readonly()
  .meta({ id: 'FailedJobList' });
export type FailedJobListAnswer = z.output<typeof FailedJobListSchema>;

export const RetryRequestSchema = request({
  ...pageFilter('jobs'),
  platform: onlyPlatform,
  queue: optional(QueueSchema).meta({ description: 'Only jobs of this kind.' }),
}).meta({ id: 'RetryRequest', example: { pageId: EXAMPLE_PAGE_ID } });
export type RetryRequest = Readonly<z.output<typeof RetryRequestSchema>>;

/** POST /api/jobs/failed/retry */
export const JobsRetriedSchema = z
  .object({ success: z.literal(true), retried: Count.meta({ description: 'Jobs that were added again.' }) })
  .readonly()
  .meta({ id: 'JobsRetried' });
export type JobsRetriedAnswer = z.output<typeof JobsRetriedSchema>;

const description = 'Stop after this long; the next call goes on from there. Default: 50,000.';
export const DueRequestSchema = request({ maxDurationMs: DurationMs.meta({ description }) }).meta({
  id: 'DueRequest',
  example: {},
});
export const DueQuerySchema = request({ maxDurationMs: QueryDurationMs.meta({ description }) });
export type DueRequest = Readonly<z.output<typeof DueRequestSchema>>;

export const DueSchema = z
  .object({
    success: z.boolean().meta({ description: 'Whether no Page failed.' }),
    pagesSynced: Count,
    pagesFailed: Count,
    pagesVerified: Count,
    pagesLeft: Count.meta({ description: 'Pages whose sync is due and was not begun, or not finished.' }),
    verifyLeft: Count.meta({ description: 'Pages whose verify is due and was not begun, or not finished.' }),
    historyLeft: Count.meta({ description: 'Pages that have older messages to bring.' }),
    results: z.array(SyncAllRowSchema).readonly(),
    done: z.boolean().meta({ description: 'Whether nothing is left to do now, verifies and older messages included.' }),
    message: z.string(),
    durationMs: Count,
  })
  .readonly()
  .meta({
    id: 'Due',
    example: {
      success: true,
      pagesSynced: 1,
      pagesFailed: 0,
      pagesVerified: 0,
      pagesLeft: 3,
      verifyLeft: 0,
      historyLeft: 1,
      results: [EXAMPLE_ROW],
      done: false,
      message: 'Synced 1 page(s); 3 page(s) are still due, 1 page(s) have older messages to come',
      durationMs: 50_000,
    },
  });
/** /api/cron/sync */
export type DueAnswer = z.output<typeof DueSchema>;
