import { describe, expect, it } from 'vitest';
import { TidemarkError } from '../core/errors.ts';
import { createApp } from './app.ts';
import { createFakeTidemark } from '../../test/support/fake-tidemark.ts';
import { createRecordingLog } from '../../test/support/http/recording-log.ts';

function appThatThrows(thrown: unknown) {
  const log = createRecordingLog();
  const checkReady = async () => undefined;
  const fake = createFakeTidemark();
  const pages = {
    ...fake.pages,
    list: async () => {
      throw thrown;
    },
  };
  return { app: createApp({ tidemark: createFakeTidemark({ pages, checkReady }), log }), log };
}

describe('the app', () => {
  it('answers an unknown route with ROUTE_NOT_FOUND as JSON', async () => {
    const response = await createApp({ tidemark: createFakeTidemark() }).request('/api/nothing');

    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ success: false, code: 'ROUTE_NOT_FOUND' });
  });

  it.each([
    ['PUT', '/api/pages', 'GET, HEAD, POST'],
    ['GET', '/api/pages/1', 'PATCH, DELETE'],
    ['GET', '/api/conversations/sync', 'POST'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['OPTIONS', '/api/runs', 'GET, HEAD'],
  ])('answers %s %s with 405 and the methods it takes', async (method, path, allow) => {
    const response = await createApp({ tidemark: createFakeTidemark() }).request(path, { method });

    expect(response.status).toBe(405);
    expect(response.headers.get('Allow')).toBe(allow);
    expect(await response.json()).toMatchObject({ success: false, code: 'METHOD_NOT_ALLOWED' });
  });

  it.each(['/api/pages', '/api/conversations', '/api/runs', '/healthz', '/readyz', '/api/openapi.json'])(
    'answers %s with a slash at its end as without',
    async (path) => {
      const app = createApp({ tidemark: createFakeTidemark() });
      const [plain, slashed] = [await app.request(path), await app.request(`${path}/`)];

      expect(slashed.status).toBe(200);
      expect(await slashed.text()).toBe(await plain.text());
    },
  );

  it('answers HEAD like GET, without a body', async () => {
    const response = await createApp({ tidemark: createFakeTidemark() }).request('/api/pages', { method: 'HEAD' });

    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });

  it.each([
    ['an answer', '/api/pages', {}],
    ['an unknown route', '/nothing', {}],
    ['a wrong method', '/api/pages', { method: 'PUT' }],
    ['a refused request', '/api/pages', { headers: { Host: 'example.com' } }],
    ['a failed request', '/api/runs/unknown', {}],
  ])('sets the security headers on %s and grants no other origin anything', async (_what, path, init) => {
    const { headers } = await createApp({ tidemark: createFakeTidemark() }).request(path, init);

    expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(headers.get('Cache-Control')).toBe('no-store');
    expect(headers.get('Content-Security-Policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('Access-Control-Allow-Origin')).toBeNull();
  });

  it.each([
    ['an unforeseen fault', new Error('relation "secret_table" is gone, token EAAB')],
    ['a fault that the engine already named INTERNAL', new TidemarkError('INTERNAL', 'relation "secret_table" EAAB')],
  ])('keeps the details of %s in the log', async (_what, thrown) => {
    const { app, log } = appThatThrows(thrown);
    const response = await app.request('/api/pages');
    const answer = await response.text();

    expect(response.status).toBe(500);
    expect(JSON.parse(answer)).toMatchObject({ success: false, code: 'INTERNAL' });
    expect(answer).not.toMatch(/secret_table|EAAB/);
    expect(log.lines).toContainEqual(
      expect.objectContaining({ level: 'error', fields: expect.objectContaining({ err: thrown, path: '/api/pages' }) }),
    );
  });

  it('logs one line per request at debug, without its query', async () => {
    const log = createRecordingLog();
    await createApp({ tidemark: createFakeTidemark(), log }).request('/api/conversations?search=private-words');

    expect(log.lines).toEqual([
      {
        level: 'debug',
        fields: { method: 'GET', path: '/api/conversations', status: 200, durationMs: expect.any(Number) },
        message: expect.stringMatching(/^GET \/api\/conversations 200 \d+ ms$/),
      },
    ]);
    expect(log.text()).not.toContain('private-words');
  });

  it('logs a failed request once at the level of its code, and its line with the final status', async () => {
    const { app, log } = appThatThrows(new TidemarkError('DATABASE_UNAVAILABLE', 'The database is away.'));
    await app.request('/api/pages');

    expect(log.lines.map(({ level, fields }) => [level, fields['status']])).toEqual([
      ['error', 503],
      ['debug', 503],
    ]);
  });
});
