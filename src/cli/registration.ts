/** What a command is given to add itself to the program. */
import type { Command } from 'commander';
import type { ExitStatus, Outside } from './outside.ts';

export interface Registration {
  readonly program: Command;
  readonly outside: Outside;
  /** Tells the exit status of what the command did. */
  readonly end: (status: ExitStatus) => void;
}
