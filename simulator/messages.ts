/**
 * Reads the messages of a conversation. A conversation nobody has touched is written anew from the seed each time it
 * is read, which keeps a world of millions of messages small; the first change makes its messages permanent.
 */
import { composeBornMessage } from './compose-message.ts';
import { hash } from './random.ts';
import type { Origin } from './compose-message.ts';
import type { Conversation, Message } from './model.ts';

const SHORTEST_GAP_MS = 15_000;
const LONGEST_GAP_MS = 6 * 3_600_000;

/** How many messages the conversation has now. */
export function messageCount(conversation: Conversation): number {
  return conversation.messages?.length ?? conversation.bornMessages;
}

/** Messages from `offset` on, newest first. */
export function newestMessages(
  origin: Origin,
  conversation: Conversation,
  window: { offset: number; count: number },
): Message[] {
  const end = messageCount(conversation) - window.offset;
  const start = Math.max(0, end - window.count);
  if (end <= start) return [];
  if (conversation.messages !== undefined) return conversation.messages.slice(start, end).toReversed();
  const found: Message[] = [];
  let createdAt = conversation.bornUpdatedAt;
  for (let ordinal = conversation.bornMessages - 1; ordinal >= start; ordinal -= 1) {
    if (ordinal < end) found.push(composeBornMessage({ origin, conversation, ordinal, createdAt }));
    createdAt -= gapBefore(origin, conversation, ordinal);
  }
  return found;
}

/** How many messages are newer than the one with this ordinal; undefined when it is gone or never was. */
export function messageOffset(conversation: Conversation, ordinal: number): number | undefined {
  if (conversation.messages === undefined) {
    const offset = conversation.bornMessages - 1 - ordinal;
    return ordinal >= 0 && offset >= 0 ? offset : undefined;
  }
  const at = conversation.messages.findIndex((message) => message.ordinal === ordinal);
  return at === -1 ? undefined : conversation.messages.length - 1 - at;
}

/** Makes the messages of a conversation permanent, oldest first, ready to be changed. */
export function materialise(origin: Origin, conversation: Conversation): Message[] {
  conversation.messages ??= newestMessages(origin, conversation, { offset: 0, count: Infinity }).toReversed();
  return conversation.messages;
}

/** Short gaps are common and long ones rare, as people talk. */
function gapBefore(origin: Origin, conversation: Conversation, ordinal: number): number {
  const draw = hash(origin.seed, conversation.page.index, conversation.index, ordinal) / 0x1_0000_0000;
  return SHORTEST_GAP_MS + Math.floor(draw ** 4 * LONGEST_GAP_MS);
}
