/** The runs as the engine offers them: what was done, what goes on, and how to end it. */
import type { Tidemark } from '../api/tidemark.ts';
import { toRunView } from '../api/views/run-view.ts';
import { TidemarkError } from '../core/errors.ts';
import type { Run } from '../core/model.ts';
import type { Clock } from '../core/ports.ts';
import type { PageRuns } from '../jobs/page-runs.ts';
import type { Database } from '../store/connect.ts';
import { findReferredPage } from '../store/pages.ts';
import { cancelRun, findRun, listRuns } from '../store/sync-runs.ts';

export interface RunHistoryParts {
  readonly database: Database;
  readonly pageRuns: PageRuns;
  readonly clock: Clock;
  /** Aborted when the engine is closed; nobody watches longer. */
  readonly signal: AbortSignal;
}

/** The row is all that processes share of a run; this is how often who watches one looks at it. */
const LOOK_EVERY_MS = 500;

export function openRunHistory({ database, pageRuns, clock, signal }: RunHistoryParts): Tidemark['runs'] {
  async function find(runId: string): Promise<Run> {
    const run = await findRun(database, runId);
    if (run === undefined) throw new TidemarkError('RUN_NOT_FOUND', `No run ${runId} is recorded.`);
    return run;
  }

  return {
    async list(query) {
      const named = query.pageId !== undefined || query.facebookPageId !== undefined;
      const page = named ? await findReferredPage(database, query) : undefined;
      const recent = await listRuns(database, { pageId: page?.id, limit: query.limit });
      return recent.map(toRunView);
    },
    find: async (runId) => toRunView(await find(runId)),
    async cancel(runId) {
      const { id, status } = await find(runId);
      if (!(await cancelRun(database, id))) {
        throw new TidemarkError('RUN_ENDED', `Run ${id} has ended already (${status}).`);
      }
      // Elsewhere it is seen with the next renewal of the lease.
      await pageRuns.cancel(id);
      return toRunView(await find(id));
    },
    async *watch(runId, { signal: wanted = signal } = {}) {
      const ended = AbortSignal.any([signal, wanted]);
      let last: string | undefined;
      for (;;) {
        const run = toRunView(await find(runId));
        const state = JSON.stringify(run);
        if (state !== last) yield run;
        if (run.status !== 'running') return;
        last = state;
        await clock.sleep(LOOK_EVERY_MS, ended);
      }
    },
  };
}
