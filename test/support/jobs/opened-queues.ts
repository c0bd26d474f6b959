/** Queues on a database of their own, as several processes would open them, and ways to let their time pass. */
import { expect, onTestFinished } from 'vitest';
import { openJobStore } from '../../../src/engine/job-store.ts';
import { must } from '../../../src/lib/must.ts';
import { connectAside, type OpenedStore } from '../store/opened-store.ts';
import type { JobStore } from '../../../src/jobs/ports.ts';
import { type Claim, openQueues, type Queues } from '../../../src/jobs/queues.ts';

/** As one more process; closed when the test has ended. */
export async function openQueuesForTest(store: OpenedStore): Promise<Queues & { readonly store: JobStore }> {
  const jobStore = openJobStore(connectAside(store.url));
  const queues = await openQueues(jobStore, (problem) => expect.unreachable(problem.message));
  onTestFinished(() => queues.close());
  return { ...queues, store: jobStore };
}

export function jobOf(pageId: string) {
  return { pageId, platform: 'messenger', trigger: 'schedule' } as const;
}

/** The only job there is to take. */
export async function claimOne(queues: Queues): Promise<Claim> {
  const [claim, ...others] = await queues.claim('sync', 10);
  expect(others).toEqual([]);
  return must(claim, 'a job waits');
}

/** Lets every claim lapse, as if its process had been silent for long, and the next look for such claims be due. */
export async function silenceClaims({ database }: OpenedStore): Promise<void> {
  await database.query(
    `UPDATE tidemark_jobs.job SET heartbeat_on = now() - interval '1 minute' WHERE state = 'active'`,
  );
  await database.query(`UPDATE tidemark_jobs.queue SET monitor_claim_on = now() - interval '1 minute'`);
}

/** Makes waiting jobs ready, and answers how long they would have waited, in seconds. */
export async function skipWaiting({ database }: OpenedStore): Promise<readonly number[]> {
  const rows = await database.query<{ wait: number }>(
    `UPDATE tidemark_jobs.job AS job SET start_after = now() FROM tidemark_jobs.job AS old
     WHERE job.id = old.id AND job.state < 'active' AND old.start_after > now()
     RETURNING extract(epoch FROM old.start_after - now())::float8 AS wait`,
  );
  return rows.map((row) => row.wait);
}
