/** Whatever is stored, or compared with what is, is Facebook's time or the database's: the host's clock may be wrong. */
import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const ROOMS = 'src/{core,engine,embedded-postgres,jobs,runs,store,sync}/**/*.ts';
const HOST_CLOCK = /\bDate\.now\b|new Date\(\)|\bclock\.now\b/;

it('no room that stores or compares times reads the clock of the host', () => {
  const files = globSync(ROOMS).filter((file) => !file.endsWith('.test.ts'));
  expect(files.length).toBeGreaterThan(50);
  expect(files.filter((file) => HOST_CLOCK.test(readFileSync(file, 'utf8')))).toEqual([]);
});
