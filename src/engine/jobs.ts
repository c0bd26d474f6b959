/**
 * The jobs wired to what they work with: the runs of this process do them, the store shares them among processes, and
 * a sync is followed by the job that brings older messages.
 */
import type { Tidemark } from '../api/tidemark.ts';
import { toDueView } from '../api/views/due-view.ts';
import type { ErrorCode } from '../core/error-catalogue.ts';
import { toTidemarkError } from '../core/errors.ts';
import type { Page } from '../core/model.ts';
import type { Clock } from '../core/ports.ts';
import { createPageJobs, type PageJobs } from '../jobs/page-jobs.ts';
import type { PageRuns, PageRunsParts, RunOptions } from '../jobs/page-runs.ts';
import type { PageJob, RunJob } from '../jobs/ports.ts';
import { runDue, type VerifyTurn } from '../jobs/run-due.ts';
import type { Database } from '../store/connect.ts';
import { findPagesWithOpenHistory } from '../store/history-store.ts';
import { findPage, findReferredPage } from '../store/pages.ts';
import { findFailedJobs, openDueStore, openJobStore } from './job-store.ts';

export interface JobsParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly pageRuns: Pick<PageRuns, 'history'>;
  readonly syncPage: (page: Page, request: RunOptions) => Promise<unknown>;
  readonly syncAll: Tidemark['syncAll'];
  readonly verify: Tidemark['verify'];
  readonly collectHistory: Tidemark['collectHistory'];
  /** Messages of a conversation to mirror; Infinity: all. */
  readonly depth: number;
  readonly pageConcurrency: number;
  readonly syncIntervalMs?: number | 'off' | undefined;
  readonly verifyIntervalMs?: number | 'off' | undefined;
  /** Aborted when the engine is closed. */
  readonly signal: AbortSignal;
}

export interface Jobs {
  readonly api: Tidemark['jobs'];
  readonly afterSync: PageRunsParts['afterSync'];
  readonly close: PageJobs['close'];
}

const SYNC_INTERVAL_MS = 5 * 60_000;
const VERIFY_INTERVAL_MS = 24 * 60 * 60_000;
const DUE_MS = 50_000;
/** Nothing is wrong with a verify that had to end for one of these. */
const WAITS: ReadonlySet<ErrorCode> = new Set(['THROTTLED', 'PAGE_BUSY', 'SHUTTING_DOWN']);

export function openJobs(parts: JobsParts): Jobs {
  const { database, clock, pageRuns, depth, verify } = parts;
  const store = openJobStore(database);
  const syncIntervalMs = parts.syncIntervalMs ?? SYNC_INTERVAL_MS;
  const verifyIntervalMs = parts.verifyIntervalMs ?? VERIFY_INTERVAL_MS;
  const concurrency = parts.pageConcurrency;

  /** A Page that was paused or removed while its job waited needs nothing any more. A run that is none was not its turn. */
  const forActivePage = (work: (page: Page, job: PageJob) => Promise<unknown>): RunJob => {
    return async (job) => {
      const page = await findPage(database, job.pageId);
      if (page?.isActive !== true) return 'done';
      return (await work(page, job)) === undefined ? 'busy' : 'done';
    };
  };
  const jobs = createPageJobs({
    store,
    clock,
    concurrency,
    syncIntervalMs,
    verifyIntervalMs,
    run: {
      sync: forActivePage((page, { trigger }) => parts.syncPage(page, { trigger })),
      history: forActivePage((page, { trigger }) => pageRuns.history(page, { trigger })),
      verify: forActivePage(({ id }, { trigger }) => verify({ pageId: id, repair: true, trigger })),
    },
  });

  async function verifyDue(pageId: string, maxDurationMs: number): Promise<VerifyTurn> {
    const page = await findPage(database, pageId);
    if (page === undefined) return { kind: 'ended', succeeded: false };
    try {
      const { complete, status } = await verify({ pageId, repair: true, trigger: 'schedule', maxDurationMs });
      return complete
        ? { kind: 'ended', succeeded: status === 'succeeded' }
        : { kind: 'unfinished', againAt: undefined };
    } catch (reason) {
      const error = toTidemarkError(reason);
      if (WAITS.has(error.code)) {
        const { retryAfterMs } = error;
        return { kind: 'unfinished', againAt: retryAfterMs === undefined ? undefined : clock.now() + retryAfterMs };
      }
      await store.recordFailure({ pageId, trigger: 'schedule', queue: 'verify', attempts: 1, error });
      return { kind: 'ended', succeeded: false };
    }
  }

  const pageIdsOf = async (pages: Parameters<Tidemark['jobs']['enqueue']>[1]) =>
    Promise.all(pages.map(async (ref) => (await findReferredPage(database, ref)).id));

  return {
    close: (endRuns) => jobs.close(endRuns),

    async afterSync(page, trigger) {
      if (!jobs.isStarted) return;
      const open = await findPagesWithOpenHistory(database, { depth, pageId: page.id });
      if (open.size > 0) await jobs.enqueue('history', [{ pageId: page.id, trigger }]);
    },

    api: {
      start: ({ worker = true, schedule = worker, onProblem }) => jobs.start({ worker, schedule, onProblem }),
      stop: () => jobs.stop(),
      failed: () => findFailedJobs(database),
      async enqueue(queue, pages) {
        const pageIds = await pageIdsOf(pages);
        return jobs.enqueue(
          queue,
          pageIds.map((pageId) => ({ pageId, trigger: 'library' })),
        );
      },
      async retry({ queue, ...ref }) {
        const isNamed = ref.pageId !== undefined || ref.facebookPageId !== undefined;
        const [pageId] = isNamed ? await pageIdsOf([ref]) : [];
        return jobs.retry({ pageId, queue });
      },
      runDue: async ({ maxDurationMs = DUE_MS }) =>
        toDueView(
          await runDue(
            {
              schedule: openDueStore(database),
              clock,
              syncIntervalMs,
              verifyIntervalMs,
              concurrency,
              signal: parts.signal,
              async sync(pageId, leftMs) {
                const page = await findPage(database, pageId);
                if (page === undefined) return undefined;
                const asked = { pages: [{ pageId }], maxDurationMs: leftMs, trigger: 'schedule' } as const;
                return (await parts.syncAll(asked)).results[0];
              },
              verify: verifyDue,
              collectHistory: (leftMs) => parts.collectHistory({ maxDurationMs: leftMs, trigger: 'schedule' }),
              countOpenHistory: async () => (await findPagesWithOpenHistory(database, { depth })).size,
            },
            maxDurationMs,
          ),
        ),
    },
  };
}
