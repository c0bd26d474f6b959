/** What the simulator's Instagram shows of a Page's conversations, read through the same source as Messenger's. */
import { describe, expect, test } from 'vitest';
import { recordingLimits, testClient } from '../../test/support/graph/ports.ts';
import { firstPage, startSmall } from '../../test/support/simulator/ask.ts';
import type { SimulatorOptions } from '../../simulator/options.ts';
import type { MessageWish } from '../../simulator/compose-message.ts';
import type { MessageSnapshot, Platform } from '../core/model.ts';
import type { ListRequest } from '../core/ports.ts';
import { must } from '../lib/must.ts';
import { Secret } from '../lib/secret.ts';
import { openPageSource } from './page-source.ts';
import type { ItemProblem } from './paging.ts';

const DEEP = { instagramConversations: 1, messagesPerConversation: { min: 30, max: 30, mean: 30 } };

async function openInstagram(options: SimulatorOptions = {}) {
  const simulator = await startSmall({ conversations: 1, instagramConversations: 3, ...options });
  const page = firstPage(simulator);
  const account = must(page.instagram, 'an account');
  const client = testClient(simulator.url);
  const problems: ItemProblem[] = [];
  const limits = recordingLimits();
  const open = (platform: Platform) =>
    openPageSource({
      client,
      facebookPageId: page.id,
      instagramAccountId: account.id,
      platform,
      token: new Secret(page.token),
      limits,
      onProblem: (problem) => problems.push(problem),
    });
  return {
    simulator,
    page,
    account,
    problems,
    limits,
    source: open('instagram'),
    messenger: open('messenger'),
    truth: () => simulator.world.truth(page.id, 'instagram').conversations,
    write: (wish: MessageWish = {}) =>
      simulator.world.newMessage(page.id, undefined, { platform: 'instagram', ...wish }),
    async [Symbol.asyncDispose]() {
      await client.close();
      await simulator.close();
    },
  };
}

const LINK = expect.stringContaining('oe=') as unknown;
const TEXT = expect.any(String) as unknown;

type Instagram = Awaited<ReturnType<typeof openInstagram>>;

const list = (extra: Partial<ListRequest> = {}): ListRequest => ({
  limit: 100,
  after: undefined,
  messages: 0,
  since: undefined,
  ...extra,
});

/** Every way in which messages come: with a list, with their conversation, by their own list. */
async function newestInEveryWay({ source }: Instagram): Promise<MessageSnapshot[]> {
  const conversation = must((await source.listConversations(list({ limit: 1, messages: 5 }))).items[0], 'one');
  const single = await source.fetchConversation({ conversationId: conversation.id, messages: 5 });
  const { items } = await source.listMessages({ conversationId: conversation.id, limit: 5, after: undefined });
  return [conversation.messages?.items[0], single?.messages?.items[0], items[0]].map((it) => must(it, 'a message'));
}

describe('conversations', () => {
  test('have the same ids, people and times in a list, with messages and by themselves', async () => {
    await using instagram = await openInstagram();
    const { source, account, truth, problems } = instagram;
    const light = await source.listConversations(list());
    const nested = await source.listConversations(list({ messages: 20 }));
    const singles = await Promise.all(
      light.items.map(({ id }) => source.fetchConversation({ conversationId: id, messages: 0 })),
    );
    expect(light.items).toHaveLength(3);
    for (const [index, { id, customer, updatedTime }] of truth().entries()) {
      const shown = must(light.items[index], 'a conversation');
      expect(shown).toMatchObject({
        id,
        updatedAt: Date.parse(must(updatedTime, 'a time')),
        contact: { id: customer.id, username: customer.name, name: undefined, email: undefined },
        messageCount: undefined,
        unreadCount: undefined,
      });
      expect(shown.participants.map((person) => person.id)).toEqual([customer.id, account.id]);
      expect(nested.items[index]?.raw).toEqual(shown.raw);
      expect(singles[index]?.raw).toEqual(shown.raw);
    }
    expect(problems).toEqual([]);
  });
});

describe('a message', () => {
  test('is whole however it comes, with its long id and the user name of its sender', async () => {
    await using instagram = await openInstagram();
    const { messageId } = instagram.write({ text: 'Hello' });
    const { customer } = must(instagram.truth()[0], 'a conversation');
    expect(messageId.length).toBeGreaterThan(150);
    for (const shown of await newestInEveryWay(instagram)) {
      expect(shown).toMatchObject({
        id: messageId,
        text: 'Hello',
        direction: 'inbound',
        from: { id: customer.id, username: customer.name, name: undefined, email: undefined },
      });
    }
    instagram.write({ from: 'page' });
    for (const shown of await newestInEveryWay(instagram)) expect(shown.direction).toBe('outbound');
  });

  test.each<[string, MessageWish, object]>([
    ['the story that it answers', { story: 'reply', text: 'Nice' }, { story: { reply_to: { link: LINK, id: TEXT } } }],
    ['the story it is mentioned in', { story: 'mention' }, { story: { mention: { link: LINK, id: TEXT } } }],
    ['that it cannot be shown', { unsupported: true }, { is_unsupported: true }],
    ['a share', { share: true }, { shares: { data: [expect.objectContaining({ link: TEXT })] } }],
    ['a picture', { attachments: ['image'] }, { attachments: { data: [{ id: TEXT, image_data: { url: LINK } }] } }],
  ])('keeps %s', async (_what, wish, raw) => {
    await using instagram = await openInstagram();
    instagram.write(wish);
    for (const shown of await newestInEveryWay(instagram)) expect(shown.raw).toMatchObject(raw);
  });

  test('keeps its reactions', async () => {
    await using instagram = await openInstagram();
    const { messageId } = instagram.write();
    instagram.simulator.world.react(messageId, '❤');
    const { id, name } = instagram.account;
    for (const { reactions } of await newestInEveryWay(instagram)) {
      expect(reactions).toEqual([{ reaction: '❤', users: [{ username: name, id }] }]);
    }
  });
});

describe('messages past the newest 20', () => {
  const walk = async ({ source, truth }: Instagram) => {
    const { id } = must(truth()[0], 'a conversation');
    const found: MessageSnapshot[] = [];
    let after: string | undefined;
    do {
      const page = await source.listMessages({ conversationId: id, limit: 15, after });
      found.push(...page.items);
      after = page.after;
    } while (after !== undefined);
    return found;
  };
  const newestFirst = ({ truth }: Instagram) => must(truth()[0], 'a conversation').messages.toReversed();
  const isBare = ({ raw }: MessageSnapshot) => Object.keys(raw).toSorted().join() === 'created_time,id';

  test('come bare, and are told from those without a text', async () => {
    await using instagram = await openInstagram(DEEP);
    instagram.write({ story: 'mention' });
    const messages = await walk(instagram);
    expect(messages.map(({ id }) => id)).toEqual(newestFirst(instagram).map(({ id }) => id));
    expect(messages.map(isBare)).toEqual(messages.map((_message, at) => at >= 20));
    expect(messages[0]?.text).toBe('');
    expect(messages[20]).toMatchObject({ text: undefined, from: undefined, createdAt: expect.any(Number) });
  });

  test('do not come when Facebook hides them', async () => {
    await using instagram = await openInstagram({ ...DEEP, instagram: { olderMessages: 'hidden' } });
    expect((await walk(instagram)).map(({ id }) => id)).toEqual(
      newestFirst(instagram)
        .slice(0, 20)
        .map(({ id }) => id),
    );
  });
});

describe('a list that is refused because an older message "has been deleted"', () => {
  const refused = { type: 'error', code: 100, message: '(#100) This message has been deleted.' } as const;
  const listing = { conversationId: 'aWdfdGhyZWFk', limit: 1, after: 'QVFI' };

  test('is asked for less, and then for ids and times alone', async () => {
    await using instagram = await openInstagram(DEEP);
    const { source, simulator, truth, problems } = instagram;
    const conversation = must(truth()[0], 'a conversation');
    simulator.faults.add({ match: { kind: 'messages' }, times: 2, effect: refused });
    const request = { conversationId: conversation.id, after: undefined };
    await expect(source.listMessages({ ...request, limit: 100 })).rejects.toMatchObject({ kind: 'too-much-data' });
    const { items } = await source.listMessages({ ...request, limit: 1 });
    expect(items).toHaveLength(conversation.messages.length);
    expect(items.every(({ raw }) => Object.keys(raw).length === 2)).toBe(true);
    expect(problems).toEqual([]);
  });

  test('ends where not even those are shown, and says so', async () => {
    await using instagram = await openInstagram(DEEP);
    const { source, simulator, truth, problems } = instagram;
    const { id } = must(truth()[0], 'a conversation');
    simulator.faults.add({ match: { kind: 'messages' }, times: 2, effect: refused });
    expect(await source.listMessages({ ...listing, conversationId: id })).toEqual({ items: [], after: undefined });
    expect(problems).toEqual([
      expect.objectContaining({ conversationId: id, reason: expect.stringContaining('has been deleted') }),
    ]);
  });

  test('is no word about the conversation or the Page', async () => {
    await using instagram = await openInstagram(DEEP);
    const { source, simulator, truth } = instagram;
    const { id } = must(truth()[0], 'a conversation');
    simulator.faults.add({ times: 2, effect: refused });
    await expect(source.listConversations(list({ messages: 20 }))).rejects.toMatchObject({ kind: 'too-much-data' });
    await expect(source.fetchConversation({ conversationId: id, messages: 20 })).rejects.toMatchObject({
      kind: 'too-much-data',
      code: 'GRAPH_ERROR',
    });
    simulator.faults.add({ effect: { ...refused, message: '(#100) This conversation has been deleted.' } });
    expect(await source.fetchConversation({ conversationId: id, messages: 20 })).toBeUndefined();
  });
});

describe('a permission that is gone', () => {
  test.each(['instagram_manage_messages', 'instagram_basic'] as const)('is named: %s', async (scope) => {
    await using instagram = await openInstagram();
    const { source, messenger, page, simulator, truth } = instagram;
    simulator.world.tokens.revoke(scope, page);
    const conversationId = must(truth()[0], 'a conversation').id;
    for (const asked of [
      source.listConversations(list()),
      source.fetchConversation({ conversationId, messages: 1 }),
      source.listMessages({ conversationId, limit: 5, after: undefined }),
    ]) {
      await expect(asked).rejects.toMatchObject({
        code: 'PERMISSION_MISSING',
        kind: 'permission',
        message: expect.stringContaining(`the '${scope}' permission`),
      });
    }
    expect((await messenger.listConversations(list())).items).toHaveLength(1);
  });

  test('is named when Facebook does not, on Instagram only', async () => {
    await using instagram = await openInstagram();
    instagram.simulator.faults.add({ times: 2, effect: { type: 'error', code: 10 } });
    await expect(instagram.source.listConversations(list())).rejects.toMatchObject({
      code: 'PERMISSION_MISSING',
      message: expect.stringMatching(/needs the permissions instagram_basic and instagram_manage_messages\.$/u),
    });
    await expect(instagram.messenger.listConversations(list())).rejects.toMatchObject({
      message: expect.not.stringContaining('nstagram_'),
    });
  });
});

test('a full quota of Messenger says nothing of Instagram, and the other way round', async () => {
  await using instagram = await openInstagram();
  const { source, messenger, limits, simulator, page } = instagram;
  simulator.quotas.saturate({ pool: 'instagram', pageId: page.id, percent: 97 });
  await messenger.listConversations(list());
  await source.listConversations(list());
  const told = limits.usages.map((usages) => usages.filter(({ quota }) => quota !== 'app'));
  expect(told).toEqual([
    [{ quota: 'messenger', percent: expect.any(Number), regainMs: undefined }],
    [{ quota: 'instagram', percent: 97, regainMs: undefined }],
  ]);
});
