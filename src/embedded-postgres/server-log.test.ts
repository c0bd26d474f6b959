import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findLogEnd, openLog, readLastLines, trimLog } from './server-log.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidemark-log-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('an overgrown log is emptied under its writer, and its newest part kept beside it', async () => {
  const path = join(folder, 'grown.log');
  const writer = await openLog(path);
  await writer.write('first\n');
  await writer.write('x'.repeat(2_000_000));
  await writer.write('\nlast\n');
  await trimLog(path, 1_000_000);
  await writer.write('afterwards\n');
  await writer.close();
  expect(readFileSync(path, 'utf8')).toBe('afterwards\n');
  const kept = readFileSync(`${path}.1`, 'utf8');
  expect(kept.length).toBe(1024 * 1024);
  expect(kept).toMatch(/^x+\nlast\n$/);
});

test('a log within its bounds, or none, is left alone', async () => {
  const path = join(folder, 'small.log');
  await trimLog(path);
  writeFileSync(path, 'a\n');
  await trimLog(path);
  expect(readFileSync(path, 'utf8')).toBe('a\n');
});

test('the last lines are those after a mark', async () => {
  const path = join(folder, 'lines.log');
  expect(await readLastLines(path)).toEqual([]);
  writeFileSync(path, 'old\n');
  const mark = await findLogEnd(path);
  writeFileSync(path, 'one\n\ntwo\r\nthree\n', { flag: 'a' });
  expect(await readLastLines(path, mark)).toEqual(['one', 'two', 'three']);
  expect(await readLastLines(path, mark, 2)).toEqual(['two', 'three']);
});
