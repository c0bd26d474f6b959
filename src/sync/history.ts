/**
 * The depth of the mirror: older messages, from the oldest stored one of every conversation down to its first one,
 * newest conversations first. It works in the background, one commit per call, so it may end at any instant and go on
 * later; and it yields as soon as a sync wants the Page.
 */
import { reaches, toPoint } from '../core/contiguous-range.ts';
import { isDataRefused, isGraphError, isRefusal } from '../core/errors.ts';
import { type Cursor, DeadCursor, listPages } from '../core/list-pages.ts';
import type { CursorPage, MessagePoint, MessageSnapshot } from '../core/model.ts';
import { createPageSize } from '../core/page-size.ts';
import type { HistoryStore, OpenHistory } from '../core/store-ports.ts';
import type { RunContext } from './run-context.ts';

type HistoryContext = RunContext<HistoryStore>;

/** Conversations looked up at a time. */
const OPEN_AT_ONCE = 50;
const MOST_MESSAGES = 100;
/** When to ask again for what Facebook refused: trouble that passes, and refusals that may be final. */
const SOON_MS = 10 * 60_000;
const LATER_MS = 24 * 60 * 60_000;

/** Resolves when no conversation is open any more, or when it has to stop. */
export async function collectHistory(run: HistoryContext): Promise<void> {
  for (;;) {
    const open = await run.store.findOpen({ limit: OPEN_AT_ONCE, depth: run.depth });
    if (open.length === 0) return;
    for (const conversation of open) {
      if ((await deepen(run, conversation)) === 'yield') return;
    }
  }
}

/** How far down one conversation is stored, as its messages are brought. */
interface Depth {
  oldest: MessagePoint;
  stored: number;
  /** Whether the list that is read has come to it. */
  isBelow: boolean;
}

/** `yield`: somebody else wants the Page, or the time is over. */
type Next = 'go-on' | 'yield';

async function deepen(run: HistoryContext, open: OpenHistory): Promise<Next> {
  const depth: Depth = { oldest: open.oldest, stored: open.stored, isBelow: false };
  try {
    return await goDown(run, { open, depth, from: open.cursor }).catch((error: unknown) => {
      if (!(error instanceof DeadCursor)) throw error;
      return goDown(run, { open, depth, from: undefined });
    });
  } catch (error) {
    if (!isRefusal(error) && !isGraphError(error, 'too-much-data') && !isDataRefused(error)) throw error;
    const { conversationId } = open;
    run.emit({ type: 'conversation-failed', conversationId, reason: error.message });
    const mayPass = isGraphError(error, 'transient') || error.code === 'GRAPH_UNREACHABLE';
    return postpone(run, { conversationId, reason: error.message, againInMs: mayPass ? SOON_MS : LATER_MS });
  }
}

interface WayDown {
  readonly open: OpenHistory;
  readonly depth: Depth;
  /** A remembered cursor leads right below the oldest stored message; without one that is looked for from the newest on. */
  readonly from: Cursor;
}

async function goDown(run: HistoryContext, { open, depth, from }: WayDown): Promise<Next> {
  const { source, signal, deadline } = run;
  const { conversationId } = open;
  depth.isBelow = from !== undefined;
  const pages = listPages({
    ask: (request) => source.listMessages({ ...request, conversationId }, signal),
    from,
    isFromEarlierRun: from !== undefined,
    size: createPageSize({ limit: MOST_MESSAGES, onFault: 'half' }),
    subject: `the messages of conversation ${conversationId}`,
  });
  for await (const page of pages) {
    const next = await takePage(run, { open, depth }, page);
    if (next === 'yield' || deadline.isOver()) return 'yield';
    if (depth.stored >= run.depth) return 'go-on';
  }
  return 'go-on';
}

async function takePage(
  run: HistoryContext,
  { open, depth }: Omit<WayDown, 'from'>,
  { items, after }: CursorPage<MessageSnapshot>,
): Promise<Next> {
  const { conversationId } = open;
  const isEnd = after === undefined;
  const last = items.at(-1);
  depth.isBelow ||= reaches(items, depth.oldest);
  if (depth.isBelow && last !== undefined) depth.oldest = toPoint(last);
  if (isEnd && !depth.isBelow && !open.wasRefused) {
    // Facebook may be wrong once. When it says so again at another time, it is believed.
    const reason = 'Facebook shows fewer messages of this conversation than are stored.';
    return postpone(run, { conversationId, reason, againInMs: LATER_MS });
  }
  const end = open.wasRefused ? 'believed' : 'doubted';
  const step = { conversationId, messages: items, oldest: depth.oldest, cursor: depth.isBelow ? after : undefined };
  const { eventsCreated, complete, shouldYield } = await run.store.commit({ ...step, end: isEnd ? end : undefined });
  depth.stored += eventsCreated;
  run.emit({ type: 'history-committed', conversationId, messages: eventsCreated, complete });
  if (isEnd && !complete) {
    const reason = 'Facebook lists fewer messages of this conversation than it counts.';
    return postpone(run, { conversationId, reason, againInMs: SOON_MS });
  }
  return shouldYield ? 'yield' : 'go-on';
}

/** Nobody waits longer for the Page because Facebook refuses one conversation after another. */
async function postpone(
  { store, deadline }: HistoryContext,
  refusal: Parameters<HistoryStore['postpone']>[0],
): Promise<Next> {
  const { shouldYield } = await store.postpone(refusal);
  return shouldYield || deadline.isOver() ? 'yield' : 'go-on';
}
