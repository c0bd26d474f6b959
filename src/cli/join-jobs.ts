/** Joins the jobs with a log that hears of what goes wrong in them; how each run fares is told by its events. */
import type { JobsOptions } from '../api/jobs.ts';
import type { Tidemark } from '../api/tidemark.ts';
import type { Log } from '../telemetry/log.ts';

export interface JoinJobsOptions extends Pick<JobsOptions, 'worker' | 'schedule'> {
  readonly tidemark: Pick<Tidemark, 'jobs'>;
  readonly log: Log;
}

export async function joinJobs({ tidemark, log, worker, schedule }: JoinJobsOptions): Promise<void> {
  await tidemark.jobs.start({
    worker,
    schedule,
    onProblem: ({ code, message, entry }) => log[entry.logLevel]({ code }, `[Jobs] ${message} (${code})`),
  });
}
