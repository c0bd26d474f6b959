/**
 * The way down through a conversation's messages until nothing lies between its newest one and what is held (I14).
 * A long way is written in pieces: the messages of a piece are stored at once, but only the last piece moves the
 * stretch. Whoever is interrupted in between has left messages across a gap, and begins again at the top.
 */
import { createCircleWatch } from '../core/circle.ts';
import { GraphError } from '../core/errors.ts';
import type { CollectedConversation, ConversationSnapshot, HeldConversation, MessageSnapshot } from '../core/model.ts';
import type { ConversationSource } from '../core/ports.ts';
import { descend, joinStretch, TOP_OF_CONVERSATION } from '../core/stretch.ts';
import { smallerLimit } from './smaller.ts';

export interface ReachParts {
  readonly source: ConversationSource;
  readonly signal: AbortSignal;
  /** Stores messages of a conversation without saying anything of what lies between them and others. */
  readonly storePiece: (conversationId: string, messages: readonly MessageSnapshot[]) => Promise<void>;
}

/** Messages per call, and the most that are kept in memory while another call is made (I11). */
const PIECE_MESSAGES = 100;

/** Rejects with a GraphError when Facebook does not lead down to what is held. */
export async function reachStretch(
  { source, signal, storePiece }: ReachParts,
  snapshot: ConversationSnapshot,
  held: HeldConversation | undefined,
): Promise<CollectedConversation> {
  let messages: readonly MessageSnapshot[] = snapshot.messages?.items ?? [];
  let after = snapshot.messages?.after;
  let way = descend(TOP_OF_CONVERSATION, messages, held);
  let limit = PIECE_MESSAGES;
  const isCircle = createCircleWatch();
  if (after !== undefined) isCircle(after);
  for (;;) {
    const { joined, stretch, historyComplete } = joinStretch(held, way, after === undefined);
    if (joined) {
      const floorCursor = stretch?.floor.id === way.oldest?.id ? after : undefined;
      return { snapshot, messages, stretch, floorCursor, historyComplete, collected: true };
    }
    if (messages.length >= PIECE_MESSAGES) {
      await storePiece(snapshot.id, messages);
      messages = [];
    }
    try {
      const page = await source.listMessages({ conversationId: snapshot.id, limit, after }, signal);
      messages = [...messages, ...page.items];
      way = descend(way, page.items, held);
      after = page.after;
      if (after !== undefined && isCircle(after)) throw messagesInCircle(snapshot.id);
    } catch (error) {
      const smaller = smallerLimit(limit, error);
      if (smaller === undefined) throw error;
      limit = smaller;
    }
  }
}

export function messagesInCircle(conversationId: string): GraphError {
  return new GraphError(
    'GRAPH_ERROR',
    `Facebook lists the messages of conversation ${conversationId} in a circle; following it would never end.`,
    { kind: 'invalid' },
  );
}
