/** A run that can't keep its lease stops before anybody else can have it (I6, I7). The clock is the test's own. */
import { expect, it } from 'vitest';
import { TidemarkError } from '../core/errors.ts';
import { LEASE_MS, type Lease } from '../core/model.ts';
import type { Renewal } from '../core/store-ports.ts';
import { keepLease } from './lease.ts';

const lease: Lease = { pageId: 'p', platform: 'messenger', runId: 'r', fence: 1 };
const KEPT: Renewal = { end: undefined, cooldowns: [] };

/** Keeps a lease whose `n`th renewal comes to `renew(n)`; answers when it ended the run, and why. */
async function keep(renew: (n: number) => Promise<Renewal>) {
  let nowMs = 0;
  const sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  const clock = {
    now: () => 0,
    monotonicMs: () => nowMs,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        sleepers.push({ at: nowMs + ms, wake: resolve });
        signal?.addEventListener('abort', () => reject(signal.reason));
      }),
  };
  const ended = new AbortController();
  let renewals = 0;
  const runStore = { renew: () => renew((renewals += 1)) };
  const keeping = keepLease({ runStore, clock, quotas: { apply: () => {} } }, lease, ended);
  while (!ended.signal.aborted && nowMs < 5 * LEASE_MS) {
    nowMs += 250;
    for (const sleeper of sleepers.splice(0)) {
      if (sleeper.at <= nowMs) sleeper.wake();
      else sleepers.push(sleeper);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  const endedAt = nowMs;
  if (!ended.signal.aborted) ended.abort(new Error('the test is over'));
  await keeping;
  return { endedAt, reason: ended.signal.reason as unknown, renewals };
}

it('a renewal that gets no answer, as behind a locked row, ends the run before the lease can be taken', async () => {
  const silent = new Promise<Renewal>(() => {});
  const { endedAt, reason } = await keep((n) => (n <= 2 ? Promise.resolve(KEPT) : silent));
  // Asked for at 10 s for the last time.
  expect(endedAt).toBeGreaterThan(10_000 + LEASE_MS / 2);
  expect(endedAt).toBeLessThanOrEqual(10_000 + LEASE_MS - 2000);
  expect(reason).toMatchObject({ code: 'DATABASE_UNAVAILABLE', message: expect.stringMatching(/locked/) });
});

it('renewals that fail end it in time as well; one that succeeds again keeps it', async () => {
  const away = new TidemarkError('DATABASE_UNAVAILABLE', 'away');
  const { endedAt, reason } = await keep(() => Promise.reject(away));
  expect(endedAt).toBeLessThanOrEqual(LEASE_MS - 2000);
  expect(reason).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  const kept = await keep((n) => (n % 3 === 0 ? Promise.resolve(KEPT) : Promise.reject(away)));
  expect(kept.reason).toMatchObject({ message: 'the test is over' });
});
