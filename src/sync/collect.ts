/**
 * Collecting: fetches what the survey found to differ, by the plan for its range, down to the held stretch of every
 * conversation (I14), and commits it in one batch. Lists move between survey and collect, so the result is checked
 * off: what the range did not bring is read by its id, what it brought unasked is stored too.
 */
import { createCircleWatch } from '../core/circle.ts';
import { GraphError, isGraphError, isRefusal } from '../core/errors.ts';
import type { BatchCounts, CollectedConversation, ConversationSnapshot, HeldConversation } from '../core/model.ts';
import { NESTED_MESSAGES, type SurveyedPage } from '../core/plan.ts';
import { type ListPlan, planCollect, type SinglePlan } from '../core/plan-collect.ts';
import type { ConversationSource, Emit } from '../core/ports.ts';
import type { CollectFailure, WalkStore } from '../core/store-ports.ts';
import type { Pace } from './pace.ts';
import { reachStretch } from './reach-stretch.ts';
import { halfOf, smallerLimit } from './smaller.ts';

/** How many conversations with messages to ask for at once; learnt from what Facebook finds too big. */
export interface Sizes {
  nestedLimit: number;
}

export interface CollectParts {
  readonly sizes: Sizes;
  readonly pace: Pace;
  /** Messages of a conversation to mirror; Infinity: all. */
  readonly depth: number;
  readonly source: ConversationSource;
  readonly store: WalkStore;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

export interface CollectResult extends BatchCounts {
  readonly failures: readonly CollectFailure[];
}

/** So many refusals in one range are no longer about single conversations. */
const MOST_FAILURES = 5;
const NOT_SHOWN = { code: 'GRAPH_ERROR', reason: 'Facebook lists it but does not show it.' };

export async function collect(parts: CollectParts, range: readonly SurveyedPage[]): Promise<CollectResult> {
  const comparisons = range.flatMap((page) => page.comparisons);
  const listed = new Map(comparisons.map((comparison) => [comparison.listed.id, comparison.listed]));
  const held = new Map(comparisons.flatMap((it) => (it.held === undefined ? [] : [[it.listed.id, it.held] as const])));
  const missing = new Set(range.flatMap((page) => [...page.wanted]));
  const failures: CollectFailure[] = [];

  const snapshots = new Map<string, ConversationSnapshot>();
  const note = (brought: readonly ConversationSnapshot[]) => {
    for (const snapshot of brought) {
      snapshots.set(snapshot.id, snapshot);
      missing.delete(snapshot.id);
    }
  };
  note(comparisons.map((it) => it.listed).filter((it) => it.messages !== undefined && missing.has(it.id)));
  const means = { depth: parts.depth, nestedLimit: parts.sizes.nestedLimit, time: parts.pace.times().nested };
  const { list, singles } = planCollect(range, means);
  const reading = { failures, mostFailures: MOST_FAILURES };
  if (list !== undefined) note(await fetchRange(parts, list));
  note(await fetchSingles(parts, singles, reading));
  for (const { conversationId } of failures) missing.delete(conversationId);
  note(await fetchSingles(parts, [...missing].map(toSingle(parts)), reading));
  const unasked = [...snapshots.values()].filter((snapshot) => !listed.has(snapshot.id));
  if (unasked.length > 0) for (const [id, known] of await parts.store.findHeld(unasked)) held.set(id, known);
  const light = comparisons.filter((it) => it.held?.sameSnapshot === false && !snapshots.has(it.listed.id));
  const fetched = { snapshots: [...snapshots.values()], held, light: light.map((it) => it.listed), failures };
  return writeDown(parts, await commitCollected(parts, fetched));
}

/** Collects single conversations again that failed before. */
export async function retry(parts: CollectParts, conversationIds: readonly string[]): Promise<CollectResult> {
  return writeDown(parts, await collectSingly(parts, conversationIds));
}

/** Enters what could not be collected into the retry ledger, before anything can move past it. */
async function writeDown(parts: CollectParts, result: CollectResult): Promise<CollectResult> {
  await parts.store.recordFailures(result.failures);
  return result;
}

/** Collects conversations by their ids. What fails is told and not written down: nothing may move past it. */
export async function collectSingly(parts: CollectParts, conversationIds: readonly string[]): Promise<CollectResult> {
  const failures: CollectFailure[] = [];
  const reading = { failures, mostFailures: Infinity };
  const snapshots = await fetchSingles(parts, conversationIds.map(toSingle(parts)), reading);
  const held = await parts.store.findHeld(snapshots);
  return commitCollected(parts, { snapshots, held, light: [], failures });
}

interface Fetched {
  readonly failures: CollectFailure[];
  readonly snapshots: readonly ConversationSnapshot[];
  readonly held: ReadonlyMap<string, HeldConversation>;
  /** Listed ones that need no collecting but whose row says something else. */
  readonly light: readonly ConversationSnapshot[];
}

async function commitCollected(
  parts: CollectParts,
  { snapshots, held, light, failures }: Fetched,
): Promise<CollectResult> {
  const batch = light.map(toLight);
  let early = 0;
  const storePiece = async (...piece: Parameters<WalkStore['commitMessages']>) => {
    early += await parts.store.commitMessages(...piece);
  };
  for (const snapshot of snapshots) {
    try {
      batch.push(await reachStretch({ ...parts, storePiece }, snapshot, held.get(snapshot.id)));
    } catch (error) {
      noteFailure(parts, failures, { conversationId: snapshot.id, ...reasonOrThrow(error) });
    }
  }
  if (batch.length === 0) return { inserted: 0, updated: 0, eventsCreated: early, failures };
  parts.emit({ type: 'batch-processing', conversations: batch.length });
  const counts = await parts.store.commit(batch);
  return { ...counts, eventsCreated: counts.eventsCreated + early, failures };
}

/**
 * Fetches `limit` conversations in as few nested lists as Facebook allows: when it finds an answer too big, the next
 * one asks for half as many conversations, which costs one call more; fewer messages would cost a call for every
 * conversation that has more. What is too big by itself is left to a single read.
 */
async function fetchRange({ source, sizes, signal }: CollectParts, plan: ListPlan): Promise<ConversationSnapshot[]> {
  const brought: ConversationSnapshot[] = [];
  const isCircle = createCircleWatch();
  let { after } = plan;
  while (brought.length < plan.limit) {
    const limit = Math.min(sizes.nestedLimit, plan.limit - brought.length);
    try {
      const list = await source.listConversations({ after, limit, messages: plan.messages, since: undefined }, signal);
      brought.push(...list.items);
      after = list.after;
      // What a list that ends, or goes in a circle, has not brought is read by its id.
      if (after === undefined || isCircle(after)) break;
    } catch (error) {
      // The conversation that the cursor stood on is gone: what is missing is read by its id.
      if (after !== undefined && (isGraphError(error, 'invalid') || isGraphError(error, 'missing'))) break;
      // A passing fault that did not pass may be an answer that takes Facebook too long, or one it cannot make.
      const isStuck = isRefusal(error, 'transient');
      if (!isGraphError(error, 'too-much-data') && !isStuck) throw error;
      const smaller = isStuck ? halfOf(limit) : smallerLimit(limit, error);
      if (smaller === undefined) break;
      sizes.nestedLimit = Math.min(sizes.nestedLimit, smaller);
    }
  }
  return brought;
}

function toSingle({ depth }: CollectParts): (id: string) => SinglePlan {
  return (id) => ({ id, messages: Math.min(NESTED_MESSAGES, depth) });
}

interface Reading {
  /** Grows with every conversation that could not be read. */
  readonly failures: CollectFailure[];
  /** With so many, the reading is given up. */
  readonly mostFailures: number;
}

/**
 * Reads conversations by their ids. One after the other is as fast as the budget lets them leave, and soon notices
 * that nothing comes: it rejects when one after another is refused.
 */
async function fetchSingles(
  parts: CollectParts,
  singles: readonly SinglePlan[],
  { failures, mostFailures }: Reading,
): Promise<ConversationSnapshot[]> {
  const snapshots: ConversationSnapshot[] = [];
  for (const single of singles) {
    if (failures.length >= mostFailures) throw refusedTooOften(failures);
    const snapshot = await fetchOne(parts, single, failures);
    if (snapshot !== undefined) snapshots.push(snapshot);
  }
  return snapshots;
}

/** Reads one conversation, with fewer messages each time the answer is too big. A failure is recorded, not thrown. */
async function fetchOne(
  parts: CollectParts,
  wanted: SinglePlan,
  failures: CollectFailure[],
): Promise<ConversationSnapshot | undefined> {
  let { messages } = wanted;
  for (;;) {
    try {
      const snapshot = await parts.source.fetchConversation({ conversationId: wanted.id, messages }, parts.signal);
      if (snapshot === undefined) noteFailure(parts, failures, { conversationId: wanted.id, ...NOT_SHOWN });
      return snapshot;
    } catch (error) {
      const smaller = smallerLimit(messages, error);
      if (smaller !== undefined) {
        messages = smaller;
        continue;
      }
      noteFailure(parts, failures, { conversationId: wanted.id, ...reasonOrThrow(error) });
      return undefined;
    }
  }
}

/**
 * A refusal that concerns one conversation is its own, and so is an answer that takes too long; trouble with the Page,
 * the network or the run ends the walk.
 */
function reasonOrThrow(error: unknown): Omit<CollectFailure, 'conversationId'> {
  const isItsOwn = isRefusal(error) || isGraphError(error, 'permission') || isGraphError(error, 'too-much-data');
  if (isItsOwn) return { code: error.code, reason: error.message };
  throw error;
}

function refusedTooOften(failures: readonly CollectFailure[]): GraphError {
  const reason = failures.at(-1)?.reason ?? 'no reason given';
  return new GraphError('GRAPH_ERROR', `Facebook refuses one conversation after another: ${reason}`, {
    kind: 'transient',
  });
}

function noteFailure({ emit }: CollectParts, failures: CollectFailure[], failure: CollectFailure): void {
  failures.push(failure);
  emit({ type: 'conversation-failed', conversationId: failure.conversationId, reason: failure.reason });
}

function toLight(snapshot: ConversationSnapshot): CollectedConversation {
  return {
    snapshot,
    messages: [],
    stretch: undefined,
    floorCursor: undefined,
    historyComplete: false,
    collected: false,
  };
}
