/**
 * The light listing, asked for in sizes that Facebook can answer. What was too big once is not asked for again in this
 * walk; after a fault that may pass, the pages grow back.
 */
import { isGraphError, isRefusal } from '../core/errors.ts';
import type { ConversationList } from '../core/model.ts';
import { LOOK_LIMIT } from '../core/plan.ts';
import type { ConversationSource, ListRequest } from '../core/ports.ts';
import { smallerLimit, tenthOf } from './smaller.ts';

export type ListConversations = (
  request: Omit<ListRequest, 'messages'>,
  signal: AbortSignal,
) => Promise<ConversationList>;

/** One per walk. Rejects with what Facebook answers to a list of a single conversation. */
export function openLightList(source: ConversationSource): ListConversations {
  let size = LOOK_LIMIT;
  let most = LOOK_LIMIT;
  return async (request, signal) => {
    for (let limit = Math.min(request.limit, size); ; limit = size) {
      try {
        const list = await source.listConversations({ ...request, limit, messages: 0, priority: 'high' }, signal);
        size = Math.min(most, Math.max(size, 2 * limit));
        return list;
      } catch (error) {
        // A passing fault that did not pass may be an answer that takes Facebook too long, or one it cannot make.
        const smaller = smallerLimit(limit, error) ?? (isRefusal(error, 'transient') ? tenthOf(limit) : undefined);
        if (smaller === undefined) throw error;
        if (isGraphError(error, 'too-much-data')) most = Math.max(1, Math.floor(limit / 2));
        size = smaller;
      }
    }
  };
}
