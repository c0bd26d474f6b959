/** What reading messages of Pages again would take, by what is stored of them. */
import { type DeepSize, LIST_LIMIT, NESTED_MESSAGES } from '../core/plan.ts';
import type { Database } from './connect.ts';

/** $1 Pages · $2 messages that come along · $3 messages of a list · $4 since when, or null for ever. Messages by idx_facebook_messages_newest. */
const MEASURE = `
WITH asked AS (
  SELECT page_id, platform, updated_time >= $4 OR $4::timestamptz IS NULL OR updated_time = '-infinity' AS is_read,
    CASE WHEN $4::timestamptz IS NULL THEN held_message_count WHEN updated_time >= $4 THEN (
      SELECT count(*) FROM facebook_messages AS message
      WHERE message.page_id = conversation.page_id AND message.conversation_id = conversation.id
        AND message.created_time >= $4) END AS messages
  FROM facebook_conversations AS conversation
  WHERE page_id = ANY ($1::uuid[]) AND deleted_at IS NULL
)
SELECT count(*) FILTER (WHERE is_read)::int AS conversations, count(*) FILTER (WHERE NOT is_read)::int AS others,
       coalesce(sum(messages), 0)::int AS messages,
       coalesce(sum(ceil(greatest(messages - $2, 0) / $3::numeric)), 0)::int AS "furtherLists"
FROM asked
GROUP BY page_id, platform`;

export function measureDeep(
  database: Database,
  { pageIds, since }: { readonly pageIds: readonly string[]; readonly since: string | undefined },
): Promise<readonly DeepSize[]> {
  const values = [pageIds, NESTED_MESSAGES, LIST_LIMIT, since ?? null];
  return database.query<DeepSize & Record<string, unknown>>(MEASURE, values);
}
