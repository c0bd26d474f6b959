/** Conversations as a survey sees them, for tests of the planner. For tests only. */
import type { ConversationSnapshot, HeldConversation } from '../../../src/core/model.ts';
import type { SurveyedPage } from '../../../src/core/plan.ts';

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
export function held(changes: Partial<HeldConversation> = {}): HeldConversation {
  return {
    collected: true,
    collectedUpdatedAt: 2_000_000,
    collectedMessageCount: 5,
    stretch: { newest: { id: 'm5', createdAt: 2_000_000 }, floor: { id: 'm1', createdAt: 1_000 } },
    historyComplete: true,
    deleted: false,
    sameSnapshot: true,
    ...changes,
  };
}

/** A survey page that begins at the cursor, one conversation for each flag: whether it is wanted. */
export function pageOf(after: string | undefined, wanted: readonly boolean[], updatedAt = 2_000_000): SurveyedPage {
  const comparisons = wanted.map((_, index) => ({ listed: listed(`${after}_${index}`, { updatedAt }), held: held() }));
  return {
    after,
    next: undefined,
    top: undefined,
    hinted: false,
    disordered: false,
    comparisons,
    wanted: new Set(comparisons.filter((_, index) => wanted[index]).map((comparison) => comparison.listed.id)),
    listed: wanted.length,
    skipped: 0,
  };
}
