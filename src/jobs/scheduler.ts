/**
 * Turns channels that are due into jobs, a tick at a time. What is due stands in the database, so any number of
 * schedulers share it; a channel is moved on and its job added in one transaction, so neither is ever without the other.
 * Beside that it keeps the record of runs from growing for ever.
 */
import { toTidemarkError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { JobStore, OnProblem, ScheduledQueue } from './ports.ts';
import type { Queues } from './queues.ts';

export interface Rhythm {
  readonly queue: ScheduledQueue;
  readonly intervalMs: number;
}

export interface SchedulerParts {
  readonly store: Pick<JobStore, 'transaction' | 'pruneRuns'>;
  readonly queues: Pick<Queues, 'send'>;
  readonly clock: Clock;
  readonly onProblem: OnProblem;
}

export interface Scheduler {
  stop(): void;
  /** Resolves when the tick under way has ended. */
  ended(): Promise<void>;
}

/** Channels taken in one transaction. */
const BATCH = 1000;
/** Ticks in an interval: what is due waits for a fraction of it at most. */
const TICKS = 60;
const SHORTEST_TICK_MS = 250;
const LONGEST_TICK_MS = 5000;
const PRUNE_EVERY_MS = 3_600_000;
/** Between batches, so that a backlog of years is nobody's trouble. */
const PRUNE_PAUSE_MS = 250;

export function startScheduler(parts: SchedulerParts, rhythms: readonly Rhythm[]): Scheduler {
  const stopping = new AbortController();
  const { signal } = stopping;

  async function keepTime(rhythm: Rhythm): Promise<void> {
    const tickMs = Math.min(LONGEST_TICK_MS, Math.max(SHORTEST_TICK_MS, rhythm.intervalMs / TICKS));
    while (!signal.aborted) {
      try {
        while (!signal.aborted && (await sendDue(parts, rhythm)) === 'more') continue;
        await parts.clock.sleep(tickMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        parts.onProblem(toTidemarkError(error));
        await parts.clock.sleep(LONGEST_TICK_MS, signal).catch(() => {});
      }
    }
  }

  async function keepRunsFew(): Promise<void> {
    while (!signal.aborted) {
      try {
        while ((await parts.store.pruneRuns()) === 'more') await parts.clock.sleep(PRUNE_PAUSE_MS, signal);
      } catch (error) {
        if (!signal.aborted) parts.onProblem(toTidemarkError(error));
      }
      await parts.clock.sleep(PRUNE_EVERY_MS, signal).catch(() => {});
    }
  }

  const ticking = Promise.all([...rhythms.map(keepTime), keepRunsFew()]);
  return {
    stop: () => stopping.abort(),
    async ended() {
      await ticking;
    },
  };
}

async function sendDue({ store, queues }: SchedulerParts, { queue, intervalMs }: Rhythm): Promise<'more' | 'done'> {
  return store.transaction(async (step) => {
    const { due, isExhausted } = await step.claimDue(queue, { intervalMs, limit: BATCH });
    const jobs = due.map(({ pageId, platform }) => ({ pageId, platform, trigger: 'schedule' }) as const);
    await queues.send(queue, jobs, step.database);
    return isExhausted ? 'done' : 'more';
  });
}
