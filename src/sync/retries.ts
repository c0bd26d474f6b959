/**
 * The retry ledger as one walk uses it (I13): what is due is collected again first; what a walk to the end of the list
 * did not meet any more is let go. That is no deletion, only the end of trying.
 */
import type { SurveyBatch } from '../core/plan.ts';
import type { WalkState, WalkStore } from '../core/store-ports.ts';

const RETRIES_PER_WALK = 20;
/** After so many a conversation may be gone: the walk goes to the end of the list to see whether it is still there. */
const STUBBORN_ATTEMPTS = 3;

export interface Retries {
  /** Conversations to collect again now. */
  readonly due: readonly string[];
  /** Whether only a walk to the end of the list can tell what became of some. */
  readonly areStubborn: boolean;
  /** Notes which of them are still listed. */
  meet(batch: SurveyBatch): void;
  /** Lets go of those that a walk from the head to the end of the list did not meet. */
  closeUnmet(): Promise<void>;
}

export async function openRetries(store: WalkStore, { hasOpenRetries }: WalkState): Promise<Retries> {
  const due = hasOpenRetries ? await store.findDueRetries(RETRIES_PER_WALK) : [];
  const open = hasOpenRetries ? await store.findOpenRetries() : [];
  const unmet = new Set(open.map(({ conversationId }) => conversationId));
  return {
    due,
    areStubborn: open.some(({ attempts }) => attempts >= STUBBORN_ATTEMPTS),
    meet(batch) {
      for (const { listed } of batch.comparisons) unmet.delete(listed.id);
    },
    async closeUnmet() {
      if (unmet.size > 0) await store.closeRetries([...unmet]);
    },
  };
}
