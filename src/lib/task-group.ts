/**
 * A few tasks side by side, ended together: the first failure aborts the others and is what everybody hears of.
 * Leaving the scope (`await using`) always waits, so no task outlives the work it belongs to.
 */
export interface TaskGroup extends AsyncDisposable {
  /** Aborted with the first failure, or when the outer signal is. */
  readonly signal: AbortSignal;
  /** Resolves as soon as the task has begun, waiting for room; rejects with the first failure of any task. */
  start(task: (signal: AbortSignal) => Promise<void>): Promise<void>;
  /** Resolves when all tasks have ended; rejects with the first failure. */
  done(): Promise<void>;
}

export function createTaskGroup(limit: number, outer: AbortSignal): TaskGroup {
  const own = new AbortController();
  const signal = AbortSignal.any([outer, own.signal]);
  const running = new Set<Promise<void>>();

  return {
    signal,
    async start(task) {
      while (running.size >= limit && !signal.aborted) await Promise.race(running);
      signal.throwIfAborted();
      const run = task(signal)
        .catch((error: unknown) => own.abort(error))
        .finally(() => running.delete(run));
      running.add(run);
    },
    async done() {
      while (running.size > 0) await Promise.all(running);
      signal.throwIfAborted();
    },
    async [Symbol.asyncDispose]() {
      if (running.size > 0) own.abort(new DOMException('The work these tasks belonged to has ended.', 'AbortError'));
      while (running.size > 0) await Promise.all(running);
    },
  };
}
