/**
 * Table facebook_failed_jobs: the dead letters, one for each channel and queue at most. They go with the Page, when they
 * are retried, and when a later job of the same kind succeeds.
 */
import type { Channel, Instant, Platform } from '../core/model.ts';
import type { Database } from './connect.ts';
import { toStorableText } from './text.ts';

export interface FailedJobRow extends Record<string, unknown> {
  readonly page_id: string;
  readonly platform: Platform;
  readonly facebook_page_id: string;
  readonly page_name: string | null;
  readonly queue: 'sync' | 'verify' | 'history';
  readonly attempts: number;
  readonly error_code: string;
  readonly reason: string;
  readonly failed_at: Instant;
}

export interface FailedJobFilter {
  readonly pageId: string | undefined;
  readonly platform: Platform | undefined;
  readonly queue: string | undefined;
}

/** Nothing is kept of a Page that is gone. */
export async function recordFailedJob(
  query: Database['query'],
  job: Channel & {
    readonly queue: string;
    readonly attempts: number;
    readonly code: string;
    readonly reason: string;
  },
): Promise<void> {
  await query(
    `INSERT INTO facebook_failed_jobs AS held (page_id, platform, queue, attempts, error_code, reason)
     SELECT id, $2, $3, $4, $5, $6 FROM facebook_pages WHERE id = $1
     ON CONFLICT (page_id, platform, queue) DO UPDATE
     SET attempts = excluded.attempts, error_code = excluded.error_code, reason = excluded.reason, failed_at = now()`,
    [job.pageId, job.platform, job.queue, job.attempts, job.code, toStorableText(job.reason)],
  );
}

export async function listFailedJobs(query: Database['query']): Promise<readonly FailedJobRow[]> {
  return query<FailedJobRow>(
    `SELECT job.page_id, page.facebook_page_id::text, page.name::text AS page_name, platform, queue, attempts, error_code, reason, failed_at
     FROM facebook_failed_jobs AS job JOIN facebook_pages AS page ON page.id = job.page_id
     ORDER BY failed_at DESC, job.page_id, platform DESC, queue`,
  );
}

/** Removes them and says which they were. */
export async function takeFailedJobs(
  query: Database['query'],
  { pageId, platform, queue }: FailedJobFilter,
): Promise<readonly Pick<FailedJobRow, 'page_id' | 'platform' | 'queue'>[]> {
  return query<Pick<FailedJobRow, 'page_id' | 'platform' | 'queue'>>(
    `DELETE FROM facebook_failed_jobs
     WHERE ($1::uuid IS NULL OR page_id = $1) AND ($2::text IS NULL OR platform = $2) AND ($3::text IS NULL OR queue = $3)
     RETURNING page_id, platform, queue`,
    [pageId ?? null, platform ?? null, queue ?? null],
  );
}
