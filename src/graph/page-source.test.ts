import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { HEAD_CURSOR } from '../core/list-pages.ts';
import { isGraphError } from '../core/errors.ts';
import type { Platform } from '../core/model.ts';
import type { ConversationSource, ListRequest } from '../core/ports.ts';
import { must } from '../lib/must.ts';
import {
  conversations,
  errors,
  INSTAGRAM_ID,
  list2015,
  listLinks,
  messages,
  PAGE_ID,
  refusal,
} from '../../test/support/graph/payloads.ts';
import { recordingLimits, testClient, token, TOKEN_TEXT } from '../../test/support/graph/ports.ts';
import { type Reply, type SeenRequest, startStub, type StubServer } from '../../test/support/graph/stub-server.ts';
import { openPageSource } from './page-source.ts';
import type { ItemProblem } from './paging.ts';

interface Scene {
  readonly stub: StubServer;
  readonly source: ConversationSource;
  readonly problems: ItemProblem[];
  readonly limits: ReturnType<typeof recordingLimits>;
  readonly client: ReturnType<typeof testClient>;
}

async function withSource(
  replies: readonly Reply[],
  play: (scene: Scene) => Promise<void>,
  platform: Platform = 'messenger',
) {
  await using stub = await startStub(...replies);
  const client = testClient(stub.baseUrl);
  const problems: ItemProblem[] = [];
  const limits = recordingLimits();
  const source = openPageSource({
    client,
    facebookPageId: PAGE_ID,
    instagramAccountId: INSTAGRAM_ID,
    platform,
    token,
    limits,
    onProblem: (problem) => problems.push(problem),
  });
  await play({ stub, source, problems, limits, client });
  await client.close();
}

const list = (extra: Partial<ListRequest> = {}): ListRequest => ({
  limit: 25,
  after: undefined,
  messages: 0,
  since: undefined,
  ...extra,
});
const asked = (stub: StubServer, index = 0): SeenRequest => must(stub.seen[index], 'a request');
const paramsOf = (stub: StubServer, index = 0) => Object.fromEntries(asked(stub, index).url.searchParams);

async function errorOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.unreachable('should have been refused'),
    (error: unknown) => error as Error,
  );
}

describe('listConversations', () => {
  test('asks the Page for a light listing, without a hint that was not wanted', async () => {
    await withSource(
      [{ json: { data: [conversations.form2021], paging: listLinks('QVFI') } }],
      async ({ stub, source }) => {
        const { items, after } = await source.listConversations(list());
        expect(asked(stub).url.pathname).toBe(`/v25.0/${PAGE_ID}/conversations`);
        expect(paramsOf(stub)).toEqual({
          platform: 'messenger',
          limit: '25',
          fields: 'id,updated_time,message_count,unread_count,snippet,link,participants',
        });
        expect(items.map(({ id }) => id)).toEqual(['t_580000000000001']);
        expect(items[0]?.messages).toBeUndefined();
        expect(after).toBe('QVFI');
      },
    );
  });

  test('asks for nested messages, a cursor and the hint in whole seconds, within the limits', async () => {
    await withSource(
      [{ json: { data: [conversations.form2019] } }],
      async ({ stub, source }) => {
        const request = list({ limit: 500, messages: 400, after: 'QVFI', since: 1_700_000_000_999 });
        const { items } = await source.listConversations(request);
        expect(paramsOf(stub)).toMatchObject({
          platform: 'instagram',
          limit: '100',
          after: 'QVFI',
          since: '1700000000',
        });
        expect(paramsOf(stub)['fields']).toContain('messages.limit(20){id,created_time,from,');
        expect(items[0]?.messages?.items).toHaveLength(2);
      },
      'instagram',
    );
  });

  test('says as of when the list is true', async () => {
    await withSource(
      [{ json: { data: [] }, headers: { date: 'Fri, 02 Jan 2026 03:04:05 GMT' } }],
      async ({ source }) => {
        expect((await source.listConversations(list())).servedAt).toBe(Date.UTC(2026, 0, 2, 3, 4, 5));
      },
    );
  });

  test('walks a list that pages by time', async () => {
    await withSource([{ json: list2015 }, { json: { data: [] } }], async ({ stub, source }) => {
      const first = await source.listConversations(list({ messages: 25 }));
      expect(first.items[0]?.messages?.items[0]?.raw).toEqual(messages.text2016);
      const second = await source.listConversations(list({ after: first.after }));
      expect(paramsOf(stub, 1)).toMatchObject({ until: '1427483617', __paging_token: 'enc_B' });
      expect(second.after).toBeUndefined();
    });
  });

  test('I12: one broken conversation is reported and does not sink the others', async () => {
    const data = [conversations.form2021, { updated_time: '2021-01-01T00:00:00+0000' }, null, conversations.form2019];
    await withSource([{ json: { data } }], async ({ source, problems }) => {
      const { items } = await source.listConversations(list());
      expect(items.map(({ id }) => id)).toEqual([conversations.form2021.id, conversations.form2019.id]);
      const subject = `the conversations of Page ${PAGE_ID} (messenger)`;
      expect(problems).toEqual([
        { subject, index: 1, id: undefined, conversationId: undefined, reason: 'it has no id' },
        { subject, index: 2, id: undefined, conversationId: undefined, reason: 'it is not an object' },
      ]);
    });
  });

  test('a repeated cursor is an error, not an endless walk', async () => {
    await withSource([{ json: { data: [], paging: listLinks('SAME') } }], async ({ source }) => {
      expect((await source.listConversations(list())).after).toBe('SAME');
      const error = await errorOf(source.listConversations(list({ after: 'SAME' })));
      expect(error.message).toContain(`repeats the same cursor for the conversations of Page ${PAGE_ID}`);
    });
  });

  test('a Page that is not shown to its token is a matter of permission', async () => {
    await withSource([{ status: 400, json: refusal(errors.objectMissing) }], async ({ source }) => {
      const error = await errorOf(source.listConversations(list()));
      expect(isGraphError(error, 'permission')).toBe(true);
      expect(error).toMatchObject({ code: 'PERMISSION_MISSING', graphCode: 100 });
      expect(error.message).toContain(`Page ${PAGE_ID}`);
    });
  });
});

describe('fetchConversation', () => {
  test('reads one conversation with its newest messages', async () => {
    await withSource([{ json: conversations.form2019 }], async ({ stub, source }) => {
      const snapshot = await source.fetchConversation({ conversationId: 't_mid.14:4a', messages: 25 });
      expect(asked(stub).url.pathname).toBe('/v25.0/t_mid.14%3A4a');
      expect(Object.keys(paramsOf(stub))).toEqual(['fields']);
      expect(snapshot).toMatchObject({
        id: conversations.form2019.id,
        messageCount: 2,
        messages: { after: undefined },
      });
    });
  });

  test('is undefined when Facebook does not show it, and only then', async () => {
    await withSource(
      [
        { status: 400, json: refusal(errors.objectMissing) },
        { status: 400, json: refusal(errors.missingPermission) },
      ],
      async ({ source }) => {
        const request = { conversationId: 't_1', messages: 1 };
        expect(await source.fetchConversation(request)).toBeUndefined();
        expect(await errorOf(source.fetchConversation(request))).toMatchObject({ kind: 'permission' });
      },
    );
  });

  test('an answer that is no conversation is an error that names it', async () => {
    await withSource([{ json: { updated_time: 'x' } }], async ({ source }) => {
      const error = await errorOf(source.fetchConversation({ conversationId: 't_1', messages: 0 }));
      expect(error.message).toBe(
        `Facebook's answer for conversation t_1 of Page ${PAGE_ID} (messenger) cannot be used: it has no id.`,
      );
    });
  });
});

test('Instagram is asked for nothing that it does not have, in a list, a single read and a list of messages', async () => {
  const answers = [{ json: { data: [] } }, { json: { id: 'aWdf1' } }, { json: { data: [] } }];
  await withSource(
    answers,
    async ({ stub, source }) => {
      await source.listConversations(list({ messages: 25 }));
      await source.fetchConversation({ conversationId: 'aWdf1', messages: 25 });
      await source.listMessages({ conversationId: 'aWdf1', limit: 25, after: undefined });
      const fields = stub.seen.map((_request, index) => String(paramsOf(stub, index)['fields']));
      expect(fields).toHaveLength(3);
      for (const names of fields) {
        expect(names).not.toMatch(/unread_count|snippet|message_count|email|sticker|tags|participants,|\d,link/u);
      }
      expect(fields[1]).toBe(fields[0]);
      expect(fields[0]).toContain('participants{id,username},messages.limit(20){');
    },
    'instagram',
  );
});

describe('listMessages', () => {
  test('walks the messages of a conversation to the end', async () => {
    await withSource(
      [
        { json: { data: [messages.sticker2019, { message: 'no id' }], paging: listLinks('OLDER') } },
        { json: { data: [messages.gif], paging: { cursors: { before: 'x', after: 'y' } } } },
      ],
      async ({ stub, source, problems }) => {
        const first = await source.listMessages({ conversationId: 't_1', limit: 250, after: HEAD_CURSOR });
        const second = await source.listMessages({ conversationId: 't_1', limit: 50, after: first.after });
        expect(stub.seen.map(({ url }) => url.pathname)).toEqual(['/v25.0/t_1/messages', '/v25.0/t_1/messages']);
        expect(paramsOf(stub, 0)).toMatchObject({ limit: '100' });
        expect(paramsOf(stub, 0)).not.toHaveProperty('after');
        expect(paramsOf(stub, 1)).toMatchObject({ limit: '50', after: 'OLDER' });
        expect([...first.items, ...second.items].map(({ id }) => id)).toEqual([
          messages.sticker2019.id,
          messages.gif.id,
        ]);
        expect(second.after).toBeUndefined();
        expect(problems).toMatchObject([
          {
            index: 1,
            conversationId: 't_1',
            subject: `the messages of conversation t_1 of Page ${PAGE_ID} (messenger)`,
          },
        ]);
      },
    );
  });
});

test('I7: counts every attempt as a call and waits for its turn before each', async () => {
  const fault = { status: 500, json: refusal(errors.unavailable) };
  await withSource([fault, fault, { json: { data: [] } }], async ({ source, limits, stub }) => {
    await source.listConversations(list());
    await source.listMessages({ conversationId: 't_1', limit: 1, after: undefined });
    expect(source.callCount()).toBe(4);
    expect(limits.log).toEqual(['acquire', 'acquire', 'acquire', 'acquire']);
    expect(stub.seen).toHaveLength(4);
  });
});

test('I9: what is brought holds no token, although the links of Facebook do', async () => {
  const paging = { cursors: { after: 'A' }, next: `https://graph.facebook.com/x?access_token=${TOKEN_TEXT}&after=A` };
  const nested = { data: [messages.image2021], paging };
  await withSource(
    [{ json: { data: [{ ...conversations.form2012, messages: nested }], paging } }],
    async ({ source }) => {
      const brought = inspect(await source.listConversations(list({ messages: 25 })), { depth: 30 });
      expect(brought).toContain('m_ImageInvented-0001');
      expect(brought).not.toMatch(/EAA/u);
    },
  );
});

test('objects that are asked for by their ids come through whole', async () => {
  const byIds = { [conversations.form2021.id]: conversations.form2021, [messages.byId2019.id]: messages.byId2019 };
  await withSource([{ json: byIds }], async ({ client }) => {
    const ids = Object.keys(byIds).join(',');
    const { body } = await client.get({
      kind: 'single',
      path: [],
      params: { ids },
      subject: 'two objects',
      token,
      limits: recordingLimits(),
    });
    expect(body).toEqual(byIds);
  });
});
