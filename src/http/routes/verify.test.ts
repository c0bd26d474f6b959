import { describe, expect, it } from 'vitest';
import { TidemarkError } from '../../core/errors.ts';
import { describedApp, sending } from '../../../test/support/http/described-app.ts';
import { PAGE_1, PAGE_2 } from '../../../test/support/answers.ts';
import { createFakeTidemark } from '../../../test/support/fake-tidemark.ts';

const PATH = '/api/conversations/verify';

describe('POST /api/conversations/verify', () => {
  it.each([{ pageId: PAGE_1.id }, { facebookPageId: PAGE_1.facebookPageId }, { pageId: PAGE_1.id, repair: null }])(
    'finds the Page by %j and answers what differs',
    async (body) => {
      const ask = await describedApp(createFakeTidemark());

      expect((await ask(PATH, sending('POST', body))).body).toMatchObject({
        success: true,
        pageId: PAGE_1.id,
        missing: [{ conversationId: 't_1', contactName: 'Ada Winter', missedBySync: false, repaired: false }],
        stale: [],
        deleted: [{ conversationId: 't_2', contactName: null }],
        repaired: 0,
        counts: { missing: 1, stale: 0, deleted: 1, missedBySync: 0 },
      });
    },
  );

  it('hands its options on and says that the API asked', async () => {
    const tidemark = createFakeTidemark();
    const ask = await describedApp(tidemark);
    await ask(PATH, sending('POST', { pageId: PAGE_1.id, repair: true, maxDurationMs: 60_000 }));

    expect(tidemark.asked).toEqual([
      { method: 'verify', given: { pageId: PAGE_1.id, repair: true, maxDurationMs: 60_000, trigger: 'api' } },
    ]);
  });

  it.each([undefined, {}, { pageId: '' }, { repair: true }])(
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

  it.each([
    [{ pageId: PAGE_1.id, facebookPageId: PAGE_2.facebookPageId }, 400, 'PAGE_IDS_DISAGREE'],
    [{ pageId: 'your-page-id' }, 404, 'PAGE_NOT_FOUND'],
    [{ pageId: PAGE_1.id, repair: 'yes' }, 400, 'INVALID_INPUT'],
    [{ pageId: PAGE_1.id, maxDurationMs: 0 }, 400, 'INVALID_INPUT'],
  ])('answers %j with %i %s', async (body, status, code) => {
    const ask = await describedApp(createFakeTidemark());

    expect(await ask(PATH, sending('POST', body))).toMatchObject({ status, body: { code } });
  });

  it.each([
    ['PAGE_BUSY', 409],
    ['RUN_CANCELLED', 409],
    ['TOKEN_EXPIRED', 502],
    ['THROTTLED', 503],
  ] as const)('answers %s with %i', async (code, status) => {
    const verify = async () => {
      throw new TidemarkError(code, 'This is why.');
    };
    const ask = await describedApp(createFakeTidemark({ verify }));

    expect(await ask(PATH, sending('POST', { pageId: PAGE_1.id }))).toMatchObject({ status, body: { code } });
  });
});
