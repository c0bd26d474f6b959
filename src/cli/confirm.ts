/** Asks before something is destroyed. Where nobody can answer, nothing is done without `--yes`. */
import { createInterface } from 'node:readline';
import { TidemarkError } from '../core/errors.ts';
import type { CliContext } from './context.ts';
import { printLine } from './print.ts';

/** `what` completes "This …". True to go on. Throws USAGE where nobody can answer. */
export async function confirm({ stdin, stderr }: Pick<CliContext, 'stdin' | 'stderr'>, what: string): Promise<boolean> {
  if (stdin.isTTY !== true) {
    throw new TidemarkError('USAGE', `This ${what}. Nothing was done: add \`--yes\` if you mean it.`);
  }
  printLine(stderr, `This ${what}. Type yes to go on:`);
  const lines = createInterface({ input: stdin });
  try {
    for await (const line of lines) return /^\s*y(?:es)?\s*$/i.test(line);
    return false;
  } finally {
    lines.close();
  }
}
