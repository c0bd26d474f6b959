import { describe, expect, it } from 'vitest';
import { columnsOf, cutToColumns, padColumns } from './columns.ts';

describe('columns of a terminal', () => {
  it.each([
    ['Corner Bakery', 13],
    ['Café', 4],
    ['Cafe\u0301', 4],
    ['東京', 4],
    ['한국어', 6],
    ['ไทย', 3],
    ['🍞 Bread', 8],
    ['👩‍👩‍👧', 2],
    ['❤️', 2],
    ['🇩🇪', 2],
    ['', 0],
  ])('are counted as a terminal shows %s', (text, columns) => {
    expect(columnsOf(text)).toBe(columns);
  });

  it('are never exceeded by what is cut, whatever the script', () => {
    for (const text of ['Corner Bakery and Café', '東京のパン屋さん', '🍞🥐🥖 Bread', 'a👩‍👩‍👧b👩‍👩‍👧c']) {
      for (let columns = 0; columns < 30; columns += 1) {
        const cut = cutToColumns(text, columns);
        expect(columnsOf(cut)).toBeLessThanOrEqual(columns);
        if (columnsOf(text) <= columns) expect(cut).toBe(text);
      }
    }
    expect(cutToColumns('Corner Bakery and Café', 10)).toBe('Corner Ba…');
    expect(cutToColumns('東京のパン屋さん', 8)).toBe('東京の…');
  });

  it('are filled up on either side', () => {
    expect(padColumns('東京', 6)).toBe('東京  ');
    expect(padColumns('12', 4, 'right')).toBe('  12');
  });
});
