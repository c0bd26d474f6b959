/** Names and texts of strangers reach people through one door, which shows what would steer a terminal as escapes. */
import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url).pathname;

test('no command writes to a stream itself', () => {
  const writers = globSync('src/cli/**/*.ts', { cwd: ROOT })
    .filter((file) => !file.endsWith('.test.ts'))
    .filter((file) => /\.write\(|console\.|process\.std/u.test(readFileSync(`${ROOT}${file}`, 'utf8')));
  // main.ts hands the streams in; the two of progress pass on lines of the log, which has a door of its own.
  expect(writers.toSorted()).toEqual([
    'src/cli/around-progress.ts',
    'src/cli/main.ts',
    'src/cli/print.ts',
    'src/cli/progress.ts',
  ]);
});
