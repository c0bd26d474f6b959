/**
 * Collecting: fetches what the survey found to differ, by the plan for its range, down to the held stretch of every
 * conversation (I14), and commits it in one batch. Lists move between survey and collect, so the result is checked
 * off: what the range did not bring is read by its id, what it brought unasked is stored too.
 */
import { isGraphError } from '../core/errors.ts';
import type { CollectedConversation, ConversationSnapshot, HeldConversation, MessageSnapshot } from '../core/model.ts';
import { type CollectPlan, NESTED_MESSAGES, planCollect, type SurveyedPage } from '../core/plan.ts';
import type { BatchResult, ConversationSource, Emit, WalkStore } from '../core/ports.ts';
import { joinStretch } from '../core/stretch.ts';
import { assertNever } from '../lib/assert-never.ts';

export interface CollectParts {
  readonly source: ConversationSource;
  readonly store: WalkStore;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

export interface CollectResult extends BatchResult {
  /** Conversations that could not be collected; each was told of as an event with its reason. */
  readonly failed: readonly string[];
}

/** Messages per call when a conversation is followed further down than its nested messages reach. */
const DEEP_MESSAGES = 100;

export async function collect(parts: CollectParts, range: readonly SurveyedPage[]): Promise<CollectResult> {
  const comparisons = range.flatMap((page) => page.comparisons);
  const listed = new Map(comparisons.map((comparison) => [comparison.listed.id, comparison.listed]));
  const held = new Map(comparisons.flatMap((it) => (it.held === undefined ? [] : [[it.listed.id, it.held] as const])));
  const missing = new Set(range.flatMap((page) => [...page.wanted]));
  const failed: string[] = [];

  const snapshots = new Map<string, ConversationSnapshot>();
  for (const snapshot of await fetchPlanned(parts, planCollect(range), failed)) {
    snapshots.set(snapshot.id, snapshot);
    missing.delete(snapshot.id);
  }
  for (const id of failed) missing.delete(id);
  for (const id of missing) {
    const snapshot = await fetchOne(parts, { id, messages: NESTED_MESSAGES }, failed);
    if (snapshot !== undefined) snapshots.set(id, snapshot);
  }
  const unasked = [...snapshots.values()].filter((snapshot) => !listed.has(snapshot.id));
  if (unasked.length > 0) for (const [id, known] of await parts.store.findHeld(unasked)) held.set(id, known);

  const batch: CollectedConversation[] = [];
  for (const snapshot of snapshots.values()) {
    const collected = await reachStretch(parts, snapshot, held.get(snapshot.id), failed);
    if (collected !== undefined) batch.push(collected);
  }
  for (const { listed: light, held: known } of comparisons) {
    if (known !== undefined && !known.sameSnapshot && !snapshots.has(light.id)) batch.push(toLight(light));
  }
  if (batch.length === 0) return { inserted: 0, updated: 0, eventsCreated: 0, failed };
  parts.emit({ type: 'batch-processing', conversations: batch.length });
  return { ...(await parts.store.commit(batch)), failed };
}

async function fetchPlanned(parts: CollectParts, plan: CollectPlan, failed: string[]): Promise<ConversationSnapshot[]> {
  switch (plan.kind) {
    case 'nothing':
      return [];
    case 'list':
      return fetchRange(parts, plan);
    case 'singles': {
      const snapshots = await Promise.all(plan.wanted.map((wanted) => fetchOne(parts, wanted, failed)));
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
  { source, signal }: CollectParts,
  plan: Extract<CollectPlan, { kind: 'list' }>,
): Promise<ConversationSnapshot[]> {
  const brought: ConversationSnapshot[] = [];
  let { after, limit } = plan;
  while (brought.length < plan.limit) {
    try {
      const list = await source.listConversations(
        { after, limit: Math.min(limit, plan.limit - brought.length), messages: plan.messages, since: undefined },
        signal,
      );
      brought.push(...list.items);
      after = list.after;
      if (after === undefined) break;
    } catch (error) {
      if (!isGraphError(error, 'too-much-data')) throw error;
      if (limit === 1) break;
      limit = Math.floor(limit / 2);
    }
  }
  return brought;
}

/** Reads one conversation, with fewer messages each time the answer is too big. A failure is recorded, not thrown. */
async function fetchOne(
  parts: CollectParts,
  wanted: { readonly id: string; readonly messages: number },
  failed: string[],
): Promise<ConversationSnapshot | undefined> {
  for (let { messages } = wanted; ; messages = Math.floor(messages / 2)) {
    try {
      const snapshot = await parts.source.fetchConversation({ conversationId: wanted.id, messages }, parts.signal);
      if (snapshot === undefined) recordFailure(parts, wanted.id, 'Facebook lists it but does not show it', failed);
      return snapshot;
    } catch (error) {
      if (isGraphError(error, 'too-much-data') && messages > 1) continue;
      recordFailure(parts, wanted.id, reasonOrThrow(error), failed);
      return undefined;
    }
  }
}

/** Follows a conversation down until nothing lies between its newest message and what is held. */
async function reachStretch(
  parts: CollectParts,
  snapshot: ConversationSnapshot,
  held: HeldConversation | undefined,
  failed: string[],
): Promise<CollectedConversation | undefined> {
  const messages: MessageSnapshot[] = [...(snapshot.messages?.items ?? [])];
  let after = snapshot.messages?.after;
  let limit = DEEP_MESSAGES;
  for (;;) {
    const join = joinStretch(held, messages, after === undefined);
    if (join.joined) {
      const { stretch, historyComplete } = join;
      return { snapshot, messages, stretch, historyComplete, collected: true };
    }
    try {
      const page = await parts.source.listMessages({ conversationId: snapshot.id, limit, after }, parts.signal);
      messages.push(...page.items);
      after = page.after;
    } catch (error) {
      if (isGraphError(error, 'too-much-data') && limit > 1) limit = Math.floor(limit / 2);
      else {
        recordFailure(parts, snapshot.id, reasonOrThrow(error), failed);
        return undefined;
      }
    }
  }
}

/** A refusal that concerns one conversation is its own; trouble with the Page, the network or the run ends the walk. */
function reasonOrThrow(error: unknown): string {
  if (isGraphError(error) && error.code === 'GRAPH_ERROR') return error.message;
  throw error;
}

function recordFailure({ emit }: CollectParts, conversationId: string, reason: string, failed: string[]): void {
  failed.push(conversationId);
  emit({ type: 'conversation-failed', conversationId, reason });
}

function toLight(snapshot: ConversationSnapshot): CollectedConversation {
  return { snapshot, messages: [], stretch: undefined, historyComplete: false, collected: false };
}
