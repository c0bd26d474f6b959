/** No text from outside may hold up the process: every regular expression takes a time that grows with the text alone. */
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { expressionsIn, findSlowText } from '../support/slow-expressions.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const FILES = globSync('{src,simulator,bin}/**/*.{ts,js}', { cwd: ROOT }).filter((file) => !file.includes('.test.'));
const EXPRESSIONS = FILES.flatMap((file) => {
  return expressionsIn(readFileSync(`${ROOT}${file}`, 'utf8')).map((expression) => ({ file, expression }));
});

describe('a regular expression', () => {
  test.each(EXPRESSIONS)('in $file is linear: $expression', { timeout: 60_000 }, ({ expression }) => {
    expect(findSlowText(expression)).toBeUndefined();
  });

  test('is found wherever it stands', () => {
    expect(EXPRESSIONS.length).toBeGreaterThan(50);
    expect(expressionsIn('const a = f(/b+/g).c(`${"/x/".replace(/y/, "z")}`);').map(String)).toEqual(['/b+/g', '/y/']);
  });

  const slow = [
    /(a+)+$/,
    /\/+$/,
    /\s+$/,
    /^(\w+\s?)*$/,
    /"(?:[^"\\]|\\.|\w)*"x/,
    /requires (?:the )?'?[\w ]+'? permission/i,
    /(?<=secret\s*:\s*)\w+/,
    /https?:\/\/[^/"\s]+([^"\s]*)\?[^"\s]*?\boe=/,
    /<!--.*-->/s,
    /[\w.]+@[\w.]+\.com/,
  ];
  test.each(slow)('that a text can make slow is found: %s', (expression) => {
    expect(findSlowText(expression)).toBeDefined();
  });
});
