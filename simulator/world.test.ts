import { describe, expect, it } from 'vitest';
import { must } from '../src/lib/must.ts';
import { toSettings } from './options.ts';
import { createWorld } from './world.ts';
import type { SimulatorOptions } from './options.ts';
import type { World } from './world.ts';

const START_AT = Date.parse('2026-11-20T10:00:00Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const worldOf = (options: SimulatorOptions = {}): World => {
  const { world, rules } = toSettings({ pages: 2, conversations: 200, now: () => START_AT, ...options });
  return createWorld(world, rules);
};

const pageIdOf = (world: World): string => must(world.pages[0], 'a Page').id;

describe('a world', () => {
  it('is the same for the same seed, down to every text', () => {
    const [left, right] = [worldOf({ seed: 4, oddShare: 0.05 }), worldOf({ seed: 4, oddShare: 0.05 })];
    expect(left.pages.map(({ id, name, token }) => ({ id, name, token }))).toEqual(
      right.pages.map(({ id, name, token }) => ({ id, name, token })),
    );
    expect(left.truth(pageIdOf(left))).toEqual(right.truth(pageIdOf(right)));
    expect(left.tokens.user).toBe(right.tokens.user);
  });

  it('stays the same after the same happenings', () => {
    const worlds = [worldOf({ seed: 4 }), worldOf({ seed: 4 })];
    for (const world of worlds) world.activity({ pageId: pageIdOf(world), newMessages: 20, newConversations: 5 });
    const [left, right] = worlds.map((world) => world.truth(pageIdOf(world)));
    expect(left).toEqual(right);
  });

  it('is another one for another seed', () => {
    expect(pageIdOf(worldOf({ seed: 1 }))).not.toBe(pageIdOf(worldOf({ seed: 2 })));
  });

  it('moves with its start: same contents, other times', () => {
    const early = worldOf();
    const late = worldOf({ now: () => START_AT + DAY_MS });
    const [first, shifted] = [early, late].map((world) => world.truth(pageIdOf(world)).conversations[0]);
    expect(shifted?.id).toBe(first?.id);
    expect(Date.parse(shifted?.updatedTime ?? '') - Date.parse(first?.updatedTime ?? '')).toBe(DAY_MS);
  });

  it('begins with conversations between 90 days and one hour old, each as recent as its last message', () => {
    const { conversations } = worldOf().truth(pageIdOf(worldOf()));
    expect(conversations).toHaveLength(200);
    for (const { updatedTime, messages } of conversations) {
      const updatedAt = Date.parse(must(updatedTime, 'no odd data in this world'));
      expect(updatedAt).toBeLessThanOrEqual(START_AT - HOUR_MS);
      expect(updatedAt).toBeGreaterThanOrEqual(START_AT - 90 * DAY_MS - 1000);
      expect(messages.at(-1)?.createdTime).toBe(updatedTime);
    }
  });

  it('has as many messages per conversation as asked for', () => {
    const world = worldOf({ conversations: 2000 });
    const counts = world.truth(pageIdOf(world)).conversations.map(({ messages }) => messages.length);
    expect(Math.min(...counts)).toBe(1);
    expect(Math.max(...counts)).toBe(25);
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    expect(mean).toBeGreaterThan(7.5);
    expect(mean).toBeLessThan(8.5);
  });

  it('can hold deep conversations', () => {
    const world = worldOf({ conversations: 2, messagesPerConversation: { min: 400, max: 400, mean: 400 } });
    const [conversation] = world.truth(pageIdOf(world)).conversations;
    expect(conversation?.messages).toHaveLength(400);
    expect(new Set(conversation?.messages.map(({ id }) => id)).size).toBe(400);
  });

  it('names Pages, threads and messages in the recorded forms, all of them once', () => {
    const world = worldOf();
    expect(world.pages.map(({ name }) => name)).toEqual(['Page 1', 'Page 2']);
    const conversations = world.pages.flatMap(({ id }) => world.truth(id).conversations);
    for (const { id } of conversations) expect(id).toMatch(/^t_\d{15}$/);
    const messageIds = conversations.flatMap(({ messages }) => messages.map(({ id }) => id));
    for (const id of messageIds) expect(id).toMatch(/^m_[\w-]{86}$/);
    expect(new Set(messageIds).size).toBe(messageIds.length);
    expect(new Set(conversations.map(({ id }) => id)).size).toBe(400);
  });

  it('has Instagram ids of the recorded length, which decode to the recorded form', () => {
    const world = worldOf({ conversations: 0, instagramConversations: 5 });
    const [conversation] = world.truth(pageIdOf(world)).conversations;
    const messageId = must(conversation?.messages[0], 'a message').id;
    expect(messageId.length).toBeGreaterThan(155);
    expect(messageId.length).toBeLessThan(185);
    const plain = Buffer.from(messageId.replaceAll('ZD', '=').replaceAll('ZA', 'Z'), 'base64').toString();
    expect(plain).toMatch(/^ig_dm_item:1:IGMessageID:\d{17}:\d{39}:\d{35}$/);
    expect(world.findMessage(messageId)?.conversation.id).toBe(conversation?.id);
  });

  it('finds every message by its id and nothing by a foreign or cut id', () => {
    const world = worldOf({ conversations: 20, oddShare: 0.2 });
    for (const { id: pageId } of world.pages) {
      for (const { id, messages } of world.truth(pageId).conversations) {
        for (const message of messages) {
          const found = world.findMessage(message.id);
          expect(found?.conversation.id).toBe(id);
          expect(found?.message.text).toBe(message.text);
        }
      }
    }
    const known = must(world.truth(pageIdOf(world)).conversations[0]?.messages[0], 'a message').id;
    expect(world.findMessage(`${known.slice(0, -2)}AA`)).toBeUndefined();
    expect(world.findMessage(known.slice(0, 40))).toBeUndefined();
    expect(world.findMessage('m_mid.1414517590484:4a52ecd944c0691a57')).toBeUndefined();
  });

  it('holds every kind of content, and every oddity when asked for odd data', () => {
    const world = worldOf({ conversations: 1500, oddShare: 0.05 });
    const { conversations } = world.truth(pageIdOf(world));
    const messages = conversations.flatMap((conversation) => conversation.messages);
    const kinds = new Set(messages.flatMap(({ attachments }) => attachments.map(({ kind }) => kind)));
    expect([...kinds].toSorted()).toEqual(['audio', 'file', 'image', 'placeholder', 'video']);
    expect(messages.some(({ sticker, text }) => sticker !== undefined && text === '')).toBe(true);
    expect(messages.some(({ shares }) => shares.length > 0)).toBe(true);
    expect(messages.some(({ reactions }) => reactions.length > 0)).toBe(true);
    expect(messages.some(({ replyTo }) => replyTo !== undefined && world.findMessage(replyTo) !== undefined)).toBe(
      true,
    );
    expect(messages.some(({ from }) => from === undefined)).toBe(true);
    expect(messages.some(({ text }) => text?.includes('\u0000') === true)).toBe(true);
    expect(messages.some(({ text }) => text?.isWellFormed() === false)).toBe(true);
    expect(messages.some(({ text }) => text?.length === 20_000)).toBe(true);
    expect(messages.some(({ id }) => id.length > 250)).toBe(true);
    expect(conversations.some(({ participants }) => participants === undefined)).toBe(true);
    expect(conversations.some(({ participants }) => participants?.length === 1)).toBe(true);
    expect(conversations.some(({ customer }) => customer.name === undefined)).toBe(true);
    expect(conversations.some(({ updatedTime }) => updatedTime === undefined)).toBe(true);
    expect(conversations.some(({ id }) => id.length > 150)).toBe(true);
  });

  it('has no odd data unless asked', () => {
    const world = worldOf({ conversations: 500 });
    const { conversations } = world.truth(pageIdOf(world));
    for (const { participants, updatedTime, messages } of conversations) {
      expect(participants).toHaveLength(2);
      expect(updatedTime).toBeDefined();
      for (const { from, text } of messages) {
        expect(from).toBeDefined();
        expect((text ?? '').isWellFormed()).toBe(true);
      }
    }
  });

  it('starts quickly with 50,000 conversations', { timeout: 20_000 }, () => {
    const world = worldOf({ pages: 1, conversations: 50_000 });
    expect(must(world.pages[0], 'a Page').timelines.messenger.size).toBe(50_000);
    expect(world.pages[0]?.conversations.every(({ messages }) => messages === undefined)).toBe(true);
  });
});
