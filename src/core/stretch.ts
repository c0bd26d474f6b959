/**
 * The held stretch of a conversation (I14): one unbroken run of messages, from the newest a sync has seen down to the
 * floor. New messages join it only when nothing can lie between; a message that happens to be held proves nothing,
 * because a webhook may have brought it across a gap.
 */
import type { MessagePoint, MessageSnapshot, Stretch } from './model.ts';
import { must } from '../lib/must.ts';

export interface JoinResult {
  /** Whether the brought messages connect to the held stretch, or to the beginning of the conversation. */
  readonly joined: boolean;
  /** The stretch after the join; undefined when the conversation has no message at all. */
  readonly stretch: Stretch | undefined;
  /** Whether everything down to the first message is held. */
  readonly historyComplete: boolean;
}

/**
 * Joins the newest messages of a conversation, newest first as Facebook lists them, to what is held of it.
 * `ended` says that Facebook has no older ones.
 */
export function joinStretch(
  held: { readonly stretch: Stretch | undefined; readonly historyComplete: boolean } | undefined,
  brought: readonly MessageSnapshot[],
  ended: boolean,
): JoinResult {
  const newest = brought[0];
  const oldest = brought.at(-1);
  if (newest === undefined || oldest === undefined) {
    // An empty list is no proof against messages that are held.
    const historyComplete = held?.stretch === undefined ? ended : held.historyComplete;
    return { joined: ended, stretch: held?.stretch, historyComplete };
  }
  if (ended) {
    // A list that ends above the held messages shows less than there is: what lies between is left to history.
    const meetsHeld = held?.stretch === undefined || reaches(brought, held.stretch.newest);
    return { joined: true, stretch: { newest: toPoint(newest), floor: toPoint(oldest) }, historyComplete: meetsHeld };
  }
  if (held?.stretch === undefined) {
    return { joined: true, stretch: { newest: toPoint(newest), floor: toPoint(oldest) }, historyComplete: false };
  }
  if (!reaches(brought, held.stretch.newest)) return { joined: false, stretch: held.stretch, historyComplete: false };
  const floor = reaches(brought, held.stretch.floor) ? toPoint(oldest) : held.stretch.floor;
  return { joined: true, stretch: { newest: toPoint(newest), floor }, historyComplete: held.historyComplete };
}

/**
 * Whether the list has come to `point` or passed it. Passing counts only by a strictly older time (times have a
 * resolution of one second) and only in a list that is in order: newest first is observed, not promised.
 */
export function reaches(brought: readonly MessageSnapshot[], point: MessagePoint): boolean {
  if (brought.some((message) => message.id === point.id)) return true;
  const last = must(brought.at(-1), 'only asked about a list that holds something').createdAt;
  return point.createdAt !== undefined && last !== undefined && last < point.createdAt && isNewestFirst(brought);
}

function isNewestFirst(messages: readonly MessageSnapshot[]): boolean {
  let before = Infinity;
  for (const { createdAt } of messages) {
    if (createdAt === undefined || createdAt > before) return false;
    before = createdAt;
  }
  return true;
}

export function toPoint(message: MessageSnapshot): MessagePoint {
  return { id: message.id, createdAt: message.createdAt };
}
