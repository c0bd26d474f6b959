/** The table that leads a newcomer to the place of a change names files that are there and hold what it says. */
import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const [, table = ''] = readFileSync('ARCHITECTURE.md', 'utf8').split('## Where to change what');
const ROW = /^\| (?<what>[^|]+) \| (?<where>[^|]+) \| `?(?<name>[^|`]+)`? +\|$/gm;
const rows = [...(table.split('\n## ')[0] ?? '').matchAll(ROW)]
  .map(({ groups = {} }) => groups)
  .filter(({ where = '' }) => where.includes('`'));

it.each(rows)('$what', ({ where = '', name = '' }) => {
  const files = [...where.matchAll(/`(?<path>[^`]+)`/g)].flatMap(({ groups }) => {
    const path = groups?.['path'] ?? '';
    const found = globSync(path.endsWith('/') ? `${path}*` : path);
    expect(found, path).not.toEqual([]);
    return found;
  });
  if (!where.startsWith('a new file')) expect(files.some((file) => holds(file, name.trim()))).toBe(true);
});

it('has rows', () => {
  expect(rows.length).toBeGreaterThan(15);
});

function holds(file: string, name: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(readFileSync(file, 'utf8'));
}
