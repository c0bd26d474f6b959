/** The mirror as the engine offers it to read. Nothing here calls Facebook. */
import type { Tidemark } from '../api/tidemark.ts';
import { toConversationView, toListView, toMessageView } from '../api/views/mirror-view.ts';
import { TidemarkError } from '../core/errors.ts';
import type { PageRef } from '../core/model.ts';
import type { Queryable } from '../store/connect.ts';
import { findReferredPage } from '../store/pages.ts';
import { findConversationPages, listConversations, listMessages } from '../store/reading.ts';

export function openMirrorReader(database: Queryable): Tidemark['conversations'] {
  return {
    async list(query) {
      const page = isNamed(query) ? await findReferredPage(database, query) : undefined;
      return toListView(await listConversations(database, { ...query, pageId: page?.id }), toConversationView);
    },
    async messages(query) {
      const holders = await findConversationPages(database, query.conversationId);
      const page = isNamed(query) ? await findReferredPage(database, query) : undefined;
      const pageId = page === undefined ? holders[0] : holders.find((id) => id === page.id);
      if (pageId === undefined) {
        throw new TidemarkError('CONVERSATION_NOT_FOUND', `No conversation ${query.conversationId} is in the mirror.`);
      }
      if (page === undefined && holders.length > 1) {
        throw new TidemarkError(
          'INVALID_INPUT',
          `Several Pages hold a conversation ${query.conversationId}: name the Page with pageId.`,
        );
      }
      return toListView(await listMessages(database, { ...query, pageId }), toMessageView);
    },
  };
}

function isNamed({ pageId, facebookPageId }: PageRef): boolean {
  return pageId !== undefined || facebookPageId !== undefined;
}
