import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../core/model.ts';
import type { QuotaUsage, Usage } from '../core/limits/quota-usage.ts';
import { classifyGraphError } from './error-codes.ts';
import { errors, refusal } from '../../test/support/graph/payloads.ts';

const classify = (body: JsonObject | undefined, status = 400) =>
  classifyGraphError({ status, body, subject: 'conversation t_1 of Page 5' });
const classifyError = (error: JsonObject, status = 400) => classify(refusal(error), status);

const usageOf = (quota: QuotaUsage): Usage => ({ quotas: [quota], unreadable: [] });

describe('the table of codes', () => {
  test.each<[string, JsonObject, string, string]>([
    ['reduce, whatever the code', { ...errors.tooMuch, code: 2 }, 'too-much-data', 'GRAPH_ERROR'],
    ['1', { code: 1, message: 'An unknown error occurred' }, 'transient', 'GRAPH_ERROR'],
    ['1, lasting', { code: 1, error_subcode: 1_965_014, is_transient: false }, 'invalid', 'GRAPH_ERROR'],
    ['2', errors.unavailable, 'transient', 'GRAPH_ERROR'],
    ['-3', { code: -3, message: '(#-3) Unknown error' }, 'transient', 'GRAPH_ERROR'],
    ['3', { code: 3, message: 'capability' }, 'permission', 'PERMISSION_MISSING'],
    ['4', { code: 4, message: 'Application request limit reached', is_transient: true }, 'throttled', 'THROTTLED'],
    ['9', { code: 9 }, 'throttled', 'THROTTLED'],
    ['17', { code: 17, error_subcode: 2_446_079 }, 'throttled', 'THROTTLED'],
    ['32', { code: 32 }, 'throttled', 'THROTTLED'],
    ['341', { code: 341 }, 'throttled', 'THROTTLED'],
    ['613', errors.rateLimit, 'throttled', 'THROTTLED'],
    ['80001', { code: 80_001 }, 'throttled', 'THROTTLED'],
    ['80002', { code: 80_002 }, 'throttled', 'THROTTLED'],
    ['80006', errors.messengerQuota, 'throttled', 'THROTTLED'],
    ['80014', { code: 80_014 }, 'throttled', 'THROTTLED'],
    ['10', { code: 10, message: '(#10) Requires pages_messaging' }, 'permission', 'PERMISSION_MISSING'],
    ['200', { code: 200 }, 'permission', 'PERMISSION_MISSING'],
    ['230', { code: 230 }, 'permission', 'PERMISSION_MISSING'],
    ['299', { code: 299 }, 'permission', 'PERMISSION_MISSING'],
    ['100/33', errors.objectMissing, 'missing', 'GRAPH_ERROR'],
    [
      '100, does not exist',
      { code: 100, message: "Object with ID '2' does not exist, cannot be loaded due to missing permissions" },
      'missing',
      'GRAPH_ERROR',
    ],
    ['100, deleted', { code: 100, message: 'This message has been deleted' }, 'missing', 'GRAPH_ERROR'],
    ['100, permission', errors.missingPermission, 'permission', 'PERMISSION_MISSING'],
    [
      '100, permission in other words',
      { code: 100, message: '(#100) This requires the pages_messaging permission' },
      'permission',
      'PERMISSION_MISSING',
    ],
    ['100, proof', errors.needsProof, 'invalid', 'GRAPH_ERROR'],
    ['100', { code: 100, message: '(#100) The limit parameter should not exceed 100' }, 'invalid', 'GRAPH_ERROR'],
    ['102', { code: 102 }, 'token', 'TOKEN_EXPIRED'],
    ['104', { code: 104, message: 'Incorrect signature' }, 'invalid', 'GRAPH_ERROR'],
    ['190', { code: 190 }, 'token', 'TOKEN_EXPIRED'],
    ['190/463', errors.expired, 'token', 'TOKEN_EXPIRED'],
    ['190 as text', { code: '190', error_subcode: '460' }, 'token', 'TOKEN_EXPIRED'],
    ['subcode 467 alone', { error_subcode: 467, message: 'invalid' }, 'token', 'TOKEN_EXPIRED'],
    ['368', errors.blocked, 'blocked', 'GRAPH_ERROR'],
    ['5', { code: 5, message: 'Unauthorized source IP address' }, 'invalid', 'GRAPH_ERROR'],
    ['12', { code: 12, message: 'deprecated' }, 'invalid', 'GRAPH_ERROR'],
    ['21', { code: 21, message: 'Page ID 1 was migrated to page ID 2' }, 'invalid', 'PAGE_MERGED'],
    ['24', { code: 24 }, 'invalid', 'GRAPH_ERROR'],
    ['2635', { code: 2635 }, 'invalid', 'GRAPH_ERROR'],
    ['551', { code: 551 }, 'invalid', 'GRAPH_ERROR'],
    ['803', { code: 803, message: 'Some of the aliases you requested do not exist' }, 'missing', 'GRAPH_ERROR'],
    ['2500', errors.unknownPath, 'invalid', 'GRAPH_ERROR'],
    [
      '2500, no token',
      { code: 2500, message: 'An active access token must be used to query' },
      'token',
      'TOKEN_EXPIRED',
    ],
    ['unknown, transient', { code: 99_999, is_transient: true }, 'transient', 'GRAPH_ERROR'],
    ['unknown, lasting', { code: 99_999, is_transient: false }, 'invalid', 'GRAPH_ERROR'],
    ['no code, token', { message: 'Invalid OAuth access token.', type: 'OAuthException' }, 'token', 'TOKEN_EXPIRED'],
    [
      'batch too long',
      { message: 'Too many requests in batch message. Maximum batch size is 50', type: 'GraphBatchException' },
      'invalid',
      'GRAPH_ERROR',
    ],
  ])('%s', (_name, ...[error, kind, code]) => {
    expect(classifyError(error)).toMatchObject({ kind, code });
  });

  test('the body speaks before the HTTP status', () => {
    for (const status of [200, 400, 401, 403, 404, 500]) {
      expect(classifyError(errors.expired, status).kind).toBe('token');
      expect(classifyError(errors.unavailable, status).kind).toBe('transient');
    }
  });

  test.each([
    [401, 'token'],
    [403, 'permission'],
    [404, 'missing'],
    [408, 'transient'],
    [413, 'too-much-data'],
    [429, 'throttled'],
    [400, 'invalid'],
    [500, 'transient'],
    [503, 'transient'],
  ] as const)('without any word, HTTP %i is %s', (status, kind) => {
    expect(classify({}, status).kind).toBe(kind);
    expect(classifyError({}, status).kind).toBe(kind);
  });

  test('reads the other forms of a refusal', () => {
    expect(classify({ error: 190, error_description: 'Invalid token' })).toMatchObject({
      kind: 'token',
      graphCode: 190,
    });
    expect(classify({ error: 'invalid_request', error_description: 'Oh' }).message).toContain('“Oh”');
    expect(classify({ error_code: 4, error_msg: 'limit' })).toMatchObject({ kind: 'throttled', graphCode: 4 });
    expect(classify({ error_type: 'OAuthException', code: 190, error_message: 'Bad' })).toMatchObject({
      kind: 'token',
    });
  });
});

describe('the error', () => {
  test('quotes Facebook, names what was asked for, and where to look it up', () => {
    const error = classifyError(errors.expired);
    expect(error.message).toBe(
      'Facebook refused conversation t_1 of Page 5: “Error validating access token: Session has expired on Friday, ' +
        '02-Jan-26 03:00:00 PST.” (code 190, subcode 463, HTTP 400, fbtrace_id InventedTrace463).',
    );
    expect(error).toMatchObject({ graphCode: 190, graphSubcode: 463, httpStatus: 400 });
  });

  test('says what to do about a wrong app secret', () => {
    expect(classifyError({ code: 104, message: 'Incorrect signature' }).message).toContain('META_APP_SECRET');
    expect(classifyError({ code: 100, message: 'Invalid appsecret_proof provided' }).message).toContain(
      'META_APP_SECRET',
    );
  });

  test('names the Page that a merged one has become, as far as Facebook does', () => {
    const advice = (message: string) => classifyError({ code: 21, message }).message;
    expect(advice('(#21) Page ID 5 was migrated to page ID 77. Please update')).toContain('Connect Page 77 instead');
    expect(advice('moved')).toContain('Connect the Page that it was merged into instead');
  });

  test('bounds what it quotes', () => {
    expect(classifyError({ code: 1, message: 'x'.repeat(10_000) }).message.length).toBeLessThan(600);
  });

  test('knows how long to cool down', () => {
    const body = refusal(errors.messengerQuota);
    const waits = (answer: { usage?: Usage; retryAfterMs?: number }) =>
      classifyGraphError({ status: 400, body, subject: 'Page 5', ...answer }).retryAfterMs;
    const usage = usageOf({ quota: 'messenger', percent: 100, regainMs: 60_000 });
    expect(waits({ usage, retryAfterMs: 5000 })).toBe(60_000);
    expect(waits({ retryAfterMs: 5000 })).toBe(5000);
    expect(waits({})).toBe(300_000);
    expect(classifyError(errors.rateLimit).retryAfterMs).toBe(1000);
    expect(classifyError(errors.blocked).retryAfterMs).toBe(3_600_000);
    expect(classifyError(errors.expired).retryAfterMs).toBeUndefined();
  });

  test('knows whose calls must stop: all of the app, or those of one Page', () => {
    const scope = (code: number) => classifyError({ code }).cooldownScope;
    expect([4, 341].map(scope)).toEqual(['app', 'app']);
    const ofPage = [9, 17, 32, 368, 613, 80_000, 80_001, 80_002, 80_005, 80_006, 80_014];
    expect(new Set(ofPage.map(scope))).toEqual(new Set(['page']));
    expect(classify({}, 429).cooldownScope).toBe('page');
    expect([1, 2, 10, 100, 190, 200, 803].map(scope)).toEqual(Array(7).fill(undefined));
  });

  test('takes no time of a Page for that of the app', () => {
    const usage = usageOf({ quota: 'messenger', percent: 100, regainMs: 3_600_000 });
    const error = classifyGraphError({ status: 403, body: refusal({ code: 4 }), subject: 'Page 5', usage });
    expect(error).toMatchObject({ cooldownScope: 'app', retryAfterMs: 300_000 });
  });
});
