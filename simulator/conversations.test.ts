import { describe, expect, it } from 'vitest';
import { must } from '../src/lib/must.ts';
import { ask, conversationAt, firstPage, idsOf, startSmall, walk } from '../test/support/simulator/ask.ts';
import type { ShownError, ShownList } from '../test/support/simulator/ask.ts';

const EVERYTHING =
  'id,updated_time,message_count,unread_count,snippet,link,participants,senders,can_reply,former_participants,' +
  'is_subscribed,scoped_thread_key,messages.limit(3){id,created_time,from,to,message,attachments,shares,sticker,tags}';

describe('the list of conversations', () => {
  it('shows id and updated_time by default, 25 at a time, newest first', async () => {
    await using simulator = await startSmall();
    const page = firstPage(simulator);
    const { status, json } = await ask<ShownList>(simulator, `${page.id}/conversations`);
    expect(status).toBe(200);
    expect(json.data).toHaveLength(25);
    expect(json.data.map((shown) => Object.keys(shown).toSorted())).toEqual(
      Array.from({ length: 25 }, () => ['id', 'updated_time']),
    );
    const truth = simulator.world.truth(page.id).conversations;
    expect(json.data.map(({ id }) => id)).toEqual(truth.slice(0, 25).map(({ id }) => id));
    expect(json.data[0]?.['updated_time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/);
  });

  it('shows the recorded fields with the truth in them', async () => {
    await using simulator = await startSmall();
    const page = firstPage(simulator);
    const { json } = await ask<ShownList>(simulator, `${page.id}/conversations`, {
      parameters: { fields: EVERYTHING },
    });
    const shown = must(json.data[0], 'a conversation');
    const truth = must(simulator.world.truth(page.id).conversations[0], 'a conversation');
    const customer = { name: truth.customer.name, email: `${truth.customer.id}@facebook.com`, id: truth.customer.id };
    const self = { name: 'Page 1', email: `${page.id}@facebook.com`, id: page.id };
    expect(shown).toMatchObject({
      id: truth.id,
      message_count: truth.messageCount,
      unread_count: truth.unreadCount,
      snippet: truth.snippet,
      link: truth.link,
      participants: { data: [customer, self] },
      senders: { data: [customer, self] },
      former_participants: { data: [] },
      can_reply: true,
      scoped_thread_key: truth.id,
    });
    expect(Date.parse(String(shown['updated_time']))).toBe(Date.parse(must(truth.updatedTime, 'no odd data')));
    const { messages } = shown as unknown as { messages: ShownList };
    const newest = truth.messages.toReversed().slice(0, 3);
    expect(messages.data.map(({ id }) => id)).toEqual(newest.map(({ id }) => id));
    expect(messages.data.map(({ message }) => message)).toEqual(newest.map(({ text }) => text));
  });

  it('can be walked to the end by cursors, every conversation once, with no next on the last page', async () => {
    await using simulator = await startSmall({ conversations: 95 });
    const page = firstPage(simulator);
    const pages = await walk(simulator, `${page.id}/conversations`, { parameters: { limit: 10 } });
    expect(pages).toHaveLength(10);
    expect(pages.at(-1)?.paging).toEqual({ cursors: expect.anything(), previous: expect.any(String) });
    expect(idsOf(pages)).toEqual(simulator.world.truth(page.id).conversations.map(({ id }) => id));
  });

  it('ends exactly at the edge of a page', async () => {
    await using simulator = await startSmall({ conversations: 20 });
    const pages = await walk(simulator, `${firstPage(simulator).id}/conversations`, { parameters: { limit: 10 } });
    expect(pages.map(({ data }) => data.length)).toEqual([10, 10]);
  });

  it('carries the token in clear in next, and next works by itself', async () => {
    await using simulator = await startSmall();
    const page = firstPage(simulator);
    const parameters = { limit: 7, fields: 'id,snippet', platform: 'messenger' };
    const { json } = await ask<ShownList>(simulator, `${page.id}/conversations`, { parameters });
    const next = must(json.paging?.next, 'there are more pages');
    expect(next).toContain(`access_token=${page.token}`);
    expect(new URL(next).searchParams.get('fields')).toBe('id,snippet');
    const following = await ask<ShownList>(simulator, next, { token: '' });
    expect(following.json.data.map(({ id }) => id)).toEqual(
      simulator.world
        .truth(page.id)
        .conversations.slice(7, 14)
        .map(({ id }) => id),
    );
    const back = must(following.json.paging?.previous, 'the second page has a previous one');
    const first = await ask<ShownList>(simulator, back, { token: '' });
    expect(first.json.data).toEqual(json.data);
  });

  it('shows a next with nothing behind it when told to, and then an empty page', async () => {
    await using simulator = await startSmall({ conversations: 20, phantomNext: true });
    const pages = await walk(simulator, `${firstPage(simulator).id}/conversations`, { parameters: { limit: 10 } });
    expect(pages.map(({ data }) => data.length)).toEqual([10, 10, 0]);
    expect(pages.at(-1)).toEqual({ data: [] });
  });

  it('silently serves a greater limit with its cap', async () => {
    await using simulator = await startSmall({ conversations: 150, listCap: 60 });
    const { json } = await ask<ShownList>(simulator, `${firstPage(simulator).id}/conversations`, {
      parameters: { limit: 500 },
    });
    expect(json.data).toHaveLength(60);
  });

  it('answers an empty Page with an empty list and nothing else', async () => {
    await using simulator = await startSmall({ conversations: 0 });
    const { json } = await ask<ShownList>(simulator, `${firstPage(simulator).id}/conversations`);
    expect(json).toEqual({ data: [] });
  });

  it('escapes as Facebook does: ASCII only, slashes escaped', async () => {
    await using simulator = await startSmall();
    const { id } = firstPage(simulator);
    simulator.world.newMessage(id, conversationAt(simulator, 0).id, { text: 'Dạ/shop 😊' });
    const { text, json } = await ask<ShownList>(simulator, `${id}/conversations`, {
      parameters: { fields: 'snippet' },
    });
    expect(text).toMatch(/^[ -~]*$/);
    expect(text).toContain(String.raw`D\u1ea1\/shop \ud83d\ude0a`);
    expect(json.data[0]?.['snippet']).toBe('Dạ/shop 😊');
  });

  it('serves any version, and none, under the same paths', async () => {
    await using simulator = await startSmall();
    const { id, token } = firstPage(simulator);
    const bare = await fetch(`${simulator.url}/${id}/conversations?access_token=${token}&limit=1`);
    expect(bare.headers.get('facebook-api-version')).toBe('v21.0');
    const versioned = await fetch(`${simulator.url}/v26.0/me/conversations?access_token=${token}&limit=1`);
    expect(versioned.headers.get('facebook-api-version')).toBe('v26.0');
    expect(((await versioned.json()) as ShownList).data).toEqual(((await bare.json()) as ShownList).data);
  });

  it('dates its answers by the clock of the world', async () => {
    await using simulator = await startSmall({ now: () => Date.parse('2026-11-20T10:00:00Z') });
    const { headers } = await ask(simulator, `${firstPage(simulator).id}/conversations`);
    expect(headers.get('date')).toBe('Fri, 20 Nov 2026 10:00:00 GMT');
  });

  it('refuses an unknown field, a broken field list and a bad limit', async () => {
    await using simulator = await startSmall();
    const path = `${firstPage(simulator).id}/conversations`;
    const unknown = await ask<ShownError>(simulator, path, { parameters: { fields: 'id,subject' } });
    expect(unknown.status).toBe(400);
    expect(unknown.json.error).toMatchObject({
      message: '(#100) Tried accessing nonexisting field (subject) on node type (UnifiedThread)',
      type: 'OAuthException',
      code: 100,
      fbtrace_id: expect.stringMatching(/^A\w{22}$/),
    });
    const nested = await ask<ShownError>(simulator, path, { parameters: { fields: 'messages{id,wrong}' } });
    expect(nested.json.error.message).toContain('(wrong) on node type (Message)');
    const broken = await ask<ShownError>(simulator, path, { parameters: { fields: 'messages{id' } });
    expect(broken.json.error.code).toBe(2500);
    const limit = await ask<ShownError>(simulator, path, { parameters: { limit: 'many' } });
    expect(limit.json.error.code).toBe(100);
  });

  it('gives the one thread of a person by user_id', async () => {
    await using simulator = await startSmall();
    const page = firstPage(simulator);
    const truth = must(simulator.world.truth(page.id).conversations[12], 'a conversation');
    const path = `${page.id}/conversations`;
    const found = await ask<ShownList>(simulator, path, { parameters: { user_id: truth.customer.id } });
    expect(found.json).toEqual({ data: [{ id: truth.id }] });
    const none = await ask<ShownList>(simulator, path, { parameters: { user_id: '5' } });
    expect(none.json).toEqual({ data: [] });
  });

  it('keeps Instagram apart, with usernames and no emails', async () => {
    await using simulator = await startSmall({ instagramConversations: 4 });
    const page = firstPage(simulator);
    const parameters = { platform: 'instagram', fields: 'id,participants' };
    const { json } = await ask<ShownList>(simulator, `${page.id}/conversations`, { parameters });
    const truth = simulator.world.truth(page.id).conversations.filter(({ platform }) => platform === 'instagram');
    expect(json.data.map(({ id }) => id)).toEqual(truth.map(({ id }) => id));
    const people = truth[0]?.participants?.map(({ id, name }) => ({ username: name, id }));
    expect(json.data[0]?.['participants']).toEqual({ data: people });
  });

  it('leaves out what odd data lacks', async () => {
    await using simulator = await startSmall({ conversations: 0 });
    const { id: pageId } = firstPage(simulator);
    for (const odd of ['no-updated-time', 'page-only', 'no-participants', 'no-name'] as const) {
      simulator.world.newConversation(pageId, { odd, messages: [{ odd: 'no-from' }] });
    }
    const parameters = { fields: 'updated_time,participants,messages{from,message}' };
    const { json } = await ask<ShownList>(simulator, `${pageId}/conversations`, { parameters });
    const [noName, noParticipants, pageOnly, noTime] = json.data;
    expect(noTime).not.toHaveProperty('updated_time');
    expect(pageOnly?.['participants']).toMatchObject({ data: [{ id: pageId }] });
    expect(noParticipants).not.toHaveProperty('participants');
    expect(noName?.['participants']).toEqual({
      data: [{ email: expect.any(String), id: expect.any(String) }, expect.objectContaining({ name: 'Page 1' })],
    });
    expect(noName?.['messages']).toMatchObject({ data: [expect.not.objectContaining({ from: expect.anything() })] });
  });

  it('says too much data when limit times messages passes the threshold, and not below', async () => {
    await using simulator = await startSmall({ tooMuchData: 200 });
    const path = `${firstPage(simulator).id}/conversations`;
    const parameters = { limit: 11, fields: 'id,messages.limit(20){id}' };
    const tooMuch = await ask<ShownError>(simulator, path, { parameters });
    expect(tooMuch.status).toBe(500);
    expect(tooMuch.json.error).toMatchObject({
      code: 1,
      message: "Please reduce the amount of data you're asking for, then retry your request",
    });
    expect((await ask(simulator, path, { parameters: { ...parameters, limit: 10 } })).status).toBe(200);
    expect((await ask(simulator, path, { parameters: { limit: 100 } })).status).toBe(200);
  });

  it('fails lists but not single reads of a Page above the volume limit', async () => {
    await using simulator = await startSmall();
    const page = firstPage(simulator);
    page.listingFails = true;
    const truth = must(simulator.world.truth(page.id).conversations[0], 'a conversation');
    expect((await ask(simulator, `${page.id}/conversations`)).status).toBe(500);
    const parameters = { user_id: truth.customer.id };
    expect((await ask(simulator, `${page.id}/conversations`, { parameters })).status).toBe(200);
    expect((await ask(simulator, truth.id)).status).toBe(200);
  });
});
