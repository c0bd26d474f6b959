/** The benchmark works: in a world too small to say anything, so that it can't rot between the times it is needed. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, it } from 'vitest';
import type { Report } from '../../bench/report.ts';

const BENCH = new URL('../../bench/run.ts', import.meta.url).pathname;

it('every scenario of the benchmark runs, and is told as a table, as JSON and as a picture', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-bench-test-'));
  try {
    const [json, chart] = [join(folder, 'run.json'), join(folder, 'run.svg')];
    const flags = ['--tiny', '--database-url', inject('postgresUrls')[17], '--json', json, '--chart', chart];
    const { stdout } = await promisify(execFile)(process.execPath, [BENCH, ...flags]);
    const report = JSON.parse(await readFile(json, 'utf8')) as Report;
    expect(report.rows.map((row) => row.name)).toEqual([
      'first sync of 12 conversations, lists of 100',
      'first sync of 12 conversations, lists of 200',
      '0 new among 12',
      '3 new among 12',
      'first sync of 2 Pages × 12',
      expect.stringMatching(/^\d+ messages, no meter, no latency$/),
      'a quiet round over 3 Pages',
      '2 Pages × 3, 1 worker',
      'memory after 4 rounds over 2 Pages',
      'tidemark --help',
      'a quiet tidemark sync of one Page, as a process',
    ]);
    const svg = await readFile(chart, 'utf8');
    for (const { name, measured } of report.rows) {
      expect(measured.value).toBeGreaterThan(0);
      expect(stdout).toContain(name);
    }
    expect(svg).toMatch(/^<svg [\s\S]*a quiet round over 3 Pages[\s\S]*<\/svg>\n$/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 180_000);
