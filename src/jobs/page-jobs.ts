/**
 * The jobs of this process as the engine offers them: begun when somebody asks for them, ended with the engine. A
 * process that only wants to add jobs opens the queues and takes none.
 */
import { TidemarkError, toTidemarkError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { FailureFilter, JobStore, OnProblem, ChannelJob, QueueName, RunJob } from './ports.ts';
import { openQueues, type Queues } from './queues.ts';
import { type Scheduler, startScheduler } from './scheduler.ts';
import { type Lane, startWorker, type Worker } from './worker.ts';

export interface PageJobsParts {
  readonly store: JobStore;
  readonly clock: Clock;
  /** Who does the jobs of a queue. */
  readonly run: { readonly [Queue in QueueName]: RunJob };
  readonly syncIntervalMs: number | 'off';
  readonly verifyIntervalMs: number | 'off';
  /** Pages synced side by side. */
  readonly concurrency: number;
}

export interface JoinOptions {
  /** Whether to take jobs and do them. */
  readonly worker: boolean;
  /** Whether to add jobs for Pages that are due. */
  readonly schedule: boolean;
  readonly onProblem: OnProblem;
}

export interface PageJobs {
  start(options: JoinOptions): Promise<void>;
  /** Whether jobs that are added now are anybody's business. */
  readonly isStarted: boolean;
  enqueue(queue: QueueName, jobs: readonly ChannelJob[]): Promise<number>;
  retry(which: FailureFilter): Promise<number>;
  /** Takes no more jobs; those under way go on. */
  stop(): void;
  /** Hands back what `endRuns` cuts short, and resolves when nothing is held any more. */
  close(endRuns: () => Promise<void>): Promise<void>;
}

const SYNC_POLL_MS = 500;
const BACKGROUND_POLL_MS = 1000;
/** Of the Pages that may be synced side by side, so many may be verified, and so many may have history collected. */
const BACKGROUND_SHARE = 0.2;

export function createPageJobs(parts: PageJobsParts): PageJobs {
  const { store, clock, run, concurrency } = parts;
  let opening: Promise<Queues> | undefined;
  let worker: Worker | undefined;
  let scheduler: Scheduler | undefined;
  let isStarted = false;
  let isStopped = false;
  let tell: OnProblem = () => {};
  const onProblem: OnProblem = (problem) => tell(problem);

  async function open(): Promise<Queues> {
    const opened = opening ?? openQueues(store, onProblem);
    opening = opened;
    try {
      return await opened;
    } catch (error) {
      // The database may be back when it is asked for again.
      if (opening === opened) opening = undefined;
      throw toTidemarkError(error);
    }
  }

  function lanes(): readonly Lane[] {
    const background = Math.max(1, Math.floor(concurrency * BACKGROUND_SHARE));
    const all = [
      { queue: 'sync', limit: concurrency, pollMs: SYNC_POLL_MS },
      { queue: 'verify', limit: background, pollMs: BACKGROUND_POLL_MS },
      { queue: 'history', limit: background, pollMs: BACKGROUND_POLL_MS },
    ] as const;
    return all.map((lane) => ({ ...lane, run: run[lane.queue] }));
  }

  function rhythms() {
    const intervals = { sync: parts.syncIntervalMs, verify: parts.verifyIntervalMs };
    return (['sync', 'verify'] as const).flatMap((queue) => {
      const intervalMs = intervals[queue];
      return intervalMs === 'off' ? [] : [{ queue, intervalMs }];
    });
  }

  function stop(): void {
    isStopped = true;
    scheduler?.stop();
    worker?.stop();
  }

  return {
    get isStarted() {
      return isStarted;
    },

    async start({ worker: works, schedule, onProblem: hear }) {
      if (isStarted) throw new TidemarkError('INTERNAL', 'The jobs of this process have been started already.');
      isStarted = true;
      tell = hear;
      const queues = await open().catch((error: unknown) => {
        isStarted = false;
        throw error;
      });
      if (isStopped) return;
      if (works) worker = startWorker({ queues, store, clock, onProblem }, lanes());
      if (schedule) scheduler = startScheduler({ store, queues, clock, onProblem }, rhythms());
    },

    async enqueue(queue, jobs) {
      return (await open()).send(queue, jobs);
    },

    async retry(which) {
      const queues = await open();
      return store.transaction(async (step) => {
        const failures = await step.takeFailures(which);
        for (const [queue, jobs] of Map.groupBy(failures, (failure) => failure.queue)) {
          await queues.send(
            queue,
            jobs.map(({ pageId, platform }) => ({ pageId, platform, trigger: 'api' })),
            step.database,
          );
        }
        return failures.length;
      });
    },

    stop,

    async close(endRuns) {
      stop();
      await endRuns();
      await scheduler?.ended();
      await worker?.ended();
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}
