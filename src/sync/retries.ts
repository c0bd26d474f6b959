/**
 * The retry ledger as one walk uses it (I13): what is due is collected again first, and nothing else of it is asked for
 * unless it has changed. What a walk to the end of the list did not meet any more is let go. That is no deletion, only
 * the end of trying.
 */
import type { ConversationSnapshot } from '../core/model.ts';
import type { SurveyBatch } from '../core/plan.ts';
import type { WalkState, WalkStore } from '../core/store-ports.ts';

const RETRIES_PER_WALK = 20;
/** When Facebook has said so often that one is not there, a walk to the end of the list sees, once, whether it is listed. */
const MISSING_ATTEMPTS = 2;

export interface Retries {
  /** Conversations to collect again now. */
  readonly due: readonly string[];
  /** Whether only a walk to the end of the list can tell what became of some. */
  readonly needWholeWalk: boolean;
  /** Whether it is in the ledger and has not changed since it failed: it is tried again only when it is due. */
  isWaiting(listed: ConversationSnapshot): boolean;
  /** Whether it was in the ledger when the walk began. */
  isOpen(id: string): boolean;
  /** Notes which of them are still listed. */
  meet(batch: SurveyBatch): void;
  /** After a walk from the head to the end of the list: lets go of those that it did not meet. */
  settle(): Promise<void>;
}

export async function openRetries(store: WalkStore, { hasOpenRetries }: WalkState): Promise<Retries> {
  const due = hasOpenRetries ? await store.findDueRetries(RETRIES_PER_WALK) : [];
  const open = hasOpenRetries ? await store.findOpenRetries() : [];
  const failedAt = new Map(open.map((entry) => [entry.conversationId, entry.updatedAt]));
  const unmet = new Set(failedAt.keys());
  return {
    due,
    needWholeWalk: open.some(
      ({ attempts, isMissing, isListed }) => isMissing && !isListed && attempts >= MISSING_ATTEMPTS,
    ),
    isWaiting({ id, updatedAt }) {
      const known = failedAt.get(id);
      return known !== undefined && known === updatedAt;
    },
    isOpen: (id) => failedAt.has(id),
    meet(batch) {
      for (const { listed } of batch.comparisons) unmet.delete(listed.id);
    },
    async settle() {
      if (open.length > 0) await store.settleRetries([...unmet]);
    },
  };
}
