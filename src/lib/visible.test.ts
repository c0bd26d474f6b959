import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toVisible, toVisibleJson, toVisibleLines } from './visible.ts';

test.each([
  ['a\nb\r\tc', String.raw`a\nb\r\tc`],
  ['\u001b]0;title\u0007\u009b2J', String.raw`\x1b]0;title\x07\x9b2J`],
  ['\u202egnp.exe\u2066\u200f', String.raw`\u{202e}gnp.exe\u{2066}\u{200f}`],
  [
    'pay\u200bpal\ufeff\u00ad\u2028\u3164\u034f\u2800',
    String.raw`pay\u{200b}pal\u{feff}\xad\u{2028}\u{3164}\u{34f}\u{2800}`.replace('34f', '034f'),
  ],
  ['\ud800\u{e0041}', String.raw`\u{d800}\u{e0041}`],
  ['Zoë, ♥️ 😀 مرحبا \\n', 'Zoë, ♥️ 😀 مرحبا \\n'],
])('%j', (text, shown) => {
  expect(toVisible(text)).toBe(shown);
  expect(toVisible(shown)).toBe(shown);
});

test('lines of our own stay lines', () => {
  expect(toVisibleLines('a\nb\u001b')).toBe('a\nb\\x1b');
});

/** Every unit of a JavaScript string, lone surrogates among them. */
const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });
const STEERS = /(?!\n)[\p{Cc}\p{Cf}]/u;

test('JSON means the same, and steers nothing', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const json = toVisibleJson(JSON.stringify({ text }, undefined, 2));
      expect(JSON.parse(json)).toEqual({ text });
      expect(json).not.toMatch(STEERS);
    }),
  );
});
