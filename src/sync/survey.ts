/**
 * The survey: walks the light listing, newest first, and compares every page of it with the store. It only looks;
 * what it hands on is collected beside it. It must never end early on the word of Facebook alone: an incremental
 * walk ends where the mirror itself proves that the rest was met before, any other one at the end of the list.
 */
import { GraphError, isGraphError } from '../core/errors.ts';
import type { ConversationList, ConversationSnapshot, Instant } from '../core/model.ts';
import { differs, endsWalk, LIST_LIMIT, type SurveyedPage } from '../core/plan.ts';
import type { ConversationSource, Emit, WalkStore } from '../core/ports.ts';
import { topOfWalk } from '../core/watermark.ts';

export interface SurveyParts {
  readonly source: ConversationSource;
  readonly store: WalkStore;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

export interface SurveyPlan {
  /** Below it everything was met by an earlier walk; undefined walks to the end of the list. */
  readonly cutAt: Instant | undefined;
  /** How many conversations to look at first. */
  readonly firstLimit: number;
  /** Whether to send the cut along as `since`. It is a hint: nothing is concluded from it. */
  readonly sendHint: boolean;
  /** Collect everything that is listed as if nothing were held. */
  readonly everything: boolean;
}

/** Returns the top of the walk: the watermark it may set once all that it found is collected. */
export async function* survey(
  parts: SurveyParts,
  plan: SurveyPlan,
): AsyncGenerator<SurveyedPage, Instant | undefined> {
  const { store, emit } = parts;
  const cursors = new Set<string>();
  const order = { violated: false, lastAt: Infinity };
  let after: string | undefined;
  let limit = plan.firstLimit;
  let since = plan.sendHint ? plan.cutAt : undefined;
  let previousIds: ReadonlySet<string> = new Set();
  let top: Instant | undefined;

  for (;;) {
    emit({ type: 'list-requested' });
    const list = await listShrinking(parts.source, { limit, after, since, signal: parts.signal });
    if (since !== undefined) {
      await store.withdrawHint();
      emit({ type: 'hint-withdrawn', reason: showsOlder(list, since) ? 'ignored' : 'proves nothing' });
      const endedByHint = !showsOlder(list, since);
      since = undefined;
      // A list that ends because of the hint proves nothing about what the hint left out: ask again without it.
      if (endedByHint) continue;
    }
    if (after === undefined) top = topOfWalk(list);

    const held = plan.everything ? undefined : await store.findHeld(list.items);
    const comparisons = list.items.map((item) => ({ listed: item, held: held?.get(item.id) }));
    const wanted = new Set(comparisons.filter(differs).map((comparison) => comparison.listed.id));
    // A conversation that moved while we paged is listed twice, on neighbouring pages: count it once.
    const fresh = list.items.filter((item) => !previousIds.has(item.id));
    const skipped = fresh.filter((item) => !wanted.has(item.id)).length;
    const page: SurveyedPage = { after, comparisons, wanted, listed: fresh.length, skipped };
    previousIds = new Set(list.items.map((item) => item.id));
    checkOrder(list.items, order, emit);
    emit({ type: 'list-surveyed', listed: page.listed, differing: wanted.size });
    yield page;

    if (list.after === undefined || (!order.violated && endsWalk(page, plan.cutAt))) break;
    if (cursors.has(list.after)) {
      throw new GraphError('GRAPH_ERROR', 'Facebook repeated a list cursor; the list of conversations has no end.', {
        kind: 'transient',
      });
    }
    cursors.add(list.after);
    after = list.after;
    // The hop after a short look fills its range up to what one list call can collect.
    limit = cursors.size === 1 && limit < LIST_LIMIT ? LIST_LIMIT - limit : LIST_LIMIT;
  }
  emit({ type: 'survey-finished' });
  return top;
}

/** Lists, asking for half as much each time Facebook finds the answer too big; never the same twice. */
async function listShrinking(
  source: ConversationSource,
  request: { limit: number; after: string | undefined; since: Instant | undefined; signal: AbortSignal },
): Promise<ConversationList> {
  const { signal, ...query } = request;
  for (let limit = query.limit; ; limit = Math.floor(limit / 2)) {
    try {
      return await source.listConversations({ ...query, limit, messages: 0 }, signal);
    } catch (error) {
      if (!isGraphError(error, 'too-much-data') || limit <= 1) throw error;
    }
  }
}

function showsOlder(list: ConversationList, sinceAt: Instant): boolean {
  return list.items.some(({ updatedAt }) => updatedAt !== undefined && updatedAt < sinceAt);
}

/** Newest first is observed, not documented: a list out of order is walked to its end. */
function checkOrder(
  items: readonly ConversationSnapshot[],
  order: { violated: boolean; lastAt: number },
  emit: Emit,
): void {
  for (const { id, updatedAt } of items) {
    if (updatedAt === undefined) continue;
    if (updatedAt > order.lastAt && !order.violated) {
      order.violated = true;
      emit({ type: 'order-violated', conversationId: id });
    }
    order.lastAt = updatedAt;
  }
}
