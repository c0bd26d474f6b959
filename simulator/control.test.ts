import { describe, expect, it } from 'vitest';
import { must } from '../src/lib/must.ts';
import { ask, conversationAt, firstPage, startSmall } from '../test/support/simulator/ask.ts';
import type { Happening } from './activity.ts';
import type { Simulator } from './server.ts';
import type { PageTruth } from './truth.ts';

const get = async <T>(simulator: Simulator, path: string): Promise<T> => {
  const response = await fetch(`${simulator.url}/_simulator/${path}`);
  expect(response.status).toBe(200);
  return (await response.json()) as T;
};

const post = async <T>(
  simulator: Simulator,
  path: string,
  input: unknown = {},
): Promise<{ status: number; json: T }> => {
  const response = await fetch(`${simulator.url}/_simulator/${path}`, { method: 'POST', body: JSON.stringify(input) });
  return { status: response.status, json: (await response.json()) as T };
};

describe('the control doors', () => {
  it('link and unlink an Instagram account, write on it and tell its truth alone', async () => {
    await using simulator = await startSmall({ conversations: 2 });
    const { id: pageId } = firstPage(simulator);
    const linked = await post<{ instagramId: string }>(simulator, 'instagram/link', { pageId });
    expect(firstPage(simulator).instagram?.id).toBe(linked.json.instagramId);
    const platform = 'instagram';
    await post(simulator, 'conversation', { pageId, platform });
    const { json } = await post<Happening>(simulator, 'message', { pageId, platform, story: 'mention' });
    const truth = await get<PageTruth>(simulator, `truth?page=${pageId}&platform=instagram`);
    expect(truth.conversations.map(({ messages }) => messages.at(-1)?.id)).toEqual([json.messageId]);
    await post(simulator, 'instagram/unlink', { pageId });
    expect(firstPage(simulator).instagram).toBeUndefined();
    const response = await fetch(`${simulator.url}/_simulator/truth?page=${pageId}&platform=myspace`);
    expect(response.status).toBe(400);
  });

  it('hand out what another process needs to begin', async () => {
    await using simulator = await startSmall({ pages: 2 });
    const { world } = simulator;
    const state = await get<Record<string, unknown>>(simulator, 'state');
    expect(state).toMatchObject({
      appId: world.settings.appId,
      appSecret: world.settings.appSecret,
      userToken: world.tokens.user,
      pages: world.pages.map(({ id, name, token }) => ({ id, name, token, conversations: 30 })),
    });
  });

  it('tell the truth, odd texts included', async () => {
    await using simulator = await startSmall();
    const { id } = firstPage(simulator);
    simulator.world.newMessage(id, undefined, { odd: 'lone-surrogate', text: 'a' });
    simulator.world.newMessage(id, undefined, { odd: 'nul', text: 'a' });
    const truth = await get<PageTruth>(simulator, `truth?page=${id}`);
    expect(truth).toEqual(JSON.parse(JSON.stringify(simulator.world.truth(id))));
    const texts = truth.conversations.flatMap(({ messages }) => messages.map(({ text }) => text));
    expect(texts).toEqual(expect.arrayContaining(['\uDE00a\uD83D', 'a\u0000after the NUL']));
  });

  it('make things happen', async () => {
    await using simulator = await startSmall();
    const { id: pageId } = firstPage(simulator);
    const { json } = await post<Happening[]>(simulator, 'activity', { pageId, newMessages: 3, newConversations: 1 });
    expect(json).toHaveLength(4);
    const { messageId, conversationId } = must(json[0], 'a happening');
    await post(simulator, 'message/edit', { messageId, text: 'New text' });
    expect(simulator.world.findMessage(messageId)?.message.text).toBe('New text');
    await post(simulator, 'message/delete', { messageId });
    expect(simulator.world.findMessage(messageId)).toBeUndefined();
    await post(simulator, 'conversation/mark-read', { conversationId });
    expect(simulator.world.findConversation(conversationId)?.unreadCount).toBe(0);
    await post(simulator, 'conversation/delete', { conversationId });
    expect(simulator.world.findConversation(conversationId)?.deleted).toBe(true);
    const wished = await post<Happening>(simulator, 'message', { pageId, text: 'By hand', from: 'page' });
    expect(simulator.world.findMessage(wished.json.messageId)?.message).toMatchObject({
      text: 'By hand',
      sentByPage: true,
    });
  });

  it('place faults, kill tokens, take permissions, fill pools and change rules', async () => {
    await using simulator = await startSmall();
    const { id: pageId } = firstPage(simulator);
    const statusOf = async (): Promise<number> => (await ask(simulator, `${pageId}/conversations`)).status;
    await post(simulator, 'faults', { effect: { type: 'html', status: 503 } });
    expect(await statusOf()).toBe(503);
    await post(simulator, 'permissions/revoke', { scope: 'pages_messaging', pageId });
    expect(await statusOf()).toBe(403);
    await post(simulator, 'permissions/grant', { scope: 'pages_messaging', pageId });
    await post(simulator, 'tokens/kill', { owner: pageId, subcode: 460 });
    expect(await statusOf()).toBe(400);
    const { json } = await post<{ token: string }>(simulator, 'tokens/renew', { owner: pageId });
    expect(json.token).toBe(firstPage(simulator).token);
    expect(await statusOf()).toBe(200);
    await post(simulator, 'rules', { listCap: 3 });
    const { json: list } = await ask<{ data: unknown[] }>(simulator, `${pageId}/conversations`);
    expect(list.data).toHaveLength(3);
    await post(simulator, 'rules', { instagram: { fields: 'all' }, readableMessages: { messenger: 7 } });
    expect(simulator.rules.instagram).toEqual({ fields: 'all', olderMessages: 'bare', unlinked: 'refused' });
    expect(simulator.rules.readableMessages).toEqual({ messenger: 7, instagram: 20 });
    await post(simulator, 'quotas', { pool: 'messenger', pageId, percent: 100 });
    expect(await statusOf()).toBe(400);
  });

  it('say what is wrong with a wish', async () => {
    await using simulator = await startSmall();
    expect(await post(simulator, 'message', { pageId: '1' })).toEqual({
      status: 400,
      json: { error: 'This world has no Page 1.' },
    });
    expect((await post<{ error: string }>(simulator, 'nonsense')).json.error).toContain('POST activity');
  });

  it('are no calls to Facebook', async () => {
    await using simulator = await startSmall();
    await get(simulator, 'state');
    expect(simulator.calls.all).toEqual([]);
  });
});

describe('the call log', () => {
  it('describes every call and never holds a token', async () => {
    await using simulator = await startSmall({ instagramConversations: 2 });
    const page = firstPage(simulator);
    const { id } = conversationAt(simulator, 0);
    const parameters = { limit: 7, since: 5, platform: 'instagram', fields: 'id,messages.limit(9){id}' };
    await ask(simulator, `${page.id}/conversations`, { parameters: { ...parameters, access_token: page.token } });
    await ask(simulator, `${id}/messages`);
    await ask(simulator, 'me/accounts', { token: simulator.world.tokens.user });
    await ask(simulator, 't_404');
    expect(simulator.calls.all).toMatchObject([
      {
        number: 1,
        kind: 'conversations',
        pageId: page.id,
        platform: 'instagram',
        limit: 7,
        messagesLimit: 9,
        since: '5',
        status: 200,
        items: 2,
        durationMs: expect.any(Number),
      },
      { kind: 'messages', pageId: page.id, objectId: id, limit: undefined, status: 200 },
      { kind: 'accounts', pageId: undefined, status: 200 },
      { kind: 'unknown', status: 400, code: 100 },
    ]);
    expect(simulator.calls.total).toMatchObject({ calls: 4, errors: 1 });
    expect(simulator.calls.ofPage(page.id)).toMatchObject({ calls: 2, byKind: { conversations: 1, messages: 1 } });
    const log = JSON.stringify(simulator.calls.all) + JSON.stringify(simulator.calls.total);
    expect(log).not.toContain('EAA');
  });

  it('forgets on demand and goes on counting', async () => {
    await using simulator = await startSmall();
    await ask(simulator, 'me');
    simulator.calls.clear();
    expect(simulator.calls.all).toEqual([]);
    await ask(simulator, 'me');
    expect(simulator.calls.all).toMatchObject([{ number: 2 }]);
  });

  it('tells listeners of a call before it is answered', async () => {
    await using simulator = await startSmall();
    const { id: pageId } = firstPage(simulator);
    const stop = simulator.world.onCall(async (call) => {
      await Promise.resolve();
      if (call.kind === 'conversations') simulator.world.newConversation(pageId, { messages: [{ text: 'Just now' }] });
    });
    const newest = async (): Promise<unknown> => {
      const parameters = { fields: 'snippet', limit: 1 };
      const { json } = await ask<{ data: { snippet: string }[] }>(simulator, `${pageId}/conversations`, { parameters });
      return json.data[0]?.snippet;
    };
    expect(await newest()).toBe('Just now');
    stop();
    await newest();
    expect(firstPage(simulator).timelines.messenger.size).toBe(31);
  });
});
