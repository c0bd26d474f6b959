import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonValue } from '../core/model.ts';
import { toCount, toEntries, toId, toInstant, toParticipant, toText } from './shapes.ts';

describe('toInstant', () => {
  test.each([
    ['2019-04-24T10:38:15+0000', Date.UTC(2019, 3, 24, 10, 38, 15)],
    ['2019-04-24T10:38:15+00:00', Date.UTC(2019, 3, 24, 10, 38, 15)],
    ['2019-04-24T10:38:15Z', Date.UTC(2019, 3, 24, 10, 38, 15)],
    ['2019-04-24T10:38:15.25Z', Date.UTC(2019, 3, 24, 10, 38, 15, 250)],
    ['2019-04-24 10:38', Date.UTC(2019, 3, 24, 10, 38)],
    ['2019-04-24T10:38:15', Date.UTC(2019, 3, 24, 10, 38, 15)],
    ['2019-04-24', Date.UTC(2019, 3, 24)],
    ['2019-04-24T10:38:15-0730', Date.UTC(2019, 3, 24, 18, 8, 15)],
    ['2019-04-24T00:38:15+02', Date.UTC(2019, 3, 23, 22, 38, 15)],
    ['2020-02-29T00:00:00+0000', Date.UTC(2020, 1, 29)],
    [1_556_102_295, 1_556_102_295_000],
    ['1556102295', 1_556_102_295_000],
    [1_556_102_295_123, 1_556_102_295_123],
  ])('reads %j', (value, instant) => {
    expect(toInstant(value)).toBe(instant);
  });

  test.each<JsonValue | undefined>([
    undefined,
    null,
    '',
    'soon',
    '<TIMESTAMP>',
    '2019-13-01T00:00:00+0000',
    '2019-02-29T00:00:00+0000',
    '2019-00-10',
    '2019-04-31',
    '2019-04-24T24:00:00Z',
    '0001-01-01T00:00:00+0000',
    0,
    -1,
    1e300,
    true,
    {},
    ['2019-04-24'],
    '123',
  ])('does not guess at %j', (value) => {
    expect(toInstant(value)).toBeUndefined();
  });

  test('reads back every second that Facebook can write', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4_102_444_800 }), (seconds) => {
        const text = new Date(seconds * 1000).toISOString().replace('.000Z', '+0000');
        expect(toInstant(text)).toBe(seconds * 1000);
      }),
    );
  });
});

describe('the narrow readers', () => {
  test('take any JSON without throwing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = value as JsonValue;
        for (const read of [toText, toId, toCount, toEntries, toParticipant, toInstant]) {
          expect(() => read(json)).not.toThrow();
        }
      }),
    );
  });

  test('take ids that are numbers, and counts that are text', () => {
    expect(toId(1_207_059)).toBe('1207059');
    expect(toId('')).toBeUndefined();
    expect(toText('')).toBe('');
    expect([toCount(3), toCount('3'), toCount(-1), toCount(1.5), toCount('x'), toCount(null)]).toEqual([
      3,
      3,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
