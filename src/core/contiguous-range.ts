/**
 * The contiguous range of stored messages of a conversation (I14): from the newest that a sync has seen down to the
 * oldest, without a gap. New messages join it only when nothing can lie between. A message that happens to be stored
 * proves nothing: a webhook may have brought it across a gap.
 */
import type { ContiguousRange, MessagePoint, MessageSnapshot } from './model.ts';

export interface JoinResult {
  /** Whether the scanned messages connect to the stored range, or to the beginning of the conversation. */
  readonly joined: boolean;
  /** The range after the join; undefined when the conversation has no message at all. */
  readonly range: ContiguousRange | undefined;
  /** Whether everything down to the first message is stored. */
  readonly historyComplete: boolean;
}

/** Messages from the newest one down, as far as they were listed: only what is needed of them. */
export interface Scan {
  readonly newest: MessagePoint | undefined;
  readonly oldest: MessagePoint | undefined;
  /** Whether times only went down: newest first is observed, not promised. */
  readonly isNewestFirst: boolean;
  /** Whether it has come to the ends of the stored range, or passed them. */
  readonly meetsNewest: boolean;
  readonly meetsOldest: boolean;
}

export const NOTHING_SCANNED: Scan = {
  newest: undefined,
  oldest: undefined,
  isNewestFirst: true,
  meetsNewest: false,
  meetsOldest: false,
};

/** The scan with the next messages, as Facebook lists them. */
export function extend(
  scan: Scan,
  messages: readonly MessageSnapshot[],
  stored: { readonly range: ContiguousRange | undefined } | undefined,
): Scan {
  const first = messages[0];
  const last = messages.at(-1);
  if (first === undefined || last === undefined) return scan;
  const oldest = toPoint(last);
  const isOrdered = scan.isNewestFirst && isNewestFirst(messages, scan.oldest);
  const meets = (point: MessagePoint | undefined) =>
    point !== undefined && (messages.some(({ id }) => id === point.id) || (isOrdered && isPast(oldest, point)));
  return {
    newest: scan.newest ?? toPoint(first),
    oldest,
    isNewestFirst: isOrdered,
    meetsNewest: scan.meetsNewest || meets(stored?.range?.newest),
    meetsOldest: scan.meetsOldest || meets(stored?.range?.oldest),
  };
}

/** Joins a scan to what is stored of the conversation. `ended` says that Facebook has no older messages. */
export function joinRange(
  stored: { readonly range: ContiguousRange | undefined; readonly historyComplete: boolean } | undefined,
  { newest, oldest, meetsNewest, meetsOldest }: Scan,
  ended: boolean,
): JoinResult {
  const range = stored?.range;
  if (newest === undefined || oldest === undefined) {
    // An empty list is no proof against messages that are stored.
    const historyComplete = range === undefined ? ended : stored?.historyComplete === true;
    return { joined: ended, range, historyComplete };
  }
  if (ended) {
    // A list that ends above the stored messages shows less than there is: what lies between is left to history.
    return { joined: true, range: { newest, oldest }, historyComplete: range === undefined || meetsNewest };
  }
  if (range === undefined) return { joined: true, range: { newest, oldest }, historyComplete: false };
  if (!meetsNewest) return { joined: false, range, historyComplete: false };
  const historyComplete = stored?.historyComplete === true;
  return { joined: true, range: { newest, oldest: meetsOldest ? oldest : range.oldest }, historyComplete };
}

/** Whether a list of messages has come to `point` or passed it. */
export function reaches(messages: readonly MessageSnapshot[], point: MessagePoint): boolean {
  return extend(NOTHING_SCANNED, messages, { range: { newest: point, oldest: point } }).meetsNewest;
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
