/**
 * Work on many Pages side by side. One Page's failure is a row of the answer, so that it can never stop another (I8).
 */
import type { HistoryRow } from '../api/history.ts';
import type { SyncAllRow } from '../api/sync.ts';
import type { Tidemark } from '../api/tidemark.ts';
import type { VerifyAllAnswer } from '../api/verify.ts';
import { toHistoryRowView, toHistoryView } from '../api/views/history-view.ts';
import { toFailedRowView, toSyncAllView, toSyncRowView } from '../api/views/sync-view.ts';
import { toVerifyAllView, toVerifyFailureView } from '../api/views/verify-view.ts';
import { toTidemarkError } from '../core/errors.ts';
import type { Page, PageRef, Platform } from '../core/model.ts';
import type { Clock } from '../core/ports.ts';
import { estimateDeep } from '../core/plan.ts';
import { must } from '../lib/must.ts';
import { createTaskGroup } from '../lib/task-group.ts';
import { startTime } from '../runs/deadline.ts';
import type { Database } from '../store/connect.ts';
import { measureDeep } from '../store/deep-estimate.ts';
import { findChannelsWithOpenHistory } from '../store/history-store.ts';
import { findReferredPage, listPages } from '../store/pages.ts';
import { type PageActions, toKind } from './page-actions.ts';

export interface RoundsParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly actions: PageActions;
  /** Messages of a conversation to mirror; Infinity: all. */
  readonly depth: number;
  /** Of one channel. */
  readonly callsPerSecond: number;
  /** Pages at work at the same time. */
  readonly pageConcurrency: number;
  readonly signal: AbortSignal;
}

export type Rounds = Pick<Tidemark, 'syncAll' | 'verifyAll' | 'estimateDeepVerify' | 'collectHistory'>;

export function createRounds(parts: RoundsParts): Rounds {
  const { database, clock, actions, depth, callsPerSecond, pageConcurrency, signal } = parts;

  /** All active ones, or those that are named; of one platform, those that are there. */
  async function findPages(refs: readonly PageRef[] | undefined, platform: Platform | undefined) {
    if (refs === undefined) {
      const isThere = ({ channels }: Page) =>
        platform === undefined || channels.some((one) => one.platform === platform);
      return (await listPages(database)).filter((page) => page.isActive && isThere(page));
    }
    const pages = await Promise.all(refs.map((ref) => findReferredPage(database, ref)));
    // A Page that is named twice is still one Page.
    return [...new Map(pages.map((page) => [page.id, page])).values()];
  }

  async function eachPage<Row>(
    pages: readonly Page[],
    { work, failed }: { work: (page: Page) => Promise<Row>; failed: (page: Page, error: unknown) => Row },
  ): Promise<readonly Row[]> {
    const rows = new Map<string, Row>();
    await using group = createTaskGroup(pageConcurrency, signal);
    for (const page of pages) {
      await group.start(async () => {
        rows.set(page.id, await work(page).catch((error: unknown) => failed(page, error)));
      });
    }
    await group.done();
    return pages.map((page) => must(rows.get(page.id), 'every task has ended'));
  }

  /** The time is that of the whole round: a Page that had to wait for its turn has what is left of it. */
  function startRound<T extends { readonly maxDurationMs?: number | undefined }>(asked: T) {
    const startedMs = clock.monotonicMs();
    const { leftMs, isOver } = startTime(clock, asked.maxDurationMs);
    const withTimeLeft = (): T => (asked.maxDurationMs === undefined ? asked : { ...asked, maxDurationMs: leftMs() });
    return { startedMs, isOver, withTimeLeft };
  }

  return {
    async syncAll({ pages: refs, ...asked }) {
      const { startedMs, withTimeLeft } = startRound(asked);
      const results = await eachPage<SyncAllRow>(await findPages(refs, asked.platform), {
        work: async (page) => toSyncRowView(await actions.sync(page, withTimeLeft())),
        failed: (page, error) => toFailedRowView(page, toTidemarkError(error), clock.monotonicMs() - startedMs),
      });
      return toSyncAllView(results, clock.monotonicMs() - startedMs);
    },

    async verifyAll({ pages: refs, ...asked }) {
      const { withTimeLeft } = startRound(asked);
      const results = await eachPage<VerifyAllAnswer['results'][number]>(await findPages(refs, asked.platform), {
        work: (page) => actions.verify(page, { ...withTimeLeft(), ...toKind(asked) }),
        failed: (page, error) => toVerifyFailureView(page, toTidemarkError(error)),
      });
      return toVerifyAllView(results);
    },

    async estimateDeepVerify({ pages: refs, since }) {
      const pages = await findPages(refs, undefined);
      const pageIds = pages.map(({ id }) => id);
      const channels = await measureDeep(database, { pageIds, since });
      return estimateDeep(channels, callsPerSecond);
    },

    async collectHistory({ pages: refs, platform, ...asked }) {
      const { isOver, withTimeLeft } = startRound(asked);
      let turns = 0;
      const found = await findChannelsWithOpenHistory(database, { depth });
      const open = Map.groupBy(
        found.filter((channel) => platform === undefined || channel.platform === platform),
        ({ pageId }) => pageId,
      );
      const pages = (await findPages(refs, platform)).filter((page) => open.has(page.id));
      const results = await eachPage<HistoryRow>(pages, {
        async work(page) {
          // Those that need not wait for their turn always come a step further.
          const hasTurn = turns < pageConcurrency || !isOver();
          turns += 1;
          return hasTurn
            ? actions.history(page, open.get(page.id) ?? [], withTimeLeft())
            : toHistoryRowView(page, undefined);
        },
        failed: (page, error) => toHistoryRowView(page, toTidemarkError(error)),
      });
      return toHistoryView(results);
    },
  };
}
