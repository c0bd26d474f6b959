/**
 * Looks that carry: where everything that is listed will be wanted, a list page brings its messages along now and
 * then, which saves the look. It takes as long as the looks before it need to be collected, so no time is lost
 * waiting for its cursor. Facebook may refuse it: then that page is only looked at, and all that follow.
 */
import { isGraphError } from '../core/errors.ts';
import type { ConversationList } from '../core/model.ts';
import { LIST_LIMIT } from '../core/plan.ts';
import type { Pace } from './pace.ts';

export interface Carrier {
  /** The list page with its messages; undefined when it is only to be looked at. */
  list(after: string | undefined, signal: AbortSignal): Promise<ConversationList | undefined>;
  /** Has to be told of every list page: how much was listed, and how much of that is wanted. */
  note(list: ConversationList, wanted: number): void;
}

/** `messages` of each conversation are brought along; 0 never carries. */
export function openCarrier({ source, looksPerCarry }: Pace, messages: number): Carrier {
  let isRefused = messages === 0;
  /** In a row, each wanted whole, and how many conversations the last one showed. */
  let looks = 0;
  let perLook = LIST_LIMIT;
  let isAllWanted = false;

  return {
    async list(after, signal) {
      if (after === undefined) isAllWanted = false;
      if (isRefused || !isAllWanted || looks < looksPerCarry(perLook)) return undefined;
      try {
        const request = { limit: LIST_LIMIT, after, messages, since: undefined, priority: 'high' } as const;
        return await source.listConversations(request, signal);
      } catch (error) {
        // Whatever is wrong with more than the size of the answer, the look will meet as well.
        if (!isGraphError(error, 'too-much-data') && !isGraphError(error, 'transient')) throw error;
        isRefused = true;
        return undefined;
      }
    },
    note(list, wanted) {
      const wasLook = list.items.every((item) => item.messages === undefined);
      if (wasLook) perLook = list.items.length;
      isAllWanted = list.items.length > 0 && wanted === list.items.length;
      looks = wasLook && isAllWanted ? looks + 1 : 0;
    },
  };
}
