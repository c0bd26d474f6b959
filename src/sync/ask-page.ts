/**
 * One list page of the survey: light as a rule. Where everything that is listed has changed and enough waits to be
 * collected, a page brings its messages along, which saves a call. Facebook may refuse that: then that page is a light
 * one, and so are all that follow.
 */
import { isGraphError } from '../core/errors.ts';
import type { Cursor } from '../core/list-pages.ts';
import type { ConversationList, Instant } from '../core/model.ts';
import { LIST_LIMIT } from '../core/plan.ts';
import type { RunContext } from './run-context.ts';

export interface PageAsker {
  ask(request: {
    readonly after: Cursor;
    readonly limit: number;
    readonly since: Instant | undefined;
  }): Promise<ConversationList>;
  /** Has to be told of every list page, and how many of its conversations have changed. */
  note(page: ConversationList, changed: number): void;
}

export interface PageAskerOptions {
  /** Newest messages that each conversation may bring along; 0 for none. */
  readonly messages: number;
  /** Whether a page is to bring them, as of now. */
  readonly bringMessages: () => boolean;
}

export function openPageAsker(
  { source, emit, signal }: RunContext,
  { messages, bringMessages }: PageAskerOptions,
): PageAsker {
  let isRefused = messages === 0;
  let hasAllChanged = false;

  async function askNested(after: Cursor): Promise<ConversationList | undefined> {
    if (after === undefined || isRefused || !hasAllChanged || !bringMessages()) return undefined;
    try {
      const request = { limit: LIST_LIMIT, after, messages, since: undefined, goesFirst: true };
      return await source.listConversations(request, signal);
    } catch (error) {
      // Whatever is wrong with more than the size of the answer, a light page will meet as well.
      if (!isGraphError(error, 'too-much-data') && !isGraphError(error, 'transient')) throw error;
      isRefused = true;
      return undefined;
    }
  }

  return {
    async ask(request) {
      emit({ type: 'list-requested' });
      const nested = await askNested(request.after);
      return nested ?? source.listConversations({ ...request, messages: 0, goesFirst: true }, signal);
    },
    note({ items }, changed) {
      hasAllChanged = items.length > 0 && changed === items.length;
    },
  };
}
