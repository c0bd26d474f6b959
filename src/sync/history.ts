/**
 * The depth of the mirror: older messages, from the floor of every conversation down to its first one, newest
 * conversations first. It works in the background, one commit per call, so it may end at any instant and go on later;
 * and it steps aside as soon as a sync wants the Page.
 */
import { createCircleWatch } from '../core/circle.ts';
import { isGraphError, isRefusal } from '../core/errors.ts';
import type { MessageSnapshot } from '../core/model.ts';
import type { ConversationSource, Emit } from '../core/ports.ts';
import type { HistoryStore, OpenHistory } from '../core/store-ports.ts';
import { reaches, toPoint } from '../core/stretch.ts';
import { messagesInCircle } from './reach-stretch.ts';
import { smallerLimit } from './smaller.ts';

export interface HistoryParts {
  readonly source: ConversationSource;
  readonly store: HistoryStore;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

export interface HistoryPlan {
  /** Messages of a conversation to mirror; Infinity: all. */
  readonly depth: number;
  readonly shouldStop: () => boolean;
}

/** Conversations looked up at a time. */
const OPEN_AT_ONCE = 50;
const MOST_MESSAGES = 100;
/** When to ask again for what Facebook refused: trouble that passes, and refusals that may be final. */
const SOON_MS = 10 * 60_000;
const LATER_MS = 24 * 60 * 60_000;

/** Resolves when no conversation is open any more, or when it was asked to stop. */
export async function collectHistory(parts: HistoryParts, plan: HistoryPlan): Promise<void> {
  for (;;) {
    const open = await parts.store.findOpen({ limit: OPEN_AT_ONCE, depth: plan.depth });
    if (open.length === 0) return;
    for (const conversation of open) {
      if ((await deepen(parts, plan, conversation)) === 'stop') return;
    }
  }
}

async function deepen(parts: HistoryParts, plan: HistoryPlan, open: OpenHistory): Promise<'done' | 'stop'> {
  const { conversationId } = open;
  let { floor, cursor: after, held } = open;
  // A remembered cursor leads right below the floor; without one the walk down begins at the newest message.
  let isBelowFloor = after !== undefined;
  let limit = MOST_MESSAGES;
  let hasBegunAgain = false;
  let isCircle = createCircleWatch();
  /** Finds the floor again from the top: Facebook has forgotten the cursor. */
  const beginAgain = () => {
    after = undefined;
    isBelowFloor = false;
    hasBegunAgain = true;
    isCircle = createCircleWatch();
  };
  /** Nobody waits longer for the Page because Facebook refuses one conversation after another. */
  const postpone = async (reason: string, againInMs: number) => {
    const { isWanted } = await parts.store.postpone({ conversationId, reason, againInMs });
    return isWanted || plan.shouldStop() ? 'stop' : 'done';
  };
  const leaveAlone = async (reason: string, againInMs: number) => {
    parts.emit({ type: 'conversation-failed', conversationId, reason });
    return postpone(reason, againInMs);
  };

  for (;;) {
    let page: { readonly items: readonly MessageSnapshot[]; readonly after: string | undefined };
    try {
      page = await parts.source.listMessages({ conversationId, limit, after }, parts.signal);
    } catch (error) {
      const smaller = smallerLimit(limit, error);
      if (smaller !== undefined) {
        limit = smaller;
      } else if (
        after !== undefined &&
        !hasBegunAgain &&
        (isGraphError(error, 'invalid') || isGraphError(error, 'missing'))
      ) {
        beginAgain();
      } else if (isRefusal(error) || isGraphError(error, 'too-much-data')) {
        const mayPass = error.kind === 'transient' || error.code === 'GRAPH_UNREACHABLE';
        return leaveAlone(error.message, mayPass ? SOON_MS : LATER_MS);
      } else {
        throw error;
      }
      continue;
    }
    if (page.items.length === 0 && after !== undefined && after === open.cursor && !hasBegunAgain) {
      // Nothing behind a cursor of an earlier run may mean that it is forgotten.
      beginAgain();
      continue;
    }
    const oldest = page.items.at(-1);
    isBelowFloor ||= oldest !== undefined && reaches(page.items, floor);
    if (isBelowFloor && oldest !== undefined) floor = toPoint(oldest);
    if (page.after === undefined && !isBelowFloor && !open.wasRefused) {
      // It may be a moment's weakness; said again at another time, it is taken for the truth.
      const reason = 'Facebook shows fewer messages of this conversation than are held.';
      return postpone(reason, LATER_MS);
    }
    if (page.after !== undefined && isCircle(page.after)) {
      return leaveAlone(messagesInCircle(conversationId).message, LATER_MS);
    }
    const complete = page.after === undefined;
    const cursor = isBelowFloor ? page.after : undefined;
    const step = { conversationId, messages: page.items, floor, cursor, complete };
    const { eventsCreated, isWanted } = await parts.store.commit(step);
    held += eventsCreated;
    parts.emit({ type: 'history-committed', conversationId, messages: eventsCreated, complete });
    if (isWanted || plan.shouldStop()) return 'stop';
    if (complete || held >= plan.depth) return 'done';
    after = page.after;
  }
}
