import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { must } from '../lib/must.ts';
import { lockWithin, tryLock } from './file-lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidemark-lock-'));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
const newPath = () => join(folder, `${(count += 1)}.lock`);

test('an exclusive lock keeps everybody out until it is released', () => {
  const path = newPath();
  const held = tryLock(path, 'exclusive');
  expect(tryLock(path, 'exclusive')).toBeUndefined();
  expect(tryLock(path, 'shared')).toBeUndefined();
  held?.release();
  held?.release();
  expect(tryLock(path, 'exclusive')).toBeDefined();
});

test('shared locks stand beside each other and keep an exclusive one out until the last is released', () => {
  const path = newPath();
  const [one, other] = [tryLock(path, 'shared'), tryLock(path, 'shared')];
  one?.release();
  expect(tryLock(path, 'exclusive')).toBeUndefined();
  other?.release();
  expect(tryLock(path, 'exclusive')).toBeDefined();
});

test('a lock is waited for, and no longer than allowed', async () => {
  const path = newPath();
  const held = must(tryLock(path, 'exclusive'), 'nobody else has it');
  expect(await lockWithin(path, 'exclusive', 50)).toBeUndefined();
  const waiting = lockWithin(path, 'exclusive', 10_000);
  held.release();
  expect(await waiting).toBeDefined();
});

test('a lock dies with a killed process', async () => {
  const path = newPath();
  const script = `
    import { tryLock } from ${JSON.stringify(new URL('file-lock.ts', import.meta.url).href)};
    globalThis.held = tryLock(${JSON.stringify(path)}, 'exclusive');
    process.stdout.write('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  expect(tryLock(path, 'shared')).toBeUndefined();
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(tryLock(path, 'exclusive')).toBeDefined();
});

test('a place where nothing can be locked is named', () => {
  expect(() => tryLock(join(folder, 'missing', 'x.lock'), 'shared')).toThrow(/cannot lock .*missing.*Check that/);
});
