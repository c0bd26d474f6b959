import { describe, expect, it } from 'vitest';
import { describedApp } from '../../../test/support/http/described-app.ts';
import { BARE_CONVERSATION, CONVERSATION, PAGE_1 } from '../../../test/support/answers.ts';
import { createFakeTidemark } from '../../../test/support/fake-tidemark.ts';

describe('GET /api/conversations', () => {
  it('lists conversations and the cursor of what is older', async () => {
    const ask = await describedApp(createFakeTidemark());
    const first = await ask('/api/conversations?limit=1');
    const second = await ask('/api/conversations?limit=1&cursor=1');

    expect(first.body).toEqual({ success: true, conversations: [CONVERSATION], nextCursor: '1' });
    expect(second.body).toEqual({ success: true, conversations: [BARE_CONVERSATION], nextCursor: null });
  });

  it('hands every filter on, limit as a number', async () => {
    const tidemark = createFakeTidemark();
    const ask = await describedApp(tidemark);
    await ask(`/api/conversations?pageId=${PAGE_1.id}&platform=instagram&search=50%25%20caf%C3%A9&limit=200&cursor=1`);

    expect(tidemark.asked).toEqual([
      {
        method: 'conversations.list',
        given: { pageId: PAGE_1.id, platform: 'instagram', search: '50% café', limit: 200, cursor: '1' },
      },
    ]);
  });

  it('takes an empty parameter as one that was left out', async () => {
    const tidemark = createFakeTidemark();
    const ask = await describedApp(tidemark);
    await ask('/api/conversations?pageId=&search=&cursor=');

    expect(tidemark.asked[0]?.given).toEqual({});
  });

  it.each([
    ['limit=0', 'limit must be a whole number from 1 to 200'],
    ['limit=201', 'limit must be a whole number from 1 to 200'],
    ['limit=1.5', 'limit must be a whole number from 1 to 200'],
    ['limit=many', 'limit must be a whole number from 1 to 200'],
    ['limit=1&limit=2', 'limit must be a whole number from 1 to 200'],
    ['platform=whatsapp', 'platform must be messenger or instagram'],
    ['search=a&search=b', 'search must be a text'],
    ['search=%00', 'search must hold no NUL'],
  ])('refuses ?%s and names the parameter', async (query, sentence) => {
    const ask = await describedApp(createFakeTidemark());

    expect(await ask(`/api/conversations?${query}`)).toMatchObject({
      status: 400,
      body: { code: 'INVALID_INPUT', error: `The query parameter ${sentence}.` },
    });
  });
});

describe('GET /api/conversations/:id/messages', () => {
  it.each([CONVERSATION.id, BARE_CONVERSATION.id])('finds the conversation %s', async (id) => {
    const ask = await describedApp(createFakeTidemark());

    expect(await ask(`/api/conversations/${encodeURIComponent(id)}/messages?limit=1`)).toMatchObject({
      status: 200,
      body: { success: true, messages: [{ conversationId: id }], nextCursor: '1' },
    });
  });

  it('answers 404 for a conversation that is not in the mirror', async () => {
    const ask = await describedApp(createFakeTidemark());

    expect(await ask('/api/conversations/t_0/messages')).toMatchObject({
      status: 404,
      body: { code: 'CONVERSATION_NOT_FOUND' },
    });
  });

  it('refuses an id that PostgreSQL could not even compare', async () => {
    const ask = await describedApp(createFakeTidemark());

    expect(await ask('/api/conversations/t_%00/messages')).toMatchObject({
      status: 400,
      body: { code: 'INVALID_INPUT' },
    });
  });
});
