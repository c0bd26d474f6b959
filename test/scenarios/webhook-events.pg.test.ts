/** What each kind of event does to the mirror, on both platforms, whatever was shown and told before. */
import { describe, expect, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import type { Platform } from '../../simulator/model.ts';
import { type Json, openToldWorld, type Telling, type ToldWorld } from '../support/told-world.ts';

const MID = 'm_told';

/** A world that is mirrored, and its newest conversation on one of the platforms. */
async function open(platform: Platform = 'messenger') {
  const world = await openToldWorld({
    version: 17,
    platforms: ['messenger', 'instagram'],
    simulator: { conversations: 3 },
  });
  const facebookPageId = must(world.pageIds[0], 'a world has a Page');
  await world.tidemark.sync({ facebookPageId });
  const { conversations } = world.simulator.world.truth(facebookPageId, platform);
  const thread = must(conversations[0], 'there are three');
  const page = must(world.simulator.world.pages[0], 'a world has a Page');
  const account = platform === 'messenger' ? page.id : must(page.instagram, 'linked').id;
  const customer = thread.customer.id;
  const at = Date.now();
  const inbound = { sender: { id: customer }, recipient: { id: account }, timestamp: at };
  const outbound = { sender: { id: account }, recipient: { id: customer }, timestamp: at };
  return {
    ...world,
    thread,
    facebookPageId,
    customer,
    account,
    at,
    inbound,
    outbound,
    tell: (events: readonly Json[], options?: Telling) => world.tell(events, { platform, ...options }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

type Open = Awaited<ReturnType<typeof open>>;

async function told(world: Open, text = 'Hello'): Promise<void> {
  await world.tell([{ ...world.inbound, message: { mid: MID, text } }]);
}

async function statuses(world: Pick<ToldWorld, 'deliveries'>): Promise<unknown[]> {
  return (await world.deliveries()).map(({ status }) => status);
}

describe.each(['messenger', 'instagram'] as const)('on %s', (platform) => {
  it('a message is in the mirror as soon as it is told, whoever wrote it', async () => {
    await using world = await open(platform);
    const { inbound, outbound, thread, at } = world;
    const attachments = [{ type: 'image', payload: { url: 'https://cdn.example/1.jpg' } }];

    await world.tell([
      { ...inbound, message: { mid: MID, text: 'Hello', reply_to: { mid: 'm_before' } } },
      { ...outbound, message: { mid: 'm_echo', is_echo: true, app_id: 1, attachments } },
    ]);

    expect(await world.message(MID)).toMatchObject({
      text: 'Hello',
      direction: 'inbound',
      from_id: thread.customer.id,
      from_name: thread.customer.name,
      conversation_id: thread.id,
      reply_to: 'm_before',
      source: 'webhook',
      created_time: new Date(at),
    });
    expect(await world.message('m_echo')).toMatchObject({ direction: 'outbound', from_id: world.account, attachments });
    expect(await world.conversation(thread.id)).toMatchObject({
      updated_time: new Date(Math.floor(at / 1000) * 1000),
    });
    expect(await statuses(world)).toEqual(['applied']);
  });

  it('reactions are those of the last word of each person', async () => {
    await using world = await open(platform);
    await told(world);
    const react = (sender: string, timestamp: number, reaction: Json) =>
      world.tell([{ ...world.inbound, sender: { id: sender }, timestamp, reaction: { mid: MID, ...reaction } }]);

    await react(world.customer, 2_000_000_000_000, { action: 'react', reaction: 'love', emoji: '❤' });
    await react(world.customer, 1_999_999_999_000, { action: 'react', reaction: 'wow', emoji: '😮' });
    expect((await world.message(MID))?.['reactions']).toEqual([
      { reaction: 'love', emoji: '❤', users: [{ id: world.customer }] },
    ]);

    await react(world.customer, 2_000_000_001_000, { action: 'unreact' });
    expect((await world.message(MID))?.['reactions']).toEqual([]);
  });

  it('what was unsent is empty, and nothing brings it back', async () => {
    await using world = await open(platform);
    const canary = 'canary-in-the-text';
    const message = {
      mid: MID,
      text: canary,
      attachments: [{ type: 'image', payload: { url: `https://x/${canary}` } }],
    };
    const event = { ...world.inbound, message };
    await world.tell([event]);
    await world.tell([{ ...world.inbound, message_edit: { mid: MID, text: `${canary} again`, num_edit: 1 } }]);

    await world.tell([{ ...world.inbound, message: { mid: MID, is_deleted: true } }]);
    await world.tell([event], { time: world.at + 99_000 });

    expect(await world.message(MID)).toMatchObject({
      text: null,
      attachments: [],
      reactions: [],
      raw: { id: MID },
      deleted_at: new Date(world.at),
      conversation_id: world.thread.id,
    });
    expect((await dump(world)).includes(canary)).toBe(false);
  });

  it('what was unsent before it came never shows', async () => {
    await using world = await open(platform);
    const canary = 'canary-in-the-text';

    await world.tell([{ ...world.inbound, message: { mid: MID, is_deleted: true } }]);
    await world.tell([{ ...world.inbound, message: { mid: MID, text: canary } }]);

    expect(await world.message(MID)).toMatchObject({ text: null, deleted_at: new Date(world.at) });
    expect((await dump(world)).includes(canary)).toBe(false);
  });

  it('events of a thread that another app answers are as good as its own', async () => {
    await using world = await open(platform);

    await world.tell([{ ...world.inbound, message: { mid: MID, text: 'Hello' } }], { as: 'standby' });

    expect(await world.message(MID)).toMatchObject({ text: 'Hello' });
  });
});

/** Every row of every table, as text. */
async function dump({ client }: Pick<ToldWorld, 'client'>): Promise<string> {
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'`,
  );
  expect(tables.length).toBeGreaterThan(10);
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await client.query<{ row: string }>(`SELECT to_jsonb(each)::text AS row FROM "${name}" AS each`);
    texts.push(...rows.map(({ row }) => row));
  }
  return texts.join('\n');
}

describe('an edit', () => {
  it('stands whichever comes first, and the last one stands above the others', async () => {
    await using world = await open();
    const edit = (text: string, num_edit: number | string) =>
      world.tell([{ ...world.inbound, message_edit: { mid: MID, text, num_edit } }]);

    await edit('second', '2');
    await told(world, 'first of all');
    await edit('first', 1);

    expect(await world.message(MID)).toMatchObject({ text: 'second', edited_at: new Date(world.at) });
  });

  it('stands above what Facebook shows as it was written', async () => {
    await using world = await open();
    const { simulator, facebookPageId, thread } = world;
    const { messageId } = simulator.world.newMessage(facebookPageId, thread.id, { text: 'as written' });
    await world.tell([{ ...world.inbound, message_edit: { mid: messageId, text: 'edited', num_edit: 1 } }]);

    await world.tidemark.sync({ facebookPageId });
    expect(await world.message(messageId)).toMatchObject({ text: 'edited', source: 'sync' });
    await world.tidemark.sync({ facebookPageId, forceFull: true });
    expect(await world.message(messageId)).toMatchObject({ text: 'edited' });
  });

  it('gives way to a later one that was never told, once Facebook shows it', async () => {
    await using world = await open();
    const { simulator, facebookPageId, thread } = world;
    const { messageId } = simulator.world.newMessage(facebookPageId, thread.id, { text: 'as written' });
    await world.tidemark.sync({ facebookPageId });
    await world.tell([{ ...world.inbound, message_edit: { mid: messageId, text: 'edited', num_edit: 1 } }]);

    simulator.world.editMessage(messageId, 'edited again');
    await world.tidemark.sync({ facebookPageId, forceFull: true });
    expect(await world.message(messageId)).toMatchObject({ text: 'edited again' });

    await world.tell([{ ...world.inbound, message_edit: { mid: messageId, text: 'edited', num_edit: 1 } }]);
    expect(await world.message(messageId)).toMatchObject({ text: 'edited again' });
  });
});

describe('a sync', () => {
  it('shows more of a message than was told, and keeps what was told besides', async () => {
    await using world = await open();
    const { simulator, facebookPageId, thread } = world;
    const { messageId: mid } = simulator.world.newMessage(facebookPageId, thread.id, { text: 'Hello' });
    await world.tell([
      { ...world.inbound, message: { mid, text: 'Hello' } },
      { ...world.inbound, reaction: { mid, action: 'react', reaction: 'love', emoji: '❤' } },
    ]);

    await world.tidemark.sync({ facebookPageId });

    expect(await world.message(mid)).toMatchObject({
      source: 'webhook',
      raw: { id: mid, message: 'Hello' },
      reactions: [{ reaction: 'love', emoji: '❤', users: [{ id: world.customer }] }],
    });
  });

  it('takes the reactions that Facebook shows for more than what was told before', async () => {
    await using world = await open();
    const { simulator, facebookPageId, thread } = world;
    const { messageId: mid } = simulator.world.newMessage(facebookPageId, thread.id, { from: 'page', text: 'Hello' });
    await world.tell([{ ...world.inbound, reaction: { mid, action: 'react', reaction: 'love' } }]);
    simulator.world.react(mid, 'wow');

    await world.tidemark.sync({ facebookPageId });
    expect((await world.message(mid))?.['reactions']).toMatchObject([{ reaction: 'wow' }]);

    simulator.world.react(mid, undefined);
    await world.tidemark.sync({ facebookPageId, forceFull: true });
    expect((await world.message(mid))?.['reactions']).toEqual([]);
  });

  it('that began before an unsend does not bring anything of it back', async () => {
    await using world = await open();
    const { simulator, facebookPageId, thread, client } = world;
    const canary = 'canary-in-the-text';
    const { messageId: mid } = simulator.world.newMessage(facebookPageId, thread.id, { text: canary });
    let isTold = false;
    // The list with its snippet was answered, and so will be the messages: as they were.
    simulator.world.onCall(async () => {
      if (isTold) return;
      isTold = true;
      await world.tell([{ ...world.inbound, message: { mid, is_deleted: true } }]);
    });
    await world.tidemark.sync({ facebookPageId });

    expect(await world.message(mid)).toMatchObject({ text: null, attachments: [] });
    expect((await dump({ client })).includes(canary)).toBe(false);
  });
});

describe('how far the contact has read', () => {
  it('only moves forward', async () => {
    await using world = await open();
    const receipt = (name: 'read' | 'delivery', watermark: number) =>
      world.tell([{ sender: world.inbound.sender, recipient: world.inbound.recipient, [name]: { watermark } }]);

    await receipt('read', 1_700_000_000_000);
    await receipt('read', 1_600_000_000_000);
    await receipt('delivery', 1_700_000_001_000);

    expect(await world.conversation(world.thread.id)).toMatchObject({
      read_at: new Date(1_700_000_000_000),
      delivered_at: new Date(1_700_000_001_000),
    });
  });

  it('is the time of a message on Instagram, which is waited for', async () => {
    await using world = await open('instagram');
    await world.tell([{ ...world.inbound, read: { mid: MID } }]);
    expect(await statuses(world)).toEqual(['waiting']);

    await told(world);
    await world.apply();

    const toTheSecond = Math.floor(world.at / 1000) * 1000;
    expect(await world.conversation(world.thread.id)).toMatchObject({ read_at: new Date(toTheSecond) });
    expect(await statuses(world)).toEqual(['applied', 'applied']);
  });
});

describe('a message of somebody who is not known', () => {
  it.each(['messenger', 'instagram'] as const)('brings the conversation, with one call, on %s', async (platform) => {
    await using world = await open(platform);
    const { simulator, facebookPageId } = world;
    const happening = simulator.world.newConversation(facebookPageId, { platform, messages: [{ text: 'Before' }, {}] });
    const thread = must(simulator.world.findConversation(happening.conversationId), 'it was just made');
    const from = { ...world.inbound, sender: { id: thread.customer.id } };
    world.takeCalls();

    await world.tell([
      { ...from, message: { mid: happening.messageId, text: 'Hello' } },
      { ...from, message: { mid: 'm_more', text: 'More' } },
      { ...from, message_edit: { mid: 'm_more', text: 'More!', num_edit: 1 } },
    ]);

    expect(world.takeCalls()).toBe(1);
    expect(await statuses(world)).toEqual(['applied']);
    expect(await world.message('m_more')).toMatchObject({ text: 'More!', conversation_id: thread.id });
    expect(await world.message(happening.messageId)).toMatchObject({ conversation_id: thread.id, source: 'sync' });
  });

  it('waits while Facebook does not show it, and comes with any sync that brings it', async () => {
    await using world = await open();
    const { simulator, facebookPageId } = world;
    const { conversationId } = simulator.world.newConversation(facebookPageId);
    const { customer } = must(simulator.world.findConversation(conversationId), 'it was just made');
    simulator.world.deleteConversation(conversationId);
    await world.tell([{ ...world.inbound, sender: { id: customer.id }, message: { mid: MID, text: 'Hello' } }]);
    await world.apply();
    expect(await world.deliveries()).toMatchObject([{ status: 'waiting', waits_for: [`contact:${customer.id}`] }]);

    simulator.world.restoreConversation(conversationId);
    await world.tidemark.sync({ facebookPageId });
    await world.apply();
    expect(await world.message(MID)).toMatchObject({ text: 'Hello', conversation_id: conversationId });
  });
});

describe('a delivery', () => {
  it('about a Page that is not connected waits for it', async () => {
    await using world = await openToldWorld({ version: 17, simulator: { conversations: 2 }, connect: false });
    const facebookPageId = must(world.pageIds[0], 'a world has a Page');
    const [thread] = world.simulator.world.truth(facebookPageId).conversations;
    const event = { sender: { id: thread?.customer.id }, recipient: { id: facebookPageId }, timestamp: Date.now() };
    await world.tell([{ ...event, message: { mid: MID, text: 'Hello' } }]);
    expect(await world.deliveries()).toMatchObject([{ status: 'waiting', waits_for: [`page:${facebookPageId}`] }]);

    await world.tidemark.pages.connect(world.simulator.world.tokens.user);
    await world.tidemark.sync({ facebookPageId });
    await world.apply();

    expect(await world.message(MID)).toMatchObject({ text: 'Hello' });
  });

  it.each([
    ['an unknown kind of event', { messaging: [{ sender: { id: '1' }, recipient: { id: '2' }, something_new: {} }] }],
    ['a change without its value', { changed_fields: ['messages'] }],
    ['a change of another field', { changes: [{ field: 'feed', value: { item: 'post' } }] }],
    [
      'a message without an id',
      { messaging: [{ sender: { id: '1' }, recipient: { id: '2' }, message: { text: 'x' } }] },
    ],
  ])('of %s is kept, and told as such', async (_name, entry) => {
    await using world = await openToldWorld({ version: 17, simulator: { conversations: 1 } });
    await world.deliver({ object: 'page', entry: [{ id: world.pageIds[0], time: 1, ...entry }] });
    await world.apply();

    const [delivery] = await world.deliveries();
    expect(delivery).toMatchObject({ status: 'ignored' });
    expect(JSON.stringify(delivery?.['outcome'])).toContain('unknown');
  });

  it.each([
    ['no JSON', '<html>'],
    ['a list', '[]'],
    ['nothing', ''],
  ])('that is %s is kept as failed', async (_name, body) => {
    await using world = await openToldWorld({ version: 17, simulator: { conversations: 1 } });
    await world.deliver(body);
    await world.apply();

    expect(await world.deliveries()).toMatchObject([
      { status: 'failed', body, error: expect.stringContaining('JSON') },
    ]);
  });

  it('of a thousand events of which some are odd does what the others say', async () => {
    await using world = await open();
    const events = Array.from({ length: 1000 }, (_, index) =>
      index % 100 === 0
        ? { odd: index }
        : {
            ...world.inbound,
            timestamp: world.at + index,
            message: { mid: `m_${index}`, text: `Text ${index}\0\uD800` },
          },
    );

    await world.tell(events);

    const { rows } = await world.client.query(`SELECT text FROM facebook_messages WHERE source = 'webhook'`);
    expect(rows).toHaveLength(990);
    expect(await world.message('m_999')).toMatchObject({ text: 'Text 999\uFFFD\uFFFD' });
    expect(await world.deliveries()).toMatchObject([{ status: 'ignored', outcome: { message: 990 } }]);
  });

  it('that the database refuses is put aside, and holds up no other', async () => {
    await using world = await open();
    await world.client.query(`ALTER TABLE facebook_messages ADD CONSTRAINT mine CHECK (text <> 'refused')`);
    const message = (mid: string, text: string) => ({ ...world.inbound, message: { mid, text } });
    const entry = (events: readonly Json[]) => [{ id: world.account, time: 1, messaging: events }];
    await world.deliver({ object: 'page', entry: entry([message('m_1', 'refused')]) });
    await world.deliver({ object: 'page', entry: entry([message('m_2', 'taken')]) });

    await world.apply();

    expect(await world.deliveries()).toMatchObject([
      { status: 'failed', error: expect.stringContaining('mine') },
      { status: 'applied' },
    ]);
    expect(await world.message('m_2')).toMatchObject({ text: 'taken' });
  });

  it('told again changes no row', async () => {
    await using world = await open();
    const events = [
      { ...world.inbound, message: { mid: MID, text: 'Hello' } },
      { ...world.inbound, message_edit: { mid: MID, text: 'Hello!', num_edit: 1 } },
      { ...world.inbound, reaction: { mid: MID, action: 'react', reaction: 'love' } },
      { ...world.inbound, read: { watermark: world.at } },
    ];
    await world.tell(events);
    const before = [await world.message(MID), await world.conversation(world.thread.id)];

    await world.tell(events, { time: Date.now() + 60_000 });

    expect([await world.message(MID), await world.conversation(world.thread.id)]).toEqual(before);
  });
});
