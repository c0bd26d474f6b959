/**
 * The held stretch of a conversation (I14): one unbroken run of messages, from the newest a sync has seen down to the
 * floor. New messages join it only when nothing can lie between; a message that happens to be held proves nothing,
 * because a webhook may have brought it across a gap.
 */
import type { MessagePoint, MessageSnapshot, Stretch } from './model.ts';

export interface JoinResult {
  /** Whether the brought messages connect to the held stretch, or to the beginning of the conversation. */
  readonly joined: boolean;
  /** The stretch after the join; undefined when the conversation has no message at all. */
  readonly stretch: Stretch | undefined;
  /** Whether everything down to the first message is held. */
  readonly historyComplete: boolean;
}

/** The way down from the newest message of a conversation, as far as it went: of the messages on it only the ends. */
export interface Descent {
  readonly newest: MessagePoint | undefined;
  readonly oldest: MessagePoint | undefined;
  /** Whether times only went down on it: newest first is observed, not promised. */
  readonly isNewestFirst: boolean;
  /** Whether it has come to the ends of the held stretch, or passed them. */
  readonly meetsNewest: boolean;
  readonly meetsFloor: boolean;
}

export const TOP_OF_CONVERSATION: Descent = {
  newest: undefined,
  oldest: undefined,
  isNewestFirst: true,
  meetsNewest: false,
  meetsFloor: false,
};

/** The way with the next messages on it, as Facebook lists them. */
export function descend(
  way: Descent,
  messages: readonly MessageSnapshot[],
  held: { readonly stretch: Stretch | undefined } | undefined,
): Descent {
  const first = messages[0];
  const last = messages.at(-1);
  if (first === undefined || last === undefined) return way;
  const oldest = toPoint(last);
  const isOrdered = way.isNewestFirst && isNewestFirst(messages, way.oldest);
  const meets = (point: MessagePoint | undefined) =>
    point !== undefined && (messages.some(({ id }) => id === point.id) || (isOrdered && isPast(oldest, point)));
  return {
    newest: way.newest ?? toPoint(first),
    oldest,
    isNewestFirst: isOrdered,
    meetsNewest: way.meetsNewest || meets(held?.stretch?.newest),
    meetsFloor: way.meetsFloor || meets(held?.stretch?.floor),
  };
}

/**
 * Joins the way down from the newest message to what is held of the conversation. `ended` says that Facebook has no
 * older messages.
 */
export function joinStretch(
  held: { readonly stretch: Stretch | undefined; readonly historyComplete: boolean } | undefined,
  { newest, oldest, meetsNewest, meetsFloor }: Descent,
  ended: boolean,
): JoinResult {
  if (newest === undefined || oldest === undefined) {
    // An empty list is no proof against messages that are held.
    const historyComplete = held?.stretch === undefined ? ended : held.historyComplete;
    return { joined: ended, stretch: held?.stretch, historyComplete };
  }
  if (ended) {
    // A list that ends above the held messages shows less than there is: what lies between is left to history.
    const meetsHeld = held?.stretch === undefined || meetsNewest;
    return { joined: true, stretch: { newest, floor: oldest }, historyComplete: meetsHeld };
  }
  if (held?.stretch === undefined) return { joined: true, stretch: { newest, floor: oldest }, historyComplete: false };
  if (!meetsNewest) return { joined: false, stretch: held.stretch, historyComplete: false };
  const floor = meetsFloor ? oldest : held.stretch.floor;
  return { joined: true, stretch: { newest, floor }, historyComplete: held.historyComplete };
}

/** Whether a list of messages has come to `point` or passed it. */
export function reaches(messages: readonly MessageSnapshot[], point: MessagePoint): boolean {
  return descend(TOP_OF_CONVERSATION, messages, { stretch: { newest: point, floor: point } }).meetsNewest;
}

/** By a strictly older time only: times have a resolution of one second. */
function isPast(oldest: MessagePoint, point: MessagePoint): boolean {
  return point.createdAt !== undefined && oldest.createdAt !== undefined && oldest.createdAt < point.createdAt;
}

function isNewestFirst(messages: readonly MessageSnapshot[], above: MessagePoint | undefined): boolean {
  let before = above?.createdAt ?? Infinity;
  for (const { createdAt } of messages) {
    if (createdAt === undefined || createdAt > before) return false;
    before = createdAt;
  }
  return true;
}

export function toPoint(message: MessageSnapshot): MessagePoint {
  return { id: message.id, createdAt: message.createdAt };
}
