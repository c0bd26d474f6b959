/**
 * Runs PostgreSQL's programs. They get an environment of their own: the settings of a Tidemark process hold secrets,
 * and a stray PG* variable would change what the programs do.
 */
import { spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import type { ServerAccount } from './account.ts';

export interface ProgramResult {
  /** Undefined when a signal ended it. */
  readonly status: number | undefined;
  readonly lines: readonly string[];
}

const INHERITED = ['PATH', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR'] as const;

/**
 * Options of every spawn. Each program leads a session of its own, so that Ctrl-C, which a terminal sends to the
 * whole process group, reaches Tidemark only and the server is stopped after the last query.
 */
export function spawnOptions(account: ServerAccount | undefined, cwd: string): SpawnOptions {
  const env: NodeJS.ProcessEnv = { LC_ALL: 'C' };
  for (const name of INHERITED) if (process.env[name] !== undefined) env[name] = process.env[name];
  const user = account === undefined ? {} : { uid: account.uid, gid: account.gid };
  return { cwd, env, detached: true, windowsHide: true, ...user };
}

/** Runs a program to its end. `inputFd` becomes its descriptor 3. Rejects only when it cannot be spawned. */
export async function runProgram(
  program: string,
  options: { readonly args: readonly string[]; readonly spawn: SpawnOptions; readonly inputFd?: number | undefined },
): Promise<ProgramResult> {
  const { args, inputFd } = options;
  const child = spawn(program, args, { ...options.spawn, stdio: ['ignore', 'pipe', 'pipe', inputFd ?? 'ignore'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [status] = (await once(child, 'close')) as [number | null];
  const lines = output.split(/\r?\n/).filter((line) => line.trim() !== '');
  return { status: status ?? undefined, lines };
}
