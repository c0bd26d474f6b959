/**
 * Deciding what differs, and how to look for it with the fewest calls. Pure: it sees what was listed, what is held,
 * how fast Facebook answers and what calls may cost. The survey follows it and decides nothing of its own.
 */
import { type AnswerTimes, expectedMs } from './answer-times.ts';
import type { ConversationSnapshot, HeldConversation, Instant } from './model.ts';

/** The most conversations a list call is asked for; more is cut off silently. */
export const LIST_LIMIT = 100;
/**
 * The most that a look on a full walk asks for: some say that Facebook brings twice as many without their messages.
 * It cuts off what is more.
 */
export const LOOK_LIMIT = 200;
/**
 * How many new conversations an incremental walk can meet with its first look. More would save looks now and then, but
 * most find nothing new, and this many take hardly longer than one.
 */
const PROBE_MARGIN = 60;
/** Looks in a row that may run ahead of what is collected; more would only wait. */
const MOST_LOOKS_PER_CARRY = 4;
/** A call has to save more than this part of the time, or it is not made. */
const WORTH_A_CALL = 0.03;
/** The most messages per conversation that a nested list is asked for; more come from the conversation itself. */
export const NESTED_MESSAGES = 25;

/** A listed conversation beside what is held of it. */
export interface Comparison {
  readonly listed: ConversationSnapshot;
  readonly held: HeldConversation | undefined;
}

/** Whether a conversation must be collected: new, moved since, counted differently, or back from deletion. */
export function differs({ listed, held }: Comparison): boolean {
  if (held === undefined || !held.collected || held.deleted) return true;
  if (listed.messageCount !== undefined && listed.messageCount !== held.collectedMessageCount) return true;
  const { updatedAt } = listed;
  if (updatedAt !== undefined && held.collectedUpdatedAt !== undefined && updatedAt > held.collectedUpdatedAt)
    return true;
  // With a time or a count missing, two changes within a second look alike but for what else they changed.
  const isCertain =
    updatedAt !== undefined && held.collectedUpdatedAt !== undefined && listed.messageCount !== undefined;
  return !isCertain && !held.sameSnapshot;
}

/** A page of the survey: where it begins, what it listed, and which of that is to be collected. */
export interface SurveyedPage {
  /** Cursor that leads to this page, undefined at the head; and to the next, undefined when the walk ends here. */
  readonly after: string | undefined;
  readonly next: string | undefined;
  /** The watermark that the walk may set when it is complete. */
  readonly top: Instant | undefined;
  /** Listed under the `since` hint, which may have left something out: no place to go on from later. */
  readonly hinted: boolean;
  /** The list was out of order, so the walk goes on below its cut; a later one would not know that. */
  readonly disordered: boolean;
  readonly comparisons: readonly Comparison[];
  readonly wanted: ReadonlySet<string>;
  /** Conversations on it that the walk had not listed before, and how many of them are current. */
  readonly listed: number;
  readonly skipped: number;
}

/** What calls may cost a run. */
export interface CallBudget {
  readonly callsPerSecond: number;
  /** Calls run short: fewer are worth any time. */
  readonly isScarce: boolean;
}

/**
 * How many looks are to come before a list page that brings its messages along, where everything that is listed is
 * wanted: 0 has every page brought along, one behind the other. Looks are quick and lead to pages that are collected
 * side by side, so more of them save time, until calls have to wait for their turn; fewer save calls. `perLook` is how
 * many conversations a look shows: where that is less than a list should bring, a list brings no more either.
 */
export function looksPerCarry({ times, budget, perLook }: LooksPerCarryInput): number {
  if (budget.isScarce) return 0;
  const lookMs = expectedMs(times.light, perLook);
  const perCarry = Math.min(perLook, LIST_LIMIT);
  const carryMs = expectedMs(times.nested, perCarry);
  const listsPerLook = perLook / perCarry;
  // One round is so many looks and a page brought along; beside it, what was looked at is collected.
  const msPerList = (looks: number) => {
    const chainMs = looks * lookMs + carryMs;
    const calls = looks + 1 + looks * listsPerLook;
    return Math.max(chainMs, (calls * 1000) / budget.callsPerSecond) / (1 + looks * listsPerLook);
  };
  const choices = Array.from({ length: MOST_LOOKS_PER_CARRY + 1 }, (_, looks) => ({ looks, ms: msPerList(looks) }));
  const quickestMs = Math.min(...choices.map(({ ms }) => ms));
  const choice = choices.find(({ ms }) => ms * (1 - WORTH_A_CALL) <= quickestMs);
  return choice?.looks ?? 0;
}

export interface LooksPerCarryInput {
  readonly times: AnswerTimes;
  readonly budget: CallBudget;
  readonly perLook: number;
}

/** How a walk looks at the list. */
export interface Looks {
  /** Conversations that the first look asks for, and each later one. */
  readonly firstLimit: number;
  readonly lookLimit: number;
  /** Newest messages of each conversation that a list page may bring along where all will be wanted; 0 for none. */
  readonly carried: number;
}

/**
 * A walk down to a cut looks briefly first: at what was last met above the cut, which it has to pass in any case, and a
 * little more. One to the end of the list takes what it can get.
 */
export function planLooks({ cutAt, heldAboveCut, nestedLimit, depth }: LooksInput): Looks {
  if (cutAt !== undefined) {
    const firstLimit = Math.min(heldAboveCut + PROBE_MARGIN, LIST_LIMIT);
    return { firstLimit, lookLimit: LIST_LIMIT, carried: 0 };
  }
  // Where full lists with messages were too big for Facebook before, looks stay light.
  const carried = nestedLimit < LIST_LIMIT ? 0 : Math.min(NESTED_MESSAGES, depth);
  return { firstLimit: LOOK_LIMIT, lookLimit: LOOK_LIMIT, carried };
}

export interface LooksInput {
  readonly cutAt: Instant | undefined;
  readonly heldAboveCut: number;
  readonly nestedLimit: number;
  readonly depth: number;
}

/** The size to begin the next run with: what was found to work, and after a run without refusal a little more. */
export function growNestedLimit(before: number, after: number): number {
  return after < before ? after : Math.min(LIST_LIMIT, Math.ceil(after * 1.25));
}

/**
 * Whether an incremental walk may end with this page: it reaches below the cut, where an earlier walk has met
 * everything, and nothing there differs. A strict comparison, because times have a resolution of one second.
 */
export function endsWalk(page: Pick<SurveyedPage, 'comparisons' | 'wanted'>, cutAt: Instant | undefined): boolean {
  if (cutAt === undefined) return false;
  const below = page.comparisons.filter(({ listed }) => listed.updatedAt !== undefined && listed.updatedAt < cutAt);
  return below.length > 0 && below.every(({ listed }) => !page.wanted.has(listed.id));
}
