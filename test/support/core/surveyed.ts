/** Conversations as a survey sees them, for tests of the planner. For tests only. */
import type { ConversationSnapshot, StoredConversation } from '../../../src/core/model.ts';
import type { SurveyBatch } from '../../../src/core/plan.ts';

/** As a list shows it. */
export function listed(id: string, changes: Partial<ConversationSnapshot> = {}): ConversationSnapshot {
  return {
    id,
    updatedAt: 2_000_000,
    messageCount: 5,
    unreadCount: 0,
    snippet: undefined,
    link: undefined,
    participants: [],
    contact: undefined,
    messages: undefined,
    raw: {},
    ...changes,
  };
}

/** Collected as `listed` shows it. */
export function stored(changes: Partial<StoredConversation> = {}): StoredConversation {
  return {
    collected: true,
    collectedUpdatedAt: 2_000_000,
    collectedMessageCount: 5,
    range: { newest: { id: 'm5', createdAt: 2_000_000 }, oldest: { id: 'm1', createdAt: 1_000 } },
    historyComplete: true,
    heldMessageCount: 5,
    rows: undefined,
    deleted: false,
    sameSnapshot: true,
    ...changes,
  };
}

/** A survey page that begins at the cursor, one conversation for each flag: whether it has changed. */
export function pageOf(after: string | undefined, changed: readonly boolean[], updatedAt = 2_000_000): SurveyBatch {
  const comparisons = changed.map((_, index) => ({
    listed: listed(`${after}_${index}`, { updatedAt }),
    stored: stored(),
  }));
  return {
    after,
    next: undefined,
    pass: 'main',
    nextWatermark: undefined,
    disordered: false,
    comparisons,
    changed: new Set(comparisons.filter((_, index) => changed[index]).map((comparison) => comparison.listed.id)),
    listed: changed.length,
    skipped: 0,
  };
}
