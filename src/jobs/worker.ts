/**
 * Takes jobs and sees them through: so many of each queue side by side, retried with growing pauses, given up with a
 * note, handed back when the process ends. A job that it can say nothing more about (the database is away) returns to
 * the others by itself.
 */
import { TidemarkError, toTidemarkError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { JobStore, OnProblem, QueueName, RunJob } from './ports.ts';
import type { Claim, Queues } from './queues.ts';

/** One queue as a worker serves it. */
export interface Lane {
  readonly queue: QueueName;
  /** Jobs side by side. */
  readonly limit: number;
  /** How long a new job may go unnoticed while there is nothing to do. */
  readonly pollMs: number;
  readonly run: RunJob;
}

export interface WorkerParts {
  readonly queues: Queues;
  readonly store: Pick<JobStore, 'recordFailure' | 'forgetFailure'>;
  readonly clock: Clock;
  readonly onProblem: OnProblem;
}

export interface Worker {
  /** Takes no more jobs. Those under way go on, and are handed back when they end before the worker is asked to. */
  stop(): void;
  /** Resolves when every job that was taken is settled. */
  ended(): Promise<void>;
}

/** Attempts after which a job is given up. A Page that is synced on schedule gets its next chance from there. */
const MOST_ATTEMPTS = 5;
/** Three times in the life of a claim. */
const BEAT_MS = 5000;
/** With the database away, asking twice a second says nothing new. */
const AFTER_TROUBLE_MS = 5000;
/** History that finds a sync at work comes back after this. */
const BUSY_MS = 5000;
/** Jobs that end at about the same time make room for one question to the queue, not for one each. */
const GATHER_MS = 50;

export function startWorker(parts: WorkerParts, lanes: readonly Lane[]): Worker {
  const { queues, clock, onProblem } = parts;
  const stopping = new AbortController();
  const held = new Map<QueueName, Set<Claim>>(lanes.map(({ queue }) => [queue, new Set()]));

  /** Resolves early when the worker stops. */
  const pause = (ms: number) => clock.sleep(ms, stopping.signal).catch(() => {});
  async function attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      onProblem(toTidemarkError(error));
      return false;
    }
  }

  async function serve(lane: Lane): Promise<void> {
    const running = new Set<Promise<void>>();
    while (!stopping.signal.aborted) {
      const free = lane.limit - running.size;
      let taken: readonly Claim[] = [];
      const isWell = await attempt(async () => {
        if (free > 0) taken = await queues.claim(lane.queue, free);
      });
      for (const claim of taken) {
        const job: Promise<void> = settle(claim, lane.run).finally(() => running.delete(job));
        running.add(job);
      }
      // A full answer means that more may be waiting.
      if (!isWell) await pause(AFTER_TROUBLE_MS);
      else if (taken.length < free) await pause(lane.pollMs);
      else if (running.size >= lane.limit) {
        await Promise.race([...running, pause(lane.pollMs)]);
        await pause(GATHER_MS);
      }
    }
    await Promise.all(running);
  }

  async function settle(claim: Claim, run: RunJob): Promise<void> {
    const claims = held.get(claim.queue);
    claims?.add(claim);
    try {
      const outcome = stopping.signal.aborted ? 'busy' : await outcomeOf(claim, run);
      await attempt(() => (stopping.signal.aborted ? queues.handBack(claim) : conclude(parts, claim, outcome)));
    } finally {
      claims?.delete(claim);
    }
  }

  /** Also while the last jobs come to their end. */
  async function keepClaims(): Promise<void> {
    while (!idle.signal.aborted) {
      await clock.sleep(BEAT_MS, idle.signal).catch(() => {});
      for (const [queue, claims] of held) {
        if (claims.size > 0) await attempt(() => queues.renew(queue, [...claims]));
      }
      if (!stopping.signal.aborted) await attempt(() => queues.freeAbandoned());
    }
  }

  const idle = new AbortController();
  const serving = Promise.all(lanes.map(serve)).finally(() => idle.abort());
  const keeping = keepClaims();
  return {
    stop: () => stopping.abort(),
    async ended() {
      await serving;
      await keeping;
    },
  };
}

type Outcome = Awaited<ReturnType<RunJob>> | TidemarkError;

async function outcomeOf(claim: Claim, run: RunJob): Promise<Outcome> {
  if (claim.attempt > MOST_ATTEMPTS) {
    return new TidemarkError(
      'LEASE_LOST',
      `The process that worked on it ended without a word, ${MOST_ATTEMPTS} times.`,
    );
  }
  try {
    return await run(claim);
  } catch (error) {
    return toTidemarkError(error);
  }
}

async function conclude({ queues, store, onProblem }: WorkerParts, claim: Claim, outcome: Outcome): Promise<void> {
  if (outcome === 'busy') {
    await queues.handBack(claim, BUSY_MS);
  } else if (outcome !== 'done' && 'afterMs' in outcome) {
    await queues.handBack(claim, outcome.afterMs);
  } else if (outcome === 'done') {
    await store.forgetFailure(claim);
    await queues.finish(claim);
  } else if (outcome.entry.retry === 'later' && claim.attempt < MOST_ATTEMPTS) {
    await queues.tryLater(claim, { message: outcome.message, afterMs: outcome.retryAfterMs });
  } else {
    // Written before the job goes: killed in between, it is done once more and noted again.
    await store.recordFailure({ ...claim, attempts: claim.attempt, error: outcome });
    await queues.finish(claim);
    onProblem(outcome);
  }
}
