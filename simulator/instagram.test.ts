import { describe, expect, it } from 'vitest';
import { ask, firstPage, startSmall } from '../test/support/simulator/ask.ts';
import type { Shown, ShownError, ShownList } from '../test/support/simulator/ask.ts';
import { must } from '../src/lib/must.ts';
import type { Simulator } from './server.ts';
import type { SimulatorOptions } from './options.ts';
import type { ConversationTruth } from './truth.ts';

const ALL_FIELDS =
  'id,updated_time,message_count,unread_count,snippet,link,participants,senders,can_reply,folder,is_owner,' +
  'messages.limit(25){id,created_time,from,to,message,attachments,shares{id,link,name,template},sticker,tags,' +
  'reactions,reply_to,story,is_unsupported}';

const startInstagram = (options: SimulatorOptions = {}) =>
  startSmall({ conversations: 2, instagramConversations: 3, ...options });

const listPath = (simulator: Simulator): string => `${firstPage(simulator).id}/conversations`;

const listed = async (simulator: Simulator, parameters: Record<string, string | number> = {}) =>
  ask<ShownList & ShownError>(simulator, listPath(simulator), {
    parameters: { platform: 'instagram', fields: ALL_FIELDS, ...parameters },
  });

const truthOf = (simulator: Simulator): readonly ConversationTruth[] =>
  simulator.world.truth(firstPage(simulator).id, 'instagram').conversations;

const newestOf = async (simulator: Simulator): Promise<Shown> => {
  const { json } = await listed(simulator, { limit: 1 });
  const messages = must(json.data[0], 'a conversation')['messages'] as ShownList;
  return must(messages.data[0], 'a message');
};

describe('the Instagram account of a Page', () => {
  it('is there for as many Pages as asked for, with as many conversations as on Messenger', async () => {
    await using simulator = await startSmall({ pages: 3, conversations: 4, instagramPages: 2 });
    const parameters = { fields: 'id,instagram_business_account' };
    const token = simulator.world.tokens.user;
    const { json } = await ask<ShownList>(simulator, 'me/accounts', { parameters, token });
    expect(json.data.map((page) => 'instagram_business_account' in page)).toEqual([true, true, false]);
    expect(simulator.world.pages.map(({ timelines }) => timelines.instagram.size)).toEqual([4, 4, 0]);
  });

  it('can be taken away, with all that is shown of it, and comes back as it was', async () => {
    await using simulator = await startInstagram();
    const page = firstPage(simulator);
    const before = await listed(simulator);
    const [thread] = truthOf(simulator);
    const { id, messages } = must(thread, 'a conversation');
    const accountId = page.instagram?.id;

    simulator.world.unlinkInstagram(page.id);
    expect((await listed(simulator)).json.error).toMatchObject({ code: 100 });
    expect((await ask<ShownError>(simulator, id)).json.error).toMatchObject({ code: 100, error_subcode: 33 });
    const message = must(messages.at(-1), 'a message').id;
    expect((await ask<ShownError>(simulator, message)).json.error).toMatchObject({ code: 100, error_subcode: 33 });
    const fields = { parameters: { fields: 'instagram_business_account' } };
    expect((await ask(simulator, page.id, fields)).json).toEqual({ id: page.id });
    expect((await ask(simulator, listPath(simulator))).status).toBe(200);

    expect(simulator.world.linkInstagram(page.id)).toBe(accountId);
    expect((await listed(simulator)).json.data).toEqual(before.json.data);
  });

  it('answers an empty list while none is linked, when told to', async () => {
    await using simulator = await startSmall({ instagram: { unlinked: 'empty' } });
    expect((await listed(simulator)).json).toEqual({ data: [] });
  });

  it('can be given to a Page that has none, and then written to', async () => {
    await using simulator = await startSmall();
    const { id } = firstPage(simulator);
    expect(() => simulator.world.newConversation(id, { platform: 'instagram' })).toThrow('no Instagram account');
    expect(simulator.world.linkInstagram(id)).toMatch(/^178414\d{11}$/);
    const { conversationId } = simulator.world.newConversation(id, { platform: 'instagram' });
    expect((await listed(simulator)).json.data.map((thread) => thread.id)).toEqual([conversationId]);
  });
});

describe('an Instagram conversation', () => {
  it('has the fields that the documentation names, and no others', async () => {
    await using simulator = await startInstagram();
    const { json } = await listed(simulator);
    expect(json.data).toHaveLength(3);
    for (const thread of json.data) {
      expect(Object.keys(thread).toSorted()).toEqual(['id', 'is_owner', 'messages', 'participants', 'updated_time']);
    }
    expect(truthOf(simulator)[0]).toMatchObject({ messageCount: undefined, unreadCount: undefined, link: undefined });
    simulator.rules.instagram.fields = 'all';
    const whole = await listed(simulator);
    expect(whole.json.data[0]).toMatchObject({ message_count: expect.any(Number), snippet: expect.any(String) });
    expect(truthOf(simulator)[0]).toMatchObject({ messageCount: expect.any(Number), link: expect.any(String) });
  });

  it('is found by its id and by its person, on its own platform only', async () => {
    await using simulator = await startInstagram();
    const { id, customer } = must(truthOf(simulator)[1], 'a conversation');
    expect((await ask(simulator, id, { parameters: { fields: 'id' } })).json).toEqual({ id });
    const byPerson = await listed(simulator, { user_id: customer.id, fields: 'id' });
    expect(byPerson.json.data).toEqual([{ id }]);
    const elsewhere = await ask<ShownList>(simulator, listPath(simulator), { parameters: { user_id: customer.id } });
    expect(elsewhere.json.data).toEqual([]);
  });

  it('names people in messages by username and id alone', async () => {
    await using simulator = await startInstagram();
    const { json } = await listed(simulator);
    const messages = json.data.flatMap((thread) => (thread['messages'] as ShownList).data.slice(0, 20));
    for (const { id, from, to, tags } of messages) {
      expect(id).toMatch(/^aWdf/);
      const { data } = to as unknown as { data: readonly object[] };
      for (const person of [from as object, ...data]) expect(Object.keys(person)).toEqual(['username', 'id']);
      expect(tags).toBeUndefined();
    }
  });
});

describe('an Instagram message', () => {
  it('shows attachments by their address, without paging', async () => {
    await using simulator = await startInstagram();
    const { id } = firstPage(simulator);
    const attachments = ['image', 'video', 'audio'] as const;
    simulator.world.newMessage(id, undefined, { platform: 'instagram', attachments });
    const shown = await newestOf(simulator);
    expect(shown['attachments']).toEqual({
      data: [
        { id: expect.any(String), image_data: { url: expect.stringContaining('oe=') } },
        { id: expect.any(String), video_data: { url: expect.stringContaining('oe=') } },
        { id: expect.any(String), name: expect.any(String), file_url: expect.stringContaining('oe=') },
      ],
    });
    expect(shown).not.toHaveProperty('message');
    expect((await ask(simulator, `${shown.id}/attachments`)).json).toEqual(shown['attachments']);
  });

  it('shows the story that it answers, or in which the account was mentioned', async () => {
    await using simulator = await startInstagram();
    const { id } = firstPage(simulator);
    const story = { link: expect.stringContaining('oe='), id: expect.any(String) };
    simulator.world.newMessage(id, undefined, { platform: 'instagram', story: 'reply', text: 'Nice' });
    expect(await newestOf(simulator)).toMatchObject({ message: 'Nice', story: { reply_to: story } });
    simulator.world.newMessage(id, undefined, { platform: 'instagram', story: 'mention' });
    expect(await newestOf(simulator)).toMatchObject({ message: '', story: { mention: story } });
  });

  it('says is_unsupported only where it is', async () => {
    await using simulator = await startInstagram();
    const { id } = firstPage(simulator);
    simulator.world.newMessage(id, undefined, { platform: 'instagram', unsupported: true });
    const shown = await newestOf(simulator);
    expect(shown).toMatchObject({ is_unsupported: true });
    expect(shown).not.toHaveProperty('message');
    simulator.world.newMessage(id, undefined, { platform: 'instagram' });
    expect(await newestOf(simulator)).not.toHaveProperty('is_unsupported');
  });

  it('shows a share as a link, with the product when it is one of the shop', async () => {
    await using simulator = await startInstagram();
    const { id } = firstPage(simulator);
    const shares: object[] = [];
    for (let count = 0; count < 20; count += 1) {
      simulator.world.newMessage(id, undefined, { platform: 'instagram', share: true });
      shares.push(...((await newestOf(simulator))['shares'] as { data: readonly object[] }).data);
    }
    const kinds = new Set(shares.map((share) => Object.keys(share).join()));
    expect(kinds).toEqual(new Set(['link', 'link,template']));
    expect(shares.find((share) => 'template' in share)).toMatchObject({
      template: { payload: { product: { elements: { data: [{ price: expect.stringContaining('$') }] } } } },
    });
  });

  it('is edited, unsent and reacted to like any other', async () => {
    await using simulator = await startInstagram();
    const { world } = simulator;
    const { messageId } = world.newMessage(firstPage(simulator).id, undefined, { platform: 'instagram' });
    world.editMessage(messageId, 'Changed');
    world.react(messageId, '❤');
    const page = must(firstPage(simulator).instagram, 'an account');
    expect(await newestOf(simulator)).toMatchObject({
      id: messageId,
      message: 'Changed',
      reactions: { data: [{ reaction: '❤', users: [{ username: page.name, id: page.id }] }] },
    });
    world.deleteMessage(messageId);
    expect((await newestOf(simulator)).id).not.toBe(messageId);
    expect((await ask<ShownError>(simulator, messageId)).json.error).toMatchObject({ code: 100, error_subcode: 33 });
  });

  it('has nothing of Messenger, nor Messenger anything of it', async () => {
    await using simulator = await startInstagram();
    const { id } = firstPage(simulator);
    const sticker = () => simulator.world.newMessage(id, undefined, { platform: 'instagram', sticker: true });
    expect(sticker).toThrow('no stickers');
    expect(() => simulator.world.newMessage(id, undefined, { story: 'reply' })).toThrow('Only Instagram');
  });
});

describe('the newest 20 messages', () => {
  const DEEP = { conversations: 0, instagramConversations: 1, messagesPerConversation: { min: 30, max: 30, mean: 30 } };

  it('are all that a list shows, when older ones are hidden', async () => {
    await using simulator = await startInstagram({ ...DEEP, instagram: { olderMessages: 'hidden' } });
    const { id, messages } = must(truthOf(simulator)[0], 'a conversation');
    const newestFirst = messages.toReversed().map((message) => message.id);
    const all = await ask<ShownList>(simulator, `${id}/messages`, { parameters: { limit: 100 } });
    expect(all.json.data.map((message) => message.id)).toEqual(newestFirst.slice(0, 20));
    expect(all.json.paging).not.toHaveProperty('next');
    const first = await ask<ShownList>(simulator, `${id}/messages`, { parameters: { limit: 15 } });
    const after = must(first.json.paging?.cursors.after, 'a cursor');
    const rest = await ask<ShownList>(simulator, `${id}/messages`, { parameters: { limit: 15, after } });
    expect(rest.json.data.map((message) => message.id)).toEqual(newestFirst.slice(15, 20));
  });

  it('have attachments that can be read, and older ones do not', async () => {
    await using simulator = await startInstagram({ ...DEEP });
    const { id: pageId } = firstPage(simulator);
    const { messageId } = simulator.world.newMessage(pageId, undefined, {
      platform: 'instagram',
      attachments: ['image'],
    });
    expect((await ask(simulator, `${messageId}/attachments`)).status).toBe(200);
    const { id } = must(truthOf(simulator)[0], 'a conversation');
    for (let count = 0; count < 20; count += 1) simulator.world.newMessage(pageId, id);
    const refused = await ask<ShownError>(simulator, `${messageId}/attachments`);
    expect(refused.json.error.message).toContain('deleted');
  });

  it('are marked as readable in the truth', async () => {
    await using simulator = await startInstagram({ ...DEEP });
    const [{ messages }] = truthOf(simulator) as [ConversationTruth];
    expect(messages.map(({ isReadable }) => isReadable)).toEqual(messages.map((_message, at) => at >= 10));
    const whole = simulator.world.truth(firstPage(simulator).id, 'messenger').conversations;
    expect(whole).toEqual([]);
  });
});

it('needs both of its permissions, and Messenger none of them', async () => {
  await using simulator = await startInstagram();
  const page = firstPage(simulator);
  const { tokens } = simulator.world;
  for (const scope of ['instagram_manage_messages', 'instagram_basic'] as const) {
    tokens.revoke(scope, page);
    const refused = await listed(simulator);
    expect(refused.json.error).toMatchObject({ code: 10, message: expect.stringContaining(scope) });
    expect((await ask<ShownError>(simulator, must(truthOf(simulator)[0], 'a thread').id)).json.error.code).toBe(10);
    expect((await ask(simulator, listPath(simulator))).status).toBe(200);
    tokens.grant(scope, page);
    expect((await listed(simulator)).status).toBe(200);
  }
});

it('has a pace of its own, also for several ids at once', async () => {
  await using simulator = await startInstagram({ callsPerSecond: 2 });
  const page = firstPage(simulator);
  const instagram = truthOf(simulator).map(({ id }) => id);
  const messenger = simulator.world.truth(page.id, 'messenger').conversations.map(({ id }) => id);
  const read = (ids: readonly string[]) =>
    ask<ShownError>(simulator, '', { parameters: { ids: ids.slice(0, 2).join(), fields: 'id' } });
  expect((await read(instagram)).status).toBe(200);
  expect((await read(messenger)).status).toBe(200);
  expect((await listed(simulator)).json.error).toMatchObject({ code: 613 });
  expect(simulator.calls.violations.map(({ platform }) => platform)).toEqual(['instagram']);
});
