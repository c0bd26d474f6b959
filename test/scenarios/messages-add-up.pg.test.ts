/**
 * What is stored of a conversation adds up with what Facebook counts: a verify sees lost rows, and a count that does not
 * add up is followed down, once.
 */
import { describe, expect, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { openEye } from '../support/client.ts';
import { query } from '../support/verifies.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

const MANY = { min: 30, max: 160, mean: 60 };

/** Conversations with the most messages first. */
const FULLEST = `SELECT conversation_id AS id FROM facebook_messages GROUP BY 1 ORDER BY count(*) DESC, 1`;

async function openSynced(simulator: object = {}, platforms: readonly ('messenger' | 'instagram')[] = ['messenger']) {
  const world = await openWorld({ version: 17, platforms, simulator: { conversations: 12, ...simulator } });
  const facebookPageId = must(world.pageIds[0], 'a world has a Page');
  await world.tidemark.sync({ facebookPageId });
  await world.tidemark.collectHistory({});
  expect(await world.differences()).toEqual([]);
  return Object.assign(world, { facebookPageId });
}

async function change(world: TestWorld, sql: string): Promise<void> {
  await using eye = await openEye(world.databaseUrl);
  await eye.client.query(sql);
}

async function messagesOf(world: TestWorld, conversationId: string) {
  const truth = world.simulator.world.truth(must(world.pageIds[0], 'a world has a Page'));
  return must(
    truth.conversations.find(({ id }) => id === conversationId),
    'it is there',
  ).messages;
}

describe('a verify', () => {
  it.each([
    ['all messages of a conversation', ''],
    ['one in the middle', 'ORDER BY created_time DESC OFFSET 40 LIMIT 1'],
    ['the oldest one', 'ORDER BY created_time LIMIT 1'],
    ['the newest one', 'ORDER BY created_time DESC LIMIT 1'],
  ])('sees that %s was lost from the store, at no call more, and repairs it', async (_, which) => {
    await using world = await openSynced({ messagesPerConversation: MANY });
    const { facebookPageId, tidemark } = world;
    const [id = ''] = await query(world, `${FULLEST} LIMIT 1`);
    await change(
      world,
      `DELETE FROM facebook_messages WHERE id IN (
         SELECT id FROM facebook_messages WHERE conversation_id = '${id}' ${which})`,
    );
    world.takeCalls();
    const seen = await tidemark.verify({ facebookPageId });
    expect(world.takeCalls()).toBe(1);
    expect(seen.stale.map((finding) => finding.conversationId)).toEqual([id]);
    expect(seen).toMatchObject({ counts: { missing: 0, stale: 1, deleted: 0, missedBySync: 0 }, repaired: 0 });
    expect(await tidemark.verify({ facebookPageId, repair: true })).toMatchObject({ repaired: 1, status: 'succeeded' });
    expect(await world.differences()).toEqual([]);
    expect((await tidemark.verify({ facebookPageId })).stale).toEqual([]);
  });

  it('sees lost messages of Instagram, where nothing is counted', async () => {
    await using world = await openSynced({ messagesPerConversation: { min: 5, max: 19, mean: 9 } }, ['instagram']);
    const { facebookPageId, tidemark } = world;
    const [id = ''] = await query(world, `${FULLEST} LIMIT 1`);
    await change(world, `DELETE FROM facebook_messages WHERE conversation_id = '${id}'`);
    expect((await tidemark.verify({ facebookPageId, repair: true })).stale).toMatchObject([
      { conversationId: id, repaired: true },
    ]);
    expect(await world.differences()).toEqual([]);
    expect((await tidemark.verify({ facebookPageId })).stale).toEqual([]);
  });

  it('brings a lost message back and empties an unsent one, though together the counts look right', async () => {
    await using world = await openSynced({ messagesPerConversation: MANY });
    const { facebookPageId, tidemark } = world;
    const [id = ''] = await query(world, `${FULLEST} LIMIT 1`);
    const messages = await messagesOf(world, id);
    world.simulator.world.deleteMessage(must(messages.at(-12), 'there are many').id);
    await change(world, `DELETE FROM facebook_messages WHERE id = '${must(messages.at(3), 'there are many').id}'`);
    expect(await tidemark.verify({ facebookPageId, repair: true })).toMatchObject({
      counts: { stale: 1 },
      repaired: 1,
      status: 'succeeded',
    });
    expect(await world.differences()).toEqual([]);
  });
});

describe('an unsent message', () => {
  it.each([
    ['the newest', -1, 3],
    ['one among the newest', -5, 3],
    ['one further down', -60, 4],
    ['the first', 0, 4],
  ])('(%s) is emptied by the next sync that lists its conversation', async (_, place, calls) => {
    await using world = await openSynced({ messagesPerConversation: MANY });
    const { facebookPageId, tidemark } = world;
    const [id = ''] = await query(world, `${FULLEST} LIMIT 1`);
    const messages = await messagesOf(world, id);
    expect(messages.length).toBeGreaterThan(100);
    const gone = must(messages.at(place), 'there are many');
    world.simulator.world.deleteMessage(gone.id);
    world.takeCalls();
    await tidemark.sync({ facebookPageId });
    expect(world.takeCalls()).toBeLessThanOrEqual(calls + 1);
    await using eye = await openEye(world.databaseUrl);
    const { rows } = await eye.client.query('SELECT * FROM facebook_messages WHERE id = $1', [gone.id]);
    const emptied = { text: null, attachments: [], reactions: [], reply_to: null, deleted_at: expect.any(Date) };
    expect(rows).toMatchObject([emptied]);
    expect(Object.keys(rows[0].raw).toSorted()).toEqual(['created_time', 'id']);
    expect(await world.differences()).toEqual([]);
    await tidemark.sync({ facebookPageId });
    world.takeCalls();
    await tidemark.sync({ facebookPageId });
    expect(world.takeCalls()).toBe(1);
    expect(await tidemark.verify({ facebookPageId })).toMatchObject({ stale: [], missing: [] });
  });

  it('is not taken for gone while Facebook shows it by its id (I10)', async () => {
    await using world = await openSynced();
    const { facebookPageId, tidemark } = world;
    const [id = ''] = await query(world, `${FULLEST} LIMIT 1`);
    const [message] = await messagesOf(world, id);
    world.simulator.world.deleteMessage(must(message, 'there are many').id);
    // Trouble with the one question that would prove it.
    world.simulator.faults.add({ match: { kind: 'unknown' }, times: 'always', effect: { type: 'error', code: 10 } });
    await tidemark.sync({ facebookPageId });
    expect(await query(world, 'SELECT id FROM facebook_messages WHERE deleted_at IS NOT NULL')).toEqual([]);
  });

  it.each([
    ['messenger', -12, {}],
    ['instagram', 0, { messagesPerConversation: { min: 1, max: 1, mean: 1 } }],
  ] as const)(
    'of %s is emptied by a sync that collects everything anew, or by a deep verify after it',
    async (platform, place, simulator) => {
      await using world = await openSynced({ messagesPerConversation: MANY, ...simulator }, [platform]);
      const { facebookPageId, tidemark } = world;
      const [id = ''] = await query(world, `${FULLEST} LIMIT 1`);
      world.simulator.world.deleteMessage(must((await messagesOf(world, id)).at(place), 'there are many').id);
      await tidemark.sync({ facebookPageId, forceFull: true });
      await tidemark.collectHistory({});
      if (platform === 'instagram') await tidemark.verify({ facebookPageId, deep: true });
      expect(await world.differences()).toEqual([]);
    },
  );

  it('shown again by Facebook is there again', async () => {
    await using world = await openSynced();
    const { facebookPageId, tidemark } = world;
    const [id = ''] = await query(world, `${FULLEST} LIMIT 1`);
    await change(
      world,
      `UPDATE facebook_messages SET deleted_at = now(), text = NULL, attachments = '[]', reactions = '[]', raw = '{}',
              content_hash = NULL
       WHERE conversation_id = '${id}'`,
    );
    await tidemark.verify({ facebookPageId, repair: true });
    expect(await world.differences()).toEqual([]);
    expect(await query(world, 'SELECT id FROM facebook_messages WHERE deleted_at IS NOT NULL')).toEqual([]);
  });
});

describe('a conversation that goes on under another id', () => {
  it('has the messages of the old one, as many as are counted', async () => {
    await using world = await openSynced({ messagesPerConversation: MANY });
    const { facebookPageId, tidemark } = world;
    const [id = ''] = await query(world, `${FULLEST} LIMIT 1`);
    world.simulator.world.renameConversation(id);
    const repaired = await tidemark.verify({ facebookPageId, repair: true });
    expect(repaired.counts).toMatchObject({ missing: 1, stale: 0, deleted: 1 });
    expect((await tidemark.verify({ facebookPageId })).counts).toMatchObject({ missing: 0, stale: 0, deleted: 0 });
    await tidemark.collectHistory({});
    expect(await query(world, 'SELECT id FROM facebook_conversations WHERE history_problem IS NOT NULL')).toEqual([]);
    expect((await tidemark.verify({ facebookPageId })).counts).toMatchObject({ missing: 0, stale: 0, deleted: 0 });
    expect(await world.differences()).toEqual([]);
  });
});

describe('a message that is delivered late', () => {
  it.each([4, 30, 100])('%i below the newest held one is brought by the next sync', async (below) => {
    await using world = await openSynced({ messagesPerConversation: MANY });
    const { facebookPageId, tidemark } = world;
    const [id = ''] = await query(world, `${FULLEST} LIMIT 1`);
    const messages = await messagesOf(world, id);
    const createdAt = Date.parse(must(messages.at(-below), 'there are many').createdTime) + 1;
    world.simulator.world.newMessage(facebookPageId, id, { createdAt });
    await tidemark.sync({ facebookPageId });
    expect(await world.differences()).toEqual([]);
    await tidemark.sync({ facebookPageId });
    world.takeCalls();
    await tidemark.sync({ facebookPageId });
    expect(world.takeCalls()).toBe(1);
  });
});

describe('a deep verify', () => {
  it('finds edits, reactions and unsent messages that no count shows, and says beforehand what it costs', async () => {
    await using world = await openSynced({ messagesPerConversation: MANY });
    const { facebookPageId, tidemark } = world;
    const { world: facebook } = world.simulator;
    const [edited = '', reacted = '', swapped = ''] = await query(world, `${FULLEST} LIMIT 3`);
    facebook.editMessage(must((await messagesOf(world, edited)).at(2), 'there are many').id, 'edited');
    facebook.react(must((await messagesOf(world, reacted)).at(-40), 'there are many').id, 'love');
    // One unsent and one delivered late: neither count nor time tell.
    const between = await messagesOf(world, swapped);
    facebook.deleteMessage(must(between.at(-10), 'there are many').id);
    const createdAt = Date.parse(must(between.at(-30), 'there are many').createdTime) + 1;
    facebook.newMessage(facebookPageId, swapped, { createdAt });
    await tidemark.sync({ facebookPageId });
    await tidemark.verify({ facebookPageId, repair: true });
    expect(await world.differences()).not.toEqual([]);

    const { graphCalls, conversations } = await tidemark.estimateDeepVerify({ pages: [{ facebookPageId }] });
    world.takeCalls();
    const answer = await tidemark.verify({ facebookPageId, deep: true });
    expect(answer.stale.map((finding) => finding.conversationId).toSorted()).toEqual(
      [edited, reacted, swapped].toSorted(),
    );
    expect(answer).toMatchObject({ counts: { missing: 0, stale: 3, deleted: 0 }, repaired: 3, status: 'succeeded' });
    expect(conversations).toBe(12);
    expect(world.takeCalls()).toBeLessThanOrEqual(graphCalls + 2);
    expect(await world.differences()).toEqual([]);
    expect(await tidemark.verify({ facebookPageId, deep: true })).toMatchObject({ counts: { stale: 0 } });
  });

  it('since a time reads only what was written since, and costs as much', async () => {
    await using world = await openSynced({ messagesPerConversation: MANY, conversations: 110 });
    const { facebookPageId, tidemark } = world;
    const { world: facebook } = world.simulator;
    const [recent = '', old = ''] = await query(
      world,
      'SELECT id FROM facebook_conversations WHERE message_count > 120 ORDER BY updated_time DESC',
    );
    const [newest, ...before] = (await messagesOf(world, recent)).toReversed();
    // Some of the edited ones are older than what is asked for, or in a conversation that is.
    const since = must(before[60], 'there are many').createdTime;
    for (const message of [must(newest, 'there are many'), must(before[40], 'there are many')]) {
      facebook.editMessage(message.id, 'edited');
    }
    const untouched = must((await messagesOf(world, old)).at(-1), 'there are many');
    facebook.editMessage(untouched.id, 'edited as well');
    const isOlder = Date.parse(untouched.createdTime) < Date.parse(since);

    const request = { pages: [{ facebookPageId }], since };
    const { graphCalls, conversations } = await tidemark.estimateDeepVerify(request);
    expect(graphCalls).toBeLessThan((await tidemark.estimateDeepVerify({ pages: request.pages })).graphCalls / 3);
    world.takeCalls();
    const answer = await tidemark.verify({ facebookPageId, deep: true, since });
    expect(world.takeCalls()).toBeLessThanOrEqual(graphCalls + 2);
    expect(conversations).toBeLessThan(110);
    expect(answer.stale.map(({ conversationId }) => conversationId)).toEqual(isOlder ? [recent] : [recent, old]);
    expect(await world.differences()).toHaveLength(isOlder ? 1 : 0);
  });

  it('alone knows what since means', async () => {
    await using world = await openSynced();
    const { facebookPageId, tidemark } = world;
    await expect(tidemark.verify({ facebookPageId, since: '2026-03-01T00:00:00Z' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('send `deep` with it'),
    });
  });
});
