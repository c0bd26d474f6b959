/**
 * The program in a process of its own, started as a user would and listened to through its log, so that a test can
 * wait for what happens in it and end it in every way there is.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;

const SHIFTED = new URL('shifted-clock.ts', import.meta.url).href;

const CRASH = /^(\w*Error|Node\.js v)/;

/** A line of its log about a sync. */
export interface ToldEvent {
  readonly event: string;
  readonly pageId: string;
  readonly mode: string;
  readonly at: number;
}

export interface Program extends AsyncDisposable {
  readonly told: readonly ToldEvent[];
  /** Lines that say that something went wrong. */
  readonly complaints: readonly string[];
  /** What it printed on stdout so far. */
  readonly stdout: () => string;
  /** Resolves with exit status and signal when the process has ended. */
  readonly ended: Promise<readonly [number | null, string | null]>;
  /** Sends a signal and resolves with exit status and signal when the process has ended. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<readonly [number | null, string | null]>;
}

/** The same on a host whose clock is so many milliseconds off. */
export function startShifted(shiftMs: number, args: readonly string[], env: Readonly<Record<string, string>>): Program {
  return startProgram(args, { ...env, NODE_OPTIONS: `--import=${SHIFTED}`, SHIFTED_CLOCK_MS: String(shiftMs) });
}

export function startProgram(args: readonly string[], env: Readonly<Record<string, string>>): Program {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: '/',
    env: { PATH: process.env['PATH'], LOG_FORMAT: 'json', LOG_LEVEL: 'debug', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'close') as Promise<[number | null, string | null]>;
  const told: ToldEvent[] = [];
  const complaints: string[] = [];
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  createInterface({ input: child.stderr }).on('line', (line) => {
    // Anything else that it says there is for people, or the last words of a crash.
    const entry = line.startsWith('{') ? (JSON.parse(line) as Entry) : { level: CRASH.test(line) ? 60 : 30 };
    if (entry.sync !== undefined) told.push({ ...entry.sync, at: Date.now() });
    if (entry.level >= 40) complaints.push(line);
  });
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    child.kill(signal);
    return exited;
  };
  return {
    told,
    complaints,
    stdout: () => stdout,
    ended: exited,
    end,
    [Symbol.asyncDispose]: async () => void (await end('SIGKILL')),
  };
}

interface Entry {
  readonly level: number;
  readonly sync?: Omit<ToldEvent, 'at'>;
}
