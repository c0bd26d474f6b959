/**
 * The jobs wired to what they work with: the runs of this process do them, the store shares them among processes, and
 * a sync that has ended is followed by the job that brings older messages.
 */
import type { Tidemark } from '../api/tidemark.ts';
import { toDueView } from '../api/views/due-view.ts';
import type { ErrorCode } from '../core/error-catalogue.ts';
import { toTidemarkError } from '../core/errors.ts';
import type { Channel, ChannelRef, Page } from '../core/model.ts';
import type { Clock, Quotas } from '../core/ports.ts';
import { HISTORY_YIELDS_AT_PERCENT } from '../core/limits/quota-usage.ts';
import { type DeliveryWorker, startDeliveryWorker } from '../jobs/delivery-worker.ts';
import { createPageJobs, type PageJobs } from '../jobs/page-jobs.ts';
import type { ChannelJob, RunJob } from '../jobs/ports.ts';
import { runDue, type VerifyTurn } from '../jobs/run-due.ts';
import type { ChannelRuns } from '../runs/channel-runs.ts';
import type { Database } from '../store/connect.ts';
import { findChannelsWithOpenHistory } from '../store/history-store.ts';
import { findPage, findReferredPage } from '../store/pages.ts';
import type { EventHub } from './event-hub.ts';
import { addHistoryJobs } from './history-jobs.ts';
import { findFailedJobs, openDueStore, openJobStore } from './job-store.ts';
import { type PageActions, toKind } from './page-actions.ts';
import type { Rounds } from './rounds.ts';
import type { Webhooks } from './webhooks.ts';

export interface JobsParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly channelRuns: Pick<ChannelRuns, 'history'>;
  readonly actions: Pick<PageActions, 'sync' | 'verify'>;
  readonly rounds: Rounds;
  readonly webhooks: Pick<Webhooks, 'api' | 'applyDue' | 'fetchContacts' | 'onReceived'>;
  readonly quotas: Quotas;
  readonly events: EventHub;
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
  readonly close: PageJobs['close'];
}

const SYNC_INTERVAL_MS = 5 * 60_000;
const VERIFY_INTERVAL_MS = 24 * 60 * 60_000;
const DUE_MS = 50_000;
/** What a usage header said is believed for as long: sooner, history would step aside again. */
const QUOTA_AGAIN_MS = 5 * 60_000;
/** Nothing is wrong with a verify that had to end for one of these. */
const WAITS: ReadonlySet<ErrorCode> = new Set(['THROTTLED', 'PAGE_BUSY', 'SHUTTING_DOWN']);

export function openJobs(parts: JobsParts): Jobs {
  const { database, clock, channelRuns, actions, depth } = parts;
  const store = openJobStore(database);
  const syncIntervalMs = parts.syncIntervalMs ?? SYNC_INTERVAL_MS;
  const verifyIntervalMs = parts.verifyIntervalMs ?? VERIFY_INTERVAL_MS;
  const concurrency = parts.pageConcurrency;

  /** A channel that was paused or removed while its job waited needs nothing any more. */
  const forActiveChannel = (work: (page: Page, job: ChannelJob) => ReturnType<RunJob>): RunJob => {
    return async (job) => {
      const page = await findPage(database, job.pageId);
      const isThere = page?.channels.some(({ platform }) => platform === job.platform) ?? false;
      return page?.isActive === true && isThere ? work(page, job) : 'done';
    };
  };

  async function collectHistory(page: Page, { platform, trigger }: ChannelJob): ReturnType<RunJob> {
    const channel = { pageId: page.id, platform };
    // A run that is none was not its turn.
    if ((await channelRuns.history({ page, platform }, { trigger })) === undefined) return 'busy';
    if (parts.quotas.utilization(channel) < HISTORY_YIELDS_AT_PERCENT) return 'done';
    const open = await findChannelsWithOpenHistory(database, { depth, channel });
    return open.length > 0 ? { afterMs: QUOTA_AGAIN_MS } : 'done';
  }

  const jobs = createPageJobs({
    store,
    clock,
    concurrency,
    syncIntervalMs,
    verifyIntervalMs,
    run: {
      sync: forActiveChannel(async (page, { platform, trigger }) => {
        await actions.sync(page, { platform, trigger });
        return 'done';
      }),
      history: forActiveChannel(collectHistory),
      verify: forActiveChannel(async (page, { platform, trigger }) => {
        await actions.verify(page, { platform, ...toKind({ repair: true }), trigger });
        return 'done';
      }),
    },
  });
  /** Side by side: what is told of people who are known does not wait for calls. */
  let deliveries: DeliveryWorker | undefined;
  let contacts: DeliveryWorker | undefined;
  const stopDeliveries = () => {
    deliveries?.stop();
    contacts?.stop();
  };
  const following = addHistoryJobs({ database, events: parts.events, jobs, depth });

  /** What was told is applied first: it costs no call, and syncs have less to do. */
  async function applyDeliveries(untilMs: number): Promise<void> {
    const { applyDue, fetchContacts } = parts.webhooks;
    const hasTime = () => clock.monotonicMs() < untilMs;
    do {
      while (hasTime() && (await applyDue()) === 'more') continue;
    } while (hasTime() && (await fetchContacts()) === 'more');
  }

  async function verifyDue({ pageId, platform }: Channel, maxDurationMs: number): Promise<VerifyTurn> {
    const page = await findPage(database, pageId);
    if (page === undefined) return { kind: 'ended', succeeded: false };
    try {
      const asked = { platform, ...toKind({ repair: true }), trigger: 'schedule', maxDurationMs } as const;
      const { complete, status } = await actions.verify(page, asked);
      return complete ? { kind: 'ended', succeeded: status === 'succeeded' } : { kind: 'unfinished', againInMs: 0 };
    } catch (reason) {
      const error = toTidemarkError(reason);
      if (WAITS.has(error.code)) {
        return { kind: 'unfinished', againInMs: error.retryAfterMs ?? 0 };
      }
      await store.recordFailure({ pageId, platform, trigger: 'schedule', queue: 'verify', attempts: 1, error });
      return { kind: 'ended', succeeded: false };
    }
  }

  async function channelsOf({ platform: wanted, ...ref }: ChannelRef): Promise<readonly Channel[]> {
    const { id: pageId, channels } = await findReferredPage(database, ref);
    return channels.flatMap(({ platform }) =>
      wanted === undefined || wanted === platform ? [{ pageId, platform }] : [],
    );
  }

  return {
    async close(endRuns) {
      stopDeliveries();
      // Side by side: with a database that does not answer, one wait is long enough.
      const closing = jobs.close(async () => {
        await endRuns();
        await contacts?.ended();
        await following.settled();
      });
      await Promise.all([deliveries?.ended(), closing]);
    },

    api: {
      async start({ worker = true, schedule = worker, onProblem }) {
        await jobs.start({ worker, schedule, onProblem });
        if (!worker || parts.signal.aborted) return;
        const { webhooks } = parts;
        contacts = startDeliveryWorker({ work: webhooks.fetchContacts, clock, onProblem });
        deliveries = startDeliveryWorker({ work: webhooks.applyDue, clock, onProblem });
        webhooks.onReceived = deliveries.wake;
      },
      stop() {
        stopDeliveries();
        jobs.stop();
      },
      failed: () => findFailedJobs(database),
      async enqueue(queue, refs) {
        const channels = (await Promise.all(refs.map(channelsOf))).flat();
        return jobs.enqueue(
          queue,
          channels.map((channel) => ({ ...channel, trigger: 'library' })),
        );
      },
      async retry({ queue, platform, ...ref }) {
        const isNamed = ref.pageId !== undefined || ref.facebookPageId !== undefined;
        const pageId = isNamed ? (await findReferredPage(database, ref)).id : undefined;
        return jobs.retry({ pageId, platform, queue });
      },
      async runDue({ maxDurationMs = DUE_MS }) {
        const startedMs = clock.monotonicMs();
        await applyDeliveries(startedMs + maxDurationMs);
        return toDueView(
          await runDue(
            {
              schedule: openDueStore(database),
              clock,
              syncIntervalMs,
              verifyIntervalMs,
              concurrency,
              signal: parts.signal,
              async sync({ pageId, platform }, leftMs) {
                const page = await findPage(database, pageId);
                if (page === undefined) return undefined;
                const asked = { pages: [{ pageId }], platform, maxDurationMs: leftMs, trigger: 'schedule' } as const;
                return (await parts.rounds.syncAll(asked)).results[0];
              },
              verify: verifyDue,
              collectHistory: (leftMs) => parts.rounds.collectHistory({ maxDurationMs: leftMs, trigger: 'schedule' }),
              countOpenHistory: async () => {
                const open = await findChannelsWithOpenHistory(database, { depth });
                return new Set(open.map(({ pageId }) => pageId)).size;
              },
            },
            startedMs + maxDurationMs - clock.monotonicMs(),
          ),
        );
      },
    },
  };
}
