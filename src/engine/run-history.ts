/** The runs as the engine offers them: what was done, and how to end what goes on. */
import { toRunAnswer } from '../core/answers.ts';
import type { Tidemark } from '../core/engine-api.ts';
import { TidemarkError } from '../core/errors.ts';
import type { Run } from '../core/model.ts';
import type { PageRuns } from '../jobs/page-runs.ts';
import type { Database } from '../store/connect.ts';
import { findReferredPage } from '../store/pages.ts';
import { cancelRun, findRun, listRuns } from '../store/sync-runs.ts';

export function openRunHistory(database: Database, pageRuns: PageRuns): Tidemark['runs'] {
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
      return recent.map(toRunAnswer);
    },
    find: async (runId) => toRunAnswer(await find(runId)),
    async cancel(runId) {
      const { id, status } = await find(runId);
      if (!(await cancelRun(database, id))) {
        throw new TidemarkError('RUN_ENDED', `Run ${id} has ended already (${status}).`);
      }
      // Elsewhere it is seen with the next renewal of the lease.
      pageRuns.cancel(id);
      return toRunAnswer(await find(id));
    },
  };
}
