import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toFacebookJson } from './json.ts';

const ESCAPED = /[\u007f-\uffff/]/g;
const escape = (character: string) =>
  character === '/' ? String.raw`\/` : String.raw`\u` + character.charCodeAt(0).toString(16).padStart(4, '0');

describe('JSON as Facebook writes it', () => {
  it('escapes slashes and every unit beyond printable ASCII, and nothing else', () => {
    expect(toFacebookJson({ url: 'https://a/b', name: 'Đức 😀\u007f', end: 'a\nb' })).toBe(
      String.raw`{"url":"https:\/\/a\/b","name":"\u0110\u1ee9c \ud83d\ude00\u007f","end":"a\nb"}`,
    );
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        expect(toFacebookJson(value)).toBe(JSON.stringify(value).replaceAll(ESCAPED, escape));
      }),
    );
  });
});
