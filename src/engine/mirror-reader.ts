/** The mirror as the engine offers it to read. Nothing here calls Facebook. */
import type { Tidemark } from '../core/engine-api.ts';
import { TidemarkError } from '../core/errors.ts';
import type { Queryable } from '../store/connect.ts';
import { findReferredPage } from '../store/pages.ts';
import { findConversationPages, listConversations, listMessages } from '../store/reading.ts';

export function openMirrorReader(database: Queryable): Tidemark['conversations'] {
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
