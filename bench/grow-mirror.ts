/** Grows a mirror to a size: one Page as the engine mirrors it, copied in SQL under as many Page ids as it takes. */
import { createTidemark } from '../src/engine/create-tidemark.ts';
import type { CollectedConversation, JsonObject } from '../src/core/model.ts';
import { must } from '../src/lib/must.ts';
import { Secret } from '../src/lib/secret.ts';
import { startSimulator } from '../simulator/server.ts';
import { connect, type Database } from '../src/store/connect.ts';
import { testSettings } from '../test/support/world.ts';

const CONVERSATIONS_A_PAGE = 1000;
const BATCH = 100;

/** Rows as the simulator makes them and the engine stores them: every other Page is a copy of this one. */
export async function mirrorOnePage(
  databaseUrl: string,
): Promise<[string, readonly (readonly CollectedConversation[])[]]> {
  const simulator = await startSimulator({ pages: 1, conversations: CONVERSATIONS_A_PAGE, callsPerSecond: 0 });
  const tidemark = await createTidemark(testSettings(databaseUrl, simulator.url));
  await tidemark.pages.connect(new Secret(simulator.world.tokens.user));
  const { pageId } = await tidemark.sync({ facebookPageId: simulator.world.pages[0]?.id });
  await tidemark.close();
  await simulator.close();
  const database = connect({ connectionString: databaseUrl });
  const all = await readBack(database, pageId);
  await database.close();
  return [pageId, Array.from({ length: all.length / BATCH }, (_, n) => all.slice(n * BATCH, (n + 1) * BATCH))];
}

interface ConversationRow extends Record<string, unknown> {
  readonly id: string;
  readonly updated_time: number;
  readonly message_count: number;
  readonly snippet: string | null;
  readonly raw: JsonObject;
}

interface MessageRow extends Record<string, unknown> {
  readonly id: string;
  readonly conversation_id: string;
  readonly created_time: number;
  readonly text: string | null;
  readonly raw: JsonObject;
}

async function readBack(database: Database, pageId: string): Promise<readonly CollectedConversation[]> {
  const conversations = await database.query<ConversationRow>(
    'SELECT id, updated_time, message_count, snippet, raw FROM facebook_conversations WHERE page_id = $1',
    [pageId],
  );
  const messages = await database.query<MessageRow>(
    `SELECT id, conversation_id, created_time, text, raw FROM facebook_messages WHERE page_id = $1
     ORDER BY created_time DESC, id DESC`,
    [pageId],
  );
  const contact = { id: '1234567890123456', name: 'Ada Lovelace', username: undefined, email: undefined };
  return conversations.map((row) => {
    const own = messages.filter((message) => message.conversation_id === row.id);
    const points = own.map(({ id, created_time }) => ({ id, createdAt: created_time }));
    return {
      snapshot: {
        id: row.id,
        updatedAt: row.updated_time,
        messageCount: row.message_count,
        unreadCount: 0,
        snippet: row.snippet ?? undefined,
        link: undefined,
        participants: [contact],
        contact,
        messages: undefined,
        raw: row.raw,
      },
      messages: own.map((message) => ({
        id: message.id,
        createdAt: message.created_time,
        from: contact,
        direction: 'inbound',
        text: message.text ?? undefined,
        attachments: [],
        reactions: [],
        replyTo: undefined,
        raw: message.raw,
      })),
      range: { newest: must(points[0], 'it has a message'), oldest: must(points.at(-1), 'it has a message') },
      olderCursor: undefined,
      historyComplete: true,
      collected: true,
    };
  });
}

/** Copies the Page as often as it takes, each copy with the runs of a day, fifty Pages a statement. */
export async function fillUpTo(database: Database, { template, messages }: { template: string; messages: number }) {
  const count = async (where: string) => {
    const [row] = await database.query<{ count: number }>(`SELECT count(*) FROM facebook_messages ${where}`);
    return must(row, 'a count is a row').count;
  };
  const aPage = await count(`WHERE page_id = '${template}'`);
  for (let missing = Math.ceil((messages - (await count(''))) / aPage); missing > 0; missing -= 50) {
    const pages = await database.query<{ id: string }>(
      `INSERT INTO facebook_pages (facebook_page_id, name)
       SELECT gen_random_uuid()::text, 'Page' FROM generate_series(1, $1) RETURNING id`,
      [Math.min(missing, 50)],
    );
    const ids = pages.map(({ id }) => id);
    await database.query(
      'UPDATE facebook_sync_state SET watermark = now(), last_synced_at = now() WHERE page_id = ANY ($1)',
      [ids],
    );
    await database.query('UPDATE facebook_pages SET last_synced_at = now() WHERE id = ANY ($1)', [ids]);
    await database.query(
      `INSERT INTO facebook_sync_runs (page_id, id, platform, mode, trigger, status, started_at, finished_at)
       SELECT page_id, gen_random_uuid(), 'messenger', 'incremental', 'schedule', 'succeeded', at, at
       FROM unnest($1::uuid[]) AS page_id, generate_series(now() - interval '1 day', now(), interval '5 minutes') AS at`,
      [ids],
    );
    for (const table of ['facebook_conversations', 'facebook_messages'])
      await copyRows(database, { table, template, ids });
  }
}

async function copyRows(
  database: Database,
  { table, template, ids }: { table: string; template: string; ids: readonly string[] },
): Promise<void> {
  const [row] = await database.query<{ columns: string }>(
    `SELECT string_agg(attname, ', ') AS columns FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attname <> 'page_id'`,
    [table],
  );
  const { columns } = must(row, 'a table has columns');
  await database.query(
    `INSERT INTO ${table} (page_id, ${columns})
     SELECT copy, ${columns} FROM ${table}, unnest($2::uuid[]) AS copy WHERE page_id = $1`,
    [template, ids],
  );
}
