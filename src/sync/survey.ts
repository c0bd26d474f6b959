/**
 * The survey: walks the light listing, newest first, and compares every page of it with the store. It only looks;
 * what it hands on is collected beside it. It must never end early on the word of Facebook alone: an incremental
 * walk ends where the mirror itself proves that the rest was met before, any other one at the end of the list.
 */
import { GraphError, isGraphError } from '../core/errors.ts';
import type { ConversationList, ConversationSnapshot, Instant } from '../core/model.ts';
import { differs, endsWalk, LIST_LIMIT, type Looks, type SurveyedPage } from '../core/plan.ts';
import type { Emit } from '../core/ports.ts';
import type { WalkPosition, WalkStore } from '../core/store-ports.ts';
import { toCut, topOfWalk } from '../core/watermark.ts';
import { openCarrier } from './carry.ts';
import { openLightList } from './list-conversations.ts';
import type { Pace } from './pace.ts';

export interface SurveyParts {
  readonly pace: Pace;
  readonly store: WalkStore;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

export interface SurveyPlan {
  /** Below it everything was met by an earlier walk; undefined walks to the end of the list. */
  readonly cutAt: Instant | undefined;
  readonly looks: Looks;
  /** Whether to send the cut along as `since`. It is a hint: nothing is concluded from it. */
  readonly sendHint: boolean;
  /** Collect everything that is listed as if nothing were held. */
  readonly everything: boolean;
  /** Where an earlier walk of this kind stopped; undefined begins at the head of the list. */
  readonly rest: WalkPosition | undefined;
  /** Whether to look at the head once more at the end, for what changed since the walk began. */
  readonly catchesUp: boolean;
}

/** A list whose cursors keep dying changes faster than it can be walked. */
const MOST_RESTARTS = 3;

export async function* survey(parts: SurveyParts, plan: SurveyPlan): AsyncGenerator<SurveyedPage, void> {
  const { store, emit } = parts;
  const listConversations = openLightList(parts.pace.source);
  const carrier = openCarrier(parts.pace, plan.looks.carried);
  const cursors = new Set<string>();
  const order = { violated: false, lastAt: Infinity };
  let after = plan.rest?.after;
  let top = plan.rest?.top;
  let limit = after === undefined ? plan.looks.firstLimit : plan.looks.lookLimit;
  let since = plan.sendHint && after === undefined ? plan.cutAt : undefined;
  let previousIds: ReadonlySet<string> = new Set();
  let restarts = 0;
  let { cutAt } = plan;
  let isResumed = after !== undefined;
  let isCatchingUp = false;
  let isConfirming = false;

  /** What is held by now costs no more than the looking. */
  const beginAgain = (reason: string) => {
    restarts += 1;
    after = undefined;
    order.lastAt = Infinity;
    cursors.clear();
    emit({ type: 'survey-restarted', reason });
  };
  const withdrawHint = async (reason: string) => {
    since = undefined;
    await store.withdrawHint();
    emit({ type: 'hint-withdrawn', reason });
  };

  for (;;) {
    emit({ type: 'list-requested' });
    let list: ConversationList;
    try {
      list =
        (await carrier.list(after, parts.signal)) ?? (await listConversations({ limit, after, since }, parts.signal));
    } catch (error) {
      const isRefused = isRefusedCursor(error) || (isResumed && isGraphError(error) && error.code === 'GRAPH_ERROR');
      if (after === undefined || restarts === MOST_RESTARTS || !isRefused) throw error;
      isResumed = false;
      beginAgain(error instanceof Error ? error.message : String(error));
      continue;
    }
    if (isResumed && list.items.length === 0 && list.after === undefined) {
      // A list that is empty where the last run left more is how Facebook might answer a cursor it has forgotten.
      isResumed = false;
      beginAgain('Facebook shows nothing behind a cursor of an earlier run');
      continue;
    }
    isResumed = false;
    const isDoubtful = after !== undefined && list.items.length === 0 && list.after === undefined;
    if (isDoubtful && !isConfirming) {
      // A page was promised and there is nothing on it: lists do end so, but it must be said twice.
      isConfirming = true;
      continue;
    }
    isConfirming = false;
    if (since !== undefined && showsOlder(list, since)) await withdrawHint('Facebook ignores it');
    // A walk that begins again keeps the line it began with: the lower one is the safe one.
    if (after === undefined && (restarts === 0 || isCatchingUp)) top = topOfWalk(list);

    const held = plan.everything && !isCatchingUp ? undefined : await store.findHeld(list.items);
    const comparisons = list.items.map((item) => ({ listed: item, held: held?.get(item.id) }));
    const wanted = new Set(comparisons.filter(differs).map((comparison) => comparison.listed.id));
    // A conversation that moved while we paged is listed twice, on neighbouring pages: count it once.
    const fresh = list.items.filter((item) => !previousIds.has(item.id));
    const skipped = isCatchingUp ? 0 : fresh.filter((item) => !wanted.has(item.id)).length;
    const hinted = since !== undefined;
    const listed = isCatchingUp ? 0 : fresh.length;
    const found = { after, top, hinted, comparisons, wanted, listed, skipped };
    carrier.note(list, wanted.size);
    previousIds = new Set(list.items.map((item) => item.id));
    checkOrder(list.items, order, emit);
    emit({ type: 'list-surveyed', listed: found.listed, differing: wanted.size });
    const next = !order.violated && endsWalk(found, cutAt) ? undefined : list.after;
    const disordered = order.violated && cutAt !== undefined;
    yield { ...found, disordered, next: isCatchingUp ? undefined : next };

    if (next === undefined && since !== undefined) {
      // The list may have ended because of the hint, and that proves nothing about what the hint left out.
      await withdrawHint('a list that it may have cut short proves nothing');
      beginAgain('the list may have been cut short by since');
      continue;
    }
    // Nothing moves behind the back of a walk that was one answer.
    const wasOneAnswer = plan.rest === undefined && cursors.size === 0;
    if (next === undefined && plan.catchesUp && !isCatchingUp && !wasOneAnswer) {
      // The walk is whole as of when it began. Whoever asked now also wants what changed since.
      isCatchingUp = true;
      cutAt = toCut(top);
      after = undefined;
      order.lastAt = Infinity;
      cursors.clear();
      limit = LIST_LIMIT;
      continue;
    }
    if (next === undefined) break;
    if (cursors.has(next)) {
      throw new GraphError('GRAPH_ERROR', 'Facebook repeated a list cursor; the list of conversations has no end.', {
        kind: 'transient',
      });
    }
    cursors.add(next);
    after = next;
    // The hop after a short look fills its range up to what one list call can collect.
    limit = cursors.size === 1 && limit < LIST_LIMIT ? LIST_LIMIT - limit : plan.looks.lookLimit;
  }
  emit({ type: 'survey-finished' });
}

function isRefusedCursor(error: unknown): boolean {
  return isGraphError(error, 'invalid') || isGraphError(error, 'missing');
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
