/**
 * Writing a batch of which the database may refuse a row. It is divided until what is refused stands alone, so one
 * conversation that the owner's trigger or constraint lets not in costs itself and no other (I12).
 */
import { isDataRefused, type TidemarkError } from '../core/errors.ts';
import { addBatch, type BatchCounts, type CollectedConversation, NO_COUNTS } from '../core/model.ts';
import type { CollectFailure, WalkStore } from '../core/store-ports.ts';

export interface CommittedBatch extends BatchCounts {
  readonly refused: readonly CollectFailure[];
}

/** So many refused and none stored: it is not single rows that the database refuses. */
const MOST_REFUSED = 8;

/** Rejects with DATA_REFUSED when nothing of what was tried could be stored. */
export async function commitBatch(
  store: Pick<WalkStore, 'commit'>,
  batch: readonly CollectedConversation[],
): Promise<CommittedBatch> {
  const refused: CollectFailure[] = [];
  let counts = NO_COUNTS;
  let hasStored = false;
  const parts = [batch];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    try {
      counts = addBatch(counts, await store.commit(part));
      hasStored = true;
    } catch (error) {
      if (!isDataRefused(error)) throw error;
      if (part.length > 1) {
        const middle = part.length >> 1;
        parts.push(part.slice(middle), part.slice(0, middle));
        continue;
      }
      refused.push(...part.map((one) => toFailure(one, error)));
      if (!hasStored && refused.length >= MOST_REFUSED) throw error;
    }
  }
  const { inserted, updated, eventsCreated } = counts;
  const unchanged = batch.length - refused.length - inserted - updated;
  return { inserted, updated, unchanged, eventsCreated, refused };
}

function toFailure({ snapshot }: CollectedConversation, { code, message }: TidemarkError): CollectFailure {
  return { conversationId: snapshot.id, code, reason: message };
}
