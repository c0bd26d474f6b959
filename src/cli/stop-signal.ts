/**
 * Ctrl-C and SIGTERM: the first asks to end in good order, the second ends at once. Once listened for, a signal no
 * longer kills the process by itself, so whoever listens has to end it.
 */
import type { CliContext, ExitStatus } from './context.ts';
import { printText } from './print.ts';

export interface StopSignal extends Disposable {
  /** Resolves with the exit status that belongs to the first signal. */
  readonly received: Promise<ExitStatus>;
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

/** What `work` gives, or the signal's status as soon as one arrives; what was begun is then left to be closed. */
export async function unlessStopped<T>(stop: StopSignal, work: Promise<T>): Promise<T | ExitStatus> {
  const stopped = stop.received.then((status) => {
    // From here on the work may fail because its engine is being closed, which is no news to anybody.
    work.catch(() => undefined);
    return status;
  });
  return Promise.race([work, stopped]);
}
