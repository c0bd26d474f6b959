/** What is relied on of the queue: one job for each Page, one holder for each job, and no way to lose one. */
import { describe, expect, it } from 'vitest';
import { describeEachPostgres } from '../../test/support/postgres.ts';
import { must } from '../lib/must.ts';
import { openStoreForTest } from '../../test/support/store/opened-store.ts';
import {
  claimOne,
  jobOf,
  openQueuesForTest,
  silenceClaims,
  skipWaiting,
} from '../../test/support/jobs/opened-queues.ts';

describeEachPostgres('the queues', (version) => {
  it('are made once by processes that start at the same time on a new database', async () => {
    await using store = await openStoreForTest(version);
    const opened = await Promise.all([openQueuesForTest(store), openQueuesForTest(store), openQueuesForTest(store)]);
    const added = await Promise.all(opened.map((queues) => queues.send('sync', [jobOf('a')])));
    expect(added.toSorted((a, b) => a - b)).toEqual([0, 0, 1]);
  });

  it('hold one job for each Page and queue that waits, runs or is to be tried again', async () => {
    await using store = await openStoreForTest(version);
    const queues = await openQueuesForTest(store);
    const add = () => queues.send('sync', [jobOf('a'), jobOf('b'), jobOf('a')]);
    expect(await add()).toBe(2);
    expect(await add()).toBe(0);
    expect(await queues.send('history', [jobOf('a')])).toBe(1);
    const [one, two] = await queues.claim('sync', 5);
    expect(await add()).toBe(0);
    await queues.tryLater(must(one, 'a job'), { message: 'no luck', afterMs: undefined });
    expect(await add()).toBe(0);
    await queues.finish(must(two, 'another'));
    expect(await add()).toBe(1);
  });

  it('give each job to one of two processes that ask at the same time', async () => {
    await using store = await openStoreForTest(version);
    const both = [await openQueuesForTest(store), await openQueuesForTest(store)];
    const pageIds = Array.from({ length: 200 }, (_, index) => `page ${index}`);
    await must(both[0], 'one').send('sync', pageIds.map(jobOf));
    const taken = await Promise.all(
      both.map(async (queues) => {
        const mine: string[] = [];
        for (let claims = await queues.claim('sync', 9); claims.length > 0; claims = await queues.claim('sync', 9)) {
          mine.push(...claims.map((claim) => claim.pageId));
        }
        return mine;
      }),
    );
    expect(taken.flat().toSorted()).toEqual(pageIds.toSorted());
  });
});

describe('the queues', () => {
  it('give the job of a silent process to another, and refuse what the silent one says later', async () => {
    await using store = await openStoreForTest(17);
    const queues = await openQueuesForTest(store);
    await queues.send('sync', [jobOf('a')]);
    const lost = await claimOne(queues);
    await queues.freeAbandoned();
    expect(await queues.claim('sync', 1), 'while it is heard of').toEqual([]);
    await silenceClaims(store);
    await queues.freeAbandoned();
    await skipWaiting(store);
    const again = await claimOne(queues);
    expect(again).toMatchObject({ id: lost.id, attempt: 2 });

    await queues.finish(lost);
    await queues.tryLater(lost, { message: 'too late', afterMs: undefined });
    await queues.handBack(lost);
    expect(await queues.claim('sync', 5)).toEqual([]);
    await silenceClaims(store);
    await queues.renew('sync', [lost]);
    const { alive } = await store.one<{ alive: boolean }>(
      `SELECT heartbeat_on > now() - interval '30 seconds' AS alive FROM tidemark_jobs.job`,
    );
    expect(alive).toBe(false);
    await queues.renew('sync', [again]);
    await queues.finish(again);
    expect(await store.database.query('SELECT FROM tidemark_jobs.job')).toEqual([]);
  });

  it('keep a renewed claim', async () => {
    await using store = await openStoreForTest(17);
    const queues = await openQueuesForTest(store);
    await queues.send('sync', [jobOf('a')]);
    const claim = await claimOne(queues);
    await silenceClaims(store);
    await queues.renew('sync', [claim]);
    await queues.freeAbandoned();
    await skipWaiting(store);
    expect(await queues.claim('sync', 1)).toEqual([]);
  });

  it('let a failed job wait longer with every attempt, or as long as Facebook asks', async () => {
    await using store = await openStoreForTest(17);
    const queues = await openQueuesForTest(store);
    await queues.send('sync', [jobOf('a')]);
    const bounds = [
      [5, 10],
      [10, 20],
      [20, 40],
    ] as const;
    for (const [index, [least, most]] of bounds.entries()) {
      const claim = await claimOne(queues);
      expect(claim.attempt).toBe(index + 1);
      await queues.tryLater(claim, { message: 'no luck', afterMs: undefined });
      const [wait = 0] = await skipWaiting(store);
      expect(wait).toBeGreaterThan(least - 1);
      expect(wait).toBeLessThanOrEqual(most);
    }
    await queues.tryLater(await claimOne(queues), { message: 'throttled', afterMs: 900_000 });
    expect((await skipWaiting(store))[0]).toBeCloseTo(900, -1);
  });

  it('take a job back as if nobody had had it', async () => {
    await using store = await openStoreForTest(17);
    const queues = await openQueuesForTest(store);
    await queues.send('sync', [jobOf('a')]);
    for (let round = 0; round < 8; round += 1) {
      const claim = await claimOne(queues);
      expect(claim).toMatchObject({ pageId: 'a', trigger: 'schedule', attempt: 1 });
      await queues.handBack(claim);
    }
    await queues.handBack(await claimOne(queues), 60_000);
    expect(await queues.claim('sync', 1)).toEqual([]);
    expect((await skipWaiting(store))[0]).toBeCloseTo(60, -1);
  });

  it('of two installations in one database are two', async () => {
    await using store = await openStoreForTest(17);
    const queues = await openQueuesForTest(store);
    await store.database.query('CREATE SCHEMA elsewhere');
    const url = new URL(store.url);
    url.searchParams.set('options', '-c search_path=elsewhere');
    const others = await openQueuesForTest({ ...store, url: url.href });
    await queues.send('sync', [jobOf('a')]);
    expect(await others.claim('sync', 5)).toEqual([]);
    expect(await queues.claim('sync', 5)).toHaveLength(1);
  });
});
