/** The real program in a process of its own: what only its exit status and its streams can prove. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const EMPTY_FOLDER = mkdtempSync(join(tmpdir(), 'tidemark-main-'));
const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

afterAll(() => rmSync(EMPTY_FOLDER, { recursive: true }));

async function tidemark(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: EMPTY_FOLDER,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [status] = await ended;
  return { status, stdout, stderr };
}

describe('the program', () => {
  it.each([
    ['an unknown command', ['nonsense'], "unknown command 'nonsense'"],
    ['no command', [], 'Usage: tidemark'],
    ['a duration that is none', ['sync', '--max-duration', 'abc'], 'must be a whole number with a unit'],
    ['an unknown option', ['sync', '--ful'], '(Did you mean --full?)'],
    ['a Page that is none', ['sync', 'page-one'], 'give its uuid or its Facebook Page id'],
    ['a port out of range', ['simulate', '--port', '70000'], 'from 0 to 65535'],
    ['a profile that is none', ['simulate', '--profile', 'slow'], 'Allowed choices are seed, fast, hostile'],
    ['a token as an argument', ['pages', 'add', 'abc'], 'shell history'],
  ])('exits 2 for %s', async (_, args, complaint) => {
    const { status, stdout, stderr } = await tidemark(args);
    expect(stderr).toContain(complaint);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  it('exits 2 for a wrong setting, naming it and no secret', async () => {
    const env = { SYNC_INTERVAL: 'sometimes', TIDEMARK_ENCRYPTION_KEY: 'hunter2' };
    const { status, stdout, stderr } = await tidemark(['serve'], env);
    expect(status).toBe(2);
    expect(stderr).toMatch(/TIDEMARK_ENCRYPTION_KEY must be exactly 32 bytes.*\nSYNC_INTERVAL must be .*"sometimes"/);
    expect(stdout + stderr).not.toContain('hunter2');
  });

  it('exits 0 for help and version, on stdout', async () => {
    const [help, version] = await Promise.all([tidemark(['--help']), tidemark(['--version'])]);
    expect(help).toMatchObject({ status: 0, stderr: '' });
    expect(help.stdout).toContain('DATABASE_URL');
    expect(version).toMatchObject({ status: 0, stderr: '' });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+/);
  });
});
