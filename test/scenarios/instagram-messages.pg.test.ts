/** Of an Instagram conversation only the newest messages can be read: what is older takes nothing away and holds up nobody. */
import { describe, expect, it } from 'vitest';
import { openEye } from '../support/client.ts';
import { openWorld } from '../support/world.ts';

const DEEP = { conversations: 4, messagesPerConversation: { min: 30, max: 40, mean: 35 }, seed: 5 };
const REFUSED = { type: 'error', code: 100, message: '(#100) This message has been deleted.' } as const;

describe('messages past the newest 20', () => {
  it.each(['bare', 'hidden'] as const)(
    'leave the mirror equal to what is shown when they come %s',
    async (olderMessages) => {
      const simulator = { ...DEEP, instagram: { olderMessages } };
      await using world = await openWorld({ version: 17, platforms: ['messenger', 'instagram'], simulator });
      const [facebookPageId] = world.pageIds;
      expect(await world.tidemark.sync({ facebookPageId })).toMatchObject({ status: 'succeeded' });
      await world.tidemark.collectHistory({});
      expect(await world.differences()).toEqual([]);
      world.simulator.world.activity({ pageId: String(facebookPageId), platform: 'instagram', newMessages: 30 });
      expect(await world.tidemark.sync({ facebookPageId })).toMatchObject({ status: 'succeeded' });
      expect(await world.differences()).toEqual([]);
    },
  );

  it('are given up where Facebook refuses them, and the newest are kept (I10)', async () => {
    await using world = await openWorld({ version: 17, platforms: ['messenger', 'instagram'], simulator: DEEP });
    world.simulator.faults.add({
      match: { kind: 'messages', platform: 'instagram' },
      times: 'always',
      effect: REFUSED,
    });
    const [facebookPageId] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    await using eye = await openEye(world.databaseUrl);
    const held = async () => {
      const { rows } = await eye.client.query(
        `SELECT (SELECT count(*)::int FROM facebook_messages AS message
                 WHERE message.conversation_id = held.id AND text IS NOT NULL) >= 15 AS has_newest,
                deleted_at, history_complete, history_problem
         FROM facebook_conversations AS held WHERE platform = 'instagram'`,
      );
      expect(rows).toHaveLength(4);
      return rows;
    };
    const kept = { has_newest: true, deleted_at: null };
    await world.tidemark.collectHistory({});
    for (const row of await held()) {
      expect(row).toEqual({ ...kept, history_complete: false, history_problem: expect.stringContaining('fewer') });
    }
    // Asked once more at another time, Facebook is believed, and nothing is asked for again.
    await eye.client.query('UPDATE facebook_conversations SET history_retry_at = now()');
    await world.tidemark.collectHistory({});
    for (const row of await held()) expect(row).toEqual({ ...kept, history_complete: true, history_problem: null });
    expect(await world.tidemark.collectHistory({})).toMatchObject({ results: [], totalCalls: 0 });
    expect(await world.tidemark.pages.find({ facebookPageId })).toMatchObject({ status: 'connected' });
  });
});
