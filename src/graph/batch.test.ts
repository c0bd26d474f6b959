import { expect, test } from 'vitest';
import { GraphError } from '../core/errors.ts';
import type { JsonObject, JsonValue } from '../core/model.ts';
import { must } from '../lib/must.ts';
import { readBatch } from './batch.ts';
import { conversations, errors, listLinks, refusal } from '../../test/support/graph/payloads.ts';

const SECRETS = ['EAAlead1234567890', 'EAAsecond1234567890', 'EAAthird1234567890'];
const part = (code: number, body: JsonObject, headers: JsonValue = null): JsonObject => ({
  code,
  headers,
  body: JSON.stringify(body),
});
const read = (body: JsonValue | undefined, headers: Record<string, string> = {}) =>
  readBatch({ status: 200, headers, text: JSON.stringify(body) ?? '' }, { subject: 'a batch', secrets: SECRETS });

test('gives each part as an answer of its own, in order; one that Facebook did not get to is undefined', () => {
  const parts = read([
    part(200, conversations.form2021, [
      { name: 'Facebook-API-Version', value: 'v25.0' },
      { name: 'X-Page-Usage', value: '{"call_count":2}' },
    ]),
    part(400, refusal(errors.objectMissing)),
    null,
  ]);
  expect(parts).toEqual([
    {
      status: 200,
      headers: { 'facebook-api-version': 'v25.0', 'x-page-usage': '{"call_count":2}' },
      text: JSON.stringify(conversations.form2021),
    },
    { status: 400, headers: {}, text: JSON.stringify(refusal(errors.objectMissing)) },
    undefined,
  ]);
});

test('a part without a status is none, and one without a body is empty', () => {
  expect(read([{ body: '{}' }, { code: 500 }, 7])).toEqual([
    undefined,
    { status: 500, headers: {}, text: '' },
    undefined,
  ]);
});

test("the clock and the app's pool of the whole are every part's; its Page's pool is not", () => {
  const whole = { date: 'Fri, 02 Jan 2026 03:04:05 GMT', 'x-app-usage': '{"call_count":5}', 'x-page-usage': '{}' };
  const own = [{ name: 'X-App-Usage', value: '{"call_count":6}' }];
  const [first, second] = read([part(200, {}, own), part(200, {}), null], whole);
  expect(first?.headers).toEqual({ date: whole.date, 'x-app-usage': '{"call_count":6}' });
  expect(second?.headers).toEqual({ date: whole.date, 'x-app-usage': '{"call_count":5}' });
});

test('the token of the whole is blotted out of every part (I9)', () => {
  const lead = must(SECRETS[0], 'a lead');
  const parts = read([part(200, {}), part(200, { data: [], paging: listLinks(lead) }), part(400, { error: lead })]);
  expect(JSON.stringify(parts)).not.toContain(lead);
});

test.each<[string, JsonValue | undefined, string]>([
  ['an error', refusal(errors.expired), 'token'],
  ['an error of old form', { error: 190, error_description: 'gone' }, 'token'],
  ['too few parts', [part(200, {})], 'transient'],
  ['too many parts', [null, null, null, null], 'transient'],
  ['no list', {}, 'transient'],
  ['nothing', undefined, 'transient'],
])('the whole call fails with %s', (_name, body, kind) => {
  try {
    read(body);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(GraphError);
    expect(error).toMatchObject({ kind });
  }
});

test('an answer with a status that refuses is not read as parts', () => {
  const text = JSON.stringify([part(200, {}), part(200, {}), part(200, {})]);
  const answer = { status: 503, headers: {}, text };
  expect(() => readBatch(answer, { subject: 'a batch', secrets: SECRETS })).toThrow('HTTP 503');
});
