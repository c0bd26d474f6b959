/**
 * Collecting: fetches what the survey found to differ, by the plan for its range, down to the held stretch of every
 * conversation (I14), and commits it in one batch. Lists move between survey and collect, so the result is checked
 * off: what the range did not bring is read by its id, what it brought unasked is stored too.
 */
import { GraphError, type GraphFaultKind, isGraphError } from '../core/errors.ts';
import type {
  BatchCounts,
  CollectedConversation,
  ConversationSnapshot,
  HeldConversation,
  MessageSnapshot,
} from '../core/model.ts';
import { type CollectPlan, NESTED_MESSAGES, planCollect, type SurveyedPage } from '../core/plan.ts';
import type { CollectFailure, ConversationSource, Emit, WalkStore } from '../core/ports.ts';
import { joinStretch } from '../core/stretch.ts';
import { assertNever } from '../lib/assert-never.ts';

/** How many conversations with messages to ask for at once; learnt from what Facebook finds too big. */
export interface Sizes {
  nestedLimit: number;
}

export interface CollectParts {
  readonly sizes: Sizes;
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
/** Messages per call when a conversation is followed further down than its nested messages reach. */
const DEEP_MESSAGES = 100;

export async function collect(parts: CollectParts, range: readonly SurveyedPage[]): Promise<CollectResult> {
  const comparisons = range.flatMap((page) => page.comparisons);
  const listed = new Map(comparisons.map((comparison) => [comparison.listed.id, comparison.listed]));
  const held = new Map(comparisons.flatMap((it) => (it.held === undefined ? [] : [[it.listed.id, it.held] as const])));
  const missing = new Set(range.flatMap((page) => [...page.wanted]));
  const failures: CollectFailure[] = [];

  const snapshots = new Map<string, ConversationSnapshot>();
  const carried = comparisons.map((it) => it.listed).filter((it) => it.messages !== undefined && missing.has(it.id));
  for (const snapshot of [...carried, ...(await fetchPlanned(parts, planCollect(range, parts.depth), failures))]) {
    snapshots.set(snapshot.id, snapshot);
    missing.delete(snapshot.id);
  }
  for (const { conversationId } of failures) missing.delete(conversationId);
  for (const id of missing) {
    if (failures.length >= MOST_FAILURES) throw refusedTooOften(failures);
    const snapshot = await fetchOne(parts, { id, messages: Math.min(NESTED_MESSAGES, parts.depth) }, failures);
    if (snapshot !== undefined) snapshots.set(id, snapshot);
  }
  const unasked = [...snapshots.values()].filter((snapshot) => !listed.has(snapshot.id));
  if (unasked.length > 0) for (const [id, known] of await parts.store.findHeld(unasked)) held.set(id, known);
  const light = comparisons.filter((it) => it.held?.sameSnapshot === false && !snapshots.has(it.listed.id));
  return commitCollected(parts, {
    snapshots: [...snapshots.values()],
    held,
    light: light.map((it) => it.listed),
    failures,
  });
}

/** Collects single conversations again that failed before. */
export async function retry(parts: CollectParts, conversationIds: readonly string[]): Promise<CollectResult> {
  const failures: CollectFailure[] = [];
  const wanted = conversationIds.map((id) => ({ id, messages: Math.min(NESTED_MESSAGES, parts.depth) }));
  const snapshots = await fetchPlanned(parts, { kind: 'singles', wanted }, failures);
  const held = await parts.store.findHeld(snapshots);
  return commitCollected(parts, { snapshots, held, light: [], failures });
}

interface Noted {
  readonly failures: CollectFailure[];
}

interface Fetched extends Noted {
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
  for (const snapshot of snapshots) {
    const collected = await reachStretch(parts, { snapshot, held: held.get(snapshot.id), failures });
    if (collected !== undefined) batch.push(collected);
  }
  // Before anything can move past them.
  if (failures.length > 0) await parts.store.recordFailures(failures);
  if (batch.length === 0) return { inserted: 0, updated: 0, eventsCreated: 0, failures };
  parts.emit({ type: 'batch-processing', conversations: batch.length });
  return { ...(await parts.store.commit(batch)), failures };
}

async function fetchPlanned(
  parts: CollectParts,
  plan: CollectPlan,
  failures: CollectFailure[],
): Promise<ConversationSnapshot[]> {
  switch (plan.kind) {
    case 'nothing':
      return [];
    case 'list':
      return fetchRange(parts, plan);
    case 'singles': {
      const snapshots = await Promise.all(plan.wanted.map((wanted) => fetchOne(parts, wanted, failures)));
      return snapshots.filter((snapshot) => snapshot !== undefined);
    }
    default:
      return assertNever(plan);
  }
}

/**
 * Fetches `limit` conversations in as few nested lists as Facebook allows: when it finds an answer too big, the next
 * one asks for half as many conversations, which costs one call more; fewer messages would cost a call for every
 * conversation that has more. What is too big by itself is left to a single read.
 */
async function fetchRange(
  { source, sizes, signal }: CollectParts,
  plan: Extract<CollectPlan, { kind: 'list' }>,
): Promise<ConversationSnapshot[]> {
  const brought: ConversationSnapshot[] = [];
  let { after } = plan;
  while (brought.length < plan.limit) {
    const limit = Math.min(sizes.nestedLimit, plan.limit - brought.length);
    try {
      const list = await source.listConversations({ after, limit, messages: plan.messages, since: undefined }, signal);
      brought.push(...list.items);
      after = list.after;
      if (after === undefined) break;
    } catch (error) {
      // The conversation that the cursor stood on is gone: what is missing is read by its id.
      if (after !== undefined && (isGraphError(error, 'invalid') || isGraphError(error, 'missing'))) break;
      // A passing fault that did not pass may be an answer that takes Facebook too long, or one it cannot make.
      if (!isGraphError(error, 'too-much-data') && !isRefusal(error, 'transient')) throw error;
      if (limit === 1) break;
      sizes.nestedLimit = Math.min(sizes.nestedLimit, Math.floor(limit / 2));
    }
  }
  return brought;
}

/** Reads one conversation, with fewer messages each time the answer is too big. A failure is recorded, not thrown. */
async function fetchOne(
  parts: CollectParts,
  wanted: { readonly id: string; readonly messages: number },
  failures: CollectFailure[],
): Promise<ConversationSnapshot | undefined> {
  for (let { messages } = wanted; ; messages = Math.floor(messages / 2)) {
    try {
      const snapshot = await parts.source.fetchConversation({ conversationId: wanted.id, messages }, parts.signal);
      if (snapshot === undefined) noteFailure(parts, failures, { conversationId: wanted.id, ...NOT_SHOWN });
      return snapshot;
    } catch (error) {
      if (isGraphError(error, 'too-much-data') && messages > 1) continue;
      noteFailure(parts, failures, { conversationId: wanted.id, ...reasonOrThrow(error) });
      return undefined;
    }
  }
}

/** Follows a conversation down until nothing lies between its newest message and what is held. */
async function reachStretch(
  parts: CollectParts,
  { snapshot, held, failures }: { snapshot: ConversationSnapshot; held: HeldConversation | undefined } & Noted,
): Promise<CollectedConversation | undefined> {
  const messages: MessageSnapshot[] = [...(snapshot.messages?.items ?? [])];
  let after = snapshot.messages?.after;
  let limit = DEEP_MESSAGES;
  for (;;) {
    const join = joinStretch(held, messages, after === undefined);
    if (join.joined) {
      const { stretch, historyComplete } = join;
      const floorCursor = stretch?.floor.id === messages.at(-1)?.id ? after : undefined;
      return { snapshot, messages, stretch, floorCursor, historyComplete, collected: true };
    }
    try {
      const page = await parts.source.listMessages({ conversationId: snapshot.id, limit, after }, parts.signal);
      messages.push(...page.items);
      after = page.after;
    } catch (error) {
      if (isGraphError(error, 'too-much-data') && limit > 1) limit = Math.floor(limit / 2);
      else {
        noteFailure(parts, failures, { conversationId: snapshot.id, ...reasonOrThrow(error) });
        return undefined;
      }
    }
  }
}

/** A refusal that concerns one conversation is its own; trouble with the Page, the network or the run ends the walk. */
function reasonOrThrow(error: unknown): Omit<CollectFailure, 'conversationId'> {
  if (isRefusal(error) || isGraphError(error, 'permission')) return { code: error.code, reason: error.message };
  throw error;
}

/** Facebook was there and refused; it is not the network that failed. */
function isRefusal(error: unknown, kind?: GraphFaultKind): error is GraphError {
  return isGraphError(error, kind) && error.code === 'GRAPH_ERROR';
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
