/** What a worker makes of its jobs, whatever comes of them. The jobs are the test's own; queue and database are real. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { findFailedJobs } from '../engine/job-store.ts';
import { TidemarkError } from '../core/errors.ts';
import { sleep } from '../lib/sleep.ts';
import { systemClock } from '../lib/system-clock.ts';
import { type OpenedStore, openStoreForTest } from '../../test/support/store/opened-store.ts';
import { jobOf, openQueuesForTest, silenceClaims, skipWaiting } from '../../test/support/jobs/opened-queues.ts';
import type { RunJob } from './ports.ts';
import { startWorker } from './worker.ts';

/** A process with a worker for the sync queue, stopped when the test has ended. */
async function startWorkerForTest(store: OpenedStore, run: RunJob, { limit = 5, pollMs = 20, haste = 1 } = {}) {
  const queues = await openQueuesForTest(store);
  const problems: TidemarkError[] = [];
  const clock = { ...systemClock, sleep: (ms: number, signal?: AbortSignal) => sleep(ms / haste, signal) };
  const parts = { queues, store: queues.store, clock };
  const lane = { queue: 'sync', limit, pollMs, run } as const;
  const worker = startWorker({ ...parts, onProblem: (problem) => problems.push(problem) }, [lane]);
  const stop = async () => {
    worker.stop();
    await worker.ended();
  };
  onTestFinished(stop);
  return { queues, problems, stop };
}

const jobsIn = async ({ database }: OpenedStore) => (await database.query('SELECT FROM tidemark_jobs.job')).length;

it('a worker does jobs side by side up to its limit, and starts a new one within a second', async () => {
  await using store = await openStoreForTest(17);
  let running = 0;
  let most = 0;
  let begun: number | undefined;
  const run: RunJob = async () => {
    begun ??= performance.now();
    running += 1;
    most = Math.max(most, running);
    await delay(10);
    running -= 1;
    return 'done';
  };
  const { queues } = await startWorkerForTest(store, run, { limit: 4, pollMs: 500 });
  await delay(200);
  const sent = performance.now();
  await queues.send(
    'sync',
    Array.from({ length: 30 }, () => jobOf(crypto.randomUUID())),
  );
  await expect.poll(() => jobsIn(store), { timeout: 10_000 }).toBe(0);
  expect((begun ?? Infinity) - sent).toBeLessThan(1000);
  expect(most).toBe(4);
});

it('a job that fails is tried five times and then kept with its reason, until a later one succeeds', async () => {
  await using store = await openStoreForTest(17);
  const pageId = await store.addPage();
  let attempts = 0;
  let isWell = false;
  const run: RunJob = async () => {
    attempts += 1;
    if (!isWell) throw new TidemarkError('GRAPH_UNREACHABLE', 'Facebook did not answer.');
    return 'done';
  };
  const { queues, problems } = await startWorkerForTest(store, run);
  await queues.send('sync', [jobOf(pageId)]);
  const failed = async () => {
    await skipWaiting(store);
    return findFailedJobs(store.database);
  };
  await expect
    .poll(failed, { timeout: 20_000 })
    .toMatchObject([{ pageId, pageName: 'Harbour Café', queue: 'sync', attempts: 5, code: 'GRAPH_UNREACHABLE' }]);
  await expect.poll(() => jobsIn(store)).toBe(0);
  expect(attempts).toBe(5);
  expect(problems.map((problem) => problem.code)).toEqual(['GRAPH_UNREACHABLE']);

  isWell = true;
  await queues.send('sync', [jobOf(pageId)]);
  await expect.poll(failed).toEqual([]);
});

it('a job that cannot succeed by itself is tried once', async () => {
  await using store = await openStoreForTest(17);
  const pageId = await store.addPage();
  let attempts = 0;
  const run: RunJob = async () => {
    attempts += 1;
    throw new TidemarkError('TOKEN_EXPIRED', 'Facebook no longer accepts the token.');
  };
  const { queues } = await startWorkerForTest(store, run);
  await queues.send('sync', [jobOf(pageId)]);
  await expect.poll(() => findFailedJobs(store.database)).toMatchObject([{ attempts: 1, code: 'TOKEN_EXPIRED' }]);
  await expect.poll(() => jobsIn(store)).toBe(0);
  expect(attempts).toBe(1);
});

it('a job of a Page that is gone leaves nothing behind', async () => {
  await using store = await openStoreForTest(17);
  const run: RunJob = async () => {
    throw new TidemarkError('PAGE_NOT_FOUND', 'No such Page.');
  };
  const { queues, problems } = await startWorkerForTest(store, run);
  await queues.send('sync', [jobOf(crypto.randomUUID())]);
  await expect.poll(() => jobsIn(store)).toBe(0);
  expect(problems).toHaveLength(1);
  expect(await findFailedJobs(store.database)).toEqual([]);
});

it('a job whose processes die on it is given up in the end', async () => {
  await using store = await openStoreForTest(17);
  const pageId = await store.addPage();
  const victims = await openQueuesForTest(store);
  await victims.send('sync', [jobOf(pageId)]);
  for (let death = 0; death < 5; death += 1) {
    expect(await victims.claim('sync', 1)).toMatchObject([{ attempt: death + 1 }]);
    await silenceClaims(store);
    await victims.freeAbandoned();
    await skipWaiting(store);
  }
  await startWorkerForTest(store, () => expect.unreachable('it is not tried again'));
  await expect
    .poll(() => findFailedJobs(store.database))
    .toMatchObject([{ pageId, code: 'LEASE_LOST', error: expect.stringContaining('ended without a word, 5 times') }]);
});

it('a job that finds its Page busy comes back, and that is no failure', async () => {
  await using store = await openStoreForTest(17);
  let turns = 0;
  const run: RunJob = async () => {
    turns += 1;
    return turns < 9 ? 'busy' : 'done';
  };
  const { queues } = await startWorkerForTest(store, run);
  await queues.send('sync', [jobOf(await store.addPage())]);
  const left = async () => {
    await skipWaiting(store);
    return jobsIn(store);
  };
  await expect.poll(left, { timeout: 20_000 }).toBe(0);
  expect(turns).toBe(9);
  expect(await findFailedJobs(store.database)).toEqual([]);
});

it('a worker that stops hands back what it has not finished, and another goes on at once', async () => {
  await using store = await openStoreForTest(17);
  const release = Promise.withResolvers<void>();
  const began: string[] = [];
  const { queues, stop } = await startWorkerForTest(store, async ({ pageId }) => {
    began.push(pageId);
    await release.promise;
    return 'done';
  });
  onTestFinished(() => release.resolve());
  const pages = [crypto.randomUUID(), crypto.randomUUID()];
  await queues.send('sync', pages.map(jobOf));
  await expect.poll(() => began.length).toBe(2);
  const stopped = stop();
  release.resolve();
  await stopped;
  expect(await jobsIn(store)).toBe(2);

  const again: string[] = [];
  await startWorkerForTest(store, async ({ pageId }) => {
    again.push(pageId);
    return 'done';
  });
  await expect.poll(() => jobsIn(store)).toBe(0);
  expect(again.toSorted()).toEqual(pages.toSorted());
});

it('a worker keeps the claim of a job that takes long, also while it ends, and frees those of the dead', async () => {
  await using store = await openStoreForTest(17);
  const release = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const run: RunJob = async () => {
    begun.resolve();
    await release.promise;
    return 'done';
  };
  const { queues, stop } = await startWorkerForTest(store, run, { limit: 1, haste: 50 });
  onTestFinished(() => release.resolve());
  await queues.send('sync', [jobOf(crypto.randomUUID())]);
  await begun.promise;
  const states = async () =>
    (
      await store.database.query<{ kept: boolean }>(
        `SELECT state = 'active' AND heartbeat_on > now() - interval '10 seconds' AS kept FROM tidemark_jobs.job`,
      )
    ).map(({ kept }) => kept);
  await store.database.query(`UPDATE tidemark_jobs.job SET heartbeat_on = now() - interval '12 seconds'`);
  await expect.poll(states).toEqual([true]);

  const dead = await openQueuesForTest(store);
  await dead.send('verify', [jobOf(crypto.randomUUID())]);
  await dead.claim('verify', 1);
  await store.database.query(
    `UPDATE tidemark_jobs.job SET heartbeat_on = now() - interval '16 seconds' WHERE name = 'verify'`,
  );
  const waiting = () => store.database.query(`SELECT FROM tidemark_jobs.job WHERE name = 'verify' AND state = 'retry'`);
  await expect.poll(waiting, { timeout: 10_000 }).toHaveLength(1);

  const stopped = stop();
  await store.database.query(
    `UPDATE tidemark_jobs.job SET heartbeat_on = now() - interval '12 seconds' WHERE name = 'sync'`,
  );
  await expect.poll(states).toContain(true);
  release.resolve();
  await stopped;
});
