/**
 * What must be true of the mirror at every instant, whatever has been killed, cut off or refused before: each broken
 * promise is a line. Reads the database and the world by itself, so that nothing of what is tested takes part.
 */
import type pg from 'pg';
import type { Platform } from '../../simulator/model.ts';
import type { ConversationTruth, PageTruth } from '../../simulator/truth.ts';

interface StretchRow {
  readonly id: string;
  readonly newest_message_time: Date | null;
  readonly floor_message_time: Date | null;
}

/** The watermark of a Page's mirror of one platform, as milliseconds. */
export async function findWatermark(
  client: pg.Client,
  facebookPageId: string,
  platform: Platform = 'messenger',
): Promise<number | undefined> {
  const { rows } = await client.query<{ watermark: Date | null }>(
    `SELECT watermark FROM facebook_sync_state AS state JOIN facebook_pages AS page ON page.id = state.page_id
     WHERE facebook_page_id = $1 AND platform = $2`,
    [facebookPageId, platform],
  );
  return rows[0]?.watermark?.getTime();
}

/** Sentences about promises broken on one platform; none when all are kept. The world must be at rest while it reads. */
export async function findBrokenPromises(
  client: pg.Client,
  truth: PageTruth,
  platform: Platform = 'messenger',
): Promise<string[]> {
  const watermark = await findWatermark(client, truth.id, platform);
  const page = `(SELECT id FROM facebook_pages WHERE facebook_page_id = '${truth.id}')`;
  const [stretches, messages, ledger, doubled] = [
    await client.query<StretchRow>(
      `SELECT id, newest_message_time, floor_message_time FROM facebook_conversations
       WHERE page_id = ${page} AND collected_at IS NOT NULL`,
    ),
    await client.query<{ id: string }>(`SELECT id FROM facebook_messages WHERE page_id = ${page}`),
    await client.query<{ conversation_id: string }>(
      `SELECT conversation_id FROM facebook_retry_ledger WHERE page_id = ${page}`,
    ),
    await client.query<{ id: string }>(
      `SELECT id FROM facebook_messages WHERE page_id = ${page} GROUP BY id HAVING count(*) > 1`,
    ),
  ];
  const held = new Set(messages.rows.map((row) => row.id));
  const byId = new Map(stretches.rows.map((row) => [row.id, row]));
  const retried = new Set(ledger.rows.map((row) => row.conversation_id));
  const broken = doubled.rows.map(({ id }) => `message ${id} is stored twice (I4)`);

  const conversations = truth.conversations.filter((conversation) => conversation.platform === platform);
  for (const conversation of conversations) {
    const row = byId.get(conversation.id);
    if (row !== undefined) broken.push(...findGaps(conversation, row, held));
    if (watermark === undefined || conversation.updatedTime === undefined) continue;
    // Strictly: times have a resolution of one second, and the overlap covers what shares one with the watermark.
    if (Date.parse(conversation.updatedTime) >= watermark || retried.has(conversation.id)) continue;
    const newest = conversation.messages.at(-1);
    const isThere = row !== undefined && (newest === undefined || held.has(newest.id));
    if (!isThere) {
      const line = `${new Date(watermark).toISOString()}`;
      broken.push(
        `conversation ${conversation.id} of ${conversation.updatedTime} is missing below the watermark ${line} (I2)`,
      );
    }
  }
  return broken;
}

/** Messages that are missing between the ends of the held stretch (I14). */
function findGaps({ id, messages }: ConversationTruth, row: StretchRow, held: ReadonlySet<string>): string[] {
  const newest = row.newest_message_time?.getTime() ?? -Infinity;
  const floor = row.floor_message_time?.getTime() ?? Infinity;
  return messages
    .filter((message) => Date.parse(message.createdTime) < newest && Date.parse(message.createdTime) > floor)
    .filter((message) => !held.has(message.id))
    .map((message) => `message ${message.id} is missing inside the stretch of conversation ${id} (I14)`);
}
