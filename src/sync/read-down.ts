/**
 * Reads the messages of a conversation again, from the newest one down, until what is stored adds up with what Facebook
 * counts, or to its floor. It brings what came late and what was lost. What is stored inside the stretch that Facebook has
 * shown, and was not shown there, is asked for by its id: only what is missing then as well, and what the count does not
 * contradict, is gone (I10).
 */
import { extend, joinRange, NOTHING_SCANNED, type Scan } from '../core/contiguous-range.ts';
import { concernsOneObject, isGraphError } from '../core/errors.ts';
import { type Cursor, HEAD_CURSOR, listPages } from '../core/list-pages.ts';
import type { ConversationSnapshot, Instant, MessageSnapshot, StoredConversation } from '../core/model.ts';
import { createPageSize } from '../core/page-size.ts';
import { addsUp, mostGone } from '../core/row-count.ts';
import { must } from '../lib/must.ts';
import type { ClosedGap } from './close-gap.ts';
import type { RunContext } from './run-context.ts';

export interface Reread extends ClosedGap {
  /** Messages that were not stored, or not as Facebook shows them. */
  readonly differing: number;
}

export interface Rereading {
  readonly snapshot: ConversationSnapshot;
  readonly stored: StoredConversation;
  /** At least what was written since, whatever the counts say; 0: down to the floor. */
  readonly downTo: Instant | undefined;
}

/** Messages per call, and the most that are kept in memory while another call is made (I11). */
const PIECE_MESSAGES = 100;
/** A list that leaves out more than these is not believed. */
const MOST_UNSHOWN = 100;

/** How far a rereading has come. */
interface Reading {
  readonly of: Rereading;
  scan: Scan;
  /** Not written yet. */
  messages: MessageSnapshot[];
  shown: number;
  /** Live messages of the store when all that was read is written. */
  live: number;
  /** Messages not written yet that the store lacks or holds with another content, and those that are written. */
  differing: number;
  written: number;
  /** Down to when it is known which stored messages were shown, and which were shown of that very second. */
  sureDownTo: Instant | undefined;
  atThatSecond: readonly string[];
  unshown: Set<string>;
  eventsCreated: number;
  /** Where the list goes on; undefined at its end. */
  after: Cursor;
}

function openReading(of: Rereading): Reading {
  const nothing = {
    scan: NOTHING_SCANNED,
    messages: [],
    shown: 0,
    live: 0,
    differing: 0,
    written: 0,
    unshown: new Set<string>(),
  };
  return { of, ...nothing, sureDownTo: undefined, atThatSecond: [], eventsCreated: 0, after: undefined };
}

/** Whether there is nothing more to read, or no reason to. */
function isDone({ of: { snapshot, stored, downTo = Infinity }, scan, live, unshown, after }: Reading): boolean {
  if (after === undefined || (scan.meetsOldest && !stored.historyComplete)) return true;
  const isDeepEnough = (scan.oldest?.createdAt ?? Infinity) < downTo || downTo === Infinity;
  return isDeepEnough && scan.meetsNewest && addsUp(stored, snapshot.messageCount, live - unshown.size);
}

/** Rejects with a GraphError when Facebook does not lead down. */
export async function readDown(run: RunContext, rereading: Rereading): Promise<Reread> {
  const { snapshot } = rereading;
  const reading = openReading(rereading);
  const nested = snapshot.messages;
  if (nested !== undefined && nested.after !== HEAD_CURSOR) {
    await read(run, reading, nested);
    if (isDone(reading)) return toResult(run, reading);
  }
  const { id: conversationId } = snapshot;
  const pages = listPages({
    ask: (request) => run.source.listMessages({ ...request, conversationId }, run.signal),
    from: nested?.after,
    size: createPageSize({ limit: PIECE_MESSAGES, onFault: 'half' }),
    subject: `the messages of conversation ${conversationId}`,
  });
  try {
    for await (const page of pages) {
      await read(run, reading, page);
      if (isDone(reading)) break;
      if (reading.messages.length < PIECE_MESSAGES) continue;
      reading.eventsCreated += await run.store.appendMessages(conversationId, reading.messages);
      reading.messages = [];
      reading.written += reading.differing;
    }
  } catch (error) {
    // What Facebook does not show at all, in however small a piece, was read as far as it can be.
    if (isGraphError(error, 'too-much-data') && reading.scan.meetsNewest) return toResult(run, reading);
    // What was shown is kept, across the gap.
    if (concernsOneObject(error) && reading.messages.length > 0) {
      await run.store.appendMessages(conversationId, reading.messages);
    }
    throw error;
  }
  return toResult(run, reading);
}

interface Page {
  readonly items: readonly MessageSnapshot[];
  readonly after: Cursor;
}

async function read({ store, source }: RunContext, reading: Reading, { items, after }: Page): Promise<void> {
  const { snapshot, stored } = reading.of;
  const conversationId = snapshot.id;
  reading.scan = extend(reading.scan, items, stored);
  reading.messages.push(...items);
  reading.after = after;
  // Further down Facebook may leave messages out that are there.
  const sure = items.slice(0, Math.max(0, source.readableMessages - reading.shown));
  reading.shown += items.length;
  const [count] = (await store.countRows([{ conversationId, messages: reading.messages }])).values();
  const { live, fresh, changed } = must(count, 'it was asked about one conversation');
  reading.live = live + fresh;
  reading.differing = fresh + changed;

  // Of what is below the end of a list, only as many as Facebook could have shown can be told to be gone.
  const tellable = Math.max(0, source.readableMessages - reading.shown);
  const isEnd = after === undefined && tellable > 0;
  const oldest = sure.at(-1)?.createdAt;
  if (!reading.scan.isNewestFirst || (oldest === undefined && !isEnd)) return;
  const shown = [...reading.atThatSecond, ...items.map(({ id }) => id)];
  const bounds = { after: isEnd ? undefined : oldest, upTo: reading.sureDownTo };
  const unshown = await store.findUnshown({ conversationId, ...bounds, shown, limit: MOST_UNSHOWN + 1 });
  for (const id of isEnd ? unshown.slice(0, tellable) : unshown) reading.unshown.add(id);
  reading.atThatSecond = [
    ...(oldest === reading.sureDownTo ? reading.atThatSecond : []),
    ...sure.filter(({ createdAt }) => createdAt === oldest).map(({ id }) => id),
  ];
  reading.sureDownTo = oldest;
}

async function toResult(run: RunContext, reading: Reading): Promise<Reread> {
  const { scan, messages, live, unshown, after, eventsCreated } = reading;
  const { snapshot, stored } = reading.of;
  const most = Math.min(mostGone(stored, snapshot.messageCount, live), MOST_UNSHOWN);
  const gone = scan.isNewestFirst && unshown.size <= most ? await confirmGone(run, [...unshown]) : [];
  const { range, ...joined } = joinRange(stored, scan, after === undefined);
  // A list that ends above the floor is believed where all is accounted for.
  const isWhole = scan.meetsOldest || addsUp(stored, snapshot.messageCount, live - gone.length);
  const historyComplete = joined.historyComplete && isWhole;
  const olderCursor = range?.oldest.id === scan.oldest?.id && after !== HEAD_CURSOR ? after : undefined;
  return {
    collected: { snapshot, messages, range, olderCursor, historyComplete, gone, collected: true },
    eventsCreated,
    differing: reading.written + reading.differing + gone.length,
  };
}

/** Those that Facebook does not show by their ids either. */
async function confirmGone({ source, signal }: RunContext, ids: readonly string[]): Promise<readonly string[]> {
  const gone: string[] = [];
  for (const id of ids) {
    try {
      if (!(await source.showsMessage(id, signal))) gone.push(id);
    } catch (error) {
      // It neither shows it nor says that it is gone.
      if (!concernsOneObject(error)) throw error;
    }
  }
  return gone;
}
