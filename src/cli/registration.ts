/** What a command is given to add itself to the program. */
import type { Command } from 'commander';
import type { CliContext, ExitStatus } from './context.ts';

export interface Registration {
  readonly program: Command;
  readonly context: CliContext;
  /** Tells the exit status of what the command did. */
  readonly end: (status: ExitStatus) => void;
}
