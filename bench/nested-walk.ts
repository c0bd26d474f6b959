/**
 * What was done before: every conversation of the Page, each time, list after list with the messages in it, one bulk
 * upsert a list. Written on its own, with nothing of Tidemark in it; it is what the speed is compared with.
 */
import pg from 'pg';

export interface NestedWalk {
  readonly graphApiUrl: string;
  readonly pageId: string;
  readonly pageToken: string;
  /** A database of its own. */
  readonly databaseUrl: string;
}

const FIELDS =
  'id,updated_time,message_count,unread_count,snippet,link,participants,' +
  'messages.limit(25){id,created_time,from,to,message,attachments,shares,sticker,tags,reactions,reply_to}';

const TABLES = `
CREATE TABLE IF NOT EXISTS walked_conversations (id text PRIMARY KEY, updated_time timestamptz, raw jsonb);
CREATE TABLE IF NOT EXISTS walked_messages (id text PRIMARY KEY, conversation_id text, raw jsonb)`;

const UPSERT_CONVERSATIONS = `
INSERT INTO walked_conversations (id, updated_time, raw)
SELECT item->>'id', (item->>'updated_time')::timestamptz, item - 'messages' FROM jsonb_array_elements($1::jsonb) AS item
ON CONFLICT (id) DO UPDATE SET updated_time = excluded.updated_time, raw = excluded.raw`;

const UPSERT_MESSAGES = `
INSERT INTO walked_messages (id, conversation_id, raw)
SELECT message->>'id', item->>'id', message
FROM jsonb_array_elements($1::jsonb) AS item, jsonb_array_elements(item->'messages'->'data') AS message
ON CONFLICT (id) DO UPDATE SET raw = excluded.raw`;

interface ListAnswer {
  readonly data: readonly unknown[];
  readonly paging?: { readonly cursors?: { readonly after?: string }; readonly next?: string };
}

/** Walks the whole Page once; answers the time and the calls that it took. */
export async function walkNested(walk: NestedWalk): Promise<{ readonly seconds: number; readonly calls: number }> {
  const client = new pg.Client({ connectionString: walk.databaseUrl });
  await client.connect();
  try {
    await client.query(TABLES);
    const startedAt = performance.now();
    let calls = 0;
    let after: string | undefined;
    do {
      const list = await fetchList(walk, after);
      calls += 1;
      const items = JSON.stringify(list.data);
      await client.query(UPSERT_CONVERSATIONS, [items]);
      await client.query(UPSERT_MESSAGES, [items]);
      after = list.paging?.next === undefined ? undefined : list.paging.cursors?.after;
    } while (after !== undefined);
    return { seconds: (performance.now() - startedAt) / 1000, calls };
  } finally {
    await client.end();
  }
}

async function fetchList({ graphApiUrl, pageId, pageToken }: NestedWalk, after: string | undefined) {
  const query = new URLSearchParams({ platform: 'messenger', fields: FIELDS, limit: '100' });
  if (after !== undefined) query.set('after', after);
  const headers = { authorization: `Bearer ${pageToken}` };
  const answer = await fetch(`${graphApiUrl}/v25.0/${pageId}/conversations?${query}`, { headers });
  if (!answer.ok) throw new Error(`The plain walk was refused (HTTP ${answer.status}): ${await answer.text()}`);
  return (await answer.json()) as ListAnswer;
}
