import { expect, test } from 'vitest';
import { GraphError } from '../core/errors.ts';
import type { JsonObject, JsonValue } from '../core/model.ts';
import { parseBatch } from './batch.ts';
import { conversations, errors, refusal } from './fixtures/payloads.ts';

const part = (code: number, body: JsonObject, headers: JsonValue = null): JsonObject => ({
  code,
  headers,
  body: JSON.stringify(body),
});
const usageHeaders = [
  { name: 'Facebook-API-Version', value: 'v25.0' },
  { name: 'X-App-Usage', value: '{"call_count":2,"total_cputime":3,"total_time":1}' },
];
const SUBJECTS = ['Page 1', 'Page 2', 'Page 3'];

test('gives each part its own outcome, in order', () => {
  const parts = parseBatch(
    [part(200, conversations.form2021, usageHeaders), part(400, refusal(errors.objectMissing)), null],
    SUBJECTS,
  );
  expect(parts[0]).toEqual({
    outcome: 'answered',
    body: conversations.form2021,
    usage: { pools: [{ pool: 'app', percent: 3, regainMs: undefined }], unreadable: [] },
  });
  expect(parts[1]).toMatchObject({
    outcome: 'refused',
    error: { kind: 'missing', graphCode: 100, graphSubcode: 33, httpStatus: 400 },
  });
  expect((parts[1] as { error: GraphError }).error.message).toContain('Facebook refused Page 2');
  expect(parts[2]).toEqual({ outcome: 'not-done' });
});

test('a refusal counts with code 200 too, and a body that is not JSON may pass', () => {
  const parts = parseBatch(
    [part(200, refusal(errors.expired)), { code: 500, body: '<html>' }, { code: 200 }],
    SUBJECTS,
  );
  expect(parts).toMatchObject([
    { outcome: 'refused', error: { kind: 'token' } },
    { outcome: 'refused', error: { kind: 'transient' } },
    { outcome: 'refused', error: { kind: 'transient' } },
  ]);
});

test('keeps the digits of long ids inside a part', () => {
  expect(parseBatch([{ code: 200, body: '{"id":90071992547409931}' }], ['Page 1'])).toMatchObject([
    { body: { id: '90071992547409931' } },
  ]);
});

test.each<[string, JsonValue | undefined, string]>([
  ['an error', refusal(errors.expired), 'token'],
  ['an error of old form', { error: 190, error_description: 'gone' }, 'token'],
  ['too few parts', [part(200, {})], 'transient'],
  ['no list', {}, 'transient'],
  ['nothing', undefined, 'transient'],
])('the whole call fails with %s', (_name, body, kind) => {
  try {
    parseBatch(body, SUBJECTS);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(GraphError);
    expect(error).toMatchObject({ kind });
  }
});
