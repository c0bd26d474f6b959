/** Schedulers beside each other: every Page has its turn in every interval, and nobody doubles it. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { sleep } from '../lib/sleep.ts';
import { systemClock } from '../lib/system-clock.ts';
import { openStoreForTest } from '../../test/support/store/opened-store.ts';
import { openQueuesForTest } from '../../test/support/jobs/opened-queues.ts';
import { startScheduler } from './scheduler.ts';

it('two schedulers give each Page one job in each interval of a second, spread over it', async () => {
  await using store = await openStoreForTest(17);
  const pages = await Promise.all(Array.from({ length: 20 }, () => store.addPage()));
  const turns = new Map<string, number[]>(pages.map((pageId) => [pageId, []]));
  const both = [await openQueuesForTest(store), await openQueuesForTest(store)].map((queues) =>
    startScheduler(
      {
        store: queues.store,
        queues,
        clock: systemClock,
        onProblem: (problem) => expect.unreachable(problem.message),
      },
      [{ queue: 'sync', intervalMs: 1000 }],
    ),
  );
  const worker = await openQueuesForTest(store);
  const began = performance.now();
  while (performance.now() - began < 4500) {
    for (const claim of await worker.claim('sync', 50)) {
      turns.get(claim.pageId)?.push(performance.now() - began);
      await worker.finish(claim);
    }
    await delay(20);
  }
  for (const scheduler of both) scheduler.stop();
  await Promise.all(both.map((scheduler) => scheduler.ended()));

  for (const [pageId, times] of turns) {
    expect(times.length, pageId).toBeGreaterThanOrEqual(3);
    // One in each interval: never more than intervals that have begun.
    expect(times.length, pageId).toBeLessThanOrEqual(5);
  }
  const seconds = [...turns.values()].map((times) => Math.floor(((times[1] ?? 0) % 1000) / 250));
  expect(new Set(seconds).size, 'quarters of a second in which Pages had their turn').toBeGreaterThanOrEqual(3);
});

it('a Page whose job could not be added stays due', async () => {
  await using store = await openStoreForTest(17);
  const pageId = await store.addPage();
  const queues = await openQueuesForTest(store);
  const problems: string[] = [];
  let isBroken = true;
  const send: typeof queues.send = async (...job) => {
    const added = await queues.send(...job);
    if (isBroken && added > 0) throw new Error('cut off');
    return added;
  };
  const scheduler = startScheduler(
    {
      store: queues.store,
      queues: { send },
      clock: { ...systemClock, sleep: (ms, signal) => sleep(ms / 50, signal) },
      onProblem: (problem) => problems.push(problem.message),
    },
    [{ queue: 'sync', intervalMs: 1000 }],
  );
  await expect.poll(() => problems.length, { timeout: 10_000 }).toBeGreaterThan(2);
  expect(await queues.claim('sync', 1)).toEqual([]);
  isBroken = false;
  await expect.poll(() => queues.claim('sync', 1), { timeout: 10_000 }).toMatchObject([{ pageId }]);
  scheduler.stop();
  await scheduler.ended();
});
