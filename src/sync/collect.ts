/**
 * Collecting: fetches what the survey found to differ, by the plan for its batch, down to the contiguous range of every
 * conversation (I14), and commits it at once. Lists move between survey and collect, so the result is checked off: what
 * the list did not bring is read by its id, what it brought unasked is stored too.
 */
import { concernsOneObject, GraphError, isDataRefused } from '../core/errors.ts';
import { listPages } from '../core/list-pages.ts';
import type { BatchCounts, CollectedConversation, ConversationSnapshot, StoredConversation } from '../core/model.ts';
import { createPageSize, type PageSize } from '../core/page-size.ts';
import { NESTED_MESSAGES, type SurveyBatch } from '../core/plan.ts';
import { type ListPlan, planCollect, type SinglePlan } from '../core/plan-collect.ts';
import type { CollectFailure } from '../core/store-ports.ts';
import { bringMessages, type Rereads } from './bring-messages.ts';
import { commitBatch } from './commit-batch.ts';
import type { RunContext } from './run-context.ts';

export interface CollectContext extends RunContext {
  /** What is read again, whatever is stored. */
  readonly rereads?: Rereads | undefined;
  /** How many conversations with messages to ask for at once; learnt from what Facebook finds too big. */
  readonly nestedSize: PageSize;
  /** Messages that Facebook was able to show along with a single conversation, once it was less than asked for. */
  readonly shown: { mostMessages: number };
  /** Reads of single conversations that were refused since anything was last shown. */
  readonly refusals: { inARow: number };
}

export interface CollectResult extends BatchCounts {
  readonly failures: readonly CollectFailure[];
}

/** After so many refusals in a row something else is asked for, to see whether they are about the Page. */
const MOST_IN_A_ROW = 5;
/** So many of them are searched for a number of messages that Facebook can answer with. */
const MOST_SEARCHES = 2;
const NOT_SHOWN = { code: 'GRAPH_ERROR', reason: 'Facebook lists it but does not show it.', isMissing: true };

/** Collects what changed on neighbouring list pages. */
export async function collect(context: CollectContext, pages: readonly SurveyBatch[]): Promise<CollectResult> {
  const comparisons = pages.flatMap((page) => page.comparisons);
  const missing = new Set(pages.flatMap((page) => [...page.changed]));
  const failures: CollectFailure[] = [];
  const snapshots = new Map<string, ConversationSnapshot>();
  const checkOff = (brought: readonly ConversationSnapshot[]) => {
    for (const snapshot of brought) {
      snapshots.set(snapshot.id, snapshot);
      missing.delete(snapshot.id);
    }
  };

  checkOff(comparisons.map((it) => it.listed).filter((it) => it.messages !== undefined && missing.has(it.id)));
  const { list, singles } = planCollect(pages, {
    depth: context.depth,
    nestedLimit: context.nestedSize.limit,
    rereads: context.rereads !== undefined,
  });
  const reading = { failures, mayBeOfPage: true, isTrial: false };
  if (list !== undefined) checkOff(await fetchList(context, list));
  checkOff(await fetchSingles(context, singles, reading));
  for (const { conversationId } of failures) missing.delete(conversationId);
  checkOff(await fetchSingles(context, [...missing].map(toSingle(context)), reading));

  const stored = new Map(comparisons.map((it) => [it.listed.id, it.stored]));
  const unasked = [...snapshots.values()].filter((snapshot) => !stored.has(snapshot.id));
  if (unasked.length > 0) for (const [id, known] of await context.store.findStored(unasked)) stored.set(id, known);
  const light = comparisons.filter((it) => it.stored?.sameSnapshot === false && !snapshots.has(it.listed.id));
  const fetched = { snapshots: [...snapshots.values()], stored, light: light.map((it) => it.listed), failures };
  const result = await commitFetched(context, fetched);
  const listedAt = new Map(comparisons.map(({ listed }) => [listed.id, listed.updatedAt]));
  return recordFailures(context, {
    ...result,
    failures: result.failures.map((failure) => ({ ...failure, updatedAt: listedAt.get(failure.conversationId) })),
  });
}

/** Collects single conversations again that failed before. */
export async function retry(context: CollectContext, conversationIds: readonly string[]): Promise<CollectResult> {
  return recordFailures(context, await collectSingly(context, conversationIds));
}

/** Enters what could not be collected into the retry ledger, before anything can move past it. */
async function recordFailures({ store }: CollectContext, result: CollectResult): Promise<CollectResult> {
  await store.recordFailures(result.failures);
  return result;
}

/**
 * Collects conversations by their ids. What fails is told and not recorded: nothing may move past it. On trial none is
 * asked for with fewer messages than usual.
 */
export async function collectSingly(
  context: CollectContext,
  conversationIds: readonly string[],
  { isTrial = false } = {},
): Promise<CollectResult> {
  const failures: CollectFailure[] = [];
  const reading = { failures, mayBeOfPage: false, isTrial };
  const snapshots = await fetchSingles(context, conversationIds.map(toSingle(context)), reading);
  const stored = await context.store.findStored(snapshots);
  return commitFetched(context, { snapshots, stored, light: [], failures });
}

interface Fetched {
  readonly failures: CollectFailure[];
  readonly snapshots: readonly ConversationSnapshot[];
  readonly stored: ReadonlyMap<string, StoredConversation | undefined>;
  /** Listed ones that need no collecting but whose row says something else. */
  readonly light: readonly ConversationSnapshot[];
}

async function commitFetched(
  context: CollectContext,
  { snapshots, stored, light, failures }: Fetched,
): Promise<CollectResult> {
  const batch = light.map(toLight);
  const onFailure = (conversationId: string, error: unknown) =>
    noteFailure(context, failures, { conversationId, ...reasonOrThrow(error) });
  const brought = await bringMessages(context, { snapshots, stored, rereads: context.rereads, onFailure });
  batch.push(...brought.map(({ collected }) => collected));
  const appended = brought.reduce((sum, { eventsCreated }) => sum + eventsCreated, 0);
  if (batch.length === 0) return { inserted: 0, updated: 0, eventsCreated: appended, failures };
  context.emit({ type: 'batch-processing', conversations: batch.length });
  const { refused, ...counts } = await commitBatch(context.store, batch);
  for (const failure of refused) noteFailure(context, failures, failure);
  return { ...counts, eventsCreated: counts.eventsCreated + appended, failures };
}

/**
 * Fetches `limit` conversations in as few nested lists as Facebook allows: when it finds an answer too big, the next
 * one asks for half as many conversations, which costs one call more; fewer messages would cost a call for every
 * conversation that has more. What does not come, for whatever fault of the list, is left to single reads.
 */
async function fetchList(
  { source, nestedSize, refusals, signal }: CollectContext,
  { after: from, limit: wanted, messages }: ListPlan,
): Promise<ConversationSnapshot[]> {
  const brought: ConversationSnapshot[] = [];
  const pages = listPages({
    ask: (request) => source.listConversations({ ...request, messages, since: undefined }, signal),
    from,
    size: nestedSize,
    wanted: () => wanted - brought.length,
    subject: 'the conversations of the Page',
  });
  try {
    for await (const page of pages) {
      brought.push(...page.items);
      if (brought.length >= wanted) break;
    }
  } catch (error) {
    // One conversation on it may be what Facebook refuses.
    if (!concernsOneObject(error)) throw error;
  }
  if (brought.length > 0) refusals.inARow = 0;
  return brought;
}

function toSingle({ depth }: CollectContext): (id: string) => SinglePlan {
  return (id) => ({ id, messages: Math.min(NESTED_MESSAGES, depth) });
}

interface Reading {
  /** Grows with every conversation that could not be read. */
  readonly failures: CollectFailure[];
  /** Whether to find out, when one after another is refused, if it is the Page that Facebook refuses. */
  readonly mayBeOfPage: boolean;
  /** Whether it is enough to see if conversations are shown at all. */
  readonly isTrial: boolean;
}

/**
 * Reads conversations by their ids. One after the other is as fast as the budget lets them leave, and soon notices
 * that nothing comes: it rejects when one after another is refused, and so is whatever else is asked for.
 */
async function fetchSingles(
  context: CollectContext,
  singles: readonly SinglePlan[],
  { failures, mayBeOfPage, isTrial }: Reading,
): Promise<ConversationSnapshot[]> {
  const snapshots: ConversationSnapshot[] = [];
  for (const single of singles) {
    if (mayBeOfPage && context.refusals.inARow >= MOST_IN_A_ROW) await findReadable(context, singles, failures);
    // When one after another is refused, fewer messages will hardly help.
    const shrinks = !isTrial && context.refusals.inARow < MOST_SEARCHES;
    const snapshot = await fetchOne(context, { ...single, shrinks }, failures);
    if (snapshot !== undefined) snapshots.push(snapshot);
  }
  return snapshots;
}

/**
 * Looks for anything with messages that Facebook still shows: at the head of the list, and elsewhere. Rejects when that
 * is refused as well: then it is the Page that is refused, and not one conversation after another.
 */
async function findReadable(
  context: CollectContext,
  singles: readonly SinglePlan[],
  failures: readonly CollectFailure[],
): Promise<void> {
  if ((await fetchList(context, { after: undefined, limit: 1, messages: 1 })).length > 0) return;
  const refused = new Set(failures.map(({ conversationId }) => conversationId));
  const known = await context.store.findNewest(MOST_IN_A_ROW + 1);
  for (const conversationId of [singles.at(-1)?.id, ...known.filter((id) => !refused.has(id)).slice(0, 1)]) {
    if (conversationId === undefined || refused.has(conversationId)) continue;
    if ((await fetchOne(context, { id: conversationId, messages: 1 }, [])) !== undefined) return;
  }
  throw refusedTooOften(failures);
}

/** Reads one conversation, with fewer messages each time the answer is too big. A failure is noted, not thrown. */
async function fetchOne(
  context: CollectContext,
  { id: conversationId, messages, shrinks = false }: SinglePlan & { readonly shrinks?: boolean },
  failures: CollectFailure[],
): Promise<ConversationSnapshot | undefined> {
  const { shown } = context;
  const size = createPageSize({
    limit: Math.min(messages, shown.mostMessages),
    onFault: shrinks ? 'half' : undefined,
  });
  for (;;) {
    const { limit } = size;
    try {
      const snapshot = await context.source.fetchConversation({ conversationId, messages: limit }, context.signal);
      if (snapshot?.id !== conversationId) noteFailure(context, failures, { conversationId, ...NOT_SHOWN });
      context.refusals.inARow = snapshot === undefined ? context.refusals.inARow + 1 : 0;
      if (snapshot === undefined) return undefined;
      if (limit < messages) shown.mostMessages = limit;
      return snapshot;
    } catch (error) {
      if (size.shrink(limit, error)) continue;
      context.refusals.inARow += 1;
      noteFailure(context, failures, { conversationId, ...reasonOrThrow(error) });
      return undefined;
    }
  }
}

/** Trouble with the Page, the network or the run ends the walk. */
function reasonOrThrow(error: unknown): Omit<CollectFailure, 'conversationId'> {
  if (concernsOneObject(error) || isDataRefused(error)) return { code: error.code, reason: error.message };
  throw error;
}

function refusedTooOften(failures: readonly CollectFailure[]): GraphError {
  const { reason = 'no reason given', code } = failures.at(-1) ?? {};
  const message = `Facebook refuses one conversation after another: ${reason}`;
  return code === 'PERMISSION_MISSING'
    ? new GraphError(code, message, { kind: 'permission' })
    : new GraphError('GRAPH_ERROR', message, { kind: 'transient' });
}

function noteFailure({ emit }: CollectContext, failures: CollectFailure[], failure: CollectFailure): void {
  failures.push(failure);
  emit({ type: 'conversation-failed', conversationId: failure.conversationId, reason: failure.reason });
}

function toLight(snapshot: ConversationSnapshot): CollectedConversation {
  return {
    snapshot,
    messages: [],
    range: undefined,
    olderCursor: undefined,
    historyComplete: false,
    collected: false,
  };
}
