/**
 * Calls to Facebook on behalf of a run: with the Page's token, within its budget. One budget per Page and platform
 * lives as long as the process, however many runs draw on it (I7).
 */
import { type Budget, createBudget } from '../core/budget.ts';
import type { Page } from '../core/model.ts';
import type { BegunRun, Clock, ConversationSource, Emit } from '../core/ports.ts';
import type { GraphClient } from '../graph/call.ts';
import { createLookLimit } from '../graph/look-limit.ts';
import { openPageSource } from '../graph/page-source.ts';
import { findToken } from '../store/pages.ts';
import type { Store } from '../store/open-store.ts';

export interface PageCallsParts {
  readonly store: Store;
  readonly client: GraphClient;
  readonly clock: Clock;
  /** Per Page and platform. */
  readonly callsPerSecond: number;
}

export type OpenSource = (page: Page, run: BegunRun, emit: Emit) => Promise<ConversationSource>;

export function createPageCalls({ store, client, clock, callsPerSecond }: PageCallsParts): OpenSource {
  const budgets = new Map<string, Budget>();
  const lookLimit = createLookLimit();

  function openBudget({ lease, lastCallAgoMs }: BegunRun): Budget {
    const key = `${lease.pageId} ${lease.platform}`;
    const budget = budgets.get(key) ?? createBudget({ clock, callsPerSecond });
    budgets.set(key, budget);
    if (lastCallAgoMs !== undefined) budget.noteCallsElsewhere(clock.now() - lastCallAgoMs);
    return budget;
  }

  return async (page, run, emit) => {
    const budget = openBudget(run);
    return openPageSource({
      client,
      facebookPageId: page.facebookPageId,
      instagramAccountId: page.instagramAccountId,
      platform: run.lease.platform,
      token: await findToken(store.database, store.cipher, page),
      lookLimit,
      gate: {
        enter: budget.enter,
        park(untilAt, reason) {
          budget.park(untilAt, reason);
          emit({ type: 'call-delayed', waitMs: untilAt - clock.now(), reason });
        },
      },
      onProblem: ({ subject, conversationId, id, index, reason }) =>
        emit({ type: 'item-unreadable', subject, conversationId, itemId: id, index, reason }),
    });
  };
}
