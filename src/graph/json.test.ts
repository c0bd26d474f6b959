import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson } from './json.ts';

test('keeps the digits of whole numbers beyond the safe integers, wherever they stand', () => {
  expect(parseJson('{"a":[9007199254740993, -9007199254740993],"b":{"c": 178414720200518261}}')).toEqual({
    a: ['9007199254740993', '-9007199254740993'],
    b: { c: '178414720200518261' },
  });
  expect(parseJson('9007199254740991')).toBe(9_007_199_254_740_991);
  expect(parseJson('{"text":": 9007199254740993","n":1.5,"e":1e3}')).toEqual({
    text: ': 9007199254740993',
    n: 1.5,
    e: 1000,
  });
});

test('reads everything else as JSON.parse does', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const plain: unknown = JSON.parse(text);
      const isExact = JSON.stringify(plain) === JSON.stringify(JSON.parse(text, (_key, value: unknown) => value));
      if (isExact && !/\d{16}/u.test(text)) expect(parseJson(text)).toEqual(plain);
    }),
  );
  expect(() => parseJson('{"a":')).toThrow(SyntaxError);
  expect(() => parseJson('[12345678901234567')).toThrow(SyntaxError);
});
