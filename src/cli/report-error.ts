/**
 * How a failure leaves the command line: a sentence and what to do about it on stderr, and the exit status of its
 * code. A stack is for those who ask for it with LOG_LEVEL=debug, and only for faults of Tidemark itself.
 */
import { inspect } from 'node:util';
import { readSettings } from '../config/read-settings.ts';
import { toTidemarkError } from '../core/errors.ts';
import { scrub } from '../telemetry/scrub.ts';
import type { CliContext, ExitStatus } from './context.ts';
import { printJson, printLine, printText } from './print.ts';

/** With `json`, the same goes to stdout as the one document. */
export function reportError(thrown: unknown, context: CliContext, json: boolean): ExitStatus {
  const error = toTidemarkError(thrown);
  const message = scrub(error.message);
  // What is wrong with settings is a line for each, and none of it is a stranger's.
  if (error.code === 'INVALID_SETTING') printText(context.stderr, `${message}\n`);
  else printLine(context.stderr, message);
  if (error.entry.advice !== undefined) printLine(context.stderr, error.entry.advice);
  if (error.code === 'INTERNAL') {
    const where = isDebugging(context)
      ? scrub(inspect(error.cause ?? error))
      : 'LOG_LEVEL=debug shows where it happened.';
    printText(context.stderr, `${where}\n`);
  }
  if (json) printJson(context, { success: false, error: message, code: error.code });
  return error.entry.exitStatus;
}

function isDebugging(context: CliContext): boolean {
  try {
    return ['debug', 'trace'].includes(readSettings(context.env, { cwd: context.cwd }).logLevel);
  } catch {
    // Whatever is wrong with the settings has been reported by the command itself, if it needed them.
    return false;
  }
}
