import { describe, expect, it } from 'vitest';
import { columnsOf } from '../lib/columns.ts';
import { renderTable } from './table.ts';

const COLUMNS = [
  { title: 'Page' },
  { title: 'status' },
  { title: 'calls', align: 'right' },
  { title: 'by', omit: 2 },
  { title: 'id', whole: true, omit: 1 },
] as const;
const ROWS = [
  ['Corner Bakery and Café', 'connected', '1,234,567', 'schedule', '00000000-0000-4000-8000-000000000001'],
  ['東京のパン屋さん', 'token expired', '5', 'api', '00000000-0000-4000-8000-000000000002'],
];

describe('a table', () => {
  it('is as wide as it likes where there is no end, as in a file', () => {
    expect(renderTable(COLUMNS, ROWS)).toEqual([
      'Page                    status             calls  by        id',
      'Corner Bakery and Café  connected      1,234,567  schedule  00000000-0000-4000-8000-000000000001',
      '東京のパン屋さん        token expired          5  api       00000000-0000-4000-8000-000000000002',
    ]);
  });

  it.each([40, 60, 80, 120])('fits into %i columns, with every figure whole', (columns) => {
    const lines = renderTable(COLUMNS, ROWS, { columns });
    const table = lines.slice(0, 3);
    expect(Math.max(...table.map(columnsOf))).toBeLessThanOrEqual(columns);
    expect(table[1]).toContain('1,234,567');
  });

  it('leaves out columns that may be missing before it cuts texts short, never half of an id, and says so', () => {
    const lines = renderTable(COLUMNS, ROWS, { columns: 80 });
    expect(lines[1]).toBe('Corner Bakery a…  connected      1,234,567  00000000-0000-4000-8000-000000000001');
    expect(lines[3]).toBe('Left out here: by; a wider terminal shows it.');
    expect(renderTable(COLUMNS, ROWS, { columns: 50 })[3]).toBe('Left out here: by, id; a wider terminal shows it.');
  });

  it('shows what would steer the terminal as escapes, which count', () => {
    expect(renderTable([{ title: 'Page' }, { title: 'x' }], [['a\u001b[2Jb', '1']])).toEqual([
      'Page       x',
      String.raw`a\x1b[2Jb  1`,
    ]);
  });
});
