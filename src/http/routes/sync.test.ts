import { describe, expect, it } from 'vitest';
import { GraphError, TidemarkError } from '../../core/errors.ts';
import { describedApp, sending } from '../../../test/support/http/described-app.ts';
import { PAGE_1, PAGE_2 } from '../../../test/support/answers.ts';
import { createFakeTidemark } from '../../../test/support/fake-tidemark.ts';

const PATH = '/api/conversations/sync';

async function failingWith(error: Error) {
  const sync = async () => {
    throw error;
  };
  const ask = await describedApp(createFakeTidemark({ sync }));
  return ask(PATH, sending('POST', { pageId: PAGE_1.id }));
}

describe('POST /api/conversations/sync', () => {
  it.each([
    { pageId: PAGE_1.id },
    { facebookPageId: PAGE_1.facebookPageId },
    { pageId: PAGE_1.id, facebookPageId: PAGE_1.facebookPageId },
    { pageId: PAGE_1.id, facebookPageId: '' },
    { pageId: null, facebookPageId: PAGE_1.facebookPageId },
  ])('finds the Page by %j and answers every field of the contract', async (body) => {
    const ask = await describedApp(createFakeTidemark());
    const answer = await ask(PATH, sending('POST', body));

    expect(answer.body).toEqual({
      success: true,
      syncMode: 'incremental',
      synced: 5,
      inserted: 3,
      updated: 2,
      message: 'Incremental sync: 5 conversation(s) with 12 events',
      skipped: 0,
      checked: 5,
      deleted: 0,
      total: 5,
      eventsCreated: 12,
      status: 'succeeded',
      durationMs: 640,
      duration: '0.64s',
      runId: expect.any(String),
      pageId: PAGE_1.id,
      facebookPageId: PAGE_1.facebookPageId,
      pageName: 'Page 1',
      graphCalls: 2,
      lastSyncedAt: expect.any(String),
      openRetries: [],
      channels: [expect.objectContaining({ platform: 'messenger', status: 'succeeded' })],
    });
  });

  it('hands its options on and says that the API asked', async () => {
    const tidemark = createFakeTidemark();
    const ask = await describedApp(tidemark);
    await ask(PATH, sending('POST', { pageId: PAGE_1.id, forceFull: true, maxDurationMs: 240_000 }));

    expect(tidemark.asked).toEqual([
      { method: 'sync', given: { pageId: PAGE_1.id, forceFull: true, maxDurationMs: 240_000, trigger: 'api' } },
    ]);
  });

  it('takes one channel, and answers 400 to a platform that there is not', async () => {
    const tidemark = createFakeTidemark();
    const ask = await describedApp(tidemark);
    await ask(PATH, sending('POST', { pageId: PAGE_1.id, platform: 'instagram' }));
    expect(tidemark.asked).toMatchObject([{ given: { platform: 'instagram' } }]);
    expect(await ask(PATH, sending('POST', { pageId: PAGE_1.id, platform: 'whatsapp' }))).toMatchObject({
      status: 400,
      body: { code: 'INVALID_INPUT', error: expect.stringContaining('platform must be messenger or instagram') },
    });
  });

  it.each([undefined, {}, { pageId: '' }, { pageId: null, facebookPageId: null }, { forceFull: true }])(
    'answers exactly "Page ID required" to %j',
    async (body) => {
      const tidemark = createFakeTidemark();
      const ask = await describedApp(tidemark);

      expect(await ask(PATH, sending('POST', body))).toMatchObject({
        status: 400,
        body: { success: false, error: 'Page ID required', code: 'PAGE_ID_REQUIRED' },
      });
      expect(tidemark.asked).toEqual([]);
    },
  );

  it('answers 400 when the two ids disagree', async () => {
    const ask = await describedApp(createFakeTidemark());
    const body = { pageId: PAGE_1.id, facebookPageId: PAGE_2.facebookPageId };

    expect(await ask(PATH, sending('POST', body))).toMatchObject({ status: 400, body: { code: 'PAGE_IDS_DISAGREE' } });
  });

  it.each(['00000000-0000-4000-8000-00000000dead', 'your-page-id'])(
    'answers 404 for the unknown Page %s',
    async (pageId) => {
      const ask = await describedApp(createFakeTidemark());

      expect(await ask(PATH, sending('POST', { pageId }))).toMatchObject({
        status: 404,
        body: { code: 'PAGE_NOT_FOUND' },
      });
    },
  );

  it.each([
    [{ pageId: 7 }, 'pageId must be a text'],
    [{ facebookPageId: 101234567890123 }, 'facebookPageId must be a text'],
    [{ pageId: 'a\0b' }, 'pageId must hold no NUL'],
    [{ pageId: '1', forceFull: 'yes' }, 'forceFull must be true or false'],
    [{ pageId: '1', maxDurationMs: '240s' }, 'maxDurationMs must be a whole number of milliseconds above 0'],
    [{ pageId: '1', maxDurationMs: 0 }, 'maxDurationMs must be a whole number of milliseconds above 0'],
    [
      { pageId: '1', maxDurationMs: 3_000_000_000 },
      'maxDurationMs must be at most 2147483647 milliseconds, which are 24 days',
    ],
    [{ pageId: '1', maxDurationMs: 1.5 }, 'maxDurationMs must be a whole number of milliseconds above 0'],
  ])('refuses %j and names the field', async (body, sentence) => {
    const tidemark = createFakeTidemark();
    const ask = await describedApp(tidemark);

    expect(await ask(PATH, sending('POST', body))).toMatchObject({
      status: 400,
      body: { code: 'INVALID_INPUT', error: `The field ${sentence}.` },
    });
    expect(tidemark.asked).toEqual([]);
  });

  it('names every refused field at once', async () => {
    const ask = await describedApp(createFakeTidemark());
    const { body } = await ask(PATH, sending('POST', { pageId: 7, forceFull: 7 }));

    expect(body).toMatchObject({
      error: 'The field pageId must be a text. The field forceFull must be true or false.',
    });
  });

  it('answers 503 with Retry-After while Facebook throttles', async () => {
    const throttled = new GraphError('THROTTLED', 'Page 1 is throttled.', { kind: 'throttled', retryAfterMs: 90_500 });
    const { status, headers, body } = await failingWith(throttled);

    expect({ status, retryAfter: headers.get('Retry-After') }).toEqual({ status: 503, retryAfter: '91' });
    expect(body).toEqual({ success: false, error: 'Page 1 is throttled.', code: 'THROTTLED' });
  });

  it.each(['TOKEN_EXPIRED', 'PERMISSION_MISSING', 'GRAPH_ERROR'] as const)('answers 502 %s', async (code) => {
    const refused = new GraphError(code, 'Facebook refused Page 1.', { kind: 'token', httpStatus: 400 });

    expect(await failingWith(refused)).toMatchObject({ status: 502, body: { success: false, code } });
  });

  it('answers 503 while the database is away', async () => {
    const answer = await failingWith(new TidemarkError('DATABASE_UNAVAILABLE', 'The database is away.'));

    expect(answer).toMatchObject({ status: 503, body: { code: 'DATABASE_UNAVAILABLE' } });
    expect(answer.headers.get('Retry-After')).toBe('10');
  });
});

describe('POST /api/conversations/sync-all', () => {
  it.each([
    ['no body and no Content-Type', { method: 'POST' }],
    ['no body under a JSON Content-Type', { method: 'POST', headers: { 'Content-Type': 'application/json' } }],
    ['an empty body', { method: 'POST', body: '' }],
    ['{}', sending('POST', {})],
    ['nulls', sending('POST', { forceFull: null, maxDurationMs: null })],
  ])('syncs every Page when sent %s', async (_what, init) => {
    const tidemark = createFakeTidemark();
    const ask = await describedApp(tidemark);
    const { status, body } = await ask('/api/conversations/sync-all', init);

    expect(status).toBe(200);
    expect(body).toMatchObject({ totalPages: 2, totals: { totalSynced: 5, successCount: 1, failureCount: 1 } });
    expect(tidemark.asked).toEqual([{ method: 'syncAll', given: { trigger: 'api' } }]);
  });

  it('hands its options on', async () => {
    const tidemark = createFakeTidemark();
    const ask = await describedApp(tidemark);
    await ask('/api/conversations/sync-all', sending('POST', { forceFull: true, maxDurationMs: 1_000 }));

    expect(tidemark.asked[0]?.given).toEqual({ forceFull: true, maxDurationMs: 1_000, trigger: 'api' });
  });

  it('refuses a wrong option and names it', async () => {
    const ask = await describedApp(createFakeTidemark());

    expect(await ask('/api/conversations/sync-all', sending('POST', { forceFull: 'yes' }))).toMatchObject({
      status: 400,
      body: { error: 'The field forceFull must be true or false.' },
    });
  });
});
