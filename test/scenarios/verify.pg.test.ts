/** Verify: every difference is found and named, what is gone is proved to be gone, and repair makes it whole again. */
import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/http/app.ts';
import { must } from '../../src/lib/must.ts';
import { openEye } from '../support/client.ts';
import { findWatermark } from '../support/promises.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

/** Makes the mirror lack, or hold an older state of, some conversations, behind the back of every sync. */
async function damage(world: TestWorld, sql: string): Promise<readonly string[]> {
  await using eye = await openEye(world.databaseUrl);
  return (await eye.client.query<{ id: string }>(sql)).rows.map((row) => row.id);
}

const OLDEST = 'SELECT id FROM facebook_conversations WHERE deleted_at IS NULL ORDER BY updated_time LIMIT';

describe('verify', () => {
  it('of a whole mirror finds nothing, writes no conversation and moves nothing', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 230 } });
    const [facebookPageId] = world.pageIds;
    const { lastSyncedAt } = await world.tidemark.sync({ facebookPageId });
    world.takeCalls();
    const answer = await world.tidemark.verify({ facebookPageId });
    expect(answer).toMatchObject({
      success: true,
      missing: [],
      stale: [],
      deleted: [],
      repaired: 0,
      inconclusive: null,
      total: 230,
      status: 'succeeded',
      message: '230 conversations compared: nothing differs',
    });
    // Three list pages, and the head once more for what moved meanwhile.
    expect(world.takeCalls()).toBe(4);
    const page = await world.tidemark.pages.find({ facebookPageId });
    expect(page.lastSyncedAt).toBe(lastSyncedAt);
    const run = await world.tidemark.runs.find(answer.runId);
    expect(run).toMatchObject({ mode: 'verify', status: 'succeeded', synced: 0, deleted: 0 });
  });

  it('names what is missing, stale and deleted, and whether a sync should have met it', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 150 } });
    const { world: facebook } = world.simulator;
    const [facebookPageId = ''] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    const missing = await damage(world, `DELETE FROM facebook_conversations WHERE id IN (${OLDEST} 2) RETURNING id`);
    const stale = await damage(
      world,
      `UPDATE facebook_conversations SET collected_updated_time = collected_updated_time - interval '1 day'
       WHERE id IN (${OLDEST} 1) RETURNING id`,
    );
    const gone = must((await damage(world, `${OLDEST} 1 OFFSET 5`))[0], 'there are many');
    facebook.deleteConversation(gone);
    // It came after the sync: nobody has missed it.
    const fresh = facebook.newMessage(facebookPageId);

    const answer = await world.tidemark.verify({ facebookPageId });
    expect(answer.missing.map((finding) => finding.conversationId).toSorted()).toEqual(missing.toSorted());
    expect(answer.missing.every((finding) => finding.missedBySync)).toBe(true);
    expect(answer.stale.map((finding) => [finding.conversationId, finding.missedBySync]).toSorted()).toEqual(
      [
        [stale[0], true],
        [fresh.conversationId, false],
      ].toSorted(),
    );
    const { items } = await world.tidemark.conversations.list({ search: gone });
    const known = must(items[0], 'it is held all the same');
    const { contactName, updatedTime } = known;
    expect(answer.deleted).toEqual([
      { conversationId: gone, contactName, updatedTime, missedBySync: false, repaired: false },
    ]);
    expect(contactName).not.toBeNull();
    expect(answer).toMatchObject({ repaired: 0, counts: { missedBySync: 3 }, status: 'succeeded' });
    expect(await damage(world, 'SELECT id FROM facebook_conversations WHERE deleted_at IS NOT NULL')).toEqual([]);
  });

  it('repairs on request: afterwards the mirror equals the world and nothing differs', async () => {
    await using world = await openWorld({ version: 15, simulator: { conversations: 150 } });
    const [facebookPageId = ''] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    await damage(world, `DELETE FROM facebook_conversations WHERE id IN (${OLDEST} 3) RETURNING id`);
    const [gone = ''] = await damage(world, `${OLDEST} 1 OFFSET 7`);
    world.simulator.world.deleteConversation(gone);
    world.simulator.world.newMessage(facebookPageId);

    const answer = await world.tidemark.verify({ facebookPageId, repair: true });
    expect(answer).toMatchObject({ counts: { missing: 3, stale: 1, deleted: 1 }, repaired: 5, status: 'succeeded' });
    expect(await damage(world, 'SELECT id FROM facebook_conversations WHERE deleted_at IS NOT NULL')).toEqual([gone]);
    expect((await world.tidemark.runs.find(answer.runId)).deleted).toBe(1);
    expect(await world.differences()).toEqual([]);
    const again = await world.tidemark.verify({ facebookPageId, repair: true });
    expect(again).toMatchObject({ missing: [], stale: [], deleted: [], repaired: 0 });
  });

  it('answers the same over HTTP, and records that the API asked', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 60 } });
    const [facebookPageId = ''] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    const [gone = ''] = await damage(world, `${OLDEST} 1`);
    world.simulator.world.deleteConversation(gone);
    const [lost = ''] = await damage(
      world,
      `DELETE FROM facebook_conversations WHERE id IN (${OLDEST} 2) AND id <> '${gone}' RETURNING id`,
    );
    const app = createApp({ tidemark: world.tidemark });
    const verify = async (body: object) => {
      const answer = await app.request('/api/conversations/verify', { method: 'POST', body: JSON.stringify(body) });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    expect(await verify({ facebookPageId, repair: true })).toMatchObject({
      status: 200,
      body: {
        success: true,
        missing: [{ conversationId: lost, missedBySync: true, repaired: true }],
        stale: [],
        deleted: [{ conversationId: gone, repaired: true }],
        repaired: 2,
        status: 'succeeded',
      },
    });
    expect((await world.tidemark.runs.list({}))[0]).toMatchObject({ mode: 'verify', trigger: 'api', deleted: 1 });
    expect((await verify({ facebookPageId })).body).toMatchObject({ missing: [], deleted: [], repaired: 0 });
    expect(await verify({ pageId: crypto.randomUUID() })).toMatchObject({ status: 404 });
    world.simulator.world.killToken(facebookPageId);
    expect(await verify({ facebookPageId })).toMatchObject({ status: 502, body: { code: 'TOKEN_EXPIRED' } });
  });

  it('takes a mark away when the conversation shows up again', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 30 } });
    const [facebookPageId = ''] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    const [gone = ''] = await damage(world, `${OLDEST} 1`);
    world.simulator.world.deleteConversation(gone);
    await world.tidemark.verify({ facebookPageId, repair: true });
    world.simulator.world.restoreConversation(gone);
    expect((await world.tidemark.verify({ facebookPageId })).stale).toMatchObject([
      { conversationId: gone, missedBySync: false },
    ]);
    await world.tidemark.verify({ facebookPageId, repair: true });
    expect(await damage(world, 'SELECT id FROM facebook_conversations WHERE deleted_at IS NOT NULL')).toEqual([]);
    expect(await world.differences()).toEqual([]);
  });

  it('calls nothing deleted that is there when asked for by its id (I10)', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 60 } });
    const [facebookPageId = ''] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    const hidden = await damage(world, `${OLDEST} 3`);
    for (const id of hidden) world.simulator.world.hideConversation(id);
    world.takeCalls();
    const answer = await world.tidemark.verify({ facebookPageId, repair: true });
    expect(answer.deleted).toEqual([]);
    expect(answer).toMatchObject({ total: 57, status: 'succeeded' });
    // One list page, and a look at each of the three.
    expect(world.takeCalls()).toBe(4);
    expect(await damage(world, 'SELECT id FROM facebook_conversations WHERE deleted_at IS NOT NULL')).toEqual([]);
  });

  it('does not take it for deletion when a large part of the list is not shown (I10)', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 120 } });
    const [facebookPageId = ''] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    for (const id of await damage(world, `${OLDEST} 60`)) world.simulator.world.deleteConversation(id);
    world.simulator.world.activity({ pageId: facebookPageId, newMessages: 1 });
    await using eye = await openEye(world.databaseUrl);
    const watermark = await findWatermark(eye.client, facebookPageId);
    world.takeCalls();
    const answer = await world.tidemark.verify({ facebookPageId, repair: true });
    expect(answer).toMatchObject({ deleted: [], status: 'partial' });
    expect(answer.inconclusive).toMatch(/did not list 60 of the 120/);
    expect(world.takeCalls()).toBe(2);
    expect(await findWatermark(eye.client, facebookPageId), 'nothing moves past such a list (I1)').toBe(watermark);
    expect(await damage(world, 'SELECT id FROM facebook_conversations WHERE deleted_at IS NOT NULL')).toEqual([]);
  });

  it('asks by their ids for conversations that left the list, as those marked done or spam do, and ends', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 47 } });
    const [facebookPageId = ''] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    const [gone = '', written = '', ...hidden] = await damage(world, `${OLDEST} 42`);
    world.simulator.world.newMessage(facebookPageId, written);
    for (const id of [written, ...hidden]) world.simulator.world.hideConversation(id);
    world.simulator.world.deleteConversation(gone);
    const answer = await world.tidemark.verify({ facebookPageId, repair: true });
    expect(answer).toMatchObject({ status: 'succeeded', inconclusive: null, total: 5, repaired: 2 });
    expect(answer.deleted.map((finding) => finding.conversationId)).toEqual([gone]);
    expect(answer.stale.map((finding) => finding.conversationId)).toEqual([written]);
    expect(await damage(world, 'SELECT id FROM facebook_conversations WHERE deleted_at IS NOT NULL')).toEqual([gone]);
    expect(await world.tidemark.verify({ facebookPageId })).toMatchObject({ status: 'succeeded' });
  });

  it('goes on without an answer for one that Facebook is silent about, and says so', async () => {
    await using world = await openWorld({
      version: 17,
      simulator: { conversations: 60 },
      settings: { answerTimeoutMs: 300 },
    });
    const [facebookPageId = ''] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    for (const id of await damage(world, `${OLDEST} 1`)) world.simulator.world.hideConversation(id);
    world.simulator.faults.add({ match: { kind: 'conversation' }, times: 'always', effect: { type: 'hang' } });
    const answer = await world.tidemark.verify({ facebookPageId, repair: true });
    expect(answer).toMatchObject({ deleted: [], status: 'partial', inconclusive: expect.stringContaining('1 ') });
  });

  it('finds what is gone among many that are only not listed, in a few turns', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 1300 } });
    const [facebookPageId = ''] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    const unlisted = (await damage(world, `${OLDEST} 120`)).toSorted();
    const gone = must(unlisted.at(-1), 'a hundred and twenty');
    for (const id of unlisted) {
      if (id === gone) world.simulator.world.deleteConversation(id);
      else world.simulator.world.hideConversation(id);
    }
    const deleted: string[] = [];
    for (let turn = 0; turn < 10 && deleted.length === 0; turn++) {
      const answer = await world.tidemark.verify({ facebookPageId, repair: true });
      deleted.push(...answer.deleted.map((finding) => finding.conversationId));
    }
    expect(deleted).toEqual([gone]);
  });

  it('marks nothing when it does not come to the end of the list (I10)', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 250 } });
    const [facebookPageId = ''] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    const [gone = ''] = await damage(world, `${OLDEST} 1 OFFSET 200`);
    world.simulator.world.deleteConversation(gone);
    world.simulator.faults.add({
      match: { kind: 'conversations', after: 1 },
      effect: { type: 'error', code: 190, subcode: 463 },
    });
    await expect(world.tidemark.verify({ facebookPageId, repair: true })).rejects.toMatchObject({
      code: 'TOKEN_EXPIRED',
    });
    expect(await damage(world, 'SELECT id FROM facebook_conversations WHERE deleted_at IS NOT NULL')).toEqual([]);
    // Nor does what that one has seen count for the next.
    expect((await world.tidemark.verify({ facebookPageId, repair: true })).deleted).toHaveLength(1);
    expect(await damage(world, 'SELECT generation AS id FROM facebook_verify_seen')).toEqual([]);
  });

  it('steps aside for a sync and goes on after it', async () => {
    await using world = await openWorld({
      version: 17,
      simulator: { conversations: 900, latency: { baseMs: 60, perFullConversationMs: 0, perLightConversationMs: 0 } },
    });
    const [facebookPageId = ''] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    const [gone = ''] = await damage(world, `${OLDEST} 1 OFFSET 700`);
    world.simulator.world.deleteConversation(gone);
    let sync: Promise<unknown> | undefined;
    const verified = world.tidemark.verify({
      facebookPageId,
      repair: true,
      onEvent: (event) => {
        if (event.type === 'list-surveyed') sync ??= world.tidemark.sync({ facebookPageId });
      },
    });
    const answer = await verified;
    await sync;
    expect(answer).toMatchObject({ status: 'succeeded', counts: { missing: 0, stale: 0, deleted: 1 } });
    const modes = (await world.tidemark.runs.list({})).map((run) => run.mode).toReversed();
    expect(modes).toEqual(['full', 'verify', 'incremental', 'verify']);
    expect(await world.differences()).toEqual([]);
  });

  it('with repair is a complete walk: the next sync has one call to make', async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 40 } });
    const [facebookPageId = ''] = world.pageIds;
    const answer = await world.tidemark.verify({ facebookPageId, repair: true });
    expect(answer).toMatchObject({ counts: { missing: 40, missedBySync: 0 }, repaired: 40 });
    expect(await world.differences()).toEqual([]);
    world.takeCalls();
    expect(await world.tidemark.sync({ facebookPageId })).toMatchObject({ syncMode: 'incremental', synced: 0 });
    expect(world.takeCalls()).toBe(1);
  });
});
