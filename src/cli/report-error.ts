/**
 * How a failure leaves the command line: a sentence and what to do about it on stderr, and the exit status of its
 * code. A stack is for those who ask for it with LOG_LEVEL=debug, and only for faults of Tidemark itself.
 */
import { inspect } from 'node:util';
import { toTidemarkError } from '../core/errors.ts';
import { scrub } from '../telemetry/log.ts';
import type { ExitStatus, Outside } from './outside.ts';
import { printJson, printLine, printText } from './print.ts';
import { loadSettings } from './session.ts';

/** With `json`, the same goes to stdout as the one document. */
export function reportError(thrown: unknown, outside: Outside, json: boolean): ExitStatus {
  const error = toTidemarkError(thrown);
  const message = scrub(error.message);
  printLine(outside.stderr, message);
  printLine(outside.stderr, error.entry.advice);
  if (error.code === 'INTERNAL') {
    const where = isDebugging(outside)
      ? scrub(inspect(error.cause ?? error))
      : 'LOG_LEVEL=debug shows where it happened.';
    printText(outside.stderr, `${where}\n`);
  }
  if (json) printJson(outside, { success: false, error: message, code: error.code });
  return error.entry.exitStatus;
}

function isDebugging(outside: Outside): boolean {
  try {
    return ['debug', 'trace'].includes(loadSettings(outside).logLevel);
  } catch {
    // Whatever is wrong with the settings has been reported by the command itself, if it needed them.
    return false;
  }
}
