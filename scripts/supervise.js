/**
 * Runs a program as a child that gets every signal exactly once and is always waited for. One press of Ctrl-C comes
 * twice, from the terminal to the whole group and again from npm, and a program may take the second for "at once":
 * so the child has a group of its own, and signals reach it through here only.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { delimiter, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @type {readonly NodeJS.Signals[]} */
const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGWINCH'];
/** Equal signals closer together than this are one: npm's copy is milliseconds late, a second press is not. */
const SAME_SIGNAL_MS = 400;
const PARENT_CHECK_MS = 250;
const IS_WINDOWS = process.platform === 'win32';

/**
 * Runs a script to its end, with our own stdin, stdout, stderr and environment, and makes its end ours: the same
 * exit status, or 128 and its number when a signal ended it.
 *
 * @param {string} runtime path of the Node to run it with; programs that the script starts find it first, too
 * @param {readonly string[]} command path of the script, and its arguments
 */
export async function supervise(runtime, command) {
  const child = spawn(runtime, [fileURLToPath(new URL('supervised.js', import.meta.url)), ...command], {
    detached: !IS_WINDOWS,
    env: { ...process.env, PATH: [dirname(runtime), process.env.PATH].join(delimiter) },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  passSignalsOn(child);
  /** @type {[code: number | null, signal: NodeJS.Signals | null]} */
  const [code, signal] = /** @type {any} */ (await once(child, 'exit'));
  process.exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal];
}

/** @param {import('node:child_process').ChildProcess} child */
function passSignalsOn(child) {
  let isEnding = false;
  for (const signal of PASSED_ON) {
    let passedOnAt = -Infinity;
    process.on(signal, () => {
      // A Windows console tells the child by itself, and killing means something else there.
      if (IS_WINDOWS || performance.now() - passedOnAt < SAME_SIGNAL_MS) return;
      passedOnAt = performance.now();
      if (signal !== 'SIGWINCH') isEnding = true;
      child.kill(signal);
    });
  }
  if (process.env.npm_lifecycle_event === undefined) return;
  // npm hands a SIGTERM to the shell between us, which dies of it without a word: the change of parent is the word.
  const parent = process.ppid;
  const parentCheck = setInterval(() => {
    if (isEnding || process.ppid === parent) return;
    isEnding = true;
    child.kill('SIGTERM');
  }, PARENT_CHECK_MS);
  parentCheck.unref();
}
