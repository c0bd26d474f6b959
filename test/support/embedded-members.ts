/** Starts and watches processes that use an embedded PostgreSQL, and looks at the server from outside. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { sleep } from '../../src/lib/sleep.ts';

export interface Member {
  readonly url: string;
  readonly process: ChildProcess;
  /** All that it said so far. */
  readonly said: readonly Record<string, unknown>[];
  order(word: 'stop' | 'exit' | 'crash'): void;
  /** Resolves when the process is gone. */
  readonly ended: Promise<unknown>;
}

export interface MemberOptions {
  readonly uid?: number;
  readonly gid?: number;
  /** In a process group of its own, as a terminal would have it. */
  readonly ownGroup?: boolean;
}

export const isRoot = process.geteuid?.() === 0;
export const NOBODY = { uid: 65_534, gid: 65_534 };

const SCRIPT = fileURLToPath(new URL('embedded-member.ts', import.meta.url));

/** Whether an ordinary user could run this checkout at all, when root runs the tests. */
export const canRunAsNobody =
  isRoot && spawnSync(process.execPath, ['--check', SCRIPT], { ...NOBODY, cwd: '/' }).status === 0;

/** Starts a process without waiting for anything. It is killed when the test is over. */
export function spawnMember(dataDir: string, { ownGroup = false, ...user }: MemberOptions = {}) {
  const child = spawn(process.execPath, [SCRIPT, dataDir], { ...user, cwd: '/', detached: ownGroup, stdio: 'pipe' });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return child;
}

/** Starts a process and resolves when it has the server; rejects with the sentence it failed with. */
export async function startMember(dataDir: string, options: MemberOptions = {}): Promise<Member> {
  const child = spawnMember(dataDir, options);
  const said: Record<string, unknown>[] = [];
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const ended = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout })
      .on('line', (line) => {
        const message = JSON.parse(line) as Record<string, unknown>;
        said.push(message);
        if (typeof message['url'] === 'string') resolve(message['url']);
        if (typeof message['error'] === 'string') reject(new Error(message['error']));
      })
      .on('close', () => reject(new Error(`The process ended before it had the server. ${complaints}`)));
  });
  return { url, process: child, said, ended, order: (word) => child.stdin.write(`${word}\n`) };
}

/** A data folder for one test. The server is killed and the folder removed when the test is over, whatever came of it. */
export async function makeDataDir(parent = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(parent, 'tidemark-embedded-'));
  await chmod(folder, 0o777);
  const dataDir = join(folder, '.tidemark');
  onTestFinished(async () => {
    const pid = await findServerPid(dataDir);
    if (pid !== undefined) process.kill(pid, 'SIGQUIT');
    await untilGone(dataDir);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return dataDir;
}

/** The living server's process id. */
export async function findServerPid(dataDir: string): Promise<number | undefined> {
  const file = await readFile(join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(file, 10);
  return pid > 0 && isPostgres(pid) ? pid : undefined;
}

/** Resolves when no server runs on the folder any more. */
export async function untilGone(dataDir: string): Promise<void> {
  await until(async () => (await findServerPid(dataDir)) === undefined, 'the server is gone');
}

export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadlineAt = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadlineAt) throw new Error(`Waited in vain until ${what}.`);
    await sleep(20);
  }
}

/** Runs SQL on a connection of its own; the first column of the last statement's answer. */
export async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    // Several statements have several answers.
    const answers = [await client.query<unknown[]>({ text: sql, rowMode: 'array' })].flat();
    return (answers.at(-1)?.rows ?? []).map((row) => row[0]);
  } finally {
    await client.end();
  }
}

function isPostgres(pid: number): boolean {
  if (process.platform !== 'linux') return spawnSync('ps', ['-p', String(pid)]).status === 0;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres\0-D\0');
  } catch {
    return false;
  }
}
