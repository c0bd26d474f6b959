/**
 * Messages that a walk stores before it knows what lies below them. Their conversation is left as it is: whoever is
 * interrupted here has only brought some rows early, and says nothing of the contiguous range (I14).
 */
import type { Lease, MessageSnapshot } from '../core/model.ts';
import type { Database } from './connect.ts';
import { UNDER_LEASE } from './leases.ts';
import { toMessageInput, UPSERT_MESSAGES } from './messages.ts';

/** $1 page · $2 platform · $3 fence · $4 run · $5, $6 messages. Idempotent by their primary key. */
const APPEND_MESSAGES = `
WITH lease AS MATERIALIZED (${UNDER_LEASE}), messages AS (
  ${UPSERT_MESSAGES({ input: ['$5', '$6'], source: 'sync' })}
), counts AS (
  SELECT count(*) FILTER (WHERE inserted)::int AS events_created FROM messages
), run AS (
  UPDATE facebook_sync_runs AS run SET events_created = run.events_created + counts.events_created
  FROM counts WHERE run.page_id = $1 AND run.id = $4 AND counts.events_created > 0
)
SELECT events_created FROM lease, counts`;

/** How many were new; undefined when the lease has passed to another run, and nothing was written. */
export async function appendMessages(
  database: Database,
  { pageId, platform, fence, runId }: Lease,
  batch: { readonly conversationId: string; readonly messages: readonly MessageSnapshot[] },
): Promise<number | undefined> {
  const values = [pageId, platform, fence, runId, ...toMessageInput([batch])];
  const [row] = await database.query<{ events_created: number }>(APPEND_MESSAGES, values);
  return row?.events_created;
}
