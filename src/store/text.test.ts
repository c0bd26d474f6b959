import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../core/model.ts';
import { toStorableJson, toStorableText } from './text.ts';

/** Any JavaScript string, lone surrogates and NUL among it. */
const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });
const oddText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\0', 'a\0b', '\ud83d', '\udc00x', '😀'),
  anyText,
);
const anyJson = fc
  .dictionary(oddText, fc.jsonValue({ depthSize: 'small' }))
  .chain((object) => oddText.map((text): JsonObject => ({ ...object, nested: [{ text }, [text]] }) as JsonObject));

const isStorable = (text: string) => text.isWellFormed() && !text.includes('\0');

describe('text for PostgreSQL', () => {
  it('is never changed when PostgreSQL can hold it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }).filter(isStorable), (text) => {
        expect(toStorableText(text)).toBe(text);
      }),
    );
  });

  it('has U+FFFD in place of every NUL and lone surrogate, and nothing else is changed', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const storable = toStorableText(text);
        expect(isStorable(storable)).toBe(true);
        expect(storable).toBe(text.toWellFormed().replaceAll('\0', '\uFFFD'));
      }),
    );
  });

  it('leaves pairs of surrogates alone, also beside lone ones', () => {
    expect(toStorableText('😀\ud83d😀\udc00')).toBe('😀\uFFFD😀\uFFFD');
  });
});

describe('JSON for PostgreSQL', () => {
  it('is the very same object when PostgreSQL can hold it', () => {
    const raw = { text: String.raw`the letters \u0000 and \ud800`, list: ['😀', null, 1.5, true], none: undefined };
    expect(toStorableJson(raw)).toBe(raw);
  });

  it('says at which paths something was replaced, values and names of fields alike', () => {
    expect(toStorableJson({ a: 'x\0', b: { 'c\0': [1, 'y\ud800'] }, d: 'fine' })).toEqual({
      a: 'x\uFFFD',
      b: { 'c\uFFFD': [1, 'y\uFFFD'] },
      d: 'fine',
      _tidemark: { replaced: ['a', 'b.c\uFFFD', 'b.c\uFFFD[1]'] },
    });
  });

  it('replaces what is in the name of a field only', () => {
    expect(toStorableJson({ 'a\0': 1 })).toEqual({ 'a\uFFFD': 1, _tidemark: { replaced: ['a\uFFFD'] } });
  });

  it('never holds what PostgreSQL refuses, whatever came in', () => {
    fc.assert(
      fc.property(anyJson, (raw) => {
        const json = JSON.stringify(toStorableJson(raw));
        // Only unstorable characters are written as these escapes; an escaped backslash before one is no escape.
        expect(json.replaceAll('\\\\', '')).not.toMatch(/\\u(?:0000|d[89a-f])/i);
      }),
    );
  });

  it('keeps a field named __proto__ as a field', () => {
    const raw = JSON.parse('{"__proto__":{"text":"a\\u0000"}}') as JsonObject;
    const clean = toStorableJson(raw);
    expect(Object.keys(clean)).toContain('__proto__');
    expect(JSON.stringify(clean)).toContain('"__proto__":{"text":"a\uFFFD"}');
  });
});
