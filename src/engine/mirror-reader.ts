/** The mirror as the engine offers it to read. Nothing here calls Facebook. */
import type { Tidemark } from '../core/engine-api.ts';
import { toRunAnswer } from '../core/answers.ts';
import { TidemarkError } from '../core/errors.ts';
import type { Database } from '../store/connect.ts';
import { findReferredPage } from '../store/pages.ts';
import { findConversationPages, listConversations, listMessages } from '../store/reading.ts';
import { findRun, listRuns } from '../store/sync-runs.ts';

export function openMirrorReader(database: Database): Tidemark['conversations'] {
  return {
    async list(query) {
      const pageId =
        query.pageId === undefined ? undefined : (await findReferredPage(database, { pageId: query.pageId })).id;
      return listConversations(database, { ...query, pageId });
    },
    async messages(query) {
      const holders = await findConversationPages(database, query.conversationId);
      const pageId = query.pageId === undefined ? holders[0] : holders.find((id) => id === query.pageId);
      if (pageId === undefined) {
        throw new TidemarkError('CONVERSATION_NOT_FOUND', `No conversation ${query.conversationId} is in the mirror.`);
      }
      if (query.pageId === undefined && holders.length > 1) {
        throw new TidemarkError(
          'INVALID_INPUT',
          `Several Pages hold a conversation ${query.conversationId}: name the Page with pageId.`,
        );
      }
      return listMessages(database, { ...query, pageId });
    },
  };
}

export function openRunReader(database: Database): Tidemark['runs'] {
  return {
    async list(query) {
      const named = query.pageId !== undefined || query.facebookPageId !== undefined;
      const page = named ? await findReferredPage(database, query) : undefined;
      const recent = await listRuns(database, { pageId: page?.id, limit: query.limit });
      return recent.map(toRunAnswer);
    },
    async find(runId) {
      const run = await findRun(database, runId);
      if (run === undefined) throw new TidemarkError('RUN_NOT_FOUND', `No run ${runId} is recorded.`);
      return toRunAnswer(run);
    },
  };
}
