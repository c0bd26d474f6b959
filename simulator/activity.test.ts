import { describe, expect, it } from 'vitest';
import { must } from '../src/lib/must.ts';
import { toSettings } from './options.ts';
import { createWorld } from './world.ts';
import type { ConversationTruth } from './truth.ts';
import type { World } from './world.ts';

const START_AT = Date.parse('2026-11-20T10:00:00Z');

const worldAt = (clock: { now: number }): { world: World; pageId: string } => {
  const settings = toSettings({ pages: 1, conversations: 40, now: () => clock.now });
  const world = createWorld(settings.world, settings.rules);
  return { world, pageId: must(world.pages[0], 'a Page').id };
};

const setUp = (): { world: World; pageId: string; clock: { now: number } } => {
  const clock = { now: START_AT };
  return { ...worldAt(clock), clock };
};

const find = (world: World, pageId: string, id: string): ConversationTruth =>
  must(
    world.truth(pageId).conversations.find((conversation) => conversation.id === id),
    `conversation ${id} is listed`,
  );

const oldest = (world: World, pageId: string): ConversationTruth =>
  must(world.truth(pageId).conversations.at(-1), 'a conversation');

describe('activity', () => {
  it('puts a conversation with a new message on top and counts it', () => {
    const { world, pageId } = setUp();
    const before = oldest(world, pageId);
    const happening = world.newMessage(pageId, before.id, { text: 'Here I am' });
    const after = must(world.truth(pageId).conversations[0], 'a conversation');
    expect(after).toMatchObject({
      id: before.id,
      messageCount: must(before.messageCount, 'Messenger counts') + 1,
      unreadCount: must(before.unreadCount, 'Messenger counts') + 1,
      snippet: 'Here I am',
      updatedTime: '2026-11-20T10:00:00Z',
    });
    expect(after.messages.at(-1)).toMatchObject({ id: happening.messageId, text: 'Here I am', sentByPage: false });
    expect(after.messages.slice(0, -1)).toEqual(before.messages);
  });

  it('reads the thread when the Page answers', () => {
    const { world, pageId } = setUp();
    const { id } = oldest(world, pageId);
    world.newMessage(pageId, id);
    world.newMessage(pageId, id, { from: 'page' });
    expect(find(world, pageId, id).unreadCount).toBe(0);
  });

  it('puts a late message between the others without moving the thread', () => {
    const { world, pageId } = setUp();
    const before = oldest(world, pageId);
    const createdAt = Date.parse(must(before.messages[0], 'a message').createdTime) - 5000;
    const { messageId } = world.newMessage(pageId, before.id, { createdAt });
    const after = find(world, pageId, before.id);
    expect(after.messages[0]?.id).toBe(messageId);
    expect(after.updatedTime).toBe(before.updatedTime);
    expect(oldest(world, pageId).id).toBe(before.id);
  });

  it('edits, reacts and reads without moving the thread', () => {
    const { world, pageId, clock } = setUp();
    const { id } = oldest(world, pageId);
    const target = must(find(world, pageId, id).messages[0], 'a message');
    const before = find(world, pageId, id);
    clock.now += 60_000;
    world.editMessage(target.id, 'Corrected');
    world.react(target.id, 'love');
    world.markRead(id);
    const after = find(world, pageId, id);
    expect(after.messages[0]).toMatchObject({ text: 'Corrected', numberOfEdits: 1, reactions: [{ reaction: 'love' }] });
    expect(after.unreadCount).toBe(0);
    expect(after.updatedTime).toBe(before.updatedTime);
    expect(oldest(world, pageId).id).toBe(id);
    world.react(target.id, undefined);
    expect(find(world, pageId, id).messages[0]?.reactions).toEqual([]);
  });

  it('keeps unsent messages apart and leaves the thread where it is', () => {
    const { world, pageId } = setUp();
    const before = oldest(world, pageId);
    const { messageId } = world.newMessage(pageId, before.id);
    const moved = find(world, pageId, before.id);
    world.deleteMessage(messageId);
    const after = find(world, pageId, before.id);
    expect(after.messages).toEqual(before.messages);
    expect(after.deletedMessages.map(({ id }) => id)).toEqual([messageId]);
    expect(after.messageCount).toBe(before.messageCount);
    expect(after.updatedTime).toBe(moved.updatedTime);
    expect(world.findMessage(messageId)).toBeUndefined();
    expect(() => world.deleteMessage(messageId)).toThrow(/no message/);
  });

  it('never gives a number twice after a deletion', () => {
    const { world, pageId } = setUp();
    const { id } = oldest(world, pageId);
    const given = Array.from({ length: 4 }, () => {
      const { messageId } = world.newMessage(pageId, id);
      world.deleteMessage(messageId);
      return messageId;
    });
    expect(new Set(given).size).toBe(4);
  });

  it('takes a deleted conversation away whole and brings it back where it was', () => {
    const { world, pageId } = setUp();
    const before = world.truth(pageId).conversations;
    const gone = must(before[10], 'a conversation');
    world.deleteConversation(gone.id);
    const { conversations, deletedConversations } = world.truth(pageId);
    expect(conversations).toHaveLength(before.length - 1);
    expect(deletedConversations).toEqual([gone]);
    expect(() => world.newMessage(pageId, gone.id)).toThrow(/no conversation/);
    expect(world.findMessage(must(gone.messages[0], 'a message').id)).toBeUndefined();
    world.restoreConversation(gone.id);
    expect(world.truth(pageId).conversations).toEqual(before);
  });

  it('spreads seeded traffic over distinct conversations, then opens new ones', () => {
    const { world, pageId } = setUp();
    const known = new Set(world.truth(pageId).conversations.map(({ id }) => id));
    const happenings = world.activity({ pageId, newMessages: 15, newConversations: 4 });
    const touched = happenings.slice(0, 15).map(({ conversationId }) => conversationId);
    expect(new Set(touched).size).toBe(15);
    expect(touched.every((id) => known.has(id))).toBe(true);
    const opened = happenings.slice(15).map(({ conversationId }) => conversationId);
    expect(opened).toHaveLength(4);
    expect(opened.some((id) => known.has(id))).toBe(false);
    expect(world.truth(pageId).conversations).toHaveLength(44);
  });

  it('makes odd things when asked by name', () => {
    const { world, pageId } = setUp();
    const { conversationId } = world.newConversation(pageId, {
      odd: 'page-only',
      messages: [{ odd: 'no-text' }, { odd: 'no-from' }, { odd: 'nul', text: 'a' }, { sticker: true }],
    });
    const { participants, messages } = find(world, pageId, conversationId);
    expect(participants?.map(({ id }) => id)).toEqual([pageId]);
    expect(messages.map(({ text }) => text)).toEqual([undefined, expect.any(String), 'a\u0000after the NUL', '']);
    expect(messages[1]?.from).toBeUndefined();
  });

  it('refuses what is not there by name', () => {
    const { world, pageId } = setUp();
    expect(() => world.newMessage('1')).toThrow('This world has no Page 1.');
    expect(() => world.newMessage(pageId, 't_1')).toThrow('This world has no conversation t_1.');
    expect(() => world.editMessage('m_1', '')).toThrow('This world has no message m_1.');
  });
});
