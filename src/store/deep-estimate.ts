/** What reading every message of a channel again would take, by what is stored of it. */
import { type DeepSize, LIST_LIMIT, NESTED_MESSAGES } from '../core/plan.ts';
import type { Database } from './connect.ts';

/** $1 Pages · $2 messages that come along · $3 messages of a list. */
const MEASURE = `
SELECT count(*)::int AS conversations, coalesce(sum(held_message_count), 0)::int AS messages,
       coalesce(sum(ceil(greatest(held_message_count - $2, 0) / $3::numeric)), 0)::int AS "furtherLists"
FROM facebook_conversations
WHERE page_id = ANY ($1::uuid[]) AND deleted_at IS NULL
GROUP BY page_id, platform`;

export function measureDeep(database: Database, pageIds: readonly string[]): Promise<readonly DeepSize[]> {
  const values = [pageIds, NESTED_MESSAGES, LIST_LIMIT];
  return database.query<DeepSize & Record<string, unknown>>(MEASURE, values);
}
