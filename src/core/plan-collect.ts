/**
 * Deciding how to collect what differs, with the fewest calls. Pure: it sees what was listed and what is stored, and
 * answers with calls to make.
 */
import { hasLostRows } from './row-count.ts';
import { type Comparison, NESTED_MESSAGES, type SurveyBatch } from './plan.ts';

/** Messages asked for beyond what the counts say is new: late ones, ties, and the join with what is stored. */
const MESSAGE_MARGIN = 3;

/** The calls to make. */
export interface CollectPlan {
  readonly list: ListPlan | undefined;
  readonly singles: readonly SinglePlan[];
}

/** Fetch `limit` conversations from `after` on, each with its newest messages. */
export interface ListPlan {
  readonly after: string | undefined;
  readonly limit: number;
  readonly messages: number;
}

/** Fetch a conversation by its id, with its newest messages. */
export interface SinglePlan {
  readonly id: string;
  readonly messages: number;
}

export interface CollectMeans {
  /** Messages of a conversation to mirror; Infinity: all. */
  readonly depth: number;
  /** Conversations with messages that Facebook brings at once. */
  readonly nestedLimit: number;
  /** Whether everything is read again. Default: false. */
  readonly rereads?: boolean;
}

/** Part of a range that one list could bring: from the start of a page to one that changed. */
interface Span {
  readonly after: string | undefined;
  readonly length: number;
  /** The changed conversations that it covers, as a slice of all. */
  readonly from: number;
  readonly to: number;
}

/**
 * The cheapest way to collect what a range of consecutive survey pages wants: a list from the start of one of them,
 * which brings any number in one call as long as Facebook finds it small enough, single reads for what lies outside
 * of it, or single reads alone. Of plans with as few calls, the one that brings the
 * least.
 */
export function planCollect(
  pages: readonly SurveyBatch[],
  { depth, nestedLimit, rereads = false }: CollectMeans,
): CollectPlan {
  const { changed, spans } = outline(pages);
  let best: Span | undefined;
  let least = { calls: changed.length, items: changed.length };
  for (const span of spans) {
    const lists = Math.ceil(span.length / nestedLimit);
    const singles = changed.length - (span.to - span.from);
    const cost = { calls: lists + singles, items: span.length + singles };
    if (cost.calls > least.calls || (cost.calls === least.calls && cost.items >= least.items)) continue;
    best = span;
    least = cost;
  }
  const most = (comparison: Comparison) =>
    rereads ? Math.min(NESTED_MESSAGES, depth) : messagesFor(comparison, depth);
  const toSingle = (comparison: Comparison) => ({ id: comparison.listed.id, messages: most(comparison) });
  if (best === undefined) return { list: undefined, singles: changed.map(toSingle) };
  const { after, length, from, to } = best;
  const messages = Math.max(...changed.slice(from, to).map(most));
  return { list: { after, limit: length, messages }, singles: changed.toSpliced(from, to - from).map(toSingle) };
}

/** What is to be fetched, in the order of the list, and every span that a list could bring of it. */
function outline(pages: readonly SurveyBatch[]): {
  readonly changed: readonly Comparison[];
  readonly spans: readonly Span[];
} {
  const changed: Comparison[] = [];
  /** One that moved while the list was paged is listed twice. */
  const ids = new Set<string>();
  const spans: Span[] = [];
  let starts: { readonly after: string | undefined; readonly from: number; readonly position: number }[] = [];
  let position = 0;
  for (const page of pages) {
    // A list that begins before anything changed brings nothing that this one does not.
    starts = [
      ...starts.filter((start) => start.from < changed.length),
      { after: page.after, from: changed.length, position },
    ];
    for (const comparison of page.comparisons) {
      position += 1;
      const { id } = comparison.listed;
      if (!mustFetch(page, comparison) || ids.has(id)) continue;
      ids.add(id);
      changed.push(comparison);
      for (const { after, from, position: start } of starts) {
        spans.push({ after, length: position - start, from, to: changed.length });
      }
    }
  }
  return { changed, spans };
}

/** Wanted, and not brought by the survey already. */
function mustFetch(page: SurveyBatch, { listed }: Comparison): boolean {
  return page.changed.has(listed.id) && listed.messages === undefined;
}

/**
 * How many of its newest messages to bring along. Of a known conversation: what the counts say is new and a little
 * more, to join what is stored. Of any other one: what a nested list goes to, whatever it counts now; it may be growing.
 * Never more than the depth that is to be mirrored.
 */
export function messagesFor({ listed, stored }: Comparison, depth = Infinity): number {
  const most = Math.min(NESTED_MESSAGES, depth);
  const count = listed.messageCount;
  const before = stored?.range === undefined || hasLostRows(stored) ? undefined : stored.collectedMessageCount;
  if (count === undefined || before === undefined || count < before) return most;
  return Math.min(count - before + MESSAGE_MARGIN, most);
}
