import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../core/error-catalogue.ts';
import { ERRORS } from '../core/error-catalogue.ts';
import { GraphError, TidemarkError } from '../core/errors.ts';
import { toProblem } from './problem.ts';

describe('a problem', () => {
  it.each(Object.keys(ERRORS) as ErrorCode[])('takes the status of %s from the catalogue', (code) => {
    const problem = toProblem(new TidemarkError(code, 'What happened.'));

    expect(problem.status).toBe(ERRORS[code].httpStatus);
    expect(problem.body).toMatchObject({ success: false, code });
  });

  it('says what the error says', () => {
    const problem = toProblem(new TidemarkError('PAGE_NOT_FOUND', 'No Page 7 is connected.'));

    expect(problem.body.error).toBe('No Page 7 is connected.');
  });

  it("answers with the status of our catalogue, not with the one that Facebook's refusal had", () => {
    const refused = new GraphError('TOKEN_EXPIRED', 'The token of Page 1 is dead.', { kind: 'token', httpStatus: 400 });

    expect(toProblem(refused).status).toBe(502);
  });

  it.each([
    [1, '1'],
    [1_000, '1'],
    [1_001, '2'],
    [0, '1'],
    [undefined, '10'],
  ])('asks to retry a 503 of %s ms after %s s, never too early', (retryAfterMs, seconds) => {
    const details = retryAfterMs === undefined ? {} : { retryAfterMs };

    expect(toProblem(new TidemarkError('THROTTLED', 'Wait.', details)).headers).toEqual({ 'Retry-After': seconds });
  });

  it('asks for no retry where waiting is not the point', () => {
    expect(toProblem(new TidemarkError('LEASE_LOST', 'Gone.', { retryAfterMs: 5_000 })).headers).toEqual({});
  });

  it.each([new Error('token EAAB'), 'token EAAB', { token: 'EAAB' }, undefined])(
    'tells nothing of a thrown value nobody foresaw (%#)',
    (thrown) => {
      const problem = toProblem(thrown);

      expect(problem.status).toBe(500);
      expect(JSON.stringify(problem)).not.toContain('EAAB');
    },
  );
});
