/** Keeps the lease of a channel while a run works, and ends the run when it must not go on. */
import { TidemarkError } from '../core/errors.ts';
import { type Lease, LEASE_MS } from '../core/model.ts';
import type { Clock, Quotas } from '../core/ports.ts';
import type { Renewal, RunStore } from '../core/store-ports.ts';

export interface LeaseParts {
  readonly runStore: Pick<RunStore, 'renew'>;
  readonly clock: Clock;
  readonly quotas: Pick<Quotas, 'apply'>;
}

const RENEW_EVERY_MS = 5000;
/** Before the lease runs out, a run that could not renew it stops calling: whoever takes it over must find it quiet. */
const MARGIN_MS = 3000;

/** Resolves when the run has ended; ends it itself when the lease is lost, can't be kept, or the run was cancelled. */
export async function keepLease(parts: LeaseParts, lease: Lease, ended: AbortController): Promise<void> {
  const { clock, quotas } = parts;
  let renewedAt = clock.monotonicMs();
  const leftMs = () => renewedAt + LEASE_MS - MARGIN_MS - clock.monotonicMs();
  while (!ended.signal.aborted) {
    try {
      await clock.sleep(Math.min(RENEW_EVERY_MS, Math.max(0, leftMs())), ended.signal);
      // It holds from when it was asked for: the answer may have taken long.
      const askedAt = clock.monotonicMs();
      const { end, cooldowns } = await renewWithin(parts, lease, { ended, leftMs: leftMs() });
      if (end !== undefined) ended.abort(end);
      quotas.apply(lease, cooldowns);
      renewedAt = askedAt;
    } catch (error) {
      // The run has ended, or the database is away: for as long as the lease lasts, it may come back.
      if (!ended.signal.aborted && leftMs() <= 0) ended.abort(error);
    }
  }
}

/** Waits for no answer longer than the lease lasts: somebody may hold its row locked. */
async function renewWithin(
  { runStore, clock }: LeaseParts,
  lease: Lease,
  { ended, leftMs }: { readonly ended: AbortController; readonly leftMs: number },
): Promise<Renewal> {
  const answered = new AbortController();
  const signal = AbortSignal.any([answered.signal, ended.signal]);
  const timeUp = clock.sleep(Math.max(0, leftMs), signal).then(() => {
    throw new TidemarkError(
      'DATABASE_UNAVAILABLE',
      `The database did not let the ${lease.platform} run of Page ${lease.pageId} keep its lease: ` +
        'another session may hold its row of facebook_sync_state, or that of its Page, locked.',
    );
  });
  try {
    return await Promise.race([runStore.renew(lease), timeUp]);
  } finally {
    answered.abort();
  }
}
