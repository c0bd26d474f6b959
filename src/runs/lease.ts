/** Keeps the lease of a channel while a run works, and ends the run when it must not go on. */
import { type Lease, LEASE_MS } from '../core/model.ts';
import type { Clock, Quotas } from '../core/ports.ts';
import type { RunStore } from '../core/store-ports.ts';

export interface LeaseParts {
  readonly runStore: RunStore;
  readonly clock: Clock;
  readonly quotas: Quotas;
}

const RENEW_EVERY_MS = 5000;

/** Resolves when the run has ended; ends it itself when the lease is lost or the run was cancelled. */
export async function keepLease(
  { runStore, clock, quotas }: LeaseParts,
  lease: Lease,
  ended: AbortController,
): Promise<void> {
  let renewedAt = clock.monotonicMs();
  while (!ended.signal.aborted) {
    try {
      await clock.sleep(RENEW_EVERY_MS, ended.signal);
      const { end, cooldowns } = await runStore.renew(lease);
      if (end !== undefined) ended.abort(end);
      quotas.apply(lease, cooldowns);
      renewedAt = clock.monotonicMs();
    } catch (error) {
      // The run has ended, or the database is away: for as long as the lease lasts, it may come back.
      if (!ended.signal.aborted && clock.monotonicMs() - renewedAt > LEASE_MS) ended.abort(error);
    }
  }
}
