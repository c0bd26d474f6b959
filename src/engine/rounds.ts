/**
 * Work on many Pages side by side. One Page's failure is a row of the answer, so that it can never stop another (I8).
 */
import type { HistoryRow } from '../api/history.ts';
import type { SyncAllRow, SyncAnswer } from '../api/sync.ts';
import type { Tidemark } from '../api/tidemark.ts';
import type { VerifyAllAnswer } from '../api/verify.ts';
import { toHistoryRowView, toHistoryView } from '../api/views/history-view.ts';
import { toFailedRowView, toSyncAllView, toSyncRowView } from '../api/views/sync-view.ts';
import { toVerifyAllView, toVerifyFailureView } from '../api/views/verify-view.ts';
import { toTidemarkError } from '../core/errors.ts';
import type { Page, PageRef } from '../core/model.ts';
import type { Clock } from '../core/ports.ts';
import type { PageRuns, RunOptions } from '../jobs/page-runs.ts';
import { must } from '../lib/must.ts';
import { createTaskGroup } from '../lib/task-group.ts';
import type { Database } from '../store/connect.ts';
import { findPagesWithOpenHistory } from '../store/history-store.ts';
import { findReferredPage, listPages } from '../store/pages.ts';
import { findRun } from '../store/sync-runs.ts';

export interface RoundsParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly pageRuns: PageRuns;
  readonly syncPage: (page: Page, request: RunOptions) => Promise<SyncAnswer>;
  readonly verify: Tidemark['verify'];
  /** Messages of a conversation to mirror; Infinity: all. */
  readonly depth: number;
  /** Pages at work at the same time. */
  readonly pageConcurrency: number;
  readonly signal: AbortSignal;
}

export function createRounds(parts: RoundsParts): Pick<Tidemark, 'syncAll' | 'verifyAll' | 'collectHistory'> {
  const { database, clock, pageRuns, syncPage, verify, depth, pageConcurrency, signal } = parts;

  async function findPages(refs: readonly PageRef[] | undefined): Promise<readonly Page[]> {
    if (refs === undefined) return (await listPages(database)).filter((page) => page.isActive);
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
  function startTime<T extends { readonly maxDurationMs?: number | undefined }>(asked: T) {
    const startedMs = clock.monotonicMs();
    const { maxDurationMs } = asked;
    const leftMs = () => (maxDurationMs === undefined ? Infinity : startedMs + maxDurationMs - clock.monotonicMs());
    const withTimeLeft = (): T => (maxDurationMs === undefined ? asked : { ...asked, maxDurationMs: leftMs() });
    return { startedMs, isOver: () => leftMs() <= 0, withTimeLeft };
  }

  return {
    async syncAll({ pages: refs, ...asked }) {
      const { startedMs, withTimeLeft } = startTime(asked);
      const results = await eachPage<SyncAllRow>(await findPages(refs), {
        work: async (page) => toSyncRowView(await syncPage(page, withTimeLeft())),
        failed: (page, error) => toFailedRowView(page, toTidemarkError(error), clock.monotonicMs() - startedMs),
      });
      return toSyncAllView(results, clock.monotonicMs() - startedMs);
    },

    async verifyAll({ pages: refs, ...asked }) {
      const { withTimeLeft } = startTime(asked);
      const results = await eachPage<VerifyAllAnswer['results'][number]>(await findPages(refs), {
        work: (page) => verify({ ...withTimeLeft(), pageId: page.id }),
        failed: (page, error) => toVerifyFailureView(page, toTidemarkError(error)),
      });
      return toVerifyAllView(results);
    },

    async collectHistory({ pages: refs, ...asked }) {
      const { isOver, withTimeLeft } = startTime(asked);
      let turns = 0;
      const open = await findPagesWithOpenHistory(database, { depth });
      const results = await eachPage<HistoryRow>(
        (await findPages(refs)).filter((page) => open.has(page.id)),
        {
          async work(page) {
            // Those that need not wait for their turn always come a step further.
            const hasTurn = turns < pageConcurrency || !isOver();
            turns += 1;
            const runId = hasTurn ? await pageRuns.history(page, withTimeLeft()) : undefined;
            return toHistoryRowView(page, runId === undefined ? undefined : await findRun(database, runId, page.id));
          },
          failed: (page, error) => toHistoryRowView(page, toTidemarkError(error)),
        },
      );
      return toHistoryView(results);
    },
  };
}
