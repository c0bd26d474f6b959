/**
 * Closes the gap between the newest messages of a conversation and what is stored of it (I14). A long gap is written in
 * pieces: the messages of a piece are stored at once, but only the last piece moves the contiguous range. Whoever is
 * interrupted in between has left messages across a gap, and begins again at the newest one. So a gap is followed to
 * its end even when the time of the run is over: in time slices it would never be closed otherwise.
 */
import { extend, joinRange, NOTHING_SCANNED } from '../core/contiguous-range.ts';
import { concernsOneObject, GraphError } from '../core/errors.ts';
import { HEAD_CURSOR, listPages } from '../core/list-pages.ts';
import type {
  CollectedConversation,
  ConversationSnapshot,
  MessageSnapshot,
  StoredConversation,
} from '../core/model.ts';
import { createPageSize } from '../core/page-size.ts';
import { must } from '../lib/must.ts';
import type { RunContext } from './run-context.ts';

export interface ClosedGap {
  readonly collected: CollectedConversation;
  /** Messages that were new and are stored already. */
  readonly eventsCreated: number;
}

/** Messages per call, and the most that are kept in memory while another call is made (I11). */
const PIECE_MESSAGES = 100;

/** Rejects with a GraphError when Facebook does not lead down to what is stored. */
export async function closeGap(
  { source, store, signal }: RunContext,
  snapshot: ConversationSnapshot,
  stored: StoredConversation | undefined,
): Promise<ClosedGap> {
  let messages: MessageSnapshot[] = [...(snapshot.messages?.items ?? [])];
  let scan = extend(NOTHING_SCANNED, messages, stored);
  let eventsCreated = 0;
  const toResult = (after: string | undefined): ClosedGap | undefined => {
    const { joined, range, historyComplete } = joinRange(stored, scan, after === undefined);
    if (!joined) return undefined;
    const olderCursor = range?.oldest.id === scan.oldest?.id && after !== HEAD_CURSOR ? after : undefined;
    return { collected: { snapshot, messages, range, olderCursor, historyComplete, collected: true }, eventsCreated };
  };
  const from = snapshot.messages?.after;
  const known = toResult(from);
  if (known !== undefined) return known;

  const { id: conversationId } = snapshot;
  if (from === HEAD_CURSOR) {
    // What came along was cut short, and is listed again.
    messages = [];
    scan = NOTHING_SCANNED;
  }
  const pages = listPages({
    ask: (request) => source.listMessages({ ...request, conversationId }, signal),
    from,
    size: createPageSize({ limit: PIECE_MESSAGES, onFault: 'half' }),
    subject: `the messages of conversation ${conversationId}`,
  });
  try {
    for await (const page of pages) {
      messages.push(...page.items);
      scan = extend(scan, page.items, stored);
      const closed = toResult(page.after);
      if (closed !== undefined) return closed;
      if (messages.length < PIECE_MESSAGES) continue;
      eventsCreated += await store.appendMessages(conversationId, messages);
      messages = [];
    }
  } catch (error) {
    // What was shown is kept, across the gap.
    if (concernsOneObject(error) && messages.length > 0) await store.appendMessages(conversationId, messages);
    throw error;
  }
  if (scan.newest === undefined) requireEmpty(snapshot);
  return must(toResult(undefined), 'the end of a list joins all that is on it');
}

/** A list without a message is not believed while Facebook counts some. */
function requireEmpty({ id, messageCount = 0 }: ConversationSnapshot): void {
  if (messageCount === 0) return;
  const message = `Facebook counts ${messageCount} messages in conversation ${id} and shows none.`;
  throw new GraphError('GRAPH_ERROR', message, { kind: 'invalid' });
}
