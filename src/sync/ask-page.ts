/**
 * One list page of the survey: light as a rule. Where everything that is listed has changed, a page brings its
 * messages along now and then, which saves a call. Facebook may refuse that: then that page is a light
 * one, and so are all that follow.
 */
import { concernsOneObject, isGraphError } from '../core/errors.ts';
import type { Cursor } from '../core/list-pages.ts';
import type { ConversationList, Instant } from '../core/model.ts';
import { bringsMessages, LIST_LIMIT } from '../core/plan.ts';
import type { RunContext } from './run-context.ts';

export interface PageAsker {
  /** Whether Facebook refused `since`: from then on it is not sent, and what is listed is the whole list. */
  readonly isSinceRefused: boolean;
  ask(request: {
    readonly after: Cursor;
    readonly limit: number;
    readonly since: Instant | undefined;
  }): Promise<ConversationList>;
  /** Has to be told of every list page, and how many of its conversations have changed. */
  note(page: ConversationList, changed: number): void;
}

/** `messages`: the newest ones of each conversation that may come along; 0 for none. */
export function openPageAsker(
  { source, store, emit, signal, callsPerSecond }: RunContext,
  messages: number,
): PageAsker {
  let isRefused = messages === 0;
  let isSinceRefused = false;
  /** In a row; on each of them, and on the last page whatever it was, everything has changed. */
  let lightPages = 0;
  let hasAllChanged = false;

  async function askNested(after: Cursor): Promise<ConversationList | undefined> {
    const isWorthIt = after !== undefined && hasAllChanged && bringsMessages(lightPages, callsPerSecond());
    if (isRefused || !isWorthIt) return undefined;
    try {
      const request = { limit: LIST_LIMIT, after, messages, since: undefined, priority: 'high' } as const;
      return await source.listConversations(request, signal);
    } catch (error) {
      // One conversation on it may be what Facebook refuses. If it is the list, a light page will meet that as well.
      if (!concernsOneObject(error) && !isGraphError(error, 'transient')) throw error;
      isRefused = true;
      return undefined;
    }
  }

  return {
    get isSinceRefused() {
      return isSinceRefused;
    },
    async ask(request) {
      emit({ type: 'list-requested' });
      const nested = await askNested(request.after);
      if (nested !== undefined) return nested;
      const since = isSinceRefused ? undefined : request.since;
      const list = await source.listConversations({ ...request, since, messages: 0, priority: 'high' }, signal);
      if (list.isSinceRefused === true) {
        isSinceRefused = true;
        await store.disableSinceFilter();
        emit({ type: 'filter-disabled', reason: 'Facebook refuses it' });
      }
      return list;
    },
    note({ items }, changed) {
      const isLight = items.every((item) => item.messages === undefined);
      hasAllChanged = items.length > 0 && changed === items.length;
      lightPages = isLight && hasAllChanged ? lightPages + 1 : 0;
    },
  };
}
