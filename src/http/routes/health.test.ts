import { describe, expect, it } from 'vitest';
import { TidemarkError } from '../../core/errors.ts';
import { describedApp } from '../../../test/support/http/described-app.ts';
import { createFakeTidemark } from '../../../test/support/fake-tidemark.ts';

function notReady(error: Error) {
  return createFakeTidemark({
    checkReady: async () => {
      throw error;
    },
  });
}

describe('GET /healthz', () => {
  it('is ok although the database is away', async () => {
    const ask = await describedApp(notReady(new Error('away')));

    expect(await ask('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });
});

describe('GET /readyz', () => {
  it('is ready when the engine is', async () => {
    const ask = await describedApp(createFakeTidemark());

    expect(await ask('/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
  });

  it.each(['DATABASE_UNAVAILABLE', 'SCHEMA_MISSING', 'SCHEMA_NEWER'] as const)(
    'answers 503 and why: %s',
    async (code) => {
      const ask = await describedApp(notReady(new TidemarkError(code, 'This is why.', { retryAfterMs: 2_000 })));
      const answer = await ask('/readyz');

      expect(answer).toMatchObject({ status: 503, body: { status: 'unavailable', error: 'This is why.', code } });
      expect(answer.headers.get('Retry-After')).toBe('2');
    },
  );

  it('keeps the details of an unforeseen fault to itself', async () => {
    const ask = await describedApp(notReady(new Error('password=hunter2')));
    const { status, body } = await ask('/readyz');

    expect(status).toBe(503);
    expect(JSON.stringify(body)).not.toContain('hunter2');
  });
});
