/** Statements that fail for want of room in the middle of walks: the first sync after there is room again is whole (I4). */
import { expect, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { openEye } from '../support/client.ts';
import { openWorld } from '../support/world.ts';

const TABLES = ['facebook_conversations', 'facebook_messages', 'facebook_sync_state', 'facebook_sync_runs'];

it('a disk that fills up again and again in walks leaves no difference behind', { timeout: 240_000 }, async () => {
  const messagesPerConversation = { min: 1, max: 20, mean: 6 };
  await using world = await openWorld({ version: 17, simulator: { conversations: 150, messagesPerConversation } });
  const pageId = must(world.pageIds[0], 'a Page');
  const { world: facebook } = world.simulator;
  await world.tidemark.sync({ facebookPageId: pageId });
  await using eye = await openEye(world.databaseUrl);
  await eye.client.query(`
    CREATE TABLE room (share float8);
    INSERT INTO room VALUES (0);
    CREATE FUNCTION take_room() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
      IF random() < (SELECT share FROM room) THEN
        RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
      END IF;
      RETURN NEW;
    END $$;
    ${TABLES.map((table) => `CREATE TRIGGER take_room BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION take_room();`).join('\n')}
  `);
  let failed = 0;
  for (let round = 0; round < 12; round++) {
    facebook.activity({ pageId, newMessages: 20, newConversations: 2 });
    const threads = facebook.truth(pageId).conversations.map(({ id }) => id);
    for (let written = 0; written < 130; written++) facebook.newMessage(pageId, threads[(round * 7) % 100]);
    await eye.client.query('UPDATE room SET share = $1', [[0.003, 0.03, 0.3][round % 3]]);
    for (let attempt = 0; attempt < 2; attempt++) {
      await world.tidemark.sync({ facebookPageId: pageId, forceFull: round % 4 === 3 }).catch((error: unknown) => {
        expect(error).toMatchObject({
          code: 'DATABASE_UNAVAILABLE',
          message: expect.stringContaining('No space left'),
        });
        failed += 1;
      });
    }
    await eye.client.query('UPDATE room SET share = 0');
    expect(await world.tidemark.sync({ facebookPageId: pageId })).toMatchObject({ status: 'succeeded' });
    // The older messages of conversations that are new.
    await world.tidemark.collectHistory({});
    expect(await world.differences(), `round ${round}`).toEqual([]);
  }
  expect(failed).toBeGreaterThan(8);
});
