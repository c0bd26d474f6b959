/** The log beside bars that are drawn again and again. */
import type { LogStream } from '../telemetry/log.ts';
import type { CliContext } from './context.ts';
import type { Progress } from './progress.ts';

/** Log lines go to stderr, above the bars while there are any. */
export function aroundProgress({ stderr }: Pick<CliContext, 'stderr'>, current: () => Progress | undefined): LogStream {
  return {
    isTTY: stderr.isTTY,
    hasColors: () => stderr.hasColors?.() ?? false,
    write: (line) => (current() ?? stderr).write(line),
  };
}
