/**
 * Deciding what differs, and how to list it with the fewest calls. Pure: it sees what was listed and what is stored. The
 * survey follows it and decides nothing of its own.
 */
import type { Cursor } from './list-pages.ts';
import type { ConversationSnapshot, StoredConversation, Instant } from './model.ts';
import type { PassKind } from './passes.ts';
import { hasLostRows } from './row-count.ts';

/** The most conversations a list call is asked for; more is cut off silently. */
export const LIST_LIMIT = 100;
/**
 * The most that a light page of a full walk asks for: some say that Facebook brings twice as many without their messages.
 * It cuts off what is more.
 */
export const LIGHT_PAGE_SIZE = 200;
/**
 * How many new conversations an incremental walk can meet with its first page. More would save pages now and then, but
 * most find nothing new, and this many take hardly longer than one.
 */
const PROBE_MARGIN = 60;
/** The most messages per conversation that a nested list is asked for; more come from the conversation itself. */
export const NESTED_MESSAGES = 25;

/** A listed conversation beside what is stored of it. */
export interface Comparison {
  readonly listed: ConversationSnapshot;
  readonly stored: StoredConversation | undefined;
}

/** Whether a conversation must be collected: new, dated or counted differently, back from deletion, or with messages lost. */
export function differs({ listed, stored }: Comparison): boolean {
  if (stored === undefined || !stored.collected || stored.deleted || hasLostRows(stored)) return true;
  const { updatedAt, messageCount } = listed;
  if (messageCount !== undefined && messageCount !== stored.collectedMessageCount) return true;
  // An earlier time is a change as well: Facebook corrects times, and takes messages back.
  if (updatedAt !== undefined && isOther(updatedAt, stored.collectedUpdatedAt)) return true;
  // With a time or a count missing, two changes within a second look alike but for what else they changed.
  const isCertain = updatedAt !== undefined && stored.collectedUpdatedAt !== undefined && messageCount !== undefined;
  return !isCertain && !stored.sameSnapshot;
}

function isOther(at: Instant, than: Instant | undefined): boolean {
  return than !== undefined && at !== than;
}

/** Whether a time is later than another, as far as both are known. */
export function isNewer(at: Instant | undefined, than: Instant | undefined): boolean {
  return at !== undefined && than !== undefined && at > than;
}

/** A list page of the survey: where it is, what it listed, and which of that is to be collected. */
export interface SurveyBatch {
  /** Cursor that leads to this page, undefined at the head; and to the next, undefined when the pass ends here. */
  readonly after: Cursor;
  readonly next: Cursor;
  /** The pass that it belongs to. */
  readonly pass: PassKind;
  /** The watermark that the walk may set when it ends here. */
  readonly nextWatermark: Instant | undefined;
  /** The list was out of order above the lookback, so the walk goes on to its end, in this run and the next ones. */
  readonly disordered: boolean;
  readonly comparisons: readonly Comparison[];
  /** Ids of those to collect. */
  readonly changed: ReadonlySet<string>;
  /** Conversations on it that the walk had not listed before, and how many of them are current. */
  readonly listed: number;
  readonly skipped: number;
}

/** Light pages in a row that may run ahead of what is collected; more would only wait. */
const MOST_LIGHT_PAGES = 4;

/**
 * Whether a list page is to bring its messages along, where everything that is listed has changed. Light pages are
 * quicker and find work for others, but they cost a call more. A page with messages takes as long as about two of them
 * need to be collected at two calls a second: so as many go before it as calls may be made in a second.
 */
export function bringsMessages(lightPages: number, callsPerSecond: number): boolean {
  return lightPages >= Math.min(MOST_LIGHT_PAGES, Math.floor(callsPerSecond));
}

/** How many conversations the list pages of a walk are asked for. */
export interface PagePlan {
  readonly firstLimit: number;
  readonly laterLimit: number;
  /** Newest messages of each conversation that a list page may bring along where all will be collected; 0 for none. */
  readonly messages: number;
}

/**
 * A walk down to the lookback begins with a short page: what was last met there, which it has to pass in any case, and
 * a little more. One to the end of the list takes what it can get.
 */
export function planPages({ lookbackStart, storedInLookback, nestedLimit, depth }: PagePlanInput): PagePlan {
  if (lookbackStart !== undefined) {
    const firstLimit = Math.min(storedInLookback + PROBE_MARGIN, LIST_LIMIT);
    return { firstLimit, laterLimit: LIST_LIMIT, messages: 0 };
  }
  // Where full lists with messages were too big for Facebook before, pages stay light.
  const messages = nestedLimit < LIST_LIMIT ? 0 : Math.min(NESTED_MESSAGES, depth);
  return { firstLimit: LIGHT_PAGE_SIZE, laterLimit: LIGHT_PAGE_SIZE, messages };
}

export interface PagePlanInput {
  readonly lookbackStart: Instant | undefined;
  readonly storedInLookback: number;
  readonly nestedLimit: number;
  readonly depth: number;
}

/** What to ask the next list page for, after so many since the head. */
export function limitOfPage({ firstLimit, laterLimit }: PagePlan, pagesBefore: number): number {
  if (pagesBefore === 0) return firstLimit;
  // The page after a short one fills its batch up to what one list call can collect.
  return pagesBefore === 1 && firstLimit < LIST_LIMIT ? LIST_LIMIT - firstLimit : laterLimit;
}

/** The size to begin the next run with: what was found to work, and after a run without refusal a little more. */
export function growNestedLimit(before: number, after: number): number {
  return after < before ? after : Math.min(LIST_LIMIT, Math.ceil(after * 1.25));
}

/**
 * Whether a walk may end with this page: it reaches below the start of the lookback, where an earlier walk has met
 * everything, and nothing there differs. A strict comparison, because times have a resolution of one second.
 */
export function endsWalk(
  { comparisons, changed }: Pick<SurveyBatch, 'comparisons' | 'changed'>,
  lookbackStart: Instant | undefined,
): boolean {
  const below = comparisons.filter(({ listed }) => isBefore(listed, lookbackStart));
  return below.length > 0 && below.every(({ listed }) => !changed.has(listed.id));
}

/** Whether a conversation last changed before an instant, as far as both are known. */
export function isBefore({ updatedAt }: ConversationSnapshot, at: Instant | undefined): boolean {
  return isNewer(at, updatedAt);
}

/** What of a channel would be read again, as far as the store knows. */
export interface DeepSize {
  readonly conversations: number;
  /** Those that would only be listed. */
  readonly others: number;
  readonly messages: number;
  /** Lists of messages beyond those that come along with conversations. */
  readonly furtherLists: number;
}

/** What it costs to read all of it again: about a light page for every three, and the head once more at the end. */
export function estimateDeep(channels: readonly DeepSize[], callsPerSecond: number) {
  const calls = channels.map(({ conversations, others, furtherLists }) => {
    const lists = (conversations / LIST_LIMIT) * (4 / 3) + others / LIST_LIMIT;
    return Math.ceil(lists) + furtherLists + 1;
  });
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  return {
    conversations: sum(channels.map((size) => size.conversations)),
    messages: sum(channels.map((size) => size.messages)),
    graphCalls: sum(calls),
    durationMs: Math.ceil((Math.max(0, ...calls) / callsPerSecond) * 1000),
  };
}
