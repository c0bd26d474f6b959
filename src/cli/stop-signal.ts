/**
 * Ctrl-C and SIGTERM: the first asks to end in good order, the second ends at once. Once listened for, a signal no
 * longer kills the process by itself, so whoever listens has to end it.
 */
import type { CliContext, ExitStatus } from './context.ts';
import { printJson, printText } from './print.ts';

export interface StopSignal extends Disposable {
  /** Resolves with the exit status that belongs to the first signal. */
  readonly received: Promise<ExitStatus>;
}

/** A signal came before the work was done. */
export class Stopped {
  readonly status: ExitStatus;

  constructor(status: ExitStatus) {
    this.status = status;
  }
}

const STATUS = { SIGINT: 130, SIGTERM: 143 } as const;

export function listenForStop({
  signals,
  exitNow,
  stderr,
}: Pick<CliContext, 'signals' | 'exitNow' | 'stderr'>): StopSignal {
  const { promise, resolve } = Promise.withResolvers<ExitStatus>();
  let stopping = false;
  const onSignal = (signal: keyof typeof STATUS): void => {
    if (stopping) return exitNow(STATUS[signal]);
    stopping = true;
    printText(stderr, '\nStopping; Ctrl-C again ends at once.\n');
    resolve(STATUS[signal]);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) signals.on(signal, onSignal);
  return {
    received: promise,
    [Symbol.dispose]() {
      for (const signal of ['SIGINT', 'SIGTERM']) signals.off(signal, onSignal);
    },
  };
}

/**
 * What `work` gives, or that it was stopped, as soon as a signal arrives; what was begun is then left to be closed.
 * Work must not print: it may still go on when its answer is no longer waited for.
 */
export async function unlessStopped<T>(stop: StopSignal, work: Promise<T>): Promise<T | Stopped> {
  const stopped = stop.received.then((status) => {
    // From here on the work may fail because its engine is being closed, which is no news to anybody.
    work.catch(() => undefined);
    return new Stopped(status);
  });
  return Promise.race([work, stopped]);
}

/** What a program that asked for JSON is told when a signal ended the command; `done` is what was done by then. */
export function printStopped(context: CliContext, done: object = {}): void {
  const error = 'A signal ended the command before it was done.';
  printJson(context, { success: false, status: 'cancelled', error, code: 'RUN_CANCELLED', ...done });
}
