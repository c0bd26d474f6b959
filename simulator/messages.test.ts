import { describe, expect, it } from 'vitest';
import { must } from '../src/lib/must.ts';
import { ask, conversationAt, firstPage, idsOf, startSmall, walk } from '../test/support/simulator/ask.ts';
import type { Shown, ShownError, ShownList } from '../test/support/simulator/ask.ts';
import type { ConversationTruth } from './truth.ts';
import type { Simulator } from './server.ts';

const DEEP = { conversations: 3, messagesPerConversation: { min: 130, max: 130, mean: 130 } };

const truthOf = (simulator: Simulator, conversationId: string): ConversationTruth =>
  must(
    simulator.world.truth(firstPage(simulator).id).conversations.find(({ id }) => id === conversationId),
    'the conversation is listed',
  );

const newestFirst = (truth: ConversationTruth): string[] => truth.messages.toReversed().map(({ id }) => id);

describe('the messages edge', () => {
  it('shows id and created_time by default, 25 at a time, newest first', async () => {
    await using simulator = await startSmall(DEEP);
    const { id } = conversationAt(simulator, 0);
    const { json } = await ask<ShownList>(simulator, `${id}/messages`);
    expect(json.data.map(({ id: messageId }) => messageId)).toEqual(newestFirst(truthOf(simulator, id)).slice(0, 25));
    expect(Object.keys(must(json.data[0], 'a message')).toSorted()).toEqual(['created_time', 'id']);
  });

  it('can be walked to the first message', async () => {
    await using simulator = await startSmall(DEEP);
    const { id } = conversationAt(simulator, 1);
    const parameters = { limit: 50, fields: 'created_time' };
    const pages = await walk(simulator, `${id}/messages`, { parameters });
    expect(pages.map(({ data }) => data.length)).toEqual([50, 50, 30]);
    expect(idsOf(pages)).toEqual(newestFirst(truthOf(simulator, id)));
    const times = pages.flatMap(({ data }) => data.map((shown) => Date.parse(String(shown['created_time']))));
    const truth = truthOf(simulator, id).messages.map(({ createdTime }) => Date.parse(createdTime));
    expect(times).toEqual(truth.toReversed());
  });

  it('goes on from the cursor of nested messages', async () => {
    await using simulator = await startSmall(DEEP);
    const { id } = conversationAt(simulator, 0);
    const fields = 'id,messages.limit(20){id,from{name}}';
    const { json } = await ask<Shown>(simulator, id, { parameters: { fields } });
    const nested = json['messages'] as ShownList;
    expect(nested.data).toHaveLength(20);
    const next = new URL(must(nested.paging?.next, 'there are older messages'));
    expect(next.pathname).toBe(`/v25.0/${id}/messages`);
    expect(next.searchParams.get('fields')).toBe('id,from{name}');
    const deeper = await ask<ShownList>(simulator, next.href, { token: '' });
    expect(deeper.json.data.map(({ id: messageId }) => messageId)).toEqual(
      newestFirst(truthOf(simulator, id)).slice(20, 40),
    );
  });

  it('has no next for nested messages that all fit', async () => {
    await using simulator = await startSmall({ messagesPerConversation: { min: 6, max: 6, mean: 6 } });
    const parameters = { fields: 'messages.limit(6){id}' };
    const { json } = await ask<ShownList>(simulator, `${firstPage(simulator).id}/conversations`, { parameters });
    const nested = must(json.data[0], 'a conversation')['messages'] as ShownList;
    expect(nested.paging).toEqual({ cursors: { before: expect.any(String), after: expect.any(String) } });
  });

  it('keeps its place while messages arrive, and loses it with the message of the cursor', async () => {
    await using simulator = await startSmall(DEEP);
    const { id: pageId } = firstPage(simulator);
    const { id } = conversationAt(simulator, 0);
    const first = await ask<ShownList>(simulator, `${id}/messages`, { parameters: { limit: 10 } });
    const after = must(first.json.paging, 'a list with items has cursors').cursors.after;
    const before = newestFirst(truthOf(simulator, id));
    for (let count = 0; count < 3; count += 1) simulator.world.newMessage(pageId, id);
    const second = await ask<ShownList>(simulator, `${id}/messages`, { parameters: { limit: 10, after } });
    expect(second.json.data.map((message) => message.id)).toEqual(before.slice(10, 20));
    simulator.world.deleteMessage(must(before[9], 'the message of the cursor'));
    const dead = await ask<ShownError>(simulator, `${id}/messages`, { parameters: { after } });
    expect(dead.json.error).toMatchObject({ code: 100, message: '(#100) Invalid cursors values' });
  });
});

describe('a message', () => {
  it('shows text, sender, receiver and tags as recorded', async () => {
    await using simulator = await startSmall();
    const page = firstPage(simulator);
    const { id } = conversationAt(simulator, 0);
    const { messageId } = simulator.world.newMessage(page.id, id, { from: 'page', text: 'Chào Chin' });
    const { customer } = truthOf(simulator, id);
    const fields = 'id,from,to,message,created_time,tags';
    const { json } = await ask(simulator, messageId, { parameters: { fields } });
    expect(json).toEqual({
      id: messageId,
      from: { name: 'Page 1', email: `${page.id}@facebook.com`, id: page.id },
      to: { data: [{ name: customer.name, email: `${customer.id}@facebook.com`, id: customer.id }] },
      message: 'Chào Chin',
      created_time: expect.stringMatching(/\+0000$/),
      tags: { data: [{ name: 'inbox' }, { name: 'read' }, { name: 'sent' }, { name: 'source:web' }] },
    });
  });

  it('shows stickers with empty text, and media without any', async () => {
    await using simulator = await startSmall();
    const { id } = firstPage(simulator);
    const sticker = simulator.world.newMessage(id, undefined, { sticker: true });
    const media = simulator.world.newMessage(id, undefined, { attachments: ['image', 'video', 'file', 'placeholder'] });
    const parameters = { fields: 'message,sticker,attachments' };
    const shownSticker = await ask(simulator, sticker.messageId, { parameters });
    expect(shownSticker.json).toEqual({
      id: sticker.messageId,
      message: '',
      sticker: expect.stringMatching(/^https:/),
    });
    const shownMedia = await ask(simulator, media.messageId, { parameters });
    expect(shownMedia.json).not.toHaveProperty('message');
    const { data, paging } = shownMedia.json['attachments'] as ShownList;
    expect(data.map((attachment) => Object.keys(attachment))).toEqual([
      ['id', 'mime_type', 'name', 'size', 'image_data'],
      ['id', 'mime_type', 'name', 'size', 'video_data'],
      ['id', 'mime_type', 'name', 'size', 'file_url'],
      ['id', 'name'],
    ]);
    expect(paging?.cursors).toEqual({ before: 'MAZDZD', after: 'MAZDZD' });
    const behind = await ask<ShownList>(simulator, must(paging?.next, 'attachments always show a next'), { token: '' });
    expect(behind.json).toEqual({ data: [] });
  });

  it('signs media anew every day', async () => {
    let now = Date.parse('2026-11-20T10:00:00Z');
    await using simulator = await startSmall({ now: () => now });
    const { messageId } = simulator.world.newMessage(firstPage(simulator).id, undefined, { attachments: ['file'] });
    const urlOf = async (): Promise<URL> => {
      const { json } = await ask(simulator, messageId, { parameters: { fields: 'attachments' } });
      const { data } = json['attachments'] as ShownList<{ id: string; file_url: string }>;
      return new URL(must(data[0], 'an attachment').file_url);
    };
    const today = await urlOf();
    expect((await urlOf()).href).toBe(today.href);
    const expiresAt = Number.parseInt(must(today.searchParams.get('oe'), 'a signature'), 16) * 1000;
    expect(expiresAt).toBeGreaterThan(now);
    now += 24 * 3_600_000;
    const tomorrow = await urlOf();
    expect(tomorrow.href).not.toBe(today.href);
    expect(tomorrow.pathname).toBe(today.pathname);
  });

  it('shows the members of a share only when they are asked for by name', async () => {
    await using simulator = await startSmall();
    const { messageId } = simulator.world.newMessage(firstPage(simulator).id, undefined, { share: true });
    const bare = await ask(simulator, messageId, { parameters: { fields: 'shares' } });
    const [share] = (bare.json['shares'] as ShownList).data;
    expect(Object.keys(must(share, 'a share'))).toEqual(['id']);
    const named = await ask(simulator, messageId, { parameters: { fields: 'shares{id,link,name}' } });
    const [full] = (named.json['shares'] as ShownList).data;
    expect(full).toMatchObject({ link: expect.stringContaining('https://'), name: expect.any(String) });
  });

  it('shows replies and reactions', async () => {
    await using simulator = await startSmall();
    const { id: pageId } = firstPage(simulator);
    const { id } = conversationAt(simulator, 0);
    const first = simulator.world.newMessage(pageId, id);
    const reply = simulator.world.newMessage(pageId, id, { from: 'page', replyTo: first.messageId });
    simulator.world.react(reply.messageId, '❤');
    const { json } = await ask(simulator, reply.messageId, { parameters: { fields: 'reply_to,reactions' } });
    expect(json['reply_to']).toEqual({ mid: first.messageId, is_self_reply: false });
    const { customer } = truthOf(simulator, id);
    expect(json['reactions']).toMatchObject({ data: [{ reaction: '❤', users: [{ id: customer.id }] }] });
  });

  it.each([
    ['nul', 'a\u0000after the NUL'],
    ['lone-surrogate', '\uDE00a\uD83D'],
  ] as const)('carries %s text exactly', async (odd, expected) => {
    await using simulator = await startSmall();
    const { messageId } = simulator.world.newMessage(firstPage(simulator).id, undefined, { odd, text: 'a' });
    const { json } = await ask(simulator, messageId, { parameters: { fields: 'message' } });
    expect(json['message']).toBe(expected);
  });

  it('is missing once unsent, with the recorded error', async () => {
    await using simulator = await startSmall();
    const { messageId } = simulator.world.newMessage(firstPage(simulator).id);
    simulator.world.deleteMessage(messageId);
    const { status, json, headers } = await ask<ShownError>(simulator, messageId);
    expect(status).toBe(400);
    expect(json.error).toMatchObject({ code: 100, error_subcode: 33, type: 'GraphMethodException' });
    expect(json.error.message).toContain(`Object with ID '${messageId}' does not exist`);
    expect(headers.get('www-authenticate')).toContain('OAuth "Facebook Platform" "invalid_request"');
  });
});

describe('the rule of the newest messages', () => {
  it('lists older Instagram messages bare and answers their details as deleted', async () => {
    await using simulator = await startSmall({
      conversations: 0,
      instagramConversations: 1,
      messagesPerConversation: { min: 30, max: 30, mean: 30 },
    });
    const page = firstPage(simulator);
    const truth = must(simulator.world.truth(page.id).conversations[0], 'a conversation');
    const parameters = { limit: 30, fields: 'id,created_time,from,message' };
    const { json } = await ask<ShownList>(simulator, `${truth.id}/messages`, { parameters });
    expect(json.data).toHaveLength(30);
    expect(json.data.slice(0, 20).every((message) => 'from' in message)).toBe(true);
    expect(json.data.slice(20).every((message) => Object.keys(message).length === 2)).toBe(true);
    const [oldest] = truth.messages;
    const single = await ask<ShownError>(simulator, must(oldest, 'a message').id, {
      parameters: { fields: 'message' },
    });
    expect(single.status).toBe(400);
    expect(single.json.error.message).toContain('deleted');
  });

  it('can be put in force on Messenger too', async () => {
    await using simulator = await startSmall({ ...DEEP, readableMessages: { messenger: 20 } });
    const { id } = conversationAt(simulator, 0);
    const messageId = must(newestFirst(truthOf(simulator, id))[20], 'the 21st message');
    expect((await ask(simulator, messageId, { parameters: { fields: 'message' } })).status).toBe(400);
    simulator.rules.readableMessages.messenger = Infinity;
    expect((await ask(simulator, messageId, { parameters: { fields: 'message' } })).status).toBe(200);
  });
});

describe('reads of single things', () => {
  it('show the recorded defaults of a conversation', async () => {
    await using simulator = await startSmall();
    const { id } = conversationAt(simulator, 0);
    const { json } = await ask(simulator, id);
    expect(Object.keys(json).toSorted()).toEqual(
      ['id', 'link', 'message_count', 'snippet', 'unread_count', 'updated_time'].toSorted(),
    );
  });

  it('answer several ids as an object, threads and messages mixed', async () => {
    await using simulator = await startSmall();
    const threads = [conversationAt(simulator, 0).id, conversationAt(simulator, 1).id];
    const message = must(newestFirst(truthOf(simulator, must(threads[0], 'a thread')))[0], 'a message');
    const ids = [...threads, message].join(',');
    const { json } = await ask<Record<string, Shown>>(simulator, '', { parameters: { ids, fields: 'id' } });
    expect(Object.keys(json)).toEqual([...threads, message]);
    expect(json[message]).toEqual({ id: message });
  });

  it('fail together when one of several ids is bad, or when they are more than 50', async () => {
    await using simulator = await startSmall();
    const { id } = conversationAt(simulator, 0);
    const bad = await ask<ShownError>(simulator, '', { parameters: { ids: `${id},t_404` } });
    expect(bad.json.error).toMatchObject({ code: 100, error_subcode: 33 });
    const ids = Array.from({ length: 51 }, () => id).join(',');
    const many = await ask<ShownError>(simulator, '', { parameters: { ids } });
    expect(many.json.error.message).toContain('Too many IDs');
  });

  it('tell unknown objects from unknown edges', async () => {
    await using simulator = await startSmall();
    const unknown = await ask<ShownError>(simulator, 't_404');
    expect(unknown.json.error).toMatchObject({ code: 100, error_subcode: 33 });
    const edge = await ask<ShownError>(simulator, `${firstPage(simulator).id}/wishes`);
    expect(edge.json.error).toMatchObject({ code: 2500, message: 'Unknown path components: /wishes' });
  });
});
