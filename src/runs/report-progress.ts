/**
 * Notes how far a run is in its row while it goes on, so that everybody can watch it, from any process. What is noted
 * is news for people; the run itself must never depend on it.
 */
import type { Clock } from '../core/ports.ts';
import type { Lease } from '../core/model.ts';
import type { RunStore } from '../core/store-ports.ts';
import type { Meter } from './phase-costs.ts';

export interface ReportedRun {
  readonly runStore: RunStore;
  readonly clock: Clock;
  readonly lease: Lease;
  readonly meter: Meter;
  /** Aborted when the run has ended. */
  readonly signal: AbortSignal;
}

const NOTE_EVERY_MS = 1000;

/** Resolves when the run has ended. Writes nothing while nothing moves. */
export async function reportProgress({ runStore, clock, lease, meter, signal }: ReportedRun): Promise<void> {
  let notedCalls = 0;
  while (!signal.aborted) {
    try {
      await clock.sleep(NOTE_EVERY_MS, signal);
      const progress = meter.progress();
      if (progress.graphCalls === notedCalls) continue;
      await runStore.note(lease, progress);
      notedCalls = progress.graphCalls;
    } catch {
      // The run has ended, or the database is away: then the run itself finds out, and the next note says it all.
    }
  }
}
