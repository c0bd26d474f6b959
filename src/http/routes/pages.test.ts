import { describe, expect, it } from 'vitest';
import { TidemarkError } from '../../core/errors.ts';
import { Secret } from '../../lib/secret.ts';
import { describedApp, sending } from '../../../test/support/http/described-app.ts';
import { PAGE_1, PAGE_2 } from '../../../test/support/answers.ts';
import { createFakeTidemark } from '../../../test/support/fake-tidemark.ts';
import { createRecordingLog } from '../../../test/support/http/recording-log.ts';

const TOKEN = 'EAABsbCS1iHgBAtoken';
const UNKNOWN = '/api/pages/00000000-0000-4000-8000-00000000dead';

describe('GET /api/pages', () => {
  it('lists the Pages', async () => {
    const ask = await describedApp(createFakeTidemark());

    expect(await ask('/api/pages')).toMatchObject({ status: 200, body: { success: true, pages: [PAGE_1, PAGE_2] } });
  });
});

describe('POST /api/pages', () => {
  it('hands the token to the engine as a secret and answers what became of each Page', async () => {
    const tidemark = createFakeTidemark();
    const ask = await describedApp(tidemark);
    const { body } = await ask('/api/pages', sending('POST', { accessToken: ` ${TOKEN}\n` }));

    expect(body).toEqual({
      success: true,
      pages: [{ id: PAGE_1.id, facebookPageId: PAGE_1.facebookPageId, name: null, status: 'connected' }],
      refused: [
        { facebookPageId: '999', name: null, reason: 'The token lacks the MESSAGING task there.' },
        { facebookPageId: null, name: 'Old Shop', reason: 'Facebook gave no id for it.' },
      ],
    });
    const given = tidemark.asked[0]?.given;
    expect(given).toBeInstanceOf(Secret);
    expect(given instanceof Secret && given.reveal()).toBe(TOKEN);
  });

  it('passes on what to know although the Pages are connected', async () => {
    const connect = () => ({ pages: [PAGE_1], refused: [], warnings: ['No Instagram.'] });
    const ask = await describedApp(createFakeTidemark({}, { connect }));
    expect(await ask('/api/pages', sending('POST', { accessToken: TOKEN }))).toMatchObject({
      status: 200,
      body: { warnings: ['No Instagram.'] },
    });
  });

  it.each([{}, { accessToken: '' }, { accessToken: '  ' }, { accessToken: 7 }, { accessToken: null }])(
    'refuses %j and names the field',
    async (body) => {
      const tidemark = createFakeTidemark();
      const ask = await describedApp(tidemark);

      expect(await ask('/api/pages', sending('POST', body))).toMatchObject({
        status: 400,
        body: { code: 'INVALID_INPUT', error: 'The field accessToken must be an access token, as a text.' },
      });
      expect(tidemark.asked).toEqual([]);
    },
  );

  it.each([
    ['accepted', JSON.stringify({ accessToken: TOKEN })],
    ['not JSON', TOKEN],
    ['cut off', `{"accessToken":"${TOKEN}`],
    ['of the wrong type', JSON.stringify({ accessToken: [TOKEN] })],
    ['under the wrong name', JSON.stringify({ token: TOKEN })],
    ['not in an object', JSON.stringify(TOKEN)],
  ])('lets the token out neither in the answer nor in the log when it is %s', async (_what, body) => {
    const log = createRecordingLog();
    const ask = await describedApp(createFakeTidemark(), log);
    const answer = await ask('/api/pages', { method: 'POST', body });

    expect(JSON.stringify([answer.body, ...answer.headers])).not.toContain('EAAB');
    expect(log.lines.length).toBeGreaterThan(0);
    expect(log.text()).not.toContain('EAAB');
  });

  it('answers 400 TOKEN_INVALID for a token that Facebook does not accept', async () => {
    const { pages } = createFakeTidemark();
    const connect = async () => {
      throw new TidemarkError('TOKEN_INVALID', 'Facebook does not accept this token; make a new one.');
    };
    const ask = await describedApp(createFakeTidemark({ pages: { ...pages, connect } }));

    expect(await ask('/api/pages', sending('POST', { accessToken: TOKEN }))).toMatchObject({
      status: 400,
      body: { code: 'TOKEN_INVALID' },
    });
  });
});

describe('PATCH /api/pages/:id', () => {
  it('pauses and resumes a Page', async () => {
    const ask = await describedApp(createFakeTidemark());

    expect((await ask(`/api/pages/${PAGE_1.id}`, sending('PATCH', { isActive: false }))).body).toMatchObject({
      success: true,
      page: { id: PAGE_1.id, isActive: false, status: 'paused' },
    });
    expect((await ask(`/api/pages/${PAGE_1.id}`, sending('PATCH', { isActive: true }))).body).toMatchObject({
      page: { isActive: true, status: 'connected' },
    });
  });

  it.each([{}, { isActive: 'false' }, { isActive: null }, { isActive: 0 }])('refuses %j', async (body) => {
    const ask = await describedApp(createFakeTidemark());

    expect(await ask(`/api/pages/${PAGE_1.id}`, sending('PATCH', body))).toMatchObject({
      status: 400,
      body: { code: 'INVALID_INPUT', error: 'The field isActive must be true or false.' },
    });
  });

  it('answers 404 for a Page it does not know', async () => {
    const ask = await describedApp(createFakeTidemark());

    expect(await ask(UNKNOWN, sending('PATCH', { isActive: true }))).toMatchObject({
      status: 404,
      body: { code: 'PAGE_NOT_FOUND' },
    });
  });
});

describe('DELETE /api/pages/:id', () => {
  it('removes the Page', async () => {
    const ask = await describedApp(createFakeTidemark());

    expect(await ask(`/api/pages/${PAGE_1.id}`, { method: 'DELETE' })).toMatchObject({ body: { success: true } });
    expect(await ask('/api/pages')).toMatchObject({ body: { pages: [PAGE_2] } });
  });

  it('answers 404 for a Page it does not know', async () => {
    const ask = await describedApp(createFakeTidemark());

    expect(await ask(UNKNOWN, { method: 'DELETE' })).toMatchObject({ status: 404, body: { code: 'PAGE_NOT_FOUND' } });
  });
});
