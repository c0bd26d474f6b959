/**
 * Deciding what to fetch, and how, with the fewest calls. Pure: it sees what was listed and what is held, and answers
 * with calls to make. Survey and collect follow it and decide nothing of their own.
 */
import type { ConversationSnapshot, HeldConversation, Instant } from './model.ts';

/** The most conversations a list call is asked for; more is cut off silently. */
export const LIST_LIMIT = 100;
/**
 * The most that a look on a full walk asks for: some say that Facebook brings twice as many without their messages.
 * It cuts off what is more.
 */
export const LOOK_LIMIT = 200;
/**
 * When everything on so many looks in a row is wanted, the next list page brings its messages along: at two calls a
 * second the looks are collected in the time it takes. Fewer let calls go unused, more save less; measured on paper
 * and by the benchmark.
 */
export const LOOKS_PER_CARRY = 2;
/** An incremental walk looks here first: enough to see that nothing is new, and the fastest answer there is. */
const PROBE_LIMIT = 25;
const PROBE_MARGIN = 10;
/** The most messages per conversation that a nested list is asked for; more come from the conversation itself. */
export const NESTED_MESSAGES = 25;
/** Messages asked for beyond what the counts say is new: late ones, ties, and the join with what is held. */
const MESSAGE_MARGIN = 3;

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
  readonly comparisons: readonly Comparison[];
  readonly wanted: ReadonlySet<string>;
  /** Conversations on it that the walk had not listed before, and how many of them are current. */
  readonly listed: number;
  readonly skipped: number;
}

export type CollectPlan =
  | { readonly kind: 'nothing' }
  /** Fetch `limit` conversations from `after` on, each with its newest messages. */
  | { readonly kind: 'list'; readonly after: string | undefined; readonly limit: number; readonly messages: number }
  /** Fetch each conversation by its id. */
  | { readonly kind: 'singles'; readonly wanted: readonly { readonly id: string; readonly messages: number }[] };

/**
 * The cheapest way to collect what a range of consecutive survey pages wants, with at most `depth` messages each. One list call carries any number of them, so it wins from two on;
 * a lone one is read by its id, which is as many calls and answers sooner.
 */
export function planCollect(range: readonly SurveyedPage[], depth = Infinity): CollectPlan {
  const wanted = range.flatMap((page) => page.comparisons.filter((comparison) => mustFetch(page, comparison)));
  const [only] = wanted;
  if (only === undefined) return { kind: 'nothing' };
  if (wanted.length === 1) {
    return { kind: 'singles', wanted: [{ id: only.listed.id, messages: messagesFor(only, depth) }] };
  }
  const pages = range.slice(
    range.findIndex((page) => page.comparisons.some((comparison) => mustFetch(page, comparison))),
  );
  const listed = pages.flatMap((page) => page.comparisons.map((comparison) => mustFetch(page, comparison)));
  return {
    kind: 'list',
    after: pages[0]?.after,
    limit: listed.lastIndexOf(true) + 1,
    messages: Math.max(...wanted.map((comparison) => messagesFor(comparison, depth))),
  };
}

/** Wanted, and not brought by the survey already. */
function mustFetch(page: SurveyedPage, { listed }: Comparison): boolean {
  return page.wanted.has(listed.id) && listed.messages === undefined;
}

/**
 * How many of its newest messages to bring along. Of a known conversation: what the counts say is new and a little
 * more, to join what is held. Of any other one: what a nested list goes to, whatever it counts now; it may be growing.
 * Never more than the depth that is to be mirrored.
 */
export function messagesFor({ listed, held }: Comparison, depth = Infinity): number {
  const most = Math.min(NESTED_MESSAGES, depth);
  const count = listed.messageCount;
  const before = held?.stretch === undefined ? undefined : held.collectedMessageCount;
  if (count === undefined || before === undefined || count < before) return most;
  return Math.min(count - before + MESSAGE_MARGIN, most);
}

/**
 * How many conversations an incremental walk looks at first: those that were last met above the cut, which it has to
 * pass in any case, and enough more to see that nothing is new.
 */
function probeLimit(heldAboveCut: number): number {
  return Math.min(Math.max(PROBE_LIMIT, heldAboveCut + PROBE_MARGIN), LIST_LIMIT);
}

/** How a walk looks at the list. */
export interface Looks {
  /** Conversations that the first look asks for, and each later one. */
  readonly firstLimit: number;
  readonly lookLimit: number;
  /** Newest messages of each conversation that a list page may bring along where all will be wanted; 0 for none. */
  readonly carried: number;
}

/** A walk down to a cut looks briefly first; one to the end of the list takes what it can get. */
export function planLooks({ cutAt, heldAboveCut, nestedLimit, depth }: LooksInput): Looks {
  if (cutAt !== undefined) return { firstLimit: probeLimit(heldAboveCut), lookLimit: LIST_LIMIT, carried: 0 };
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
