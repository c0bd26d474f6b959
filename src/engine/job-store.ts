/** The store as the jobs need it: their ports, on our tables and on the queue's own. */
import type { FailedJobAnswer } from '../api/jobs.ts';
import { toIso } from '../api/views/in-words.ts';
import type { JobStore } from '../jobs/ports.ts';
import type { DueStore } from '../jobs/run-due.ts';
import type { Database } from '../store/connect.ts';
import { listFailedJobs, recordFailedJob, takeFailedJobs } from '../store/failed-jobs.ts';
import { findJobSchema, openJobDatabase, openLockedJobDatabase } from '../store/job-database.ts';
import { pruneRuns } from '../store/prune-runs.ts';
import {
  bringForward,
  claimDueChannels,
  countDuePages,
  enrolChannels,
  giveBackDueChannel,
} from '../store/page-schedule.ts';

export function openJobStore(database: Database): JobStore {
  return {
    database: openJobDatabase((sql, values) => database.script(sql, values)),
    findSchema: () => findJobSchema(database),
    setUp: (work) => database.transaction(async (query) => work(await openLockedJobDatabase(query)), { isLong: true }),
    transaction: (work) =>
      database.transaction((query) =>
        work({
          database: openJobDatabase(query),
          async claimDue(queue, options) {
            await enrolChannels(query);
            return claimDueChannels(query, queue, options);
          },
          async takeFailures(which) {
            const taken = await takeFailedJobs(query, which);
            return taken.map(({ page_id: pageId, platform, queue }) => ({ pageId, platform, queue }));
          },
        }),
      ),
    pruneRuns: () => pruneRuns(database.query),
    recordFailure: ({ error, ...job }) =>
      recordFailedJob(database.query, { ...job, code: error.code, reason: error.message }),
    async forgetFailure(job) {
      await takeFailedJobs(database.query, job);
    },
  };
}

export function openDueStore(database: Database): DueStore {
  const { query } = database;
  return {
    async bringForward() {
      await enrolChannels(query);
      await bringForward(query);
    },
    claimDue: (queue, options) => claimDueChannels(query, queue, options),
    giveBack: (queue, channel, due) => giveBackDueChannel(query, queue, { ...channel, due }),
    countDue: (queue) => countDuePages(query, queue),
    pruneRuns: () => pruneRuns(query),
  };
}

export async function findFailedJobs(database: Database): Promise<readonly FailedJobAnswer[]> {
  const rows = await listFailedJobs(database.query);
  return rows.map((row) => ({
    pageId: row.page_id,
    facebookPageId: row.facebook_page_id,
    pageName: row.page_name,
    platform: row.platform,
    queue: row.queue,
    attempts: row.attempts,
    error: row.reason,
    code: row.error_code,
    failedAt: toIso(row.failed_at),
  }));
}
