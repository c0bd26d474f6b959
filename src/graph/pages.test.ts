import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Secret } from '../lib/secret.ts';
import { errors, listLinks, refusal } from '../../test/support/graph/payloads.ts';
import { recordingLimits, testClient, token, TOKEN_TEXT } from '../../test/support/graph/ports.ts';
import { type Reply, type SeenRequest, startStub } from '../../test/support/graph/stub-server.ts';
import { discoverPages } from './pages.ts';

const TASKS = ['ANALYZE', 'MESSAGING', 'MODERATE'];
const account = (id: string, extra: object = {}) => ({
  id,
  name: `Page ${id}`,
  access_token: `EAAinventedTokenOf${id}`,
  category: 'Boats',
  tasks: TASKS,
  ...extra,
});
const NO_SUCH_FIELD: Reply = {
  status: 400,
  json: refusal({ code: 100, message: '(#100) Tried accessing nonexisting field (accounts) on node type (Page)' }),
};

const NO_INSTAGRAM: Reply = {
  status: 400,
  json: refusal({ code: 10, message: '(#10) Requires instagram_basic' }),
};

async function discover(...replies: readonly (Reply | ((request: SeenRequest) => Reply))[]) {
  await using stub = await startStub(...replies);
  const client = testClient(stub.baseUrl);
  const result = await discoverPages({ send: client.open({ token, limits: recordingLimits() }), token }).catch(
    (error: unknown) => ({ error }),
  );
  await client.close();
  if ('error' in result) throw Object.assign(result.error as Error, { seen: stub.seen });
  return { ...result, seen: stub.seen };
}

describe('a user token', () => {
  test('opens every Page, over all cursors', async () => {
    const { kind, connected, refused, seen } = await discover(
      {
        json: {
          data: [account('1', { instagram_business_account: { id: '178' } }), account('2')],
          paging: listLinks('QVFI'),
        },
      },
      {
        json: {
          data: [account('3', { tasks: undefined })],
          paging: { cursors: { before: 'a', after: 'b' }, previous: 'x' },
        },
      },
    );
    expect(kind).toBe('user');
    expect(
      connected.map((page) => [
        page.facebookPageId,
        page.name,
        page.token.reveal(),
        page.tasks,
        page.instagramAccountId,
      ]),
    ).toEqual([
      ['1', 'Page 1', 'EAAinventedTokenOf1', TASKS, '178'],
      ['2', 'Page 2', 'EAAinventedTokenOf2', TASKS, undefined],
      ['3', 'Page 3', 'EAAinventedTokenOf3', undefined, undefined],
    ]);
    expect(refused).toEqual([]);
    expect(seen.map(({ url }) => [url.pathname, url.searchParams.get('limit'), url.searchParams.get('after')])).toEqual(
      [
        ['/v25.0/me/accounts', '100', null],
        ['/v25.0/me/accounts', '100', 'QVFI'],
      ],
    );
  });

  test('names every Page it cannot use, with the reason', async () => {
    const { connected, refused } = await discover({
      json: {
        data: [
          account('1', { tasks: ['ANALYZE'] }),
          account('2', { access_token: undefined }),
          account('3', { id: undefined }),
          null,
          account('4'),
          'nonsense',
        ],
      },
    });
    expect(connected.map(({ facebookPageId }) => facebookPageId)).toEqual(['4']);
    expect(refused.map(({ facebookPageId, name }) => [facebookPageId, name])).toEqual([
      ['1', 'Page 1'],
      ['2', 'Page 2'],
      [undefined, 'Page 3'],
      [undefined, undefined],
      [undefined, undefined],
    ]);
    expect(refused.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('MESSAGING task'),
      expect.stringContaining('no access token'),
      expect.stringContaining('without an id'),
      expect.stringContaining('without any data'),
      expect.stringContaining('without any data'),
    ]);
  });

  test('may have no Page at all', async () => {
    expect(await discover({ json: { data: [] } })).toMatchObject({
      kind: 'user',
      connected: [],
      refused: [],
      warnings: [expect.stringContaining('pages_show_list')],
    });
  });

  test.each([
    [['PROFILE_PLUS_MESSAGING']],
    [['PROFILE_PLUS_FULL_CONTROL', 'PROFILE_PLUS_ANALYZE']],
    [['MODERATE']],
    [['MANAGE']],
    [['A_TASK_OF_TOMORROW']],
    [[]],
  ])('opens a Page where the person has the tasks %j', async (tasks) => {
    const { connected, refused } = await discover({ json: { data: [account('1', { tasks })] } });
    expect(refused).toEqual([]);
    expect(connected).toMatchObject([{ facebookPageId: '1' }]);
  });

  test.each([[['PROFILE_PLUS_ANALYZE']], [['ADVERTISE', 'CREATE_CONTENT']]])(
    'does not open a Page where the tasks %j let nobody read messages',
    async (tasks) => {
      const { connected } = await discover({ json: { data: [account('1', { tasks })] } });
      expect(connected).toEqual([]);
    },
  );

  test('that may not see Instagram accounts opens the Pages without them, and says why once', async () => {
    let lists = 0;
    const { connected, warnings, seen } = await discover(({ url }) => {
      if (url.searchParams.get('fields')?.includes('instagram')) return NO_INSTAGRAM;
      lists += 1;
      return { json: { data: [account(`${lists}`)], ...(lists === 1 ? { paging: listLinks('QVFI') } : {}) } };
    });
    expect(connected).toHaveLength(2);
    expect(seen).toHaveLength(4);
    expect(warnings).toEqual([
      expect.stringMatching(/Requires instagram_basic.*grant instagram_basic and instagram_/u),
    ]);
  });

  test('whose list shows nothing behind ever new cursors ends with an error', async () => {
    let calls = 0;
    await expect(discover(() => ({ json: { data: [], paging: listLinks(`c${(calls += 1)}`) } }))).rejects.toMatchObject(
      { code: 'GRAPH_ERROR', message: expect.stringContaining('empty pages') },
    );
    expect(calls).toBe(5);
  });

  test('whose list turns in a circle ends with an error', async () => {
    let calls = 0;
    await expect(
      discover(() => ({ json: { data: [], paging: listLinks((calls += 1) % 2 === 0 ? 'A' : 'B') } })),
    ).rejects.toThrow(/circle/u);
  });
});

describe('a Page token', () => {
  test.each<[string, Reply]>([
    ['has no list of Pages', NO_SUCH_FIELD],
    ['has a list that is none', { json: { data: { id: '1' } } }],
    ['is refused the list as an unknown object', { status: 400, json: refusal(errors.objectMissing) }],
  ])('opens its Page when it %s', async (_name, accounts) => {
    const { kind, connected, warnings } = await discover(({ url }) =>
      url.pathname.endsWith('/accounts')
        ? accounts
        : { json: { id: '7', name: 'Paper Boats', instagram_business_account: { id: '178' } } },
    );
    expect(kind).toBe('page');
    expect(connected).toMatchObject([
      { facebookPageId: '7', name: 'Paper Boats', tasks: undefined, instagramAccountId: '178' },
    ]);
    expect(connected[0]?.token).toBe(token);
    expect(warnings).toEqual([]);
  });

  test('that may not see the Instagram account says why', async () => {
    const { connected, warnings } = await discover(({ url }) => {
      if (url.pathname.endsWith('/accounts')) return NO_SUCH_FIELD;
      return url.searchParams.get('fields')?.includes('instagram') ? NO_INSTAGRAM : { json: { id: '7' } };
    });
    expect(connected).toMatchObject([{ facebookPageId: '7', instagramAccountId: undefined }]);
    expect(warnings).toEqual([expect.stringContaining('instagram_basic')]);
  });
});

describe('a token that cannot be used', () => {
  test('is TOKEN_INVALID with the reason of Facebook', async () => {
    await expect(discover({ status: 400, json: refusal(errors.expired) })).rejects.toMatchObject({
      code: 'TOKEN_INVALID',
      message: expect.stringContaining('Session has expired'),
    });
    await expect(
      discover(NO_SUCH_FIELD, NO_SUCH_FIELD, { status: 400, json: refusal(errors.expired) }),
    ).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
  });

  test('is not sent when it cannot be one', async () => {
    for (const text of ['', ' ', 'EAA with space', 'EAA\nheader: x', 'tökén']) {
      await using stub = await startStub({ json: {} });
      const client = testClient(stub.baseUrl);
      const odd = new Secret(text);
      const send = client.open({ token: odd, limits: recordingLimits() });
      await expect(discoverPages({ send, token: odd })).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
      expect(stub.seen).toEqual([]);
      await client.close();
    }
  });

  test('lacking the permission says so', async () => {
    await expect(
      discover({ status: 403, json: refusal({ code: 200, message: 'Requires pages_show_list' }) }),
    ).rejects.toMatchObject({
      code: 'PERMISSION_MISSING',
    });
  });
});

test('I9: the tokens found print as [secret]', async () => {
  const own = {
    cursors: { after: 'A' },
    next: `https://graph.facebook.com/me/accounts?access_token=${TOKEN_TEXT}&after=A`,
  };
  const { connected, refused } = await discover(
    { json: { data: [account('1')], paging: own } },
    { json: { data: [null] } },
  );
  const printed = inspect([connected, refused], { depth: 20, showHidden: true }) + JSON.stringify([connected, refused]);
  expect(printed).not.toContain('EAA');
  expect(printed).toContain('[secret]');
});
