import { describe, expect, it } from 'vitest';
import { describedApp, sending } from '../../../test/support/http/described-app.ts';
import { FAILED_JOB, PAGE_2 } from '../../../test/support/answers.ts';
import { createFakeTidemark } from '../../../test/support/fake-tidemark.ts';

describe('GET /api/jobs/failed', () => {
  it('lists the jobs that were given up, with Page, reason and time', async () => {
    const ask = await describedApp(createFakeTidemark());

    expect((await ask('/api/jobs/failed')).body).toEqual({ success: true, jobs: [FAILED_JOB] });
  });
});

describe('POST /api/jobs/failed/retry', () => {
  it.each([
    [undefined, {}],
    [{ pageId: PAGE_2.id }, { pageId: PAGE_2.id }],
    [
      { facebookPageId: PAGE_2.facebookPageId, queue: 'sync' },
      { facebookPageId: PAGE_2.facebookPageId, queue: 'sync' },
    ],
  ])('retries what %j names', async (body, given) => {
    const tidemark = createFakeTidemark();
    const ask = await describedApp(tidemark);

    expect((await ask('/api/jobs/failed/retry', sending('POST', body))).body).toEqual({ success: true, retried: 1 });
    expect(tidemark.asked).toEqual([{ method: 'jobs.retry', given }]);
  });

  it.each([
    [{ queue: 'webhooks' }, 400, 'The field queue must be sync, verify or history.'],
    [
      { pageId: '00000000-0000-4000-8000-000000000009' },
      404,
      'No Page 00000000-0000-4000-8000-000000000009 is connected.',
    ],
  ])('refuses %j', async (body, status, error) => {
    const ask = await describedApp(createFakeTidemark());

    expect(await ask('/api/jobs/failed/retry', sending('POST', body))).toMatchObject({ status, body: { error } });
  });
});

describe('/api/cron/sync', () => {
  it.each([
    ['a GET', '/api/cron/sync', {}, {}],
    ['a GET with a bound', '/api/cron/sync?maxDurationMs=9000', {}, { maxDurationMs: 9000 }],
    ['a POST without a body', '/api/cron/sync', { method: 'POST' }, {}],
    ['a POST with a bound', '/api/cron/sync', sending('POST', { maxDurationMs: 8000 }), { maxDurationMs: 8000 }],
    [
      'a POST with the bound in the query',
      '/api/cron/sync?maxDurationMs=7000',
      { method: 'POST' },
      { maxDurationMs: 7000 },
    ],
  ])('does what is due for %s and says what is left', async (...[, path, init, given]) => {
    const tidemark = createFakeTidemark();
    const ask = await describedApp(tidemark);

    expect(await ask(path, init)).toMatchObject({ status: 200, body: { pagesSynced: 1, pagesLeft: 3, done: false } });
    expect(tidemark.asked).toEqual([{ method: 'jobs.runDue', given }]);
  });

  it.each(['0', '-1', '1.5', 'soon'])('refuses %s as a bound', async (bound) => {
    const ask = await describedApp(createFakeTidemark());

    expect(await ask(`/api/cron/sync?maxDurationMs=${bound}`)).toMatchObject({
      status: 400,
      body: { error: 'The query parameter maxDurationMs must be a whole number of milliseconds above 0.' },
    });
  });
});
