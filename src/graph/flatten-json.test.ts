import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flattenJson, MAX_DEPTH } from './flatten-json.ts';
import { parseJson } from './json.ts';

const read = (text: string) => parseJson(flattenJson(text));

const nested = (levels: number, inmost = '"\\"]"') => `${'[{"a\\\\":'.repeat(levels)}${inmost}${'}]'.repeat(levels)}`;

test('what is nested too deep is a string of its JSON text, and what stands beside it is as it was', () => {
  const deep = nested(100_000);
  const body = read(`{"data":[{"id":"m_1","x":${deep},"message":"a"},{"id":12345678901234567890}],"n":1}`);
  const { data } = body as { data: [{ x: unknown; message: string }, { id: string }] };
  expect(data[0].message).toBe('a');
  expect(data[1].id).toBe('12345678901234567890');
  expect(JSON.parse(JSON.stringify(body))).toEqual(body);
  let inner: unknown = data[0].x;
  let levels = 0;
  while (typeof inner === 'object' && inner !== null) {
    inner = Object.values(inner)[0];
    levels += 1;
  }
  expect(levels).toBe(MAX_DEPTH - 3);
  expect(deep).toContain(inner as string);
});

test('what is not nested too deep is read as it is', () => {
  const inString = '['.repeat(500);
  fc.assert(
    fc.property(fc.json({ maxDepth: 20 }), (text) => {
      expect(read(`{"s":${JSON.stringify(`\\${inString}"`)},"v":${text}}`)).toEqual({
        s: `\\${inString}"`,
        v: parseJson(text),
      });
    }),
  );
  expect(read(nested(MAX_DEPTH / 2))).toEqual(JSON.parse(nested(MAX_DEPTH / 2)));
});

test('half a text is no JSON, however deep', () => {
  expect(() => read('['.repeat(1_000_000))).toThrow(SyntaxError);
  expect(() => read(`${nested(500)}]`)).toThrow(SyntaxError);
  expect(() => read('{"a":"')).toThrow(SyntaxError);
});
